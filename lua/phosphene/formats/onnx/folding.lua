-- SPDX-License-Identifier: MIT
-- Constant folding: computes with numbers that are known when a graph is imported, or follow from the picture's size,
-- as exporters do with shapes. Each operator takes lists { list, dims, is_float } and gives one, or nil for cases that
-- it does not handle. Must not know layers.

local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local rearranging = require "phosphene.formats.onnx.rearranging"
local values = require "phosphene.formats.onnx.values"

local folding = {}

-- ---- arithmetic ----

-- The functions of lists.lua, which take no node.
local function alone(f) return function(_, ...) return f(...) end end
local function binary_by(...) return alone(lists.binary(...)) end
local function unary_by(operation) return alone(lists.unary(operation)) end
local function divide(_, a, b) return lists.combine(lists.divide, a, b) end

-- The sign is the divisor's, or with fmod, C's, the dividend's.
local function modulo(node, ...)
  return binary_by(node:integer("fmod", 0) ~= 0 and "fmod" or "%")(node, ...)
end

local binaries = {
  Add = binary_by "+", Sub = binary_by "-", Mul = binary_by "*", Div = divide, Mod = modulo,
  Pow = binary_by "^", Min = binary_by "min", Max = binary_by "max",
  Equal = binary_by("=", true), Less = binary_by("<", true), Greater = binary_by("<", true, true),
  LessOrEqual = binary_by("<", true, true, true), GreaterOrEqual = binary_by("<", true, false, true),
  And = binary_by("min", true), Or = binary_by("max", true), Xor = binary_by("=", true, false, true),
}

local operators = {
  Not = alone(lists.negated),
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
  return lists.map(function(x, is_float)
    if least then x = lists.calculate("max", is_float, x, least) end
    if most then x = lists.calculate("min", is_float, x, most) end
    return x
  end, a)
end

-- How many inputs an operator cannot do without, where that is more than one.
local needed = { Where = 3, Range = 3, ScatterND = 3, Expand = 2, Gather = 2, CastLike = 2 }

for op, operator in pairs(rearranging.operators) do operators[op] = operator end
for op, operator in pairs(binaries) do operators[op], needed[op] = operator, 2 end

-- ---- types ----

local conversions = { [1] = "float32", [9] = "truth", [10] = "float32", [11] = "float64", [16] = "float32" }

-- Texts (8) are no numbers.
local function cast(a, to) return to ~= 8 and lists.cast(a, conversions[to] or "whole") or nil end

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
  if count ~= count or count > lists.longest then return nil end
  local list = {}
  for i = 1, count do list[i] = first + (i - 1) * step end
  return values.list(list, { #list }, start.is_float)
end

function operators.ConstantOfShape(node, shape)
  if formulas.any(shape.list) then return nil end
  local fill = node:has_attribute "value" and node:constant "value"
  local number = fill and values.numbers(fill)[1] or 0.0
  local count = lists.count(shape.list)
  if count > lists.longest or count < 0 then return nil end
  local list = {}
  for i = 1, count do list[i] = number end
  return values.list(list, shape.list, not fill or fill.is_float)
end

function operators.Expand(_, a, shape)
  local dims = not formulas.any(shape.list) and lists.broadcast(a.dims, shape.list)
  local list = dims and lists.spread(a, dims)
  return list and values.list(list, dims, a.is_float)
end

function operators.Where(_, condition, a, b)
  local dims = lists.broadcast(condition.dims, a.dims)
  dims = dims and lists.broadcast(dims, b.dims)
  local c, x, y = dims and lists.spread(condition, dims), dims and lists.spread(a, dims), dims and lists.spread(b, dims)
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
    local result = lists.whole(operation, a)
    local dims = node:integer("keepdims", 1) ~= 0 and #a.dims == 1 and { 1 } or {}
    return result and values.list({ result }, dims, a.is_float) or nil
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
