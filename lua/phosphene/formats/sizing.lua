-- SPDX-License-Identifier: MIT
-- A network while it is built from a file that computes with shapes: they are known at a few sizes of the picture,
-- which shows what depends on it, and settings of layers may be formulas (formulas.lua). Must not know any format.

local construction = require "phosphene.formats.construction"
local formulas = require "phosphene.formats.formulas"

local sizing = setmetatable({}, construction)
sizing.__index = sizing

-- Besides the file's own height and width: what is added to them, or taken away. The first leaves what networks divide
-- sizes by; of the others no two leave the same remainders.
local changes = { { 64, 96 }, { 1, 2 }, { 35, 17 }, { -6, 11 }, { 30, -5 } }

--- Over a network that has only its image, of size = { height, width }.
function sizing.new(net, channels, size)
  local self = setmetatable(construction.new(net, channels, size), sizing)
  self.at_size = { self.shapes }
  for _, change in ipairs(changes) do
    local height, width = size[1] + change[1], size[2] + change[2]
    if height > 0 and width > 0 then
      self.at_size[#self.at_size + 1] = { image = { 1, channels, height, width } }
    end
  end
  return self
end

--- Infers and keeps the shapes of a layer that the network has. Gives its name.
function sizing:measure(name)
  construction.measure(self, name)
  for k = 2, #self.at_size do
    local fits, shape = pcall(self.net.infer, self.net, name, self.at_size[k])
    self.at_size[k][name] = fits and shape or nil
  end
  return name
end

--- Adds a layer as `net:add` does; settings may be formulas, or lists of them. Gives its name.
function sizing:put(layer) return construction.put(self, formulas.describe(layer)) end

--- The length of a layer's output along an axis, from 1: a number, or a formula.
function sizing:length(layer, axis)
  local known = {}
  for k, shapes in ipairs(self.at_size) do known[k] = shapes[layer] and shapes[layer][axis] end
  return formulas.length(layer, axis - 1, known, #self.at_size)
end

--- All lengths of a layer's output.
function sizing:lengths(layer)
  local list = {}
  for axis = 1, #self.shapes[layer] do list[axis] = self:length(layer, axis) end
  return list
end

--- Numbers of which some are formulas, as a layer of these dimensions: one number after the other.
function sizing:put_list(list, dims, name)
  local parts = {}
  for i, x in ipairs(list) do
    parts[i] = self:put { type = "range", name = self:free_name(("%s/%d"):format(name, i)), from = {}, start = x,
      count = 1 }
  end
  local layer = parts[1]
  if #parts > 1 then layer = self:put { type = "concat", name = self:free_name(name), from = parts, axis = 0 } end
  if #dims <= 1 then return layer end
  return self:put { type = "reshape", name = self:free_name(name), from = layer, shape = dims }
end

return sizing
