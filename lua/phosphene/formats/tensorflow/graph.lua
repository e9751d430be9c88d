-- SPDX-License-Identifier: MIT
-- A network while it is rebuilt from a TensorFlow graph: adds layers under their nodes' names, and computes their
-- shapes at the size that the graph was made for and at a second one. Must not know any operation.

local construction = require "phosphene.formats.construction"

local graph = setmetatable({}, construction)
graph.__index = graph

-- The other size is this much higher and wider: multiples of what networks divide sizes by.
local more_rows, more_columns = 64, 96

--- `net` has only its image; `picture` says what the file says of it (pictures.lua). `softmaxes` collects those that
--- are met.
function graph.new(net, picture)
  local size = picture.size
  local self = setmetatable(construction.new(net, picture.channels, size), graph)
  self.others = { image = { 1, picture.channels, size[1] + more_rows, size[2] + more_columns } }
  self.format, self.images, self.account, self.softmaxes = picture.format, picture.images, {}, {}
  return self
end

--- Infers and keeps the shapes of a layer that the network has. Gives its name.
function graph:measure(name)
  construction.measure(self, name)
  local fits, other = pcall(self.net.infer, self.net, name, self.others)
  self.others[name] = fits and other or nil
  return name
end

--- Adds a layer for a node, and gives its name: the node's, or that with a suffix for a step on the way.
function graph:put_for(node, layer, suffix)
  layer.name = self:free_name(node.name .. (suffix or ""))
  return self:put(layer)
end

--- A layer's shape, and that at the other size; nil where the graph does not run at that one.
function graph:shape(layer) return self.shapes[layer], self.others[layer] end

--- Gives a layer a node's name too: for nodes that do nothing here.
function graph:also_called(node, layer)
  if self.taken[node.name] or node.name == "" then return end
  self.taken[node.name] = true
  self.net:alias(node.name, layer)
end

return graph
