-- The network that an ONNX graph becomes, while it is built: layers are added, what names stand for is kept, shapes are
-- computed along the way at two sizes (values.lua). Must not know any operator.

local limits = require "phosphene.formats.limits"
local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.onnx.values"

local graph = {}
graph.__index = graph

--- A graph over a network that has only its image, of size nominal = { height, width } and, for comparison, other.
--- `values` holds what each name of the file stands for; `is_read` which names anything reads; `images` for how many
--- images at once the file was made.
function graph.new(net, channels, nominal, other)
  local self = setmetatable({ net = net, values = {}, is_read = {}, images = 1, layers = 0 }, graph)
  self.shapes, self.others, self.constants = {}, {}, {}
  self.shapes.image = { 1, channels, nominal[1], nominal[2] }
  self.others.image = { 1, channels, other[1], other[2] }
  return self
end

--- A layer's name that is not taken yet: the one given, or that with a number.
function graph:free_name(name)
  local free, number = name, 1
  while self.shapes[free] or free == "" do
    number = number + 1
    free = ("%s_%d"):format(name, number)
  end
  return free
end

local function infer(self, name, from, shapes)
  local inputs = {}
  for i, input in ipairs(from) do
    if not shapes[input] then return nil end
    inputs[i] = shapes[input]
  end
  return self.net:infer(name, inputs)
end

--- Adds a layer and returns its name. Settings hold the parameters too; those that are nil are left out.
function graph:add(type, name, from, settings)
  local description = { type = type, name = name, from = from }
  for key, value in pairs(settings or {}) do description[key] = value end
  self.layers = self.layers + 1
  if self.layers > limits.layers then refuse.raise("it has more than %d layers", limits.layers) end
  local added, problem = refuse.guard(self.net.add, self.net, description)
  if not added then refuse.raise("%s", problem) end
  local shape = refuse.guard(infer, self, name, from, self.shapes)
  if values.count(shape) > limits.numbers then
    refuse.raise("%s '%s' would make %s numbers", type, name, table.concat(shape, "x"))
  end
  self.shapes[name] = shape
  local fits, other = pcall(infer, self, name, from, self.others)
  self.others[name] = fits and other or nil
  return name
end

--- Lets a layer be found under the name of a value too, where that is free.
function graph:also_called(name, layer)
  if name == layer or self.shapes[name] then return end
  self.net:alias(name, layer)
  self.shapes[name], self.others[name] = self.shapes[layer], self.others[layer]
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
