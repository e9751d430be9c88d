-- SPDX-License-Identifier: MIT
-- Converts a network to a description and tensors, and back, so that a safetensors file can hold a complete network.
-- The description is plain data; building from it gives the same bits. Must not know where it is stored.

local core = require "phosphene.core"
local input_size = require "phosphene.network.input_size"
local preprocessing = require "phosphene.network.preprocessing"

local description = {}

local version = 1
local most_layers = 10000
local most_side = 65536

-- ---- from a network ----

-- JSON has no infinity.
local function plain(value)
  if value == math.huge then return "Infinity" end
  if value == -math.huge then return "-Infinity" end
  return value
end

-- A layer's settings; an empty list is its default.
local function settings_of(layer)
  local settings = {}
  for key, value in pairs(layer.settings) do
    if type(value) ~= "table" then
      settings[key] = plain(value)
    elseif #value > 0 then
      settings[key] = {}
      for i, number in ipairs(value) do settings[key][i] = plain(number) end
    end
  end
  return next(settings) and settings
end

--- A network as plain data, and the tensors of its layers by "layer.parameter".
function description.of(net)
  local all = { version = version, layers = {} }
  local tensors = {}
  for _, name in ipairs(net:layers()) do
    local layer = net:layer(name)
    local parameters = {}
    for parameter in pairs(layer.parameters) do
      parameters[#parameters + 1] = parameter
      tensors[name .. "." .. parameter] = net:parameter(name, parameter)
    end
    table.sort(parameters)
    if layer.type == "image" then
      all.channels = layer.settings.channels
    else
      table.insert(all.layers, { type = layer.type, name = name, from = layer.from, settings = settings_of(layer),
        formulas = layer.formulas, sized_by = layer.sized_by, parameters = #parameters > 0 and parameters or nil })
    end
  end
  local aliases = net:aliases()
  all.aliases = next(aliases) and aliases
  all.logits, all.probabilities = net:classes()
  local height, width = net:input_size()
  all.input_size = height and { height, width }
  height, width = input_size.of(net)
  all.size = height and { height, width }
  local input = preprocessing.of(net)
  all.input_stated = input ~= nil and input.source ~= nil
  return all, tensors
end

-- ---- back to a network ----

-- Raises, in words for the file's message, unless a value is of this type; `optional` allows its absence.
local function expect(value, wanted, what, optional)
  if type(value) == wanted or (optional and value == nil) then return value end
  error(("its description is damaged: %s is no %s"):format(what, wanted), 0)
end

local function expect_texts(list, what)
  for _, text in ipairs(expect(list, "table", what)) do expect(text, "string", what) end
  return list
end

local infinities = { ["Infinity"] = math.huge, ["-Infinity"] = -math.huge }

-- The description of one layer as net:add wants it.
local function layer_of(entry, tensors, used)
  expect(entry, "table", "a layer")
  local name = expect(entry.name, "string", "a layer's name")
  local layer = {}
  for key, value in pairs(expect(entry.settings, "table", "settings", true) or {}) do
    expect(key, "string", "a setting's name")
    for i, number in ipairs(type(value) == "table" and value or {}) do value[i] = infinities[number] or number end
    layer[key] = infinities[value] or value
  end
  for _, parameter in ipairs(expect_texts(entry.parameters or {}, "a list of parameters")) do
    local tensor = name .. "." .. parameter
    layer[parameter] = tensors[tensor] or error(("no tensor '%s'"):format(tensor), 0)
    used[tensor] = true
  end
  layer.type = expect(entry.type, "string", "a layer's type")
  layer.name = name
  layer.from = expect_texts(entry.from or {}, "a list of inputs")
  layer.formulas = expect(entry.formulas, "table", "a list of formulas", true)
  layer.sized_by = expect_texts(entry.sized_by or {}, "a list of layers")
  return layer
end

-- Adds the layers, with the preprocessing that the options state in place of the file's.
local function add_layers(net, all, tensors, options)
  local used = {}
  for _, entry in ipairs(all.layers) do
    local layer = layer_of(entry, tensors, used)
    local source = all.input_stated and "its file" or nil
    if layer.type == "preprocess" and preprocessing.is_stated(options) then
      preprocessing.replace(net, layer, source, options)
    else
      assert(net:add(layer))
      if layer.type == "preprocess" then preprocessing.came_from(net, source) end
    end
  end
  for name in pairs(tensors) do
    if not used[name] then error(("no layer has the tensor '%s'"):format(name), 0) end
  end
end

local function add_names(net, all)
  local aliases = {}
  for alias, layer in pairs(expect(all.aliases, "table", "a list of second names", true) or {}) do
    expect(alias, "string", "a second name")
    aliases[#aliases + 1] = { alias, expect(layer, "string", "a second name") }
  end
  table.sort(aliases, function(a, b) return a[1] < b[1] end)
  for _, entry in ipairs(aliases) do net:alias(entry[1], entry[2]) end
end

-- A size as { height, width }, or, as older descriptions have it, one number for both.
local function size_of(size, what)
  if math.type(size) then size = { size, size } end
  if expect(size, "table", what, true) == nil then return nil end
  local height, width = math.tointeger(tonumber(size[1])), math.tointeger(tonumber(size[2]))
  if not (height and width) or math.min(height, width) < 1 or math.max(height, width) > most_side then
    error(("its description is damaged: %s is not a height and width"):format(what), 0)
  end
  return { height, width }
end

-- Whether the layers fit each other shows at the size that they did when the network was saved.
local function check_shapes(net, size)
  if not size then return end
  local shapes = net:shapes(size[1], size[2])
  for _, name in ipairs(net:layers()) do
    if not shapes[name] then error(("layer '%s' does not fit its input"):format(name), 0) end
  end
end

--- The network that a description and its tensors stand for. Raises where they are damaged.
function description.build(all, tensors, labels, options)
  expect(all, "table", "the whole")
  if all.version ~= version then error(("its description has version %s"):format(tostring(all.version)), 0) end
  if #expect(all.layers, "table", "the list of layers") > most_layers then
    error(("it has more than %d layers"):format(most_layers), 0)
  end
  local net = core.network { backend = options.backend, channels = expect(all.channels, "number", "channels") }
  add_layers(net, all, tensors, options)
  add_names(net, all)
  net:set_classes {
    logits = expect(all.logits, "string", "logits", true),
    probabilities = expect(all.probabilities, "string", "probabilities", true),
    labels = labels,
  }
  local stated = size_of(all.input_size, "the size that it is made for")
  if stated then net:set_input_size(stated[1], stated[2]) end
  check_shapes(net, size_of(all.size, "size"))
  return net
end

return description
