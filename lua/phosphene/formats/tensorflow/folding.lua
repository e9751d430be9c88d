-- SPDX-License-Identifier: MIT
-- Operations between constants: shapes that a graph computes, and weights that are computed from others. Each takes
-- lists of numbers (lists.lua), which may be formulas of the picture's size, and gives such. Long constants are
-- tensors, for which a few operations suffice. Must not know layers.

local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local refuse = require "phosphene.formats.refuse"
local slices = require "phosphene.formats.tensorflow.slices"
local values = require "phosphene.formats.tensorflow.values"

local operations = {}
local folding = { operations = operations }

local function copy(list) return table.move(list, 1, #list, 1, {}) end

-- A number that must not depend on the picture's size.
local function whole(number)
  if formulas.is(number) then refuse.raise "a list whose length depends on the picture's size" end
  return math.tointeger(number) or refuse.raise("%s is not a whole number", number)
end

local function axis_of(axis, rank)
  axis = whole(axis)
  if axis < -rank or axis >= rank then refuse.raise("axis %d of %d dimensions", axis, rank) end
  return axis % rank + 1
end

-- ---- element by element ----

local calculate = lists.calculate

local of_one = {
  Neg = lists.unary "neg", Sqrt = lists.unary "sqrt", Exp = lists.unary "exp", Floor = lists.unary "floor",
  Ceil = lists.unary "ceil", Round = lists.unary "round", LogicalNot = lists.negated,
}
for operation, f in pairs {
  Rsqrt = function(x, is_float) return calculate("/", is_float, 1, calculate("sqrt", is_float, x)) end,
  Reciprocal = function(x, is_float) return calculate("/", is_float, 1, x) end,
  Square = function(x, is_float) return calculate("*", is_float, x, x) end,
  ZerosLike = function() return 0 end,
  OnesLike = function() return 1 end,
} do
  of_one[operation] = function(a) return lists.map(f, a) end
end

for operation, f in pairs(of_one) do
  operations[operation] = function(_, a) return f(a) end
end

-- Types from DataType in types.proto: what numbers of those that are not float32 become.
local conversions = { [2] = "float64", [10] = "truth" }
for _, type in ipairs { 3, 4, 5, 6, 9 } do conversions[type] = "whole" end

function operations.Cast(node, a) return lists.cast(a, conversions[node.attributes.DstT] or "float32") end

local function floored(x, y, is_float) return calculate("floor", is_float, formulas.apply("/", x, y)) end

local of_two = {
  Add = lists.binary "+", AddV2 = lists.binary "+", Sub = lists.binary "-", Mul = lists.binary "*",
  Pow = lists.binary "^", FloorMod = lists.binary "%", Maximum = lists.binary "max", Minimum = lists.binary "min",
  RealDiv = function(a, b) return lists.combine(lists.divide, a, b) end,
  FloorDiv = function(a, b) return lists.combine(floored, a, b) end,
  Equal = lists.binary("=", true), NotEqual = lists.binary("=", true, false, true),
  Less = lists.binary("<", true), LessEqual = lists.binary("<", true, true, true),
  Greater = lists.binary("<", true, true), GreaterEqual = lists.binary("<", true, false, true),
  LogicalAnd = lists.binary("min", true), LogicalOr = lists.binary("max", true),
}
of_two.Div = of_two.RealDiv

for operation, f in pairs(of_two) do
  operations[operation] = function(_, a, b)
    local dims = lists.broadcast(a.dims, b.dims) or refuse.raise "constants of different shapes"
    if lists.count(dims) > 65536 then refuse.raise "a constant that grows" end
    return f(a, b)
  end
end

-- ---- parts and wholes ----

local function take(a, axis, indices)
  return lists.choose(a, axis, indices) or refuse.raise "a constant that grows"
end

function operations.StridedSlice(node, a, starts, stops, steps)
  local dims, result = {}, a
  for _, list in ipairs { starts.list, stops.list, steps.list } do
    for _, number in ipairs(list) do whole(number) end
  end
  for _, entry in ipairs(slices.parse(node, #a.dims, starts.list, stops.list, steps.list)) do
    if entry.is_new then
      dims[#dims + 1] = 1
    else
      local length = a.dims[entry.axis]
      result = take(result, entry.axis, lists.sliced(entry.start, entry.stop, entry.step, length))
      if not entry.goes then dims[#dims + 1] = result.dims[entry.axis] end
    end
  end
  return { list = result.list, dims = dims, is_float = a.is_float }
end

function operations.Slice(_, a, starts, lengths)
  local result = a
  for t, start in ipairs(starts.list) do
    local length, indices = whole(lengths.list[t] or 0), {}
    if not a.dims[t] then refuse.raise "a slice of more dimensions" end
    local stop = length == -1 and a.dims[t] or whole(start) + length
    for i = math.max(0, start), math.min(stop, a.dims[t]) - 1 do indices[#indices + 1] = i end
    result = take(result, t, indices)
  end
  return result
end

function operations.GatherV2(_, a, indices, axis)
  local t = axis_of(axis and axis.list[1] or 0, #a.dims)
  local chosen, dims = {}, {}
  for i, index in ipairs(indices.list) do
    chosen[i] = whole(index)
    if index < 0 or index >= a.dims[t] then refuse.raise("element %d of %d", index, a.dims[t]) end
  end
  table.move(a.dims, 1, t - 1, 1, dims)
  table.move(indices.dims, 1, #indices.dims, #dims + 1, dims)
  table.move(a.dims, t + 1, #a.dims, #dims + 1, dims)
  return { list = take(a, t, chosen).list, dims = dims, is_float = a.is_float }
end
operations.Gather = operations.GatherV2

local function concatenate(axis, parts)
  local t = axis_of(axis, #parts[1].dims)
  local before, rows, dims = 1, {}, copy(parts[1].dims)
  for i = 1, t - 1 do before = before * dims[i] end
  dims[t] = 0
  for _, part in ipairs(parts) do
    if #part.dims ~= #dims then refuse.raise "constants of different dimensions" end
    dims[t] = dims[t] + part.dims[t]
  end
  for i = 0, before - 1 do
    for _, part in ipairs(parts) do
      local each = before > 0 and #part.list // before or 0
      table.move(part.list, i * each + 1, (i + 1) * each, #rows + 1, rows)
    end
  end
  return { list = rows, dims = dims, is_float = parts[1].is_float }
end

function operations.ConcatV2(_, ...)
  local parts = { ... }
  local axis = table.remove(parts)
  return concatenate(axis.list[1] or 0, parts)
end

function operations.Concat(_, axis, ...) return concatenate(axis.list[1] or 0, { ... }) end

function operations.Pack(node, ...)
  local parts, axis = {}, node.attributes.axis or 0
  for i, part in ipairs { ... } do
    local dims = copy(part.dims)
    table.insert(dims, axis_of(axis, #dims + 1), 1)
    parts[i] = { list = part.list, dims = dims, is_float = part.is_float }
  end
  return concatenate(axis, parts)
end

-- ---- other dimensions ----

-- The dimensions that a list, in which one may be -1, gives so many numbers.
local function dims_of(count, list)
  local dims, known, open = {}, 1, nil
  for t, length in ipairs(list) do
    dims[t] = whole(length)
    if length == -1 then open = t else known = known * length end
  end
  if open then dims[open] = whole(known > 0 and count // known or 0) end
  if lists.count(dims) ~= count then refuse.raise("%d numbers as %s", count, table.concat(list, "x")) end
  return dims
end

local function as(a, dims) return { list = a.list, dims = dims, is_float = a.is_float } end

function operations.Reshape(_, a, shape) return as(a, dims_of(#a.list, shape.list)) end

function operations.ExpandDims(_, a, axis)
  local dims = copy(a.dims)
  table.insert(dims, axis_of(axis.list[1] or 0, #dims + 1), 1)
  return as(a, dims)
end

function operations.Squeeze(node, a)
  local goes, dims = {}, {}
  local axes = node.attributes.squeeze_dims or {}
  for _, axis in ipairs(axes) do goes[axis_of(axis, #a.dims)] = true end
  for t, length in ipairs(a.dims) do
    if length ~= 1 or (#axes > 0 and not goes[t]) then dims[#dims + 1] = length end
  end
  return as(a, dims)
end

-- ---- sums, and lists out of nothing ----

for name, operation in pairs { Prod = "*", Sum = "+", Max = "max", Min = "min" } do
  operations[name] = function(node, a, axes)
    if #a.dims > 1 or #axes.list ~= 1 or #a.list == 0 then refuse.raise "a constant of several dimensions" end
    return { list = { lists.whole(operation, a) }, dims = node.attributes.keep_dims and { 1 } or {},
      is_float = a.is_float }
  end
end

function operations.Fill(_, dims, value)
  local list, lengths = {}, {}
  for t, length in ipairs(dims.list) do lengths[t] = whole(length) end
  if lists.count(lengths) > 65536 then refuse.raise "a constant that grows" end
  for i = 1, lists.count(lengths) do list[i] = value.list[1] end
  return { list = list, dims = lengths, is_float = value.is_float }
end

function operations.Range(_, start, stop, step)
  local list = {}
  if formulas.any { start.list[1], stop.list[1], step.list[1] } then
    refuse.raise "a range that depends on the picture's size"
  end
  if step.list[1] == 0 or math.abs((stop.list[1] - start.list[1]) / step.list[1]) > 65536 then
    refuse.raise "a range without an end"
  end
  for x = start.list[1], stop.list[1] - (step.list[1] > 0 and 1 or -1), step.list[1] do list[#list + 1] = x end
  return { list = list, dims = { #list }, is_float = start.is_float }
end

function operations.Select(_, condition, a, b)
  local takes = condition.list[1]
  if #condition.list ~= 1 then refuse.raise "a choice for each element" end
  if not formulas.is(takes) then return takes ~= 0 and a or b end
  return lists.combine(function(x, y, is_float) return calculate("?", is_float, takes, x, y) end, a, b)
end
operations.SelectV2 = operations.Select

-- ---- long constants ----

local tensor_names = { Add = "add", AddV2 = "add", Sub = "subtract", Mul = "multiply", RealDiv = "divide",
  Maximum = "maximum", Minimum = "minimum" }

-- Numbers of few bits, brought back to the range that they stand for (Dequantize in array_ops.cc).
local function dequantized(node, account, a, least, most)
  local is_signed, mode = a.constant.type == "qint8" or a.constant.type == "int8", node.attributes.mode
  local tensor = values.tensor(a, account)
  if mode == "SCALED" then
    return values.of_tensor(tensor:combine("multiply", math.max(math.abs(least), math.abs(most))
      / (is_signed and 127 or 255)))
  end
  local shifted = is_signed and tensor:combine("add", 128) or tensor
  return values.of_tensor(shifted:combine("multiply", (most - least) / 255):combine("add", least))
end

local function on_tensors(node, account, inputs)
  local a, b = inputs[1], inputs[2]
  if node.op == "Dequantize" then return dequantized(node, account, a, values.number(b), values.number(inputs[3])) end
  if node.op == "Cast" then return a end
  if node.op == "Reshape" then return values.reshaped(a, dims_of(a.count, (values.integers(b)))) end
  if node.op == "Transpose" then
    return values.of_tensor(values.tensor(a, account):transpose((values.integers(b))))
  end
  if tensor_names[node.op] then
    return values.of_tensor(values.tensor(a, account):combine(tensor_names[node.op], values.tensor(b, account)))
  end
  refuse.raise("it of a constant of %d numbers", a.count)
end

-- ---- all of them ----

local on_tensors_only = { Dequantize = true, Transpose = true }
operations.Dequantize, operations.Transpose = on_tensors, on_tensors

--- What a node makes of constants.
function folding.fold(node, account, inputs)
  local is_short, taken = true, {}
  for _, value in ipairs(inputs) do is_short = is_short and values.is_short(value) end
  if not is_short or on_tensors_only[node.op] then return on_tensors(node, account, inputs) end
  local f = operations[node.op] or refuse.raise "a constant of it"
  for i, value in ipairs(inputs) do
    taken[i] = { list = values.numbers(value), dims = value.dims, is_float = values.is_float(value) }
  end
  local result = f(node, table.unpack(taken)) or refuse.raise "numbers that it does not give"
  return values.list(result.list, result.dims, result.is_float)
end

return folding
