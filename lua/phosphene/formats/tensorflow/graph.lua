-- SPDX-License-Identifier: MIT
-- A network while it is rebuilt from a TensorFlow graph: adds layers under their nodes' names, and computes their
-- shapes at the size that the graph was made for. Must not know any operation.

local construction = require "phosphene.formats.construction"

local graph = setmetatable({}, construction)
graph.__index = graph

--- `net` has only its image; `size` is {height, width} of the pictures that the graph was made for; `flows` says which
--- nodes pictures flow into. `softmaxes` collects those that are met.
function graph.new(net, channels, size, flows)
  local self = setmetatable(construction.new(net, channels, size), graph)
  self.flows, self.account, self.softmaxes = flows, {}, {}
  return self
end

--- Adds a layer for a node, and gives its name.
function graph:add(node, layer)
  layer.name = self:free_name(node.name)
  return self:put(layer)
end

--- Gives a layer a node's name too: for nodes that do nothing here.
function graph:also_called(node, layer)
  if self.taken[node.name] or node.name == "" then return end
  self.taken[node.name] = true
  self.net:alias(node.name, layer)
end

return graph
