-- SPDX-License-Identifier: MIT
-- The network while it is built from an ONNX graph: adds layers, records what names stand for, and computes shapes at
-- two sizes (values.lua). Must not know any operator.

local construction = require "phosphene.formats.construction"
local values = require "phosphene.formats.onnx.values"

local graph = setmetatable({}, construction)
graph.__index = graph

--- A graph over a network that has only its image, of size nominal = { height, width } and, for comparison, other.
--- `values` holds what each name of the file stands for; `is_read` which names anything reads; `images` for how many
--- images at once the file was made.
function graph.new(net, channels, nominal, other)
  local self = setmetatable(construction.new(net, channels, nominal), graph)
  self.values, self.is_read, self.constants, self.images = {}, {}, {}, 1
  self.others = { image = { 1, channels, other[1], other[2] } }
  return self
end

--- Adds a layer and returns its name. Settings hold the parameters too; those that are nil are left out.
function graph:add(type, name, from, settings)
  local description = { type = type, name = name, from = from }
  for key, value in pairs(settings or {}) do description[key] = value end
  self:put(description)
  local fits, other = pcall(self.infer, self, name, self.others)
  self.others[name] = fits and other or nil
  return name
end

--- Lets a layer be found under the name of a value too, where that is free.
function graph:also_called(name, layer)
  if self.taken[name] then return end
  self.taken[name] = true
  self.net:alias(name, layer)
end

--- A layer's shape at the nominal size, and at the other one (nil where that does not fit).
function graph:shape(layer) return self.shapes[layer], self.others[layer] end

--- The value that is a layer's output.
function graph:activation(layer) return values.activation(layer, self.shapes[layer], self.others[layer]) end

--- The layer that a value is; a constant becomes one, once. `name` is for that.
function graph:layer_of(value, name)
  if value.layer then return value.layer end
  if not self.constants[value] then
    local dims = #value.dims == 0 and { 1 } or nil
    self.constants[value] = self:add("constant", self:free_name(name), {}, { value = values.to_tensor(value, dims) })
  end
  return self.constants[value]
end

return graph
