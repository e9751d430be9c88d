-- SPDX-License-Identifier: MIT
-- A network while an importer builds it from a file: every layer has a unique name, and a shape at the size that the
-- file suggests; the number and size of layers are bounded. Each format's additions are in its graph.lua. Must not know
-- any format.

local limits = require "phosphene.formats.limits"
local refuse = require "phosphene.formats.refuse"

local construction = {}
construction.__index = construction

--- Over a network that has only its image, of `channels` and of size { height, width }.
function construction.new(net, channels, size)
  local shapes = { image = { 1, channels, size[1], size[2] } }
  return { net = net, shapes = shapes, taken = { image = true }, tried = {}, layers = 0 }
end

--- A name that nothing else has, which from now on is taken: the one wanted, or that with a number.
function construction:free_name(wanted)
  wanted = wanted ~= "" and wanted or "unnamed"
  local name, number = wanted, self.tried[wanted] or 1
  while self.taken[name] do
    number = number + 1
    name = ("%s_%d"):format(wanted, number)
  end
  self.taken[name], self.tried[wanted] = true, number
  return name
end

--- What a layer of the network makes of inputs of those shapes that the layers it reads have in `shapes`; nil where one
--- of them has none.
function construction:infer(name, shapes)
  local inputs = {}
  for i, from in ipairs(self.net:layer(name).from) do
    if not shapes[from] then return nil end
    inputs[i] = shapes[from]
  end
  return self.net:infer(name, inputs)
end

--- Infers and keeps the shape of a layer that the network has. Gives its name.
function construction:measure(name)
  local shape, count = refuse.guard(self.infer, self, name, self.shapes), 1
  for _, length in ipairs(shape) do
    count = count * length
    if count > limits.numbers then refuse.raise("layer '%s' would make %s numbers", name, table.concat(shape, "x")) end
  end
  self.shapes[name] = shape
  return name
end

--- Adds a layer as `net:add` does. Gives its name.
function construction:put(layer)
  self.layers = self.layers + 1
  if self.layers > limits.layers then refuse.raise("it has more than %d layers", limits.layers) end
  local added, problem = refuse.guard(self.net.add, self.net, layer)
  if not added then refuse.raise("%s", problem) end
  return self:measure(layer.name)
end

--- A layer's shape, the batch of one included.
function construction:shape(layer) return self.shapes[layer] end

return construction
