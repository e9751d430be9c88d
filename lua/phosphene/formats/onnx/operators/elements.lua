-- SPDX-License-Identifier: MIT
-- ONNX operators that take and put single elements, at places that are known: each is a list of which element of its
-- inputs, one after the other, every element of its output is. Where that would be another list at each of the
-- picture's sizes, they hold for the file's own.

local core = require "phosphene.core"
local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"

local elements = {}

-- ---- places ----

local function flat(node, layer, count) return node:step("reshape", layer, { shape = { count } }) end

-- Elements of flat layers, one after the other, that `map` lists from 0.
local function pick(node, layers, map)
  if #map == 0 then node:refuse "takes nothing" end
  local all = #layers == 1 and layers[1] or node:step("concat", layers, { axis = 0 })
  return node:step("gather", all, { indices = core.tensor({ #map }, map), axis = 0 })
end

local function inside(node, index, length)
  local at = index < 0 and index + length or index
  if at < 0 or at >= length then node:refuse("has index %d for %d elements", index, length) end
  return at
end

-- Holds the node to the file's own size, where its inputs from i on are of others.
local function fix(node, ...)
  for _, i in ipairs { ... } do
    if formulas.any(node:lengths(i)) then node:fix() end
  end
end

-- For each of the places that input i, of as many axes as input 1, goes through, where in input 1 its index points.
local function along_axis(node, i)
  local dims, own = node:shape(1), node:shape(i)
  local axis, steps, own_steps = node:axis(node:integer("axis", 0), #dims), lists.strides(dims), lists.strides(own)
  if #own ~= #dims then node:refuse("has indices of %d axes for %d", #own, #dims) end
  local map = {}
  for n, index in ipairs(node:numbers(i)) do
    local at = 0
    for d = 1, #dims do
      local place = (n - 1) // own_steps[d] % own[d]
      if d == axis + 1 then place = inside(node, index, dims[d]) end
      at = at + inside(node, place, dims[d]) * steps[d]
    end
    map[n] = at
  end
  return map
end

-- Likewise of lists of indices, whose last axis has one for each axis of input 1 after the first `batch` ones; what is
-- pointed at are rows of its further axes.
local function along_rows(node, i, batch)
  local dims, own = node:shape(1), node:shape(i)
  local depth, steps, length, map = own[#own], lists.strides(dims), 1, {}
  if batch < 0 or batch >= #own or depth < 1 or batch + depth > #dims then
    node:refuse "has indices that do not fit its input"
  end
  for d = batch + depth + 1, #dims do length = length * dims[d] end
  local indices, rows = node:numbers(i), 1
  for d = 1, #own - 1 do rows = rows * own[d] end
  if rows * length > lists.longest then node:refuse("takes %d elements", rows * length) end
  local per_batch = rows
  for d = 1, batch do per_batch = per_batch // own[d] end
  for row = 0, rows - 1 do
    local at = batch > 0 and row // per_batch * steps[batch] or 0
    for d = 1, depth do
      at = at + inside(node, indices[row * depth + d], dims[batch + d]) * steps[batch + d]
    end
    for k = 0, length - 1 do map[#map + 1] = at + k end
  end
  return map, table.move(dims, batch + depth + 1, #dims, #own, table.move(own, 1, #own - 1, 1, {}))
end

-- ---- taking ----

local function take(node, map, dims)
  fix(node, 1)
  local picked = pick(node, { flat(node, node:layer(1), lists.count(node:shape(1))) }, map)
  node:add("reshape", picked, { shape = #dims > 0 and dims or { 1 } })
end

function elements.GatherElements(node) take(node, along_axis(node, 2), node:shape(2)) end
function elements.GatherND(node) take(node, along_rows(node, 2, node:integer("batch_dims", 0))) end

-- ---- putting ----

-- What an element is combined with where nothing is put.
local neutral = { add = 0, mul = 1 }
local operations = { add = "add", mul = "multiply", max = "maximum", min = "minimum" }

-- So many elements may go to one place, one after the other.
local most_turns = 16

-- Puts elements of input 3 to places of input 1, in turns: in each, no place is met twice.
local function put(node, map)
  local reduction, shape = node:text("reduction", "none"), node:shape(1)
  local count, updates = lists.count(shape), lists.count(node:shape(3))
  if #map ~= updates then node:refuse("puts %d elements to %d places", updates, #map) end
  if count > lists.longest then node:refuse("puts elements among %d", count) end
  fix(node, 1, 3)
  local result, source, turns, turn_of = flat(node, node:layer(1), count), flat(node, node:layer(3), updates), {}, {}
  for n, at in ipairs(map) do
    local turn = reduction == "none" and 1 or (turn_of[at] or 0) + 1
    turn_of[at], turns[turn] = turn, turns[turn] or {}
    turns[turn][at] = n - 1
  end
  if #turns > most_turns then node:refuse("puts %d elements to one place", #turns) end
  for _, turn in ipairs(turns) do
    local chosen, rest = {}, { result }
    if neutral[reduction] then rest = { node:number_layer(neutral[reduction]) } end
    local first = neutral[reduction] and 1 or count
    for at = 0, count - 1 do
      chosen[at + 1] = turn[at] and first + turn[at] or neutral[reduction] and 0 or at
    end
    local picked = pick(node, { rest[1], source }, chosen)
    result = reduction == "none" and picked or node:step("binary", { result, picked },
      { operation = operations[reduction] or node:refuse("combines by '%s'", reduction) })
  end
  node:add("reshape", result, { shape = shape })
end

function elements.ScatterElements(node) put(node, along_axis(node, 2)) end
elements.Scatter = elements.ScatterElements
function elements.ScatterND(node) put(node, (along_rows(node, 2, 0))) end

-- ---- choosing ----

-- What a list of truth values chooses along an axis, or, without one, of all elements.
function elements.Compress(node)
  local chosen, x, axis = {}, node:layer(1), 0
  for i, c in ipairs(node:numbers(2)) do
    if c ~= 0 then chosen[#chosen + 1] = i - 1 end
  end
  if #chosen == 0 then node:refuse "chooses nothing" end
  if node:has_attribute "axis" then
    axis = node:axis(node:integer "axis", node:rank(1))
  else
    fix(node, 1)
    x = flat(node, x, lists.count(node:shape(1)))
  end
  node:add("gather", x, { indices = core.tensor({ #chosen }, chosen), axis = axis })
end

return elements
