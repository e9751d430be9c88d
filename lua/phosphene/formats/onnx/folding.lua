-- SPDX-License-Identifier: MIT
-- Constant folding: computes with numbers that are known when a graph is imported, or follow from the picture's size,
-- as exporters do with shapes. Each operator takes lists { list, dims, is_float } and gives one, or nil for cases that
-- it does not handle. Must not know layers.

local core = require "phosphene.core"
local formulas = require "phosphene.formats.onnx.formulas"
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

-- Operations whose results float32 has to round.
local rounds = {
  ["+"] = true, ["-"] = true, ["*"] = true, ["/"] = true, ["^"] = true, sqrt = true, exp = true, log = true,
}

-- What the core's operation makes of numbers and formulas, as numbers of that type; nil where that is none.
local function calculate(operation, is_float, ...)
  local result = formulas.apply(operation, ...)
  if is_float then return is_float == true and rounds[operation] and formulas.apply("float", result) or result end
  return formulas.is(result) and result or math.tointeger(result)
end

-- Element by element, broadcast: f(x, y, is_float).
local function binary(f, gives_truth)
  return function(_, a, b)
    local dims = values.broadcast(a.dims, b.dims)
    local x, y = dims and spread(a, dims), dims and spread(b, dims)
    if not x or not y then return nil end
    local list, is_float = {}, a.is_float or b.is_float
    for i = 1, #x do
      list[i] = f(x[i], y[i], not gives_truth and is_float)
      if list[i] == nil then return nil end
    end
    return values.list(list, dims, is_float and not gives_truth)
  end
end

local function unary(f)
  return function(_, a)
    local list = {}
    for i, x in ipairs(a.list) do
      list[i] = f(x, a.is_float)
      if list[i] == nil then return nil end
    end
    return values.list(list, a.dims, a.is_float)
  end
end

-- As the core's operation has it; `swapped`: of y and x; `negated`: whether it is not so.
local function binary_by(operation, gives_truth, swapped, negated)
  return binary(function(x, y, is_float)
    if swapped then x, y = y, x end
    local result = calculate(operation, is_float, x, y)
    return negated and result and calculate("=", false, result, 0) or result
  end, gives_truth)
end

local function unary_by(operation)
  return unary(function(x, is_float) return calculate(operation, is_float, x) end)
end

-- C's division: whole numbers are cut towards zero.
local function divide(x, y, is_float)
  if is_float then return calculate("/", is_float, x, y) end
  return calculate("trunc", false, formulas.apply("/", x, y))
end

-- The sign is the divisor's, or with fmod, C's, the dividend's.
local function modulo(node, ...)
  return binary_by(node:integer("fmod", 0) ~= 0 and "fmod" or "%")(node, ...)
end

local binaries = {
  Add = binary_by "+", Sub = binary_by "-", Mul = binary_by "*", Div = binary(divide), Mod = modulo,
  Pow = binary_by "^", Min = binary_by "min", Max = binary_by "max",
  Equal = binary_by("=", true), Less = binary_by("<", true), Greater = binary_by("<", true, true),
  LessOrEqual = binary_by("<", true, true, true), GreaterOrEqual = binary_by("<", true, false, true),
  And = binary_by("min", true), Or = binary_by("max", true), Xor = binary_by("=", true, false, true),
}

local operators = {
  Not = unary(function(x) return calculate("=", false, x, 0) end),
  Neg = unary_by "neg", Abs = unary_by "abs", Sign = unary_by "sign", Floor = unary_by "floor", Ceil = unary_by "ceil",
  Round = unary_by "round", Sqrt = unary_by "sqrt", Exp = unary_by "exp", Log = unary_by "log",
  Identity = function(_, a) return a end,
}

-- Bounds are attributes before version 11, then inputs.
function operators.Clip(node, a, least, most)
  local function bound(name, v)
    if node.opset < 11 then return node:has_attribute(name) and node:real(name) or nil end
    return v and v.list[1]
  end
  least, most = bound("min", least), bound("max", most)
  return unary(function(x, is_float)
    if least then x = calculate("max", is_float, x, least) end
    if most then x = calculate("min", is_float, x, most) end
    return x
  end)(node, a)
end

-- How many inputs an operator cannot do without, where that is more than one.
local needed = { Where = 3, Range = 3, ScatterND = 3, Expand = 2, Gather = 2, CastLike = 2 }

for op, operator in pairs(rearranging.operators) do operators[op] = operator end
for op, operator in pairs(binaries) do operators[op], needed[op] = operator, 2 end

-- ---- types ----

local to_float = { [1] = true, [10] = true, [11] = true, [16] = true }

-- Infinities and what is not a number cannot be whole numbers.
local function to_whole(x)
  if formulas.is(x) then return formulas.apply("trunc", x) end
  if math.type(x) == "integer" then return x end
  if x ~= x or math.abs(x) >= 2 ^ 62 then return nil end
  return math.tointeger(core.calculate("trunc", x))
end

local function to_truth(x) return calculate("=", false, calculate("=", true, x, 0), 0) end

local function to_float32(x) return formulas.apply("float", x) end
local function to_float64(x) return formulas.is(x) and x or x + 0.0 end

local function cast(a, to)
  if to == 8 then return nil end -- texts
  if not a.is_float and not to_float[to] and to ~= 9 then return a end
  local convert = to == 9 and to_truth or to == 11 and to_float64 or to_float[to] and to_float32 or to_whole
  local list = {}
  for i, x in ipairs(a.list) do
    list[i] = convert(x)
    if list[i] == nil then return nil end
  end
  return values.list(list, a.dims, to == 11 and "float64" or to_float[to] or false)
end

function operators.Cast(node, a) return cast(a, node:integer "to") end

function operators.CastLike(_, a, like)
  return cast(a, like.type == "bool" and 9 or like.is_float == "float64" and 11 or like.is_float and 1 or 7)
end

-- ---- making lists ----

-- Where how many there are depends on the picture's size, they are a layer's (operators/constants.lua).
function operators.Range(_, start, limit, delta)
  local first, last, step = start.list[1], limit.list[1], delta.list[1]
  if not (first and last and step) or step == 0 or formulas.any { first, last, step } then return nil end
  local count = math.max(0, math.ceil((last - first) / step))
  if count ~= count or count > values.longest_list then return nil end
  local list = {}
  for i = 1, count do list[i] = first + (i - 1) * step end
  return values.list(list, { #list }, start.is_float)
end

function operators.ConstantOfShape(node, shape)
  if formulas.any(shape.list) then return nil end
  local fill = node:has_attribute "value" and node:constant "value"
  local number = fill and values.numbers(fill)[1] or 0.0
  local count = values.count(shape.list)
  if count > values.longest_list or count < 0 then return nil end
  local list = {}
  for i = 1, count do list[i] = number end
  return values.list(list, shape.list, not fill or fill.is_float)
end

function operators.Expand(_, a, shape)
  local dims = not formulas.any(shape.list) and values.broadcast(a.dims, shape.list)
  local list = dims and spread(a, dims)
  return list and values.list(list, dims, a.is_float)
end

function operators.Where(_, condition, a, b)
  local dims = values.broadcast(condition.dims, a.dims)
  dims = dims and values.broadcast(dims, b.dims)
  local c, x, y = dims and spread(condition, dims), dims and spread(a, dims), dims and spread(b, dims)
  if not (c and x and y) then return nil end
  local list = {}
  for i = 1, #c do
    list[i] = formulas.is(c[i]) and formulas.apply("?", c[i], x[i], y[i]) or (c[i] ~= 0 and x[i] or y[i])
  end
  return values.list(list, dims, a.is_float)
end

-- ---- reductions ----

-- Of a whole list: exporters multiply the elements of shapes.
local function whole(operation)
  return function(node, a, axes)
    local chosen = axes and axes.list or node:integers("axes", {})
    if #a.list == 0 or #a.dims > 1 or #chosen > #a.dims then return nil end
    local result = a.list[1]
    for i = 2, #a.list do
      result = calculate(operation, a.is_float, result, a.list[i])
      if not result then return nil end
    end
    return values.list({ result }, node:integer("keepdims", 1) ~= 0 and #a.dims == 1 and { 1 } or {}, a.is_float)
  end
end

operators.ReduceProd, operators.ReduceSum = whole "*", whole "+"
operators.ReduceMax, operators.ReduceMin = whole "max", whole "min"

--- Computes a node whose inputs (`count` values, nil where absent) are all known; nil where they are too long, or the
--- operator is not one that shapes are computed with. Refuses a node that lacks an input.
function folding.fold(node, inputs, count)
  local operator = operators[node.op]
  if not operator then return nil end
  for i = 1, node.op == "Concat" and count or needed[node.op] or 1 do
    if not inputs[i] then node:refuse("has no input %d", i) end
  end
  for i = 1, count do
    if inputs[i] and not values.numbers(inputs[i]) then return nil end
  end
  return operator(node, table.unpack(inputs, 1, count))
end

return folding
