-- SPDX-License-Identifier: MIT
-- Short constants of a file that are computed with when it is opened: lists of numbers with dimensions, { list =,
-- dims =, is_float = "float64", true (narrower) or false }, row-major. Elements may be formulas of the picture's size
-- (formulas.lua). What the formats' operators have in common; what cannot be is nil. Must not know any operator.

local core = require "phosphene.core"
local formulas = require "phosphene.formats.formulas"
local refuse = require "phosphene.formats.refuse"

local lists = {}

-- Lists longer than this stay tensors, and tensors longer than this are never made into lists.
lists.longest = 1 << 18

-- ---- dimensions ----

--- Elements of a shape.
function lists.count(dims)
  local count = 1
  for _, dim in ipairs(dims) do
    if dim ~= 0 and count > (1 << 44) // dim then refuse.raise "a shape is too large" end
    count = count * dim
  end
  return count
end

--- For each dimension, how far apart its elements are.
function lists.strides(dims)
  local result, step = {}, 1
  for i = #dims, 1, -1 do
    result[i] = step
    step = step * dims[i]
  end
  return result
end

--- The shape that two shapes are broadcast to as NumPy does, or nil.
function lists.broadcast(a, b)
  local rank, dims = math.max(#a, #b), {}
  for i = 1, rank do
    local x, y = a[i - rank + #a] or 1, b[i - rank + #b] or 1
    if x ~= y and x ~= 1 and y ~= 1 then return nil end
    dims[i] = x == 1 and y or x
  end
  return dims
end

--- The elements of v as if it had the shape dims, to which it can be broadcast.
function lists.spread(v, dims)
  local count, own, result = lists.count(dims), lists.strides(v.dims), {}
  if count > lists.longest then return nil end
  if #v.list == count then return v.list end
  local steps, lead = lists.strides(dims), #dims - #v.dims
  for i = 0, count - 1 do
    local at = 0
    for d = 1, #v.dims do
      local index = i // steps[d + lead] % dims[d + lead]
      if v.dims[d] ~= 1 then at = at + index * own[d] end
    end
    result[i + 1] = v.list[at + 1]
  end
  return result
end

-- ---- arithmetic ----

-- Operations whose results float32 has to round.
local rounds = {
  ["+"] = true, ["-"] = true, ["*"] = true, ["/"] = true, ["^"] = true, sqrt = true, exp = true, log = true,
}

--- What the core's operation makes of numbers and formulas, as numbers of that type; nil where that is none.
function lists.calculate(operation, is_float, ...)
  local result = formulas.apply(operation, ...)
  if is_float then return is_float == true and rounds[operation] and formulas.apply("float", result) or result end
  return formulas.is(result) and result or math.tointeger(result)
end

--- C's division: whole numbers are cut towards zero.
function lists.divide(x, y, is_float)
  if is_float then return lists.calculate("/", is_float, x, y) end
  return lists.calculate("trunc", false, formulas.apply("/", x, y))
end

--- Of each element f(x, is_float); and of each two of those that are broadcast f(x, y, is_float), which may give truth.
function lists.map(f, a)
  local list = {}
  for i, x in ipairs(a.list) do
    list[i] = f(x, a.is_float)
    if list[i] == nil then return nil end
  end
  return { list = list, dims = a.dims, is_float = a.is_float }
end

function lists.combine(f, a, b, gives_truth)
  local dims = lists.broadcast(a.dims, b.dims)
  local x, y = dims and lists.spread(a, dims), dims and lists.spread(b, dims)
  if not x or not y then return nil end
  local list, is_float = {}, not gives_truth and (a.is_float or b.is_float)
  for i = 1, #x do
    list[i] = f(x[i], y[i], is_float)
    if list[i] == nil then return nil end
  end
  return { list = list, dims = dims, is_float = is_float }
end

--- As the core's operation has it; `swapped`: of y and x; `negated`: whether it is not so.
function lists.binary(operation, gives_truth, swapped, negated)
  local function f(x, y, is_float)
    if swapped then x, y = y, x end
    local result = lists.calculate(operation, is_float, x, y)
    return negated and result and lists.calculate("=", false, result, 0) or result
  end
  return function(a, b) return lists.combine(f, a, b, gives_truth) end
end

function lists.unary(operation)
  local function f(x, is_float) return lists.calculate(operation, is_float, x) end
  return function(a) return lists.map(f, a) end
end

--- All of them multiplied: of a list of lengths.
function lists.product(lengths)
  local count = 1
  for _, length in ipairs(lengths) do count = lists.calculate("*", false, count, length) end
  return count
end

--- Which elements are 0.
function lists.negated(a) return lists.map(function(x) return lists.calculate("=", false, x, 0) end, a) end

--- All elements of a list, one after the other.
function lists.whole(operation, a)
  local result = a.list[1]
  for i = 2, #a.list do
    result = lists.calculate(operation, a.is_float, result, a.list[i])
    if not result then return nil end
  end
  return result
end

-- ---- types ----

-- Infinities and what is not a number cannot be whole numbers.
local function to_whole(x)
  if formulas.is(x) then return formulas.apply("trunc", x) end
  if math.type(x) == "integer" then return x end
  if x ~= x or math.abs(x) >= 2 ^ 62 then return nil end
  return math.tointeger(core.calculate("trunc", x))
end

local function to_truth(x) return lists.calculate("=", false, lists.calculate("=", true, x, 0), 0) end
local function to_float32(x) return formulas.apply("float", x) end
local function to_float64(x) return formulas.is(x) and x or x + 0.0 end

local conversions = { whole = to_whole, truth = to_truth, float32 = to_float32, float64 = to_float64 }

--- The same numbers as "whole", "truth", "float32" or "float64".
function lists.cast(a, to)
  if to == "whole" and not a.is_float then return a end
  local result = lists.map(conversions[to], a)
  if result then result.is_float = to == "float64" and to or to == "float32" end
  return result
end

-- ---- parts ----

--- The elements at some indices, from 0, of an axis, from 1.
function lists.choose(a, axis, chosen)
  local before, after, length, dims = 1, 1, a.dims[axis], table.move(a.dims, 1, #a.dims, 1, {})
  for d = 1, axis - 1 do before = before * a.dims[d] end
  for d = axis + 1, #a.dims do after = after * a.dims[d] end
  local list = {}
  if before * after * #chosen > lists.longest then return nil end
  for i = 0, before - 1 do
    for _, index in ipairs(chosen) do
      for k = 1, after do list[#list + 1] = a.list[(i * length + index) * after + k] end
    end
  end
  dims[axis] = #chosen
  return { list = list, dims = dims, is_float = a.is_float }
end

--- Which indices a slice takes of an axis of this length, by NumPy's rules; without a start or a stop, all from or to
--- the end.
function lists.sliced(start, stop, step, length)
  local function clamp(index, least, most)
    if index < 0 then index = index + length end
    return math.max(least, math.min(most, index))
  end
  local chosen = {}
  if step > 0 then
    local first, last = clamp(start or 0, 0, length), stop and clamp(stop, 0, length) or length
    for i = first, last - 1, step do chosen[#chosen + 1] = i end
  else
    local first, last = start and clamp(start, 0, length - 1) or length - 1, stop and clamp(stop, -1, length - 1) or -1
    for i = first, last + 1, step do chosen[#chosen + 1] = i end
  end
  return chosen
end

return lists
