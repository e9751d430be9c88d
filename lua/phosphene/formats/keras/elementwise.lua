-- SPDX-License-Identifier: MIT
-- Keras's layers that go by elements or channels: normalisation, merging several images, arithmetic with numbers.

local core = require "phosphene.core"
local fields = require "phosphene.formats.keras.fields"
local refuse = require "phosphene.formats.refuse"

local layers, operations = {}, {}

-- ---- normalisation ----

-- A layer's only axis, as a list of one or a number.
local function only_axis(node, default)
  local axes = fields.integers(node.config.axis or default, "axis")
  if #axes ~= 1 then refuse.raise("%d axes", #axes) end
  return axes[1]
end

-- The names of those variables that the settings want.
local function wanted_of(node, settings, always)
  local wanted, has = {}, {}
  for _, entry in ipairs(settings) do
    has[entry[1]] = node:flag(entry[2], true)
    if has[entry[1]] then wanted[#wanted + 1] = entry[1] end
  end
  for _, name in ipairs(always or {}) do wanted[#wanted + 1] = name end
  return wanted, has
end

local function tensors_of(node, wanted)
  local tensors, result = { node:variables(wanted) }, {}
  for i, name in ipairs(wanted) do result[name] = tensors[i] end
  return result
end

local scale_and_shift = { { "gamma", "scale" }, { "beta", "center" } }

function layers.BatchNormalization(node)
  local value, axis = node:input(), only_axis(node, -1)
  local rank = #node:shape(value)
  if axis < 0 then axis = axis + rank end
  local t = tensors_of(node, (wanted_of(node, scale_and_shift, { "moving_mean", "moving_variance" })))
  local added = { type = "batch_norm", epsilon = node:number("epsilon", 1e-3), mean = t.moving_mean,
    variance = t.moving_variance, weight = t.gamma, bias = t.beta }
  if rank == 4 and (axis == 3 or axis == 1) then
    local from, wrap = node:image(value, axis == 3)
    return wrap(node:add(added, from))
  elseif axis == 1 then
    return node:like(value, node:add(added, node:plain(value)))
  end
  refuse.raise("along axis %d of %d", axis, rank)
end
layers.SyncBatchNormalization = layers.BatchNormalization

-- Over the last axes; what was an image becomes one again.
function layers.LayerNormalization(node)
  local value = node:input()
  local rank, axes = #node:shape(value), fields.integers(node.config.axis or -1, "axis")
  local first = rank
  for _, axis in ipairs(axes) do first = math.min(first, axis < 0 and axis + rank or axis) end
  if first < 1 or rank - first ~= #axes then refuse.raise "other axes than the last" end
  local t = tensors_of(node, (wanted_of(node, scale_and_shift)))
  local added = { type = "layer_norm", axis = first, epsilon = node:number("epsilon", 1e-3), scale = t.gamma,
    bias = t.beta }
  return node:add_plain(added, node:plain(value), value.is_moved)
end

function layers.GroupNormalization(node)
  local value, axis = node:input(), only_axis(node, -1)
  local is_last = axis == -1 or axis == 3
  if not is_last and axis ~= 1 then refuse.raise("along axis %d", axis) end
  local from, wrap = node:image(value, is_last)
  local groups, t = node.config.groups or 32, tensors_of(node, (wanted_of(node, scale_and_shift)))
  if groups == -1 then groups = node.g:shape(from)[2] end
  return wrap(node:add({ type = "group_norm", groups = groups, epsilon = node:number("epsilon", 1e-3), scale = t.gamma,
    bias = t.beta }, from))
end

-- ---- preprocessing as layers ----

-- scale * x + offset
function layers.Rescaling(node)
  return node:affine(node:input(), fields.numbers(node.config.scale or 1, "scale"),
    fields.numbers(node.config.offset or 0, "offset"))
end

-- (x - mean) / max(sqrt(variance), 1e-7), numbers of the settings or of training.
function layers.Normalization(node)
  local axis = only_axis(node, -1)
  local value = node:input()
  if axis ~= -1 and axis ~= #node:shape(value) - 1 then refuse.raise("along axis %d", axis) end
  local mean, variance = node.config.mean, node.config.variance
  if mean and variance then
    mean, variance = fields.numbers(mean, "mean"), fields.numbers(variance, "variance")
  else
    local first, second = node:variables { "mean", "variance" }
    mean, variance = first:values(), second:values()
  end
  if #mean ~= #variance then refuse.raise "means and variances of different numbers" end
  local scale, shift = {}, {}
  for i, number in ipairs(variance) do
    local deviation = math.max(math.sqrt(number), 1e-7)
    scale[i], shift[i] = 1 / deviation, -mean[i] / deviation
    if node:flag("invert", false) then scale[i], shift[i] = deviation, mean[i] end
  end
  return node:affine(value, scale, shift)
end

-- A factor for each channel, as in ConvNeXt.
function layers.LayerScale(node) return node:affine(node:input(), (node:variables { "gamma" }), { 0 }) end

-- ---- merging ----

-- The layers of several values, in one order of axes; and the value that a layer of them is.
local function align(node, values)
  local from, rank, is_moved = {}, #node:shape(values[1]), false
  for _, value in ipairs(values) do
    if #node:shape(value) ~= rank then refuse.raise "inputs of different dimensions" end
    is_moved = is_moved or value.is_moved
  end
  for i, value in ipairs(values) do from[i] = is_moved and node:image(value, true) or node:plain(value) end
  return from, { is_moved = is_moved }
end

local function have_one_shape(node, from)
  local first = table.concat(node.g:shape(from[1]), "x")
  for _, layer in ipairs(from) do
    if table.concat(node.g:shape(layer), "x") ~= first then return false end
  end
  return true
end

local as_one = { add = "sum", multiply = "product" }

-- All values combined, two by two where no layer takes all; as the call's result, or a step.
local function combine(node, values, operation, suffix)
  local from, like = align(node, values)
  local function put(added, inputs, is_last, step)
    if is_last and not suffix then return node:like(like, node:add(added, inputs)) end
    return node:like(like, node:step(is_last and suffix or step, added, inputs))
  end
  if as_one[operation] and #from > 1 and have_one_shape(node, from) then
    return put({ type = as_one[operation] }, from, true)
  end
  local result = from[1]
  for i = 2, #from do
    local value = put({ type = "binary", operation = operation }, { result, from[i] }, i == #from, "of_" .. i)
    if i == #from then return value end
    result = value.layer
  end
  return node:like(like, result)
end

for name, operation in pairs { Add = "add", Subtract = "subtract", Multiply = "multiply", Maximum = "maximum",
  Minimum = "minimum" } do
  layers[name] = function(node) return combine(node, node.inputs, operation) end
end

function layers.Average(node)
  local sum = combine(node, node.inputs, "add", "sum")
  local share = node:step("share", { type = "constant", value = core.tensor({}, 1 / #node.inputs) }, {})
  return node:like(sum, node:add({ type = "binary", operation = "multiply" }, { sum.layer, share }))
end

local function concatenate(node, values, axis)
  local from, like = align(node, values)
  local along = node:axis({ layer = from[1], is_moved = like.is_moved }, axis)
  return node:like(like, node:add({ type = "concat", axis = along }, from))
end

function layers.Concatenate(node) return concatenate(node, node.inputs, node.config.axis or -1) end

function operations.concat(node)
  return concatenate(node, node.inputs, node:argument(2, "axis") or node.config.axis or -1)
end
operations.concatenate = operations.concat

-- ---- arithmetic with numbers ----

-- Scale and shift of x op c, or of c op x.
local as_affine = {
  add = function(c) return 1, c end,
  subtract = function(c, comes_first) if comes_first then return -1, c end return 1, -c end,
  multiply = function(c) return c, 0 end,
  divide = function(c, comes_first) if not comes_first then return 1 / c, 0 end end,
}

-- Lists in as many brackets as the value has axes, at most, and of one number or one for each channel.
local function with_numbers(node, value, operation, constant, comes_first)
  local list, scale, shift = fields.numbers(constant, "a constant"), {}, {}
  local shape = node:shape(value)
  if #list ~= 1 and #list ~= shape[#shape] then refuse.raise("a constant of %d numbers", #list) end
  if as_affine[operation] and not (operation == "divide" and comes_first) then
    for i, number in ipairs(list) do scale[i], shift[i] = as_affine[operation](number, comes_first) end
    return node:affine(value, scale, shift)
  end
  if #list ~= 1 then refuse.raise("a constant of %d numbers", #list) end
  local other = node:step("constant", { type = "constant", value = core.tensor({}, list[1]) }, {})
  return node:like(value, node:add({ type = "binary", operation = operation },
    comes_first and { other, value.layer } or { value.layer, other }))
end

local function binary(operation)
  return function(node)
    local a = node:argument(1, "x1", "x")
    local b = node:argument(2, "x2", "y", "bias")
    local is_a, is_b = type(a) == "table" and a.layer, type(b) == "table" and b.layer
    if is_a and is_b then return combine(node, { a, b }, operation) end
    if is_a and b then return with_numbers(node, a, operation, b, false) end
    if is_b and a then return with_numbers(node, b, operation, a, true) end
    refuse.raise "it takes nothing"
  end
end

for name, operation in pairs { add = "add", subtract = "subtract", multiply = "multiply", divide = "divide",
  truediv = "divide", true_divide = "divide", realdiv = "divide", maximum = "maximum", minimum = "minimum",
  pow = "power", power = "power", sub = "subtract", mul = "multiply", bias_add = "add" } do
  operations[name] = binary(operation)
end

return { layers = layers, operations = operations }
