-- SPDX-License-Identifier: MIT
-- A network while it is rebuilt from Caffe's description. Caffe's layers write blobs, several of them the same blob, in
-- place. Here, the last layer that writes a blob gets the blob's name, as is customary; the layer before an in-place
-- ReLU gets that name with `_pre_relu`; and every layer's own name is an alias. Must not know how layers are built.

local construction = require "phosphene.formats.construction"

local graph = setmetatable({}, construction)
graph.__index = graph

-- The last layer that writes each blob, and for each layer and blob that it writes, the next one that does. Dropout in
-- place writes what was there.
local function writers_of(layers)
  local last, following = {}, {}
  for _, layer in ipairs(layers) do
    local is_nothing = layer.type == "Dropout" and layer.tops[1] == layer.bottoms[1]
    following[layer] = {}
    for _, top in ipairs(is_nothing and {} or layer.tops) do
      if last[top] then following[last[top]][top] = layer end
      last[top] = layer
    end
  end
  return last, following
end

--- `doc` is what document.lua reads; `net` has only its image.
function graph.new(net, doc)
  local self = setmetatable(construction.new(net, doc.picture.channels, doc.picture.size), graph)
  self.blobs, self.aliases = {}, {}
  self.last_writer, self.following = writers_of(doc.layers)
  for blob in pairs(self.last_writer) do self.taken[blob] = true end
  return self
end

-- The name for what a layer writes into its top of this number.
local function name_of(self, layer, top)
  local blob = layer.tops[top] or layer.name
  if self.last_writer[blob] == layer and not self.shapes[blob] then return blob end
  local following = self.following[layer][blob]
  if following and following.type == "ReLU" then return self:free_name(blob .. "_pre_relu") end
  return self:free_name(layer.name)
end

--- Adds what the layer being built becomes, reading these layers, and gives its name. A `suffix` makes it a step on the
--- way there; `top` says which of the results it is, the first by default.
function graph:add(added, from, suffix, top)
  added.from = from
  added.name = suffix and self:free_name(self.layer.name .. suffix) or name_of(self, self.layer, top or 1)
  return self:put(added)
end

--- Lets a layer be found under another name too, once all is built.
function graph:also_called(name, layer) self.aliases[#self.aliases + 1] = { name, layer } end

--- Gives the layers their other names, where nothing else has them.
function graph:finish()
  local taken = self.net:aliases()
  for _, alias in ipairs(self.aliases) do
    local name, layer = alias[1], alias[2]
    if name ~= "" and not self.shapes[name] and not taken[name] then
      self.net:alias(name, layer)
      taken[name] = layer
    end
  end
end

return graph
