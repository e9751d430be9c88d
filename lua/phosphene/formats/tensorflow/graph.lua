-- SPDX-License-Identifier: MIT
-- A network while it is rebuilt from a TensorFlow graph: adds layers under their nodes' names. Must not know any
-- operation.

local sizing = require "phosphene.formats.sizing"

local graph = setmetatable({}, sizing)
graph.__index = graph

--- `net` has only its image; `picture` says what the file says of it (pictures.lua). `softmaxes` collects those that
--- are met.
function graph.new(net, picture)
  local self = setmetatable(sizing.new(net, picture.channels, picture.size), graph)
  self.format, self.images, self.account, self.softmaxes = picture.format, picture.images, {}, {}
  return self
end

--- Adds a layer for a node, and gives its name: the node's, or that with a suffix for a step on the way.
function graph:put_for(node, layer, suffix)
  layer.name = self:free_name(node.name .. (suffix or ""))
  return self:put(layer)
end

--- Gives a layer a node's name too: for nodes that do nothing here.
function graph:also_called(node, layer)
  if self.taken[node.name] or node.name == "" then return end
  self.taken[node.name] = true
  self.net:alias(node.name, layer)
end

return graph
