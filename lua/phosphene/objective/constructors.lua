-- SPDX-License-Identifier: MIT
-- Objectives by the field's names: what a recipe calls to say what it wants. Each takes what it cannot do without by
-- place, and the rest in a table of options; the core checks them all. Must not know networks.

local core = require "phosphene.core"
local custom = require "phosphene.objective.custom_heads"
local expect = require "phosphene.base.expect"
local kind_of = require "phosphene.base.kind_of"
local misuse = require "phosphene.base.misuse"

local objectives = {}

-- A head of the core from what was given by place and in the table of options.
local function head(kind, by_place, options)
  local settings = expect.named(options, kind)
  for key, value in pairs(by_place) do
    if settings[key] ~= nil then misuse.raise("%s: %s is given twice", kind, key) end
    settings[key] = value
  end
  return core.head(kind, settings)
end

-- Directions may be written as lists.
local function to_tensor(vector)
  if type(vector) ~= "table" then return vector end
  return core.tensor({ #vector }, vector)
end

local function named_class(class)
  if type(class) == "string" then return { label = class } end
  return { class = class }
end

-- ---- units, layers, classes ----

function objectives.channel(layer, unit, options)
  return head("channel", { layer = layer, unit = unit }, options)
end

function objectives.neuron(layer, unit, options)
  return head("neuron", { layer = layer, unit = unit }, options)
end

function objectives.layer(layer, options)
  return head("layer", { layer = layer }, options)
end

objectives.deepdream = objectives.layer

function objectives.logit(class, options)
  return head("logit", named_class(class), options)
end

function objectives.probability(class, options)
  return head("probability", named_class(class), options)
end

-- ---- directions ----

function objectives.direction(layer, vector, options)
  return head("direction", { layer = layer, tensor = to_tensor(vector) }, options)
end

function objectives.direction_neuron(layer, vector, options)
  return head("direction_neuron", { layer = layer, tensor = to_tensor(vector) }, options)
end

function objectives.tensor_direction(layer, tensor, options)
  return head("tensor_direction", { layer = layer, tensor = tensor }, options)
end

function objectives.channel_weights(layer, weights, options)
  return head("channel_weights", { layer = layer, tensor = to_tensor(weights) }, options)
end

function objectives.neuron_weights(layer, weights, options)
  return head("neuron_weights", { layer = layer, tensor = to_tensor(weights) }, options)
end

function objectives.local_group(layer, options)
  local weights = type(options) == "table" and options.weights
  if not weights then return head("local_group", { layer = layer }, options) end
  local others = {}
  for key, value in pairs(options) do
    if key ~= "weights" then others[key] = value end
  end
  return head("local_group", { layer = layer, tensor = to_tensor(weights) }, others)
end

-- ---- likeness to a target ----

-- What the layer is compared with: an image of the batch, a tensor, or what a network computed there in its last run.
local function target_at(layer, target, prepare)
  if math.type(target) then return { layer = layer, to = target } end
  if kind_of(target) == "network" then target = target:activation(layer) end
  return { layer = layer, tensor = prepare(target) }
end

-- A head at a layer, or the sum of one at each of several.
local function compare(kind, layers, target, options, prepare)
  if type(layers) ~= "table" then return head(kind, target_at(layers, target, prepare), options) end
  if #layers == 0 then misuse.raise("%s: no layer given", kind) end
  if kind_of(target) == "tensor" and #layers > 1 then
    misuse.raise("%s: a tensor is the target of one layer; give %d layers a network or an image of the batch", kind,
      #layers)
  end
  local total = 0
  for _, layer in ipairs(layers) do total = total + head(kind, target_at(layer, target, prepare), options) end
  return total
end

function objectives.activation_difference(layers, target, options)
  return compare("activation_difference", layers, target, options, to_tensor)
end

function objectives.caricature(layers, target, options)
  return compare("caricature", layers, target, options, to_tensor)
end

function objectives.cosine(layers, target, options)
  return compare("cosine", layers, target, options, to_tensor)
end

-- Activations are given as their Gram matrices.
local function to_gram(target)
  return kind_of(target) == "tensor" and #target:shape() > 2 and target:gram() or target
end

function objectives.style(layers, target, options)
  return compare("style", layers, target, options, to_gram)
end

-- ---- images of a batch among themselves ----

function objectives.alignment(layer, options)
  return head("alignment", { layer = layer }, options)
end

function objectives.diversity(layer, options)
  return head("diversity", { layer = layer }, options)
end

-- ---- the picture itself ----

function objectives.l1(options)
  return head("l1", {}, options)
end

function objectives.l2(options)
  return head("l2", {}, options)
end

function objectives.lp(options)
  return head("lp", {}, options)
end

function objectives.l_infinity(options)
  return head("l_infinity", {}, options)
end

function objectives.total_variation(options)
  return head("total_variation", {}, options)
end

function objectives.blur(options)
  return head("blur", {}, options)
end

function objectives.boundary_complexity(options)
  return head("boundary_complexity", {}, options)
end

function objectives.alpha(options)
  return head("alpha", {}, options)
end

function objectives.blur_alpha(options)
  return head("blur_alpha", {}, options)
end

function objectives.input_difference(tensor, options)
  return head("input_difference", { tensor = tensor }, options)
end

-- ---- a recipe's own ----

objectives.head = custom.head

-- ---- several objectives ----

local an_objective = expect.kinds("an objective (ph.channel and the like, \"layer:unit\" or a number)", "objective",
  "string", "number")

local function check_list(list, what)
  if type(list) ~= "table" or next(list) == nil then misuse.raise("%s: a list of objectives expected", what) end
  expect.elements(list, an_objective, what)
end

function objectives.sum(list)
  check_list(list, "sum")
  local total = 0
  for _, objective in ipairs(list) do total = total + core.objective(objective) end
  return core.objective(total)
end

-- Image i of the batch has objective i + 1 of the list.
function objectives.each(list)
  check_list(list, "each")
  local total = 0
  for i, objective in ipairs(list) do total = total + core.objective(objective):on(i - 1) end
  return core.objective(total)
end

function objectives.interpolate(from, to, options)
  options = options or {}
  misuse.check_keys(options, { "frames" }, "interpolate")
  local frames = misuse.check_count(options.frames, 2, "interpolate: frames")
  local first, last, total = core.objective(from), core.objective(to), 0
  for i = 0, frames - 1 do
    local t = i / (frames - 1)
    total = total + (1 - t) * first:on(i) + t * last:on(i)
  end
  return total
end

return objectives
