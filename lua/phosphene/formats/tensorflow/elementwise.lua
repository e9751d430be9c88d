-- SPDX-License-Identifier: MIT
-- Elementwise operations: activation functions, arithmetic between images, and arithmetic with constants, which like
-- batch normalisation is an affine map of each channel. Operations between constants are in folding.lua.

local core = require "phosphene.core"
local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.tensorflow.values"
local view = require "phosphene.formats.tensorflow.view"

local elementwise = {}

-- ---- functions of one input ----

local layers = {
  Relu = { type = "relu" }, Relu6 = { type = "clip", least = 0, most = 6 }, Selu = { type = "selu" },
  Elu = { type = "elu", alpha = 1 },
}
for operation, name in pairs { Rsqrt = "reciprocal_sqrt", Sqrt = "sqrt", Neg = "negate", Reciprocal = "reciprocal",
  Inv = "reciprocal", Square = "square", Exp = "exp", Abs = "abs", Log = "log", Tanh = "tanh", Sigmoid = "sigmoid",
  Softplus = "softplus", Softsign = "softsign", Sin = "sin", Cos = "cos", Erf = "erf", Sign = "sign", Floor = "floor",
  Ceil = "ceil", Round = "round" } do
  layers[operation] = { type = "unary", operation = name }
end

local function add(g, node, x, layer)
  layer.from = x.layer
  return values.like(x, g:put_for(node, layer))
end

for operation, settings in pairs(layers) do
  elementwise[operation] = function(g, node, x)
    local layer = {}
    for key, value in pairs(settings) do layer[key] = value end
    return add(g, node, x, layer)
  end
end

function elementwise.LeakyRelu(g, node, x)
  return add(g, node, x, { type = "leaky_relu", slope = node.attributes.alpha or 0.2 })
end

-- What training for few bits holds activations to. Weights that were trained so are within already.
function elementwise.FakeQuantWithMinMaxVars(g, node, x, least, most)
  if x.constant then return x end
  return add(g, node, x, { type = "clip", least = values.number(least), most = values.number(most) })
end

function elementwise.FakeQuantWithMinMaxArgs(g, node, x)
  if x.constant then return x end
  return add(g, node, x, { type = "clip", least = node.attributes.min or -6, most = node.attributes.max or 6 })
end

-- ---- affine maps of channels ----

local function vector(list) return core.tensor({ #list }, list) end

local function repeated(count, value) return core.tensor({ count }, value) end

-- y = scale * x + shift, lists of one number for each channel of the layer; nil for 1 and 0.
local function affine(g, node, x, scale, shift)
  local channels = g:shape(x.layer)[2]
  return add(g, node, x, {
    type = "batch_norm", epsilon = 0, mean = repeated(channels, 0), variance = repeated(channels, 1),
    weight = scale and vector(scale) or repeated(channels, 1), bias = shift and vector(shift) or repeated(channels, 0),
  })
end

-- Scale and shift of `x op c`, or of `c op x` where the constant comes first.
local as_affine = {
  add = function(c) return nil, c end,
  subtract = function(c, comes_first) return comes_first and -1 or nil, comes_first and c or -c end,
  multiply = function(c) return c, nil end,
  divide = function(c, comes_first) if not comes_first then return 1 / c, nil end end,
}

local function affine_lists(operation, numbers, comes_first)
  local scale, shift = {}, {}
  for c, number in ipairs(numbers) do scale[c], shift[c] = as_affine[operation](number, comes_first) end
  return #scale > 0 and scale or nil, #shift > 0 and shift or nil
end

-- ---- arithmetic ----

local operations = {
  Add = "add", AddV2 = "add", Sub = "subtract", Mul = "multiply", RealDiv = "divide", Div = "divide",
  Maximum = "maximum", Minimum = "minimum", Pow = "power",
}

local function put_binary(g, node, operation, from, comes_first)
  if comes_first then from = { from[2], from[1] } end
  return g:put_for(node, { type = "binary", operation = operation, from = from })
end

-- A constant that depends on the picture's size is an activation, which is the same for every picture.
local function sized(g, node, constant)
  local dims = #constant.dims > 0 and constant.dims or { 1 }
  local layer = g:put_list(constant.constant.numbers, dims, node.name .. "/constant")
  return values.activation(layer, view.plain_axes(#dims))
end

local function with_constant(g, node, operation, x, constant, comes_first)
  local numbers = as_affine[operation] and view.per_channel(g, constant, x)
  local scale, shift
  if numbers then scale, shift = affine_lists(operation, numbers, comes_first) end
  if scale or shift then return affine(g, node, x, scale, shift) end
  local tensor = view.tensor(g, constant, x)
  if not tensor then
    -- The constant is the larger: it is an activation like any other.
    x = view.usual(g, node, { layer = x.layer, axes = view.led(x, math.max(#x.axes, #constant.dims)).axes })
    tensor = view.laid_out(values.tensor(constant, g.account), x.axes)
  end
  local other = g:put_for(node, { type = "constant", value = tensor }, "/constant")
  return values.like(x, put_binary(g, node, operation, { x.layer, other }, comes_first))
end

local function same_shape(g, a, b)
  return table.concat(g:shape(a), "x") == table.concat(g:shape(b), "x")
end

-- Layers for inputs of one shape.
local of_one_shape = { add = "sum", multiply = "product" }

local function binary(operation)
  return function(g, node, a, b)
    if a.constant and values.is_sized(a) then a = sized(g, node, a) end
    if b.constant and values.is_sized(b) then b = sized(g, node, b) end
    if b.constant then return with_constant(g, node, operation, a, b, false) end
    if a.constant then return with_constant(g, node, operation, b, a, true) end
    local first, second, axes = view.together(g, node, a, b)
    local type = same_shape(g, first, second) and of_one_shape[operation]
    if type then return values.activation(g:put_for(node, { type = type, from = { first, second } }), axes) end
    return values.activation(put_binary(g, node, operation, { first, second }), axes)
  end
end
for operation, name in pairs(operations) do elementwise[operation] = binary(name) end

function elementwise.SquaredDifference(g, node, a, b)
  local difference = elementwise.Sub(g, { name = node.name .. "/difference", attributes = {} }, a, b)
  return add(g, node, difference, { type = "unary", operation = "square" })
end

function elementwise.AddN(g, node, ...)
  local inputs, from = { ... }, {}
  if #inputs == 1 then return inputs[1] end
  local first = view.simple(g, node, inputs[1])
  for i, value in ipairs(inputs) do
    if not value.layer then refuse.raise "a constant in a sum" end
    from[i] = view.arranged(g, node, value, first.axes)
  end
  return values.activation(g:put_for(node, { type = "sum", from = from }), first.axes)
end

function elementwise.BiasAdd(g, node, x, bias)
  local is_first = node.attributes.data_format == "NCHW" and #x.axes == 4
  local length = view.lengths(g, x)[is_first and 2 or #x.axes]
  if not bias.constant or bias.count ~= length then refuse.raise "a bias that does not fit the channels" end
  local list = values.reshaped(bias, is_first and { length, 1, 1 } or { length })
  return with_constant(g, node, "add", x, list, false)
end

-- ---- batch normalisation ----

local function normalise(g, node, x, epsilon, constants)
  local axes = #x.axes == 4 and view.image_axes(node.attributes.data_format or "NHWC")
  local layer = { type = "batch_norm", epsilon = epsilon }
  if axes then x = values.like({ axes = axes, blocks = x.blocks }, view.arranged(g, node, x, axes)) end
  local channels = g:shape(x.layer)[2]
  if not axes and view.single(x, #x.axes) ~= 1 then refuse.raise "an input without channels" end
  for parameter, value in pairs(constants) do
    if value.count ~= channels then refuse.raise("a %s that does not fit the channels", parameter) end
    layer[parameter] = values.tensor(value, g.account):reshape { channels }
  end
  return add(g, node, x, layer)
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
