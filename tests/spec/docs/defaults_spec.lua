-- SPDX-License-Identifier: MIT
-- Every default of an option that the reference states is the program's. Those of arguments, and what stands in prose,
-- are in arguments_spec.lua. Must not know where defaults are kept.

local core = require "phosphene.core"
local defaults = require "defaults"
local documentation = require "phosphene.program.documentation"
local ph = require "phosphene"

local all = documentation.read()

-- Options laid over others.
local function over(base, options)
  local merged = {}
  for _, list in ipairs { base, options } do
    for name, value in pairs(list) do merged[name] = value end
  end
  return merged
end

local tiny = assert(ph.network "googlenet-tiny")
local picture = ph.random(1, "defaults"):fill_normal(ph.tensor { 1, 3, 24, 20 }, 0.5, 0.2)

-- Probes by the class of options that they are for; each may depend on the field and on what its text says.
local probes = {}

-- The first kind that a text names, "`laplacian`: how many" or "adam, nadam: decay".
local function kind_in(text, kinds)
  for word in (text:match "^([^:;]*):" or ""):gsub("all but %w+", ""):gmatch "[%w_]+" do
    for _, kind in ipairs(kinds) do
      if word == kind then return kind end
    end
  end
  return kinds[1]
end

probes["ph.optimiser_settings"] = function(field)
  local kind = kind_in(field.text, { "adam", "nadam", "rmsprop", "momentum", "ascent", "lbfgs" })
  return function(options) return tostring(core.optimiser(kind, options)) end
end

probes["ph.parameterisation_settings"] = function(field)
  local kind = kind_in(field.text, { "fourier", "laplacian", "low_resolution", "cppn", "maco" })
  local own = { low_resolution = { size = 4, images = field.name == "between" and 2 or nil } }
  return function(options)
    local settings = over({ height = 16, batch = 2, random = ph.random(1, "init") }, over(own[kind] or {}, options))
    local made = ph.parameterisation(kind, settings)
    return { tostring(made), made:forward():values() }
  end
end

-- A step of a run, and what it says of itself.
probes["ph.steps_options"] = function(field)
  return function(options)
    local size = field.name ~= "size" and 32 or nil
    local next_step = ph.steps(over({ tiny, "mixed4a_pre_relu:3", size = size, seed = 1 }, options))
    local ok, _, run = pcall(next_step)
    if not ok then return "refused" end -- bfloat16, where the processor lacks it
    return { run.steps, tostring(run.parameterisation), tostring(run.transforms), tostring(run.optimiser),
      run.image:values() }
  end
end

probes["ph.render_options"] = function()
  return function(options)
    local short = { tiny, "mixed4a_pre_relu:3", size = 32, seed = 1, steps = 2, progress = false }
    local result = ph.render(over(short, options))
    return { result.steps, result.values, result.best and result.best.step or "", result.restarts or "",
      result.transparency and result.transparency:values() or "" }
  end
end

probes["ph.plateau_options"] = function() return function(options) return tostring(ph.plateau(options)) end end

local pictures = assert(ph.dataset "docs/images")

probes["ph.treatment"] = function()
  return function(options) return pictures:image(0, over({ size = 40 }, options)):fingerprint() end
end

probes["ph.batch_options"] = function()
  return function(options)
    local sizes = {}
    for batch in pictures:batches(over({ size = 8, progress = false }, options)) do
      sizes[#sizes + 1] = #batch.indices
    end
    return sizes
  end
end

probes["ph.montage_options"] = function()
  local glass = core.tensor({ 2, 4, 20, 20 }, 0.25)
  return function(options) return ph.montage(glass, over({ labels = { "a" } }, options)):values() end
end

probes["ph.network_options"] = function()
  return function(options)
    local net = assert(ph.network("googlenet-tiny", over({ range = { 0, 1 } }, options)))
    local ok, refusal = pcall(net.forward, net, picture, "conv2d0", { precision = "bf16" }) -- which one backend refuses
    return { net:forward(picture, "conv2d0"):activation("conv2d0"):values(), ok or refusal }
  end
end

probes["ph.text_style"] = function()
  return function(options)
    local sheet = core.tensor({ 1, 3, 40, 80 }, 1)
    core.draw_text(sheet, 2, 2, "text", options)
    return sheet:values()
  end
end

-- What layers of 8 channels cannot do without, or need for others of their settings to show.
local needed = {
  convolution = { weight = core.tensor({ 8, 8, 3, 3 }, 1) },
  transposed_convolution = { weight = core.tensor({ 8, 8, 2, 2 }, 1), stride = 2 },
  max_pool = { kernel = 3, stride = 2 }, average_pool = { kernel = 3, stride = 2, padding = 1 },
  batch_norm = { mean = core.tensor({ 8 }, 0.5), variance = core.tensor({ 8 }, 2) },
  softmax = { coerced = true }, log_softmax = { coerced = true },
  slice = { starts = 0, ends = 3, axes = 2 }, gather = { indices = core.tensor({ 1 }, 0) },
  pad = { before = { 0, 0, 1, 1 }, after = { 0, 0, 1, 1 } }, resize = { scales = { 1, 1, 0.5, 2 } },
  depth_to_space = { block = 2 }, space_to_depth = { block = 2 },
  matmul = { from = { "image", "image" } }, concat = { from = { "image", "image" } },
  crop = { from = { "image", "small" } }, range = { from = {}, count = 3 },
}

-- What a layer makes of noise, or where that does not fit it, its settings.
local function layer_probe(kind)
  return function(field)
    return function(options)
      local net = core.network { backend = "reference", channels = kind ~= "preprocess" and 8 or nil }
      net:add { type = "average_pool", name = "small", from = "image", kernel = 2, stride = 2 }
      local layer = over({ type = kind, name = "y", from = "image" }, needed[kind] or {})
      layer[field.name] = options[field.name]
      if layer[field.name] and field.type:find "tensor" then
        layer[field.name] = core.tensor({ 8 }, layer[field.name])
      end
      net:add(layer)
      local images = core.random(1, "layer"):fill_normal(core.tensor { 1, kind ~= "preprocess" and 8 or 3, 8, 8 })
      local ok = pcall(net.forward, net, images, "y")
      return ok and { net:value("y"):shape(), net:value("y"):values() } or net:layer("y").settings
    end
  end
end

for _, class in ipairs(all.classes) do
  local kind = class.name:match "^ph%.layer%.(.*)$"
  if kind then probes[class.name] = layer_probe(kind) end
end

-- How a transform prints, with something for its first setting.
local function transform_probe(transform_type)
  local make, kind = ph.transforms[transform_type.name], transform_type.fields[1].kind
  return function()
    return function(options)
      if kind == "list" then return tostring(make(over({ 0.9, 1.1 }, options))) end
      return tostring(make(kind == "pair" and 9 or 1, options))
    end
  end
end

for _, transform_type in ipairs(core.transform_types()) do
  probes[("ph.%s_options"):format(transform_type.name)] = transform_probe(transform_type)
end

-- Functions that give objectives take what they cannot do without by place.
local by_place = {
  layer = "a", layers = "a", unit = 1, class = 1, target = 1, vector = { 1, 2 }, weights = { 1, 2 },
  tensor = core.tensor(picture:shape()),
}

-- Its value where the network sees one picture and transforms were given another, which tells the layer that it reads.
local function value_of(objective)
  local evaluation = core.evaluation(objective, tiny):forward(picture)
  return evaluation:value(2 * picture)
end

local function objective_probe(entry)
  return function(field)
    return function(options)
      local arguments = {}
      for i, parameter in ipairs(entry.parameters) do arguments[i] = by_place[parameter.name] end
      arguments[#entry.parameters] = options
      local made = ph[entry.name](table.unpack(arguments))
      return field.name == "layer" and value_of(made) or tostring(made)
    end
  end
end

-- What a scan of a few pictures keeps.
probes["ph.examples_options"] = function(field)
  return function(options)
    local examples = ph.examples(over({ tiny, pictures, layers = { "mixed4a" }, progress = false,
      height = field.name ~= "size" and 32 or nil }, options))
    local kept = { #examples:top("mixed4a", 0), #examples:bottom("mixed4a", 0), examples:top("mixed4a", 0)[1].value }
    for count = 1, 64 do kept[3 + count] = (pcall(examples.any, examples, "mixed4a", 0, count)) end
    return kept
  end
end

-- ---- the check ----

-- Where the type names no choices, these are others.
local others = { parameterisation = { "pixels" }, transforms = { "none" }, layer = { "image" } }
-- How many threads there are, or pictures in a pass, shows in nothing but the time; opacity is of pictures with a
-- fourth channel; dropout does nothing outside training.
local left_out = { ["ph.network_options.threads"] = true, ["ph.alpha.layer"] = true, ["ph.blur_alpha.layer"] = true,
  ["ph.layer.dropout.rate"] = true, ["ph.examples_options.batch"] = true }

local checked = {}

local function check(where, fields, probe_of)
  for _, field in ipairs(fields) do
    local name, default = where .. "." .. field.name, defaults.stated(field.text)
    if default ~= nil and not left_out[name] then
      local probe = probe_of(field)
      defaults.check(name, function(value) return probe { [field.name] = value } end, default,
        others[field.name] or defaults.others(field.type, default))
    end
    checked[field] = true
  end
end

describe("what the reference states is the program's default:", function()
  for _, class in ipairs(all.classes) do
    if probes[class.name] then
      it(class.name, function() check(class.name, class.fields, probes[class.name]) end)
    end
  end

  for _, entry in ipairs(all.functions) do
    local last = entry.parameters[#entry.parameters]
    local class = last and last.name == "options" and last.type:match "^(.*)%?$"
    if class and entry.returns[1] and entry.returns[1].type == "ph.objective" then
      local fields = documentation.fields(all, class)
      it(entry.full_name, function() check(entry.full_name, fields, objective_probe(entry)) end)
    end
  end

  it("all of it", function()
    for _, class in ipairs(all.classes) do
      for _, field in ipairs(class.fields) do
        assert.is_true(checked[field] or defaults.stated(field.text) == nil, class.name .. "." .. field.name)
      end
    end
  end)
end)
