-- Computing with numbers that are known when a graph is imported: what exporters do with shapes. Each operator takes
-- lists { list, dims, is_float } and gives one; anything may be too much for it, and then gives nil. Must not know
-- layers.

local values = require "phosphene.formats.onnx.values"

local folding = {}

-- ---- indices ----

-- For each dimension, how far apart its elements are.
local function strides(dims)
  local result, step = {}, 1
  for i = #dims, 1, -1 do
    result[i] = step
    step = step * dims[i]
  end
  return result
end

-- The list of v as if it had the shape dims, to which it can be broadcast.
local function spread(v, dims)
  local count, own, result = values.count(dims), strides(v.dims), {}
  if count > values.longest_list then return nil end
  if #v.list == count then return v.list end
  local steps, lead = strides(dims), #dims - #v.dims
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

local operators = {
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
  Not = unary(function(x) return truth(x == 0) end),
  Neg = unary(function(x) return -x end),
  Abs = unary(math.abs),
  Floor = unary(floor),
  Ceil = unary(function(x) return -floor(-x) end),
  Sqrt = unary(function(x) return x ^ 0.5 end),
  Identity = function(_, a) return a end,
}

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

-- ---- rearranging ----

-- As if it were a list of `count` rows, each of those chosen, along an axis: (before, axis, after) in row-major order.
local function choose(a, axis, chosen)
  local before, after, length = 1, 1, a.dims[axis + 1]
  for d = 1, axis do before = before * a.dims[d] end
  for d = axis + 2, #a.dims do after = after * a.dims[d] end
  local list = {}
  if before * after * #chosen > values.longest_list then return nil end
  for i = 0, before - 1 do
    for _, index in ipairs(chosen) do
      for k = 1, after do list[#list + 1] = a.list[(i * length + index) * after + k] end
    end
  end
  return list
end

function operators.Gather(node, a, indices)
  if #a.dims == 0 then return nil end
  local axis, chosen, dims = node:axis(node:integer("axis", 0), #a.dims), {}, {}
  local length = a.dims[axis + 1]
  for i, index in ipairs(indices.list) do
    chosen[i] = index < 0 and index + length or index
    if chosen[i] < 0 or chosen[i] >= length then node:refuse("reads element %d of %d", index, length) end
  end
  table.move(a.dims, 1, axis, 1, dims)
  table.move(indices.dims, 1, #indices.dims, #dims + 1, dims)
  table.move(a.dims, axis + 2, #a.dims, #dims + 1, dims)
  local list = choose(a, axis, chosen)
  return list and values.list(list, dims, a.is_float)
end

-- One axis of a slice: which indices it takes. NumPy's rules.
local function sliced(start, stop, step, length)
  local function clamp(index, least, most)
    if index < 0 then index = index + length end
    return math.max(least, math.min(most, index))
  end
  local chosen = {}
  if step > 0 then
    for i = clamp(start, 0, length), clamp(stop, 0, length) - 1, step do chosen[#chosen + 1] = i end
  else
    for i = clamp(start, 0, length - 1), clamp(stop, -1, length - 1) + 1, step do chosen[#chosen + 1] = i end
  end
  return chosen
end

--- Slices as ONNX has them, before version 10 in attributes: lists of starts, ends, axes and steps, complete.
function folding.slice_settings(node, rank, numbers)
  local starts, ends, axes, steps
  if node.opset < 10 then
    starts, ends = node:integers "starts", node:integers "ends"
    axes = node:has_attribute "axes" and node:integers "axes"
  else
    starts, ends = numbers(2), numbers(3)
    axes, steps = node:has(4) and numbers(4), node:has(5) and numbers(5)
  end
  local all = {}
  for i, start in ipairs(starts) do
    local axis = node:axis(axes and axes[i] or i - 1, rank)
    local step, stop = steps and steps[i] or 1, ends[i]
    if not stop or step == 0 then node:refuse "has a slice without an end or a step" end
    all[i] = { axis = axis, start = start, stop = stop, step = step }
  end
  return all
end

function operators.Slice(node, a, ...)
  local inputs = { a, ... }
  local result = a
  for _, s in ipairs(folding.slice_settings(node, #a.dims, function(i) return inputs[i].list end)) do
    local dims = table.move(result.dims, 1, #result.dims, 1, {})
    local chosen = sliced(s.start, s.stop, s.step, dims[s.axis + 1])
    local list = choose(result, s.axis, chosen)
    if not list then return nil end
    dims[s.axis + 1] = #chosen
    result = values.list(list, dims, a.is_float)
  end
  return result
end

function operators.Concat(node, ...)
  local inputs, list = { ... }, {}
  if #inputs[1].dims ~= 1 then return #inputs == 1 and inputs[1] or nil end
  if node:axis(node:integer("axis", 1), 1) ~= 0 then return nil end
  for _, input in ipairs(inputs) do
    if #input.dims ~= 1 or #list + #input.list > values.longest_list then return nil end
    table.move(input.list, 1, #input.list, #list + 1, list)
  end
  return values.list(list, { #list }, inputs[1].is_float)
end

-- What only changes the shape: the new shape comes from shapes.lua's functions, which layers use too.
local function reshaped(dims_of)
  return function(node, a, ...)
    local dims = dims_of(node, a.dims, ...)
    return dims and values.count(dims) == #a.list and values.list(a.list, dims, a.is_float) or nil
  end
end

-- Axes as an attribute (before version 13) or a second input.
local function axes_of(node, axes) return axes and axes.list or node:integers("axes", {}) end

operators.Unsqueeze = reshaped(function(node, dims, axes)
  return folding.unsqueezed(node, dims, axes_of(node, axes))
end)

operators.Squeeze = reshaped(function(node, dims, axes)
  return folding.squeezed(node, dims, axes_of(node, axes))
end)

operators.Reshape = reshaped(function(node, dims, shape)
  return folding.reshaped(node, dims, shape and shape.list or node:integers "shape")
end)

operators.Flatten = reshaped(function(node, dims)
  local axis, before = node:integer("axis", 1), 1
  axis = axis == #dims and axis or node:axis(axis, #dims)
  for d = 1, axis do before = before * dims[d] end
  return { before, values.count(dims) // before }
end)

--- A shape with axes of length 1 put in, which count in the result.
function folding.unsqueezed(node, dims, axes)
  local added, result, at = {}, {}, 0
  for _, axis in ipairs(axes) do added[node:axis(axis, #dims + #axes)] = true end
  for axis = 0, #dims + #axes - 1 do
    if not added[axis] then at = at + 1 end
    result[axis + 1] = added[axis] and 1 or dims[at] or 1
  end
  return result
end

--- A shape without these axes, which are of length 1; without all such, where there are none.
function folding.squeezed(node, dims, axes)
  local removed, result = {}, {}
  for _, axis in ipairs(axes) do removed[node:axis(axis, #dims)] = true end
  for axis = 0, #dims - 1 do
    local remove = removed[axis] or (#axes == 0 and dims[axis + 1] == 1)
    if remove and dims[axis + 1] ~= 1 then node:refuse("takes away an axis of length %d", dims[axis + 1]) end
    if not remove then result[#result + 1] = dims[axis + 1] end
  end
  return result
end

--- The shape that a Reshape asks for: 0 (unless allowzero) as in the input, -1 inferred.
function folding.reshaped(node, dims, target)
  local result, known, unknown = {}, 1, nil
  local keep_zero = node:integer("allowzero", 0) ~= 0
  for i, length in ipairs(target) do
    if length == 0 and not keep_zero then length = dims[i] or node:refuse("keeps axis %d of %d", i - 1, #dims) end
    result[i] = length
    if length == -1 and not unknown then
      unknown = i
    elseif length < 0 then
      node:refuse "asks for a shape that cannot be"
    else
      known = known * length
    end
  end
  if unknown then result[unknown] = known > 0 and values.count(dims) // known or 0 end
  return result
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
--- operator is not one that shapes are computed with.
function folding.fold(node, inputs, count)
  local operator, differs, is_sized = operators[node.op], false, false
  if not operator then return nil end
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
