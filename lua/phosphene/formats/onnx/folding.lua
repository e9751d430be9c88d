-- SPDX-License-Identifier: MIT
-- Constant folding: computes with numbers that are known when a graph is imported, as exporters do with shapes. Each
-- operator takes lists { list, dims, is_float } and gives one, or nil for cases that it does not handle. Must not know
-- layers.

local rearranging = require "phosphene.formats.onnx.rearranging"
local values = require "phosphene.formats.onnx.values"

local folding = {}

-- ---- broadcasting ----

-- The list of v as if it had the shape dims, to which it can be broadcast.
local function spread(v, dims)
  local count, own, result = values.count(dims), values.strides(v.dims), {}
  if count > values.longest_list then return nil end
  if #v.list == count then return v.list end
  local steps, lead = values.strides(dims), #dims - #v.dims
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

local function truth(condition) return condition and 1 or 0 end

local function binary(f, gives_truth)
  return function(_, a, b)
    local dims = values.broadcast(a.dims, b.dims)
    local x, y = dims and spread(a, dims), dims and spread(b, dims)
    if not x or not y then return nil end
    local list, is_float = {}, a.is_float or b.is_float
    for i = 1, #x do
      list[i] = f(x[i], y[i], is_float)
      if list[i] == nil then return nil end
    end
    return values.list(list, dims, is_float and not gives_truth)
  end
end

local function unary(f)
  return function(_, a)
    local list = {}
    for i, x in ipairs(a.list) do list[i] = f(x) end
    return values.list(list, a.dims, a.is_float)
  end
end

-- C's division: whole numbers are cut towards zero.
local function divide(x, y, is_float)
  if is_float then return x / y end
  if y == 0 then return nil end
  local quotient = x // y
  return quotient < 0 and quotient * y ~= x and quotient + 1 or quotient
end

-- The sign is the divisor's, or with fmod, C's, the dividend's.
local function modulo(node, ...)
  local fmod = node:integer("fmod", 0) ~= 0
  return binary(function(x, y, is_float)
    if not is_float and y == 0 then return nil end
    return fmod and math.fmod(x, y) or x % y
  end)(node, ...)
end

local function power(x, y, is_float)
  if is_float then return x ^ y end
  return math.tointeger(x ^ y)
end

local function floor(x) return math.abs(x) < 2 ^ 53 and math.floor(x) + 0.0 or x end

local binaries = {
  Add = binary(function(x, y) return x + y end),
  Sub = binary(function(x, y) return x - y end),
  Mul = binary(function(x, y) return x * y end),
  Div = binary(divide),
  Mod = modulo,
  Pow = binary(power),
  Min = binary(function(x, y) return math.min(x, y) end),
  Max = binary(function(x, y) return math.max(x, y) end),
  Equal = binary(function(x, y) return truth(x == y) end, true),
  Less = binary(function(x, y) return truth(x < y) end, true),
  LessOrEqual = binary(function(x, y) return truth(x <= y) end, true),
  Greater = binary(function(x, y) return truth(x > y) end, true),
  GreaterOrEqual = binary(function(x, y) return truth(x >= y) end, true),
  And = binary(function(x, y) return truth(x ~= 0 and y ~= 0) end, true),
  Or = binary(function(x, y) return truth(x ~= 0 or y ~= 0) end, true),
}

local operators = {
  Not = unary(function(x) return truth(x == 0) end),
  Neg = unary(function(x) return -x end),
  Abs = unary(math.abs),
  Floor = unary(floor),
  Ceil = unary(function(x) return -floor(-x) end),
  Sqrt = unary(function(x) return x ^ 0.5 end),
  Identity = function(_, a) return a end,
}

-- How many inputs an operator cannot do without, where that is more than one.
local needed = { Where = 3, Range = 3, ScatterND = 3, Expand = 2, Gather = 2 }

for op, operator in pairs(rearranging.operators) do operators[op] = operator end
for op, operator in pairs(binaries) do operators[op], needed[op] = operator, 2 end

-- ---- types ----

local to_float = { [1] = true, [10] = true, [11] = true, [16] = true }

local function to_whole(x)
  if x ~= x or math.abs(x) >= 2 ^ 62 then return nil end
  return math.tointeger(x < 0 and math.ceil(x) or math.floor(x))
end

function operators.Cast(node, a)
  local to, list = node:integer "to", {}
  if to == 8 then return nil end -- texts
  for i, x in ipairs(a.list) do
    list[i] = to_float[to] and x + 0.0 or to == 9 and truth(x ~= 0) or to_whole(x)
    if list[i] == nil then return nil end
  end
  return values.list(list, a.dims, to_float[to] or false)
end

-- ---- making lists ----

function operators.Range(_, start, limit, delta)
  local first, last, step = start.list[1], limit.list[1], delta.list[1]
  if not (first and last and step) or step == 0 then return nil end
  local count = math.max(0, math.ceil((last - first) / step))
  if count ~= count or count > values.longest_list then return nil end
  local list = {}
  for i = 1, count do list[i] = first + (i - 1) * step end
  return values.list(list, { #list }, start.is_float)
end

function operators.ConstantOfShape(node, shape)
  local fill = node:has_attribute "value" and node:constant "value"
  local number = fill and values.numbers(fill)[1] or 0.0
  local count = values.count(shape.list)
  if count > values.longest_list or count < 0 then return nil end
  local list = {}
  for i = 1, count do list[i] = number end
  return values.list(list, shape.list, not fill or fill.is_float)
end

function operators.Expand(_, a, shape)
  local dims = values.broadcast(a.dims, shape.list)
  local list = dims and spread(a, dims)
  return list and values.list(list, dims, a.is_float)
end

function operators.Where(_, condition, a, b)
  local dims = values.broadcast(condition.dims, a.dims)
  dims = dims and values.broadcast(dims, b.dims)
  local c, x, y = dims and spread(condition, dims), dims and spread(a, dims), dims and spread(b, dims)
  if not (c and x and y) then return nil end
  local list = {}
  for i = 1, #c do list[i] = c[i] ~= 0 and x[i] or y[i] end
  return values.list(list, dims, a.is_float)
end

-- ---- reductions ----

-- Of a whole list: exporters multiply the elements of shapes.
local function whole(f, start)
  return function(node, a, axes)
    local chosen = axes and axes.list or node:integers("axes", {})
    if #a.list == 0 or #a.dims > 1 or #chosen > #a.dims then return nil end
    local result = start
    for _, x in ipairs(a.list) do result = f(result, x) end
    return values.list({ result }, node:integer("keepdims", 1) ~= 0 and #a.dims == 1 and { 1 } or {}, a.is_float)
  end
end

operators.ReduceProd = whole(function(x, y) return x * y end, 1)
operators.ReduceSum = whole(function(x, y) return x + y end, 0)
operators.ReduceMax = whole(math.max, -math.huge)
operators.ReduceMin = whole(math.min, math.huge)

-- ---- at both sizes ----

-- At most this many layers are remembered as those whose shapes a list came from.
local most_sources = 4

local function merge_sources(inputs, count)
  local all, seen = {}, {}
  for i = 1, count do
    for _, layer in ipairs(inputs[i] and inputs[i].sources or {}) do
      if not seen[layer] and #all < most_sources then all[#all + 1] = layer end
      seen[layer] = true
    end
  end
  return #all > 0 and all or nil
end

-- The arguments as they are at the other size.
local function at_other_size(inputs, count)
  local others = {}
  for i = 1, count do
    local v = inputs[i]
    others[i] = v and v.other and values.list(v.other, v.dims, v.is_float) or v
  end
  return others
end

--- Computes a node whose inputs (`count` values, nil where absent) are all known; nil where they are too long, or the
--- operator is not one that shapes are computed with. Refuses a node that lacks an input.
function folding.fold(node, inputs, count)
  local operator, differs, is_sized = operators[node.op], false, false
  if not operator then return nil end
  for i = 1, node.op == "Concat" and count or needed[node.op] or 1 do
    if not inputs[i] then node:refuse("has no input %d", i) end
  end
  for i = 1, count do
    local v = inputs[i]
    if v and not values.numbers(v) then return nil end
    differs = differs or v and v.other
    is_sized = is_sized or v and v.is_sized
  end
  local result = operator(node, table.unpack(inputs, 1, count))
  if result and is_sized then
    local other = differs and operator(node, table.unpack(at_other_size(inputs, count), 1, count))
    result = values.list(result.list, result.dims, result.is_float, other and other.list)
    result.is_sized = result.is_sized or not differs
  end
  if result then result.sources = merge_sources(inputs, count) end
  return result
end

return folding
