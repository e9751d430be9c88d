-- SPDX-License-Identifier: MIT
-- The public module, `local ph = require "phosphene"`: every name that recipes use, from the file it lives in. Public
-- functions raise at the recipe's line. Must hold no logic.

local core = require "phosphene.core"
local blocks = require "phosphene.network.blocks"
local choices = require "phosphene.run.choices"
local choose = require "phosphene.program.choose"
local largest = require "phosphene.base.largest"
local later = require "phosphene.base.later"
local misuse = require "phosphene.base.misuse"
local network = require "phosphene.formats.loading"
local objectives = require "phosphene.objective.constructors"
local options = require "phosphene.program.options"
local parameterisations = require "phosphene.picture.parameterisations"
local picture = require "phosphene.picture.files"
local pre_relu = require "phosphene.network.pre_relu"
local preprocessing = require "phosphene.network.preprocessing"
local render = require "phosphene.run.render"
local safetensors = require "phosphene.formats.safetensors"
local schedules = require "phosphene.run.schedules"
local steps = require "phosphene.run.steps"
local stops = require "phosphene.run.stops"
local strict = require "phosphene.base.strict"
local tape = require "phosphene.objective.tape"
local transforms = require "phosphene.picture.transforms"

local ph = { version = core.version }

-- Recipes.
ph.options = options
ph.auto = choose.auto

-- Running.
ph.network = misuse.guard(network.load)
ph.render = misuse.guard(render.run)
ph.steps = misuse.guard(steps.iterate)
ph.compare = misuse.guard(later "phosphene.run.compare")
ph.plateau = misuse.guard(stops.plateau)

-- Looking at data.
ph.examples = misuse.guard(later "phosphene.data.examples")
ph.faithful = misuse.guard(later "phosphene.data.faithful")

-- Objectives: ph.channel, ph.logit, ph.alignment, …
ph.objective = misuse.guard(function(value) return core.objective(value) end)
for name, constructor in pairs(objectives) do ph[name] = misuse.guard(constructor) end

-- Transforms: ph.jitter, ph.pad, …; the standard lists are ph.transforms.lucid, .distill, .captum and .none.
ph.transforms = transforms
for name, constructor in pairs(transforms) do
  if type(constructor) == "function" then ph[name] = constructor end
end

-- Pictures.
ph.load_image = misuse.guard(picture.load)
ph.dataset = misuse.guard(later("phosphene.data.dataset", "open"))
ph.save = misuse.guard(picture.save)
ph.list_images = misuse.guard(picture.list)
ph.read_metadata = core.read_metadata
ph.resize_image = core.resize_image
ph.crop_image = misuse.guard(picture.crop)
ph.montage = misuse.guard(later "phosphene.picture.montage")
ph.spectrum = misuse.guard(later("phosphene.picture.spectrum", "of"))
ph.statistics = misuse.guard(later("phosphene.picture.statistics", "of"))
ph.load_statistics = misuse.guard(later("phosphene.picture.statistics", "load"))

-- What pictures, loops and tests are made of.
ph.tensor = core.tensor
ph.concatenate = misuse.guard(tape.concatenate)
ph.stack = misuse.guard(tape.stack)
ph.random = core.random
ph.parameterisation = misuse.guard(parameterisations.new)
ph.optimiser = core.optimiser
ph.schedules = schedules

-- Looking at numbers.
ph.kmeans = misuse.guard(later("phosphene.analysis.kmeans", "run"))
ph.silhouette = misuse.guard(later("phosphene.analysis.kmeans", "silhouette"))
ph.pca = misuse.guard(later "phosphene.analysis.pca")
ph.nmf = misuse.guard(later "phosphene.analysis.nmf")
ph.tsne = misuse.guard(later "phosphene.analysis.tsne")

-- Methods that are written in Lua: some of tensors, several of a network, and how it prints itself.
local tensor_type, network_type = core.types["ph.tensor"], core.types["ph.network"]
tensor_type.__index.save = ph.save
tensor_type.__index.largest = misuse.guard(largest)
for event, operator in pairs(tape.operators) do tensor_type[event] = misuse.guard(operator) end
for name, method in pairs(tape.methods) do tensor_type.__index[name] = misuse.guard(method) end
network_type.__index.describe = misuse.guard(later "phosphene.network.layer_table")
local core_plan, plan_of = network_type.__index.plan, later "phosphene.network.plan_table"
network_type.__index.plan = misuse.guard(function(...) return plan_of(core_plan, ...) end)
local core_field, field_of = network_type.__index.receptive_field, later "phosphene.network.receptive_field"
network_type.__index.receptive_field = misuse.guard(function(...) return field_of(core_field, ...) end)
network_type.__index.preprocessing = misuse.guard(preprocessing.of)
network_type.__index.save = misuse.guard(safetensors.save)
network_type.__index.blocks = misuse.guard(blocks)
network_type.__index.check = misuse.guard(later "phosphene.network.check")
network_type.__index.choose = misuse.guard(choose.fill)
network_type.__index.pre_relu = misuse.guard(pre_relu.name)
network_type.__index.units = misuse.guard(choices.count)
network_type.__index.show = misuse.guard(choices.units)
network_type.__index.photograph = misuse.guard(later "phosphene.network.photograph")
network_type.__index.graph = misuse.guard(later "phosphene.network.drawing")
network_type.__tostring = network.text

-- A mistyped name gets a suggestion.
for _, name in ipairs { "network", "objective", "optimiser", "parameterisation", "pipeline", "random", "tensor",
  "transform" } do
  strict(core.types["ph." .. name].__index, name, ('help "%s"'):format(name))
end
strict(schedules, "ph.schedules", 'help "ph.schedules"')
strict(transforms, "ph.transforms", "help()")
return strict(ph, "ph", "help()")
