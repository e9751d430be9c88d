-- A network while it is rebuilt from Caffe's description. There, layers write blobs, some of them over and over, in
-- place. Here, the last that writes a blob has the blob's name, since that is what people know; the layer before a ReLU
-- in place is called so with `_pre_relu`; and every layer answers to its own name as well. Must not know how layers
-- are built.

local limits = require "phosphene.formats.limits"
local refuse = require "phosphene.formats.refuse"

local graph = {}
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
  local self = setmetatable({ net = net, taken = { image = true }, counts = {}, blobs = {}, aliases = {} }, graph)
  self.last_writer, self.following = writers_of(doc.layers)
  self.shapes = { image = { 1, doc.picture.channels, doc.picture.size[1], doc.picture.size[2] } }
  for blob in pairs(self.last_writer) do self.taken[blob] = true end
  return self
end

local function free_name(self, wanted)
  wanted = wanted ~= "" and wanted or "unnamed"
  local name, count = wanted, self.counts[wanted] or 1
  while self.taken[name] do
    count = count + 1
    name = ("%s_%d"):format(wanted, count)
  end
  self.taken[name], self.counts[wanted] = true, count
  return name
end

-- The name for what a layer writes into its top of this number.
local function name_of(self, layer, top)
  local blob = layer.tops[top] or layer.name
  if self.last_writer[blob] == layer and not self.shapes[blob] then return blob end
  local following = self.following[layer][blob]
  if following and following.type == "ReLU" then return free_name(self, blob .. "_pre_relu") end
  return free_name(self, layer.name)
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

--- Adds what the layer being built becomes, reading these layers, and gives its name. A `suffix` makes it a step on the
--- way there; `top` says which of the results it is, the first by default.
function graph:add(added, from, suffix, top)
  added.from = from
  added.name = suffix and free_name(self, self.layer.name .. suffix) or name_of(self, self.layer, top or 1)
  local ok, problem = refuse.guard(self.net.add, self.net, added)
  if not ok then refuse.raise("%s", problem) end
  return self:measure(added.name)
end

--- A layer's shape, the batch of one included, at the network's own size.
function graph:shape(layer) return self.shapes[layer] end

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
