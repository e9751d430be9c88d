-- SPDX-License-Identifier: MIT
-- Elementwise operations: activation functions, arithmetic between images, and arithmetic with constants, which like
-- batch normalisation is an affine map of each channel. Operations between constants are computed here.

local core = require "phosphene.core"
local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.tensorflow.values"
local windows = require "phosphene.formats.tensorflow.windows"

local elementwise = {}

-- ---- functions of one input ----

-- What a constant becomes.
local on_numbers = {
  Rsqrt = function(x) return 1 / math.sqrt(x) end,
  Sqrt = math.sqrt,
  Neg = function(x) return -x end,
  Reciprocal = function(x) return 1 / x end,
  Square = function(x) return x * x end,
  Exp = math.exp,
}

-- Layers for activations; those of several settings are below.
local layers = {
  Relu = { type = "relu" }, Relu6 = { type = "clip", least = 0, most = 6 }, Selu = { type = "selu" },
  Elu = { type = "elu", alpha = 1 },
}
for operation, name in pairs { Rsqrt = false, Sqrt = "sqrt", Neg = "negate", Reciprocal = "reciprocal", Exp = "exp",
  Abs = "abs", Log = "log", Tanh = "tanh", Sigmoid = "sigmoid", Softplus = "softplus", Softsign = "softsign",
  Sin = "sin", Cos = "cos", Erf = "erf" } do
  layers[operation] = name and { type = "unary", operation = name } or nil
end

local function map_numbers(x, f)
  local list = {}
  for i, number in ipairs(values.numbers(x)) do list[i] = f(number) end
  return values.numbers_constant(list, x.dims)
end

-- The same activation from another layer.
local function like(x, layer) return values.activation(layer, x.rank, x.channels, x.image_channels) end

local function unary(operation)
  return function(g, node, x)
    if x.constant then
      if not on_numbers[operation] then refuse.raise "a constant of it" end
      return map_numbers(x, on_numbers[operation])
    end
    local layer = { from = x.layer }
    for key, value in pairs(layers[operation] or refuse.raise "it of a picture") do layer[key] = value end
    return like(x, g:add(node, layer))
  end
end
for _, set in ipairs { on_numbers, layers } do
  for operation in pairs(set) do elementwise[operation] = unary(operation) end
end

function elementwise.LeakyRelu(g, node, x)
  return like(x, g:add(node, { type = "leaky_relu", from = x.layer, slope = node.attributes.alpha or 0.2 }))
end

-- ---- affine maps of channels ----

local function vector(list) return core.tensor({ #list }, list) end

local function constant_list(count, value)
  local list = {}
  for i = 1, count do list[i] = value end
  return list
end

-- y = scale * x + shift, lists of one number for each channel; nil for 1 and 0.
local function affine(g, node, x, scale, shift)
  return like(x, g:add(node, {
    type = "batch_norm", from = x.layer, epsilon = 0,
    mean = vector(constant_list(x.channels, 0)), variance = vector(constant_list(x.channels, 1)),
    weight = vector(scale or constant_list(x.channels, 1)), bias = vector(shift or constant_list(x.channels, 0)),
  }))
end

-- Scale and shift of `x op c`, or of `c op x` where the constant comes first.
local as_affine = {
  add = function(c) return nil, c end,
  subtract = function(c, comes_first) return comes_first and -1 or nil, comes_first and c or -c end,
  multiply = function(c) return c, nil end,
  divide = function(c, comes_first) if not comes_first then return 1 / c, nil end end,
}

local function affine_lists(operation, numbers, comes_first)
  if operation == "divide" and comes_first then return end
  local scale, shift = {}, {}
  for c, number in ipairs(numbers) do scale[c], shift[c] = as_affine[operation](number, comes_first) end
  return #scale > 0 and scale or nil, #shift > 0 and shift or nil
end

-- ---- arithmetic ----

local operations = {
  Add = "add", AddV2 = "add", Sub = "subtract", Mul = "multiply", RealDiv = "divide", Div = "divide",
  Maximum = "maximum", Minimum = "minimum", Pow = "power",
}

local compute = {
  add = function(a, b) return a + b end,
  subtract = function(a, b) return a - b end,
  multiply = function(a, b) return a * b end,
  divide = function(a, b) return a / b end,
  maximum = math.max,
  minimum = math.min,
  power = function(a, b) return a ^ b end,
}

-- Two constants, of one shape or one of them a single number.
local function fold(operation, a, b)
  if a.count ~= b.count and a.count ~= 1 and b.count ~= 1 then refuse.raise "constants of different shapes" end
  local x, y, list = values.numbers(a), values.numbers(b), {}
  for i = 1, math.max(a.count, b.count) do
    list[i] = compute[operation](x[a.count == 1 and 1 or i], y[b.count == 1 and 1 or i])
  end
  return values.numbers_constant(list, a.count >= b.count and a.dims or b.dims)
end

-- A constant as a layer that an activation of this rank can be computed with.
local function constant_layer(g, node, value, rank)
  local dims = table.move(value.dims, 1, #value.dims, 1, {})
  while #dims < rank do table.insert(dims, 1, 1) end
  local tensor = values.tensor(value, g.account):reshape(dims)
  if rank == 4 then tensor = tensor:transpose { 0, 3, 1, 2 } end
  return g:add({ name = node.name .. "/constant" }, { type = "constant", value = tensor })
end

local function with_constant(g, node, operation, x, constant, comes_first)
  local numbers = as_affine[operation] and values.per_channel(constant, x)
  if numbers and operation == "add" and x.pending then
    x.pending.bias = vector(numbers)
    return like(x, g:add(node, x.pending))
  end
  windows.settle(g, x)
  local scale, shift
  if numbers then scale, shift = affine_lists(operation, numbers, comes_first) end
  if scale or shift then return affine(g, node, x, scale, shift) end
  if x.image_channels and constant.count > 1 then refuse.raise "a constant with a flattened image" end
  local other = constant_layer(g, node, constant, x.rank)
  local from = comes_first and { other, x.layer } or { x.layer, other }
  return like(x, g:add(node, { type = "binary", operation = operation, from = from }))
end

local function same_shape(g, a, b)
  local x, y = g:shape(a.layer), g:shape(b.layer)
  return table.concat(x, "x") == table.concat(y, "x")
end

local function binary(operation)
  return function(g, node, a, b)
    if a.constant and b.constant then return fold(operation, a, b) end
    if b.constant then return with_constant(g, node, operation, a, b, false) end
    if a.constant then return with_constant(g, node, operation, b, a, true) end
    local layer = { type = "binary", operation = operation, from = { a.layer, b.layer } }
    if same_shape(g, a, b) then
      if operation == "add" then layer = { type = "sum", from = layer.from } end
      if operation == "multiply" then layer = { type = "product", from = layer.from } end
    end
    return like(a.channels >= b.channels and a or b, g:add(node, layer))
  end
end
for operation, name in pairs(operations) do elementwise[operation] = binary(name) end

function elementwise.AddN(g, node, ...)
  local from = {}
  for i, value in ipairs { ... } do from[i] = value.layer or refuse.raise "a constant in a sum" end
  if #from == 1 then return (...) end
  return like(..., g:add(node, { type = "sum", from = from }))
end

function elementwise.BiasAdd(g, node, x, bias)
  local format = node.attributes.data_format
  if format and format ~= "NHWC" then refuse.raise("data_format %s; NHWC can be read", format) end
  if not bias.constant or bias.count ~= x.channels then refuse.raise "a bias that does not fit the channels" end
  return with_constant(g, node, "add", x, bias, false)
end

-- ---- batch normalisation ----

local function normalise(g, node, x, epsilon, constants)
  local layer = { type = "batch_norm", from = x.layer, epsilon = epsilon }
  for parameter, value in pairs(constants) do
    if value.count ~= x.channels then refuse.raise("a %s that does not fit the channels", parameter) end
    layer[parameter] = values.tensor(value, g.account):reshape { x.channels }
  end
  return like(x, g:add(node, layer))
end

function elementwise.FusedBatchNorm(g, node, x, scale, offset, mean, variance)
  if node.attributes.is_training ~= false then refuse.raise "batch normalisation as in training" end
  return normalise(g, node, x, node.attributes.epsilon or 1e-4,
    { weight = scale, bias = offset, mean = mean, variance = variance })
end
elementwise.FusedBatchNormV2 = elementwise.FusedBatchNorm
elementwise.FusedBatchNormV3 = elementwise.FusedBatchNorm

function elementwise.BatchNormWithGlobalNormalization(g, node, x, mean, variance, offset, scale)
  local constants = { mean = mean, variance = variance, bias = offset }
  if node.attributes.scale_after_normalization then constants.weight = scale end
  return normalise(g, node, x, node.attributes.variance_epsilon or 1e-4, constants)
end

return elementwise
