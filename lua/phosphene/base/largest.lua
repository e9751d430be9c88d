-- SPDX-License-Identifier: MIT
-- The largest elements of a tensor and their coordinates: the most active units, the likeliest classes. Must not know
-- what the elements mean.

local expect = require "phosphene.base.expect"

-- Coordinates, from 0, of element number `place`, from 0, of a tensor of this shape.
local function coordinates(place, shape)
  local at = {}
  for axis = #shape, 1, -1 do
    at[axis] = place % shape[axis]
    place = place // shape[axis]
  end
  return at
end

-- Inserts a value into a sorted list of at most `count`, after equal values.
local function insert(list, count, value, place)
  local last = list[count]
  if not (last == nil or value > last.value) then return end
  local i = math.min(#list + 1, count)
  while i > 1 and value > list[i - 1].value do
    list[i] = list[i - 1]
    i = i - 1
  end
  list[i] = { value = value, place = place }
end

--- See meta/tensor.lua.
local function largest(tensor, count)
  count = math.tointeger(expect.value(count or 10, expect.whole(1), "largest"))
  local list, shape = {}, tensor:shape()
  for i, value in ipairs(tensor:values()) do
    if value == value then insert(list, count, value, i - 1) end
  end
  for i, found in ipairs(list) do list[i] = { value = found.value, at = coordinates(found.place, shape) } end
  return list
end

return largest
