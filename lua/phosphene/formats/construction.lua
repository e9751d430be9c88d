-- SPDX-License-Identifier: MIT
-- A network while an importer builds it from a file: every layer has a unique name, and a shape at the size that the
-- file suggests; the number and size of layers are bounded. Parts of the file that cannot be built are left out, with
-- all that depends on them. Each format's additions are in its graph.lua. Must not know any format.

local limits = require "phosphene.formats.limits"
local refuse = require "phosphene.formats.refuse"

local construction = {}
construction.__index = construction

--- Over a network that has only its image, of `channels` and of size { height, width }.
function construction.new(net, channels, size)
  local shapes = { image = { 1, channels, size[1], size[2] } }
  return { net = net, shapes = shapes, taken = { image = true }, tried = {}, layers = 0, skipped = {}, failures = {},
    blocked = 0 }
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

--- Infers and keeps the shape of a layer that the network has. Gives its name.
function construction:measure(name)
  local shape, count = refuse.guard(self.net.infer, self.net, name, self.shapes), 1
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

-- ---- what cannot be built ----

--- Calls f, which builds what a part of the file (a node, a layer: any value, called `name`, of this type) stands for:
--- true and its results; or false where it was refused, now or in an earlier pass.
function construction:attempt(part, name, type_name, f, ...)
  if self.skipped[part] then return false end
  local before = self.layers
  local results = table.pack(refuse.catch(f, ...))
  if results[1] then return table.unpack(results, 1, results.n) end
  if self.layers > limits.layers then refuse.raise("%s", results[2]) end
  self.skipped[part], self.is_torn = true, self.is_torn or self.layers > before
  self.failures[#self.failures + 1] = { type = type_name, text = ("'%s' (%s: %s)"):format(name, type_name, results[2]) }
  return false
end

--- Notes that a part of the file was not tried, since what it reads is missing.
function construction:block() self.blocked = self.blocked + 1 end

--- The construction that `build` makes of the one that `begin` gives. Where a part was begun and then refused, all is
--- built once more without it, so that none of its layers stays behind.
function construction.complete(begin, build)
  local g = begin()
  build(g)
  if g.is_torn then
    local skipped, failures = g.skipped, g.failures
    g.net:close()
    g = begin()
    g.skipped, g.failures = skipped, failures
    build(g)
  end
  if #g.net:layers() <= 2 then refuse.raise("%s", g:left_out() or "no layer depends on its input") end
  return g
end

-- So many of the parts that could not be built are named.
local most_named = 4

--- What was left out, as a sentence for the user: one of each type of `failures`, a list of { type =, text = }, and how
--- many were `blocked` by them. Nil for nothing.
function construction:left_out()
  local texts, seen, more = {}, {}, 0
  for _, failure in ipairs(self.failures) do
    if seen[failure.type] or #texts == most_named then
      more = more + 1
    else
      texts[#texts + 1] = failure.text
    end
    seen[failure.type] = true
  end
  if #texts == 0 then return nil end
  if more > 0 then texts[#texts + 1] = more .. " more like that" end
  if self.blocked > 0 then
    texts[#texts + 1] = ("%d after %s"):format(self.blocked, #self.failures == 1 and "it" or "them")
  end
  local last = table.remove(texts)
  return #texts > 0 and ("left out %s and %s"):format(table.concat(texts, ", "), last) or "left out " .. last
end

--- Says on stderr what was left out of a file's network, if anything was.
function construction:tell(path)
  local text = self:left_out()
  if text then io.stderr:write(("phosphene: '%s': %s\n"):format(path, (text:gsub("%c", "?")))) end
end

return construction
