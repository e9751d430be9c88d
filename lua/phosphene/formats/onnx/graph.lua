-- SPDX-License-Identifier: MIT
-- The network while it is built from an ONNX graph: adds layers, and records what names stand for. Must not know any
-- operator.

local sizing = require "phosphene.formats.sizing"
local values = require "phosphene.formats.onnx.values"

local graph = setmetatable({}, sizing)
graph.__index = graph

--- A graph over a network that has only its image, of size = { height, width }. `values` holds what each name of the
--- file stands for; `is_read` which names anything reads; `images` for how many images at once the file was made;
--- `bytes` which layer is the picture, where that is of whole numbers.
function graph.new(net, channels, size)
  local self = setmetatable(sizing.new(net, channels, size), graph)
  self.values, self.is_read, self.constants, self.images, self.reserved = {}, {}, {}, 1, {}
  return self
end

--- Adds a layer and returns its name. Settings hold the parameters too, and formulas; those that are nil are left out.
function graph:add(type, name, from, settings)
  local layer = { type = type, name = name, from = from }
  for key, value in pairs(settings or {}) do layer[key] = value end
  return self:put(layer)
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

--- The value that is a layer's output.
function graph:activation(layer) return values.activation(layer, self.shapes[layer]) end

--- The layer that a value is; a constant becomes one, once. `name` is for that.
function graph:layer_of(value, name)
  if value.layer then return value.layer end
  if not self.constants[value] then
    if values.is_sized(value) then
      self.constants[value] = self:put_list(value.list, value.dims, name)
    else
      local dims = #value.dims == 0 and { 1 } or nil
      self.constants[value] = self:add("constant", self:value_name(name), {}, { value = values.to_tensor(value, dims) })
    end
  end
  return self.constants[value]
end

return graph
