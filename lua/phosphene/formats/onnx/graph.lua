-- SPDX-License-Identifier: MIT
-- The network while it is built from an ONNX graph: adds layers, records what names stand for, and computes shapes at a
-- few sizes of the picture, which show what depends on it. Must not know any operator.

local construction = require "phosphene.formats.construction"
local formulas = require "phosphene.formats.onnx.formulas"
local values = require "phosphene.formats.onnx.values"

local graph = setmetatable({}, construction)
graph.__index = graph

-- Besides the file's own height and width: what is added to them, or taken away. The first leaves what networks divide
-- sizes by; of the others no two leave the same remainders.
local changes = { { 64, 96 }, { 1, 2 }, { 35, 17 }, { -6, 11 }, { 30, -5 } }

--- A graph over a network that has only its image, of size = { height, width }. `values` holds what each name of the
--- file stands for; `is_read` which names anything reads; `images` for how many images at once the file was made.
function graph.new(net, channels, size)
  local self = setmetatable(construction.new(net, channels, size), graph)
  self.values, self.is_read, self.constants, self.images, self.reserved = {}, {}, {}, 1, {}
  self.at_size = { self.shapes }
  for _, change in ipairs(changes) do
    local height, width = size[1] + change[1], size[2] + change[2]
    if height > 0 and width > 0 then
      self.at_size[#self.at_size + 1] = { image = { 1, channels, height, width } }
    end
  end
  return self
end

--- Adds a layer and returns its name. Settings hold the parameters too, and formulas; those that are nil are left out.
function graph:add(type, name, from, settings)
  local description = formulas.describe(settings or {})
  description.type, description.name, description.from = type, name, from
  self:put(description)
  self:measure_elsewhere(name)
  return name
end

--- Infers and keeps the shapes of a layer that the network has at the other sizes.
function graph:measure_elsewhere(name)
  for k = 2, #self.at_size do
    local fits, shape = pcall(self.net.infer, self.net, name, self.at_size[k])
    self.at_size[k][name] = fits and shape or nil
  end
end

--- Keeps names for the values that the file calls so: no other layer gets one of them.
function graph:reserve(names)
  for _, name in ipairs(names) do
    if name ~= "" and not self.taken[name] then self.taken[name], self.reserved[name] = true, true end
  end
end

--- The name of a value's layer: the value's own where that is free.
function graph:value_name(name)
  if not self.reserved[name] then return self:free_name(name) end
  self.reserved[name] = nil
  return name
end

--- Lets a value's layer be found under its name.
function graph:value_called(name, layer)
  if self.reserved[name] then self.taken[name], self.reserved[name] = nil, nil end
  self:also_called(name, layer)
end

--- Lets a layer be found under the name of a value too, where that is free.
function graph:also_called(name, layer)
  if self.taken[name] then return end
  self.taken[name] = true
  self.net:alias(name, layer)
end

--- The length of a layer's output along an axis, from 1: a number, or a formula.
function graph:length(layer, axis)
  local known = {}
  for k, shapes in ipairs(self.at_size) do known[k] = shapes[layer] and shapes[layer][axis] end
  return formulas.length(layer, axis - 1, known, #self.at_size)
end

--- All lengths of a layer's output.
function graph:lengths(layer)
  local list = {}
  for axis = 1, #self.shapes[layer] do list[axis] = self:length(layer, axis) end
  return list
end

--- The value that is a layer's output.
function graph:activation(layer) return values.activation(layer, self.shapes[layer]) end

-- Numbers of which some are formulas, as a layer: one number after the other.
local function sized_layer(self, value, name)
  local parts = {}
  for i, x in ipairs(value.list) do
    local part = self:free_name(("%s/%d"):format(name, i))
    parts[i] = self:add("range", part, {}, { start = x, count = 1 })
  end
  local layer = #parts == 1 and parts[1] or self:add("concat", self:free_name(name), parts, { axis = 0 })
  if #value.dims <= 1 then return layer end
  return self:add("reshape", self:free_name(name), layer, { shape = value.dims })
end

--- The layer that a value is; a constant becomes one, once. `name` is for that.
function graph:layer_of(value, name)
  if value.layer then return value.layer end
  if not self.constants[value] then
    if values.is_sized(value) then
      self.constants[value] = sized_layer(self, value, name)
    else
      local dims = #value.dims == 0 and { 1 } or nil
      self.constants[value] = self:add("constant", self:value_name(name), {}, { value = values.to_tensor(value, dims) })
    end
  end
  return self.constants[value]
end

return graph
