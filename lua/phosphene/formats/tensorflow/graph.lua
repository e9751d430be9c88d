-- A network while it is rebuilt from a TensorFlow graph: adds layers under their nodes' names, and knows what shapes
-- they have at the size that the graph was made for. Must not know any operation.

local limits = require "phosphene.formats.limits"
local refuse = require "phosphene.formats.refuse"

local graph = {}
graph.__index = graph

--- `net` has only its image; `size` is {height, width} of the pictures that the graph was made for; `flows` says which
--- nodes pictures flow into. `softmaxes` collects those that are met.
function graph.new(net, channels, size, flows)
  local self = setmetatable({ net = net, flows = flows, taken = { image = true }, account = {}, softmaxes = {},
    layers = 0 }, graph)
  self.shapes = { image = { 1, channels, size[1], size[2] } }
  return self
end

--- A name for a layer that no other has.
function graph:free_name(wanted)
  local name, count = wanted ~= "" and wanted or "unnamed", 1
  while self.taken[name] do
    count = count + 1
    name = ("%s_%d"):format(wanted, count)
  end
  self.taken[name] = true
  return name
end

--- Infers and keeps the shape of a layer that was added.
function graph:measure(name)
  local inputs, count = {}, 1
  for i, from in ipairs(self.net:layer(name).from) do inputs[i] = self.shapes[from] end
  self.shapes[name] = refuse.guard(self.net.infer, self.net, name, inputs)
  for _, length in ipairs(self.shapes[name]) do count = count * length end
  if count > limits.numbers then refuse.raise("it would make %s numbers", table.concat(self.shapes[name], "x")) end
  return name
end

--- Adds a layer for a node, and gives its name.
function graph:add(node, layer)
  layer.name = self:free_name(node.name)
  self.layers = self.layers + 1
  if self.layers > limits.layers then refuse.raise("it has more than %d layers", limits.layers) end
  local added, problem = refuse.guard(self.net.add, self.net, layer)
  if not added then refuse.raise("%s", problem) end
  return self:measure(layer.name)
end

--- Gives a layer a node's name too: for nodes that do nothing here.
function graph:also_called(node, layer)
  if self.taken[node.name] or node.name == "" then return end
  self.taken[node.name] = true
  self.net:alias(node.name, layer)
end

--- A layer's shape, the batch of one included, at the graph's own size.
function graph:shape(layer) return self.shapes[layer] end

return graph
