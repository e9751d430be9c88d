-- SPDX-License-Identifier: MIT
-- A Keras model's description as Phosphene needs it, whatever version wrote it: layers by name, each with the calls
-- that were made of it and what those took; models that are layers likewise, inside. Must not know what layers compute.

local fields = require "phosphene.formats.keras.fields"
local limits = require "phosphene.formats.limits"
local refuse = require "phosphene.formats.refuse"
local sorted_keys = require "phosphene.base.sorted_keys"

local model = {}

-- Models in models, and lists in arguments, go no deeper.
local most_depth = 12

-- ---- what calls take ----

-- An argument is a reference to what a layer gave, { layer =, node =, output = }, a list of arguments (without
-- `layer`), or anything else, which is a constant.
local function reference(name, node, output)
  if type(name) ~= "string" or math.type(node) ~= "integer" or math.type(output) ~= "integer" then
    refuse.raise "its layers are not connected as Keras connects them"
  end
  return { layer = name, node = node, output = output }
end

local function is_old_reference(value)
  return type(value) == "table" and type(value[1]) == "string" and math.type(value[2]) == "integer"
    and math.type(value[3]) == "integer"
end

local argument

local function list_of(list, is_new, depth)
  local result = {}
  for i, value in ipairs(list) do result[i] = argument(value, is_new, depth - 1) end
  return result
end

-- An object of Keras 3: what a layer gave, a tuple, or a tensor's numbers.
local function object(value, depth)
  local config = type(value.config) == "table" and value.config or {}
  if value.class_name == "__keras_tensor__" then
    return reference(table.unpack(type(config.keras_history) == "table" and config.keras_history or {}, 1, 3))
  elseif value.class_name == "__tuple__" and type(value.items) == "table" then
    return list_of(value.items, true, depth)
  end
  return config.value or value
end

function argument(value, is_new, depth)
  if type(value) ~= "table" then return value end
  if depth == 0 then refuse.raise "a layer takes lists in lists without end" end
  if is_new and value.class_name then return object(value, depth) end
  if not is_new and is_old_reference(value) then return reference(value[1], value[2], value[3]) end
  if #value == 0 and next(value) ~= nil then return value end
  return list_of(value, is_new, depth)
end

local function arguments_by_name(table_of, is_new)
  local result = {}
  for key, value in pairs(table_of) do result[key] = argument(value, is_new, most_depth) end
  return result
end

-- A call of Keras 2: [name, node, output, arguments by name], or a list of these; a constant's name is said to be
-- _CONSTANT_VALUE.
local function old_call(entry)
  local by_name = {}
  local function read(value, depth)
    if type(value) ~= "table" or depth == 0 then refuse.raise "its layers are not connected as Keras connects them" end
    if type(value[1]) ~= "string" then
      local list = {}
      for i, part in ipairs(value) do list[i] = read(part, depth - 1) end
      return list
    end
    if type(value[4]) == "table" then by_name = value[4] end
    if value[1] == "_CONSTANT_VALUE" then return argument(value[3], false, most_depth) end
    return reference(value[1], value[2], value[3])
  end
  local first = read(entry, most_depth)
  return { args = { first }, named = arguments_by_name(by_name, false) }
end

local function call_of(entry)
  if type(entry) ~= "table" then refuse.raise "its layers are not connected as Keras connects them" end
  if type(entry.args) ~= "table" then return old_call(entry) end
  local named = type(entry.kwargs) == "table" and entry.kwargs or {}
  return { args = list_of(entry.args, true, most_depth), named = arguments_by_name(named, true) }
end

--- Calls f with every reference in an argument.
function model.each_reference(value, f)
  if type(value) ~= "table" then return end
  if value.layer then return f(value) end
  for _, part in ipairs(value) do model.each_reference(part, f) end
end

--- The same for all arguments of a call, those by name in a fixed order.
function model.each_input(call, f)
  model.each_reference(call.args, f)
  local names = {}
  for name in pairs(call.named) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for _, name in ipairs(names) do model.each_reference(call.named[name], f) end
end

-- ---- layers ----

local function layer_of(entry)
  if type(entry) ~= "table" or type(entry.class_name) ~= "string" then refuse.raise "a layer has no class" end
  local config = type(entry.config) == "table" and entry.config or {}
  return {
    class = entry.class_name:match "[^>.]*$", config = config, calls = {},
    name = type(entry.name) == "string" and entry.name or fields.text(config, "name", ""),
    is_operation = type(entry.module) == "string" and entry.module:find "%.ops%." ~= nil,
  }
end

-- The shape of one image that a layer's settings state, the batch left out; or nil.
local function stated_shape(config)
  local shape = config.batch_input_shape or config.batch_shape
  return type(shape) == "table" and table.move(shape, 2, #shape, 1, {}) or nil
end

local function is_model(layer) return type(layer.config.layers) == "table" or layer.class == "Sequential" end

local read

-- One after the other: each takes what the one before gave. Where none stands for the input, one is added.
local function connect_sequence(result)
  local first = result.layers[1]
  if first and first.class ~= "InputLayer" then
    local inner = first.model and first.model.input_shape
    table.insert(result.layers, 1, { class = "InputLayer", name = first.name .. "_input", calls = {}, config = {},
      shape = stated_shape(first.config) or inner, is_added = true })
  end
  for i = 2, #result.layers do
    local before = result.layers[i - 1]
    result.layers[i].calls = { { args = { reference(before.name, 0, 0) }, named = {} } }
  end
  local last = result.layers[#result.layers]
  result.inputs = { reference(result.layers[1].name, 0, 0) }
  result.outputs = { reference(last.name, 0, 0) }
end

local function references_of(value)
  local list = {}
  local function collect(part, depth)
    if type(part) ~= "table" or depth == 0 then return end
    if is_old_reference(part) then
      list[#list + 1] = reference(part[1], part[2], part[3])
    else
      for _, inner in ipairs(part) do collect(inner, depth - 1) end
      if #part == 0 then -- by name
        for _, name in ipairs(sorted_keys(part)) do collect(part[name], depth - 1) end
      end
    end
  end
  collect(value, 4)
  return list
end

local function connect_graph(result, config, entries)
  for i, layer in ipairs(result.layers) do
    for j, entry in ipairs(type(entries[i].inbound_nodes) == "table" and entries[i].inbound_nodes or {}) do
      layer.calls[j] = call_of(entry)
    end
  end
  result.inputs, result.outputs = references_of(config.input_layers), references_of(config.output_layers)
end

-- Where Keras 3 keeps a layer's variables: the class's name in snake case, with a number from the second on.
local function places_of(result, prefix)
  local used = {}
  for _, layer in ipairs(result.layers) do
    if not layer.is_operation and not layer.is_added then
      local name = layer.class:gsub("%W", ""):gsub("(.)(%u%l+)", "%1_%2"):gsub("(%l)(%u)", "%1_%2"):lower()
      local place = ("%s/layers/%s%s"):format(prefix, name, used[name] and "_" .. used[name] or "")
      used[name] = (used[name] or 0) + 1
      layer.place = place:gsub("^/", "")
      if layer.model then places_of(layer.model, layer.place) end
    end
  end
end

function read(class, config, depth, scope, budget)
  if depth == 0 then refuse.raise "models in models without end" end
  local entries = config.layers or config -- Keras 2.2's sequences are the list alone
  if type(entries) ~= "table" then refuse.raise "it has no layers" end
  local result = { name = fields.text(config, "name", ""), layers = {}, by_name = {} }
  for i, entry in ipairs(entries) do
    local layer = layer_of(entry)
    budget.layers = budget.layers + 1
    if budget.layers > limits.layers then refuse.raise("it has more than %d layers", limits.layers) end
    layer.scope, layer.shape = scope, layer.class == "InputLayer" and stated_shape(layer.config) or nil
    if is_model(layer) then
      local inner = table.move(scope, 1, #scope, 1, {})
      inner[#inner + 1] = layer.name
      layer.model = read(layer.class, layer.config, depth - 1, inner, budget)
    end
    result.layers[i] = layer
  end
  if #result.layers == 0 then refuse.raise "it has no layers" end
  if class == "Sequential" then connect_sequence(result) else connect_graph(result, config, entries) end
  for _, layer in ipairs(result.layers) do
    if result.by_name[layer.name] then refuse.raise("two layers are called '%s'", layer.name) end
    result.by_name[layer.name] = layer
    if layer.class == "InputLayer" then result.input_shape = result.input_shape or layer.shape end
  end
  return result
end

--- A model from its JSON { class_name =, config = }: { name =, layers = in the file's order, by_name =, inputs = and
--- outputs = references, input_shape = of one image }. A layer is { name =, class =, config =, calls = { { args =,
--- named = }, … }, scope = names of the models around it, place = of its variables in Keras 3's files, model = its
--- inside, is_operation = whether it is a function of keras.ops }.
function model.read(document)
  if type(document) ~= "table" or type(document.class_name) ~= "string" or type(document.config) ~= "table" then
    refuse.raise "its description of the model is none of Keras's"
  end
  local result = read(document.class_name, document.config, most_depth, {}, { layers = 0 })
  places_of(result, "")
  return result
end

-- ---- order ----

--- The calls of a model's layers, each after those that it takes something from: a list of { layer, number from 0 }.
function model.order(self)
  local state, order = {}, {}
  local function visit(layer, number, depth)
    local key = layer.name .. "\0" .. number
    if state[key] == "done" then return end
    if state[key] == "open" then refuse.raise("layer '%s' reads its own results", layer.name) end
    if depth > limits.layers then refuse.raise("it has more than %d layers", limits.layers) end
    state[key] = "open"
    local call = layer.calls[number + 1]
    if call then
      model.each_input(call, function(input)
        local from = self.by_name[input.layer]
        if from then visit(from, model.node(from, input), depth + 1) end
      end)
    end
    state[key] = "done"
    order[#order + 1] = { layer, number }
  end
  for _, layer in ipairs(self.layers) do
    for number = 0, math.max(#layer.calls, 1) - 1 do visit(layer, number, 1) end
  end
  return order
end

--- Which call of a layer a reference means. Some versions count calls that were made outside the model too.
function model.node(layer, input)
  return layer.calls[input.node + 1] and input.node or math.max(#layer.calls, 1) - 1
end

return model
