-- SPDX-License-Identifier: MIT
-- Operations between constants: shapes that a graph computes, and weights that are computed from others. Each takes
-- lists of numbers with their dimensions, { list =, dims = }, and gives such; a list that depends on the picture's size
-- is computed for both sizes. Long constants are tensors, for which a few operations suffice. Must not know layers.

local refuse = require "phosphene.formats.refuse"
local slices = require "phosphene.formats.tensorflow.slices"
local values = require "phosphene.formats.tensorflow.values"

local operations = {}
local folding = { operations = operations }

local function count_of(dims)
  local count = 1
  for _, dim in ipairs(dims) do count = count * dim end
  return count
end

local function copy(list) return table.move(list, 1, #list, 1, {}) end

local function whole(number) return math.tointeger(number) or refuse.raise("%s is not a whole number", number) end

local function axis_of(axis, rank)
  axis = whole(axis)
  if axis < -rank or axis >= rank then refuse.raise("axis %d of %d dimensions", axis, rank) end
  return axis % rank + 1
end

-- ---- element by element ----

local function truncated(x) return x < 0 and math.ceil(x) or math.floor(x) end

-- int32, uint8, int16, int8, int64 (DataType in types.proto); 10 is bool.
local is_whole_type = { [3] = true, [4] = true, [5] = true, [6] = true, [9] = true }

local of_one = {
  Rsqrt = function(x) return 1 / math.sqrt(x) end,
  Sqrt = math.sqrt,
  Neg = function(x) return -x end,
  Reciprocal = function(x) return 1 / x end,
  Square = function(x) return x * x end,
  Exp = math.exp,
  Floor = function(x) return math.floor(x) + 0.0 end,
  Ceil = function(x) return math.ceil(x) + 0.0 end,
  LogicalNot = function(x) return x == 0 and 1 or 0 end,
  ZerosLike = function() return 0 end,
  OnesLike = function() return 1 end,
}

for operation, f in pairs(of_one) do
  operations[operation] = function(_, a)
    local list = {}
    for i, x in ipairs(a.list) do list[i] = f(x) end
    return { list = list, dims = a.dims }
  end
end

function operations.Cast(node, a)
  local list, to = {}, node.attributes.DstT
  for i, x in ipairs(a.list) do
    list[i] = is_whole_type[to] and whole(truncated(x)) or to == 10 and (x ~= 0 and 1 or 0) or x + 0.0
  end
  return { list = list, dims = a.dims }
end

local function both_whole(a, b) return math.type(a) == "integer" and math.type(b) == "integer" end

local function quotient(a, b)
  if both_whole(a, b) and b == 0 then refuse.raise "a division by 0" end
  return both_whole(a, b) and truncated(a / b) or a / b
end

local function truth(f) return function(a, b) return f(a, b) and 1 or 0 end end

local of_two = {
  Add = function(a, b) return a + b end,
  Sub = function(a, b) return a - b end,
  Mul = function(a, b) return a * b end,
  RealDiv = function(a, b) return a / b end,
  Div = quotient,
  FloorDiv = function(a, b) return b ~= 0 and a // b or refuse.raise "a division by 0" end,
  FloorMod = function(a, b) return b ~= 0 and a % b or refuse.raise "a division by 0" end,
  Maximum = math.max,
  Minimum = math.min,
  Pow = function(a, b) return both_whole(a, b) and math.tointeger(a ^ b) or a ^ b end,
  Equal = truth(function(a, b) return a == b end),
  NotEqual = truth(function(a, b) return a ~= b end),
  Less = truth(function(a, b) return a < b end),
  LessEqual = truth(function(a, b) return a <= b end),
  Greater = truth(function(a, b) return a > b end),
  GreaterEqual = truth(function(a, b) return a >= b end),
  LogicalAnd = truth(function(a, b) return a ~= 0 and b ~= 0 end),
  LogicalOr = truth(function(a, b) return a ~= 0 or b ~= 0 end),
}
of_two.AddV2 = of_two.Add

-- The dimensions that two have together.
local function broadcast(a, b)
  local dims, rank = {}, math.max(#a, #b)
  for t = 1, rank do
    local x, y = a[t - rank + #a] or 1, b[t - rank + #b] or 1
    if x ~= y and x ~= 1 and y ~= 1 then refuse.raise "constants of different shapes" end
    dims[t] = x == 1 and y or x
  end
  return dims
end

-- Which element of a constant of these dimensions stands at index i of what it is broadcast to.
local function at(i, dims, whole_dims)
  local index, step = 0, 1
  for t = #whole_dims, 1, -1 do
    local own = dims[t - #whole_dims + #dims]
    if own and own ~= 1 then index = index + i % whole_dims[t] * step end
    step = step * (own or 1)
    i = i // whole_dims[t]
  end
  return index + 1
end

for operation, f in pairs(of_two) do
  operations[operation] = function(_, a, b)
    local dims, list = broadcast(a.dims, b.dims), {}
    if count_of(dims) > 65536 then refuse.raise "a constant that grows" end
    for i = 0, count_of(dims) - 1 do
      list[i + 1] = f(a.list[at(i, a.dims, dims)], b.list[at(i, b.dims, dims)])
    end
    return { list = list, dims = dims }
  end
end

-- ---- parts and wholes ----

-- The elements at some indices of an axis, counted from 1.
local function take(a, axis, indices)
  local before, after, length, list, dims = 1, 1, a.dims[axis], {}, copy(a.dims)
  for t = 1, axis - 1 do before = before * a.dims[t] end
  for t = axis + 1, #a.dims do after = after * a.dims[t] end
  if before * after * #indices > 65536 then refuse.raise "a constant that grows" end
  for i = 0, before - 1 do
    for _, index in ipairs(indices) do
      for k = 1, after do list[#list + 1] = a.list[(i * length + index) * after + k] end
    end
  end
  dims[axis] = #indices
  return { list = list, dims = dims }
end

function operations.StridedSlice(node, a, starts, stops, steps)
  local dims, result = {}, a
  for _, entry in ipairs(slices.parse(node, #a.dims, starts.list, stops.list, steps.list)) do
    if entry.is_new then
      dims[#dims + 1] = 1
    else
      result = take(result, entry.axis, slices.indices(entry, a.dims[entry.axis]))
      if not entry.goes then dims[#dims + 1] = result.dims[entry.axis] end
    end
  end
  return { list = result.list, dims = dims }
end

function operations.Slice(_, a, starts, lengths)
  local result = a
  for t, start in ipairs(starts.list) do
    local length, indices = lengths.list[t] or 0, {}
    if not a.dims[t] then refuse.raise "a slice of more dimensions" end
    local stop = length == -1 and a.dims[t] or start + length
    for i = math.max(0, whole(start)), math.min(whole(stop), a.dims[t]) - 1 do indices[#indices + 1] = i end
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
  return { list = take(a, t, chosen).list, dims = dims }
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
  return { list = rows, dims = dims }
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
    parts[i] = { list = part.list, dims = dims }
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
  if count_of(dims) ~= count then refuse.raise("%d numbers as %s", count, table.concat(list, "x")) end
  return dims
end

function operations.Reshape(_, a, shape) return { list = a.list, dims = dims_of(#a.list, shape.list) } end

function operations.ExpandDims(_, a, axis)
  local dims = copy(a.dims)
  table.insert(dims, axis_of(axis.list[1] or 0, #dims + 1), 1)
  return { list = a.list, dims = dims }
end

function operations.Squeeze(node, a)
  local goes, dims = {}, {}
  local axes = node.attributes.squeeze_dims or {}
  for _, axis in ipairs(axes) do goes[axis_of(axis, #a.dims)] = true end
  for t, length in ipairs(a.dims) do
    if length ~= 1 or (#axes > 0 and not goes[t]) then dims[#dims + 1] = length end
  end
  return { list = a.list, dims = dims }
end

-- ---- sums, and lists out of nothing ----

for operation, f in pairs { Prod = of_two.Mul, Sum = of_two.Add, Max = math.max, Min = math.min } do
  operations[operation] = function(node, a, axes)
    if #a.dims > 1 or #axes.list ~= 1 or #a.list == 0 then refuse.raise "a constant of several dimensions" end
    local result = a.list[1]
    for i = 2, #a.list do result = f(result, a.list[i]) end
    return { list = { result }, dims = node.attributes.keep_dims and { 1 } or {} }
  end
end

function operations.Fill(_, dims, value)
  local list, lengths = {}, {}
  for t, length in ipairs(dims.list) do lengths[t] = whole(length) end
  if count_of(lengths) > 65536 then refuse.raise "a constant that grows" end
  for i = 1, count_of(lengths) do list[i] = value.list[1] end
  return { list = list, dims = lengths }
end

function operations.Range(_, start, stop, step)
  local list = {}
  if step.list[1] == 0 or math.abs((stop.list[1] - start.list[1]) / step.list[1]) > 65536 then
    refuse.raise "a range without an end"
  end
  for x = start.list[1], stop.list[1] - (step.list[1] > 0 and 1 or -1), step.list[1] do list[#list + 1] = x end
  return { list = list, dims = { #list } }
end

function operations.Select(_, condition, a, b)
  if #condition.list ~= 1 then refuse.raise "a choice for each element" end
  return condition.list[1] ~= 0 and a or b
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

local function at_size(inputs, which)
  local lists = {}
  for i, value in ipairs(inputs) do lists[i] = { list = select(which, values.numbers(value)), dims = value.dims } end
  return table.unpack(lists)
end

--- What a node makes of constants.
function folding.fold(node, account, inputs)
  local is_short, is_sized = true, false
  for _, value in ipairs(inputs) do
    is_short = is_short and values.is_short(value)
    is_sized = is_sized or value.other ~= nil
  end
  if not is_short or on_tensors_only[node.op] then return on_tensors(node, account, inputs) end
  local f = operations[node.op] or refuse.raise "a constant of it"
  local result = f(node, at_size(inputs, 1))
  local other = is_sized and f(node, at_size(inputs, 2)).list or nil
  return values.list(result.list, result.dims, other)
end

return folding
