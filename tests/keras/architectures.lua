-- SPDX-License-Identifier: MIT
-- Small models in the manner of well-known ones, which together have every layer of image networks, each a function
-- from a model with its picture (model.lua) to what the model gives.

local reference = require "keras.reference"

local architectures = {}

local function conv_norm(m, v, filters, o)
  o = o or {}
  local activation = o.activation or "relu"
  v = m:batch_norm(m:conv(v, { filters = filters, kernel = o.kernel or 3, strides = o.strides, bias = false,
    padding = o.padding }))
  return activation ~= "linear" and m:activation(v, activation) or v
end

function architectures.sequential(m, v)
  m.is_sequential = true
  v = m:conv(v, { filters = 4, kernel = 3, activation = "relu", padding = "valid" })
  v = m:pool(v, "MaxPooling2D", { kernel = 2, strides = 2, padding = "valid" })
  v = m:map(v, "Dropout", { rate = 0.25 }, function(x) return x end)
  v = m:conv(v, { filters = 5, kernel = { 3, 2 }, activation = "elu", dilation = 2, padding = "same" })
  v = m:flatten(v)
  v = m:dense(v, 6, "tanh")
  return m:dense(v, 4, "softmax")
end

function architectures.vgg(m, v)
  v = m:conv(m:conv(v, { filters = 4, kernel = 3, activation = "relu", name = "block1_conv1" }),
    { filters = 4, kernel = 3, activation = "relu", name = "block1_conv2" })
  v = m:pool(v, "MaxPooling2D", { kernel = 2, strides = 2, padding = "valid" })
  v = m:conv(v, { filters = 6, kernel = 3, activation = "relu", name = "block2_conv1" })
  v = m:pool(v, "MaxPooling2D", { kernel = 3, strides = 2 })
  return m:dense(m:dense(m:flatten(v), 8, "relu"), 5, "softmax")
end

function architectures.resnet(m, v)
  v = m:pad(v, { { 3, 3 }, { 3, 3 } })
  v = conv_norm(m, v, 4, { kernel = 7, strides = 2, padding = "valid" })
  v = m:pool(m:pad(v, { { 1, 1 }, { 1, 1 } }), "MaxPooling2D", { kernel = 3, strides = 2, padding = "valid" })
  local shortcut = conv_norm(m, v, 8, { kernel = 1, activation = "linear" })
  local block = conv_norm(m, conv_norm(m, v, 4, { kernel = 1 }), 8, { activation = "linear" })
  v = m:activation(m:merge("Add", shortcut, block), "relu")
  v = m:activation(m:merge("Add", v, conv_norm(m, v, 8, { activation = "linear" })), "relu")
  return m:dense(m:global_average(v), 5, "softmax")
end

function architectures.mobilenet_v2(m, v)
  v = m:map(v, "Rescaling", { scale = 2, offset = -1 }, function(x) return 2 * x - 1 end)
  v = conv_norm(m, m:pad(v, { { 0, 1 }, { 0, 1 } }), 4, { strides = 2, padding = "valid", activation = "relu6" })
  local inner = m:map(m:batch_norm(m:conv(v, { filters = 8, kernel = 1, bias = false })), "ReLU", { max_value = 6 },
    function(x) return math.min(math.max(x, 0), 6) end)
  inner = m:activation(m:batch_norm(m:depthwise(inner, { kernel = 3, bias = false })), "relu6")
  v = m:merge("Add", v, m:batch_norm(m:conv(inner, { filters = 4, kernel = 1, bias = false })))
  v = m:depthwise(v, { kernel = 3, strides = 2, multiplier = 2, activation = "relu6" })
  v = m:separable(v, { kernel = 3, filters = 5, multiplier = 2, activation = "relu" })
  return m:dense(m:flatten(m:global_average(v, true)), 4, "softmax")
end

function architectures.inception(m, v)
  v = conv_norm(m, v, 4, { strides = 2, padding = "valid" })
  local a = conv_norm(m, v, 2, { kernel = 1 })
  local b = conv_norm(m, conv_norm(m, v, 2, { kernel = { 1, 3 } }), 3, { kernel = { 3, 1 } })
  local c = conv_norm(m, m:pool(v, "AveragePooling2D", { kernel = 3 }), 2, { kernel = 1 })
  v = m:merge("Concatenate", a, b, c)
  local d = conv_norm(m, v, 3, { strides = 2, padding = "valid" })
  local e = m:pool(v, "MaxPooling2D", { kernel = 3, strides = 2, padding = "valid" })
  return m:dense(m:global_average(m:merge("Concatenate", d, e)), 4, "softmax")
end

function architectures.densenet(m, v)
  v = m:conv(v, { filters = 4, kernel = 3, strides = 2, bias = false })
  for _ = 1, 3 do
    local grown = m:conv(m:activation(m:batch_norm(v), "relu"), { filters = 2, kernel = 3, bias = false })
    v = m:merge("Concatenate", v, grown)
  end
  v = m:conv(m:activation(m:batch_norm(v), "relu"), { filters = 5, kernel = 1, bias = false })
  v = m:pool(v, "AveragePooling2D", { kernel = 2, strides = 2, padding = "valid" })
  v = m:pool(v, "AveragePooling2D", { kernel = 3, padding = "valid" })
  return m:dense(m:flatten(v), 4)
end

-- ---- functions of tf and keras.ops ----

-- A call of a function: `class` is its name in Keras 3, where `settings` are the layer's, `old_name` that in
-- TensorFlow, where they are arguments.
local function operation(m, class, old_name, inputs, settings, value)
  local config = { name = ("tf.%s_%d"):format(old_name, #m.layers), ["function"] = old_name }
  for key, setting in pairs(settings) do config[key] = setting end
  return m:note("TFOpLambda", config, inputs, {}, value, { class = class, old = function()
    if #inputs == 1 then return { inputs[1].name, 0, 0, settings } end
    local call = {}
    for i, input in ipairs(inputs) do call[i] = { input.name, 0, 0, settings } end
    return { call }
  end, new = function(_, tensor)
    local args = {}
    for i, input in ipairs(inputs) do args[i] = tensor(input) end
    return { args = #args == 1 and args or { args }, kwargs = "@object@" }
  end })
end

-- Arithmetic with a number, which may come first.
local function with_number(m, v, class, old_name, number, f, comes_first)
  local config = { name = ("tf.%s_%d"):format(old_name, #m.layers), ["function"] = old_name }
  return m:note("TFOpLambda", config, { v }, {}, reference.map(v, f), { class = class, old = function()
    if comes_first then return { "_CONSTANT_VALUE", -1, number, { y = { v.name, 0, 0 }, name = "@null@" } } end
    return { v.name, 0, 0, { y = number, name = "@null@" } }
  end, new = function(_, tensor)
    return { args = comes_first and { number, tensor(v) } or { tensor(v), number }, kwargs = "@object@" }
  end })
end

function architectures.operations(m, v)
  v = with_number(m, v, "Divide", "math.truediv", 127.5, function(x) return x / 127.5 end)
  v = with_number(m, v, "Subtract", "math.subtract", 1, function(x) return x - 1 end)
  v = m:conv(v, { filters = 4, kernel = 3 })
  local a = operation(m, "Relu", "nn.relu", { v }, {}, reference.map(v, reference.functions.relu))
  local b = operation(m, "Clip", "clip_by_value", { v }, { clip_value_min = -0.1, clip_value_max = 0.2, x_min = -0.1,
    x_max = 0.2 }, reference.map(v, function(x) return math.min(math.max(x, -0.1), 0.2) end))
  v = operation(m, "Concatenate", "concat", { a, b, a }, { axis = -1 }, reference.concat { a, b, a })
  local gate = operation(m, "Mean", "math.reduce_mean", { v }, { axis = { 1, 2 }, keepdims = true },
    reference.global_average(v, true))
  v = m:merge("Multiply", v, operation(m, "Sigmoid", "math.sigmoid", { gate }, {},
    reference.map(gate, reference.functions.sigmoid)))
  v = operation(m, "Mean", "math.reduce_mean", { v }, { axis = { 1, 2 }, keepdims = false },
    reference.global_average(v))
  return operation(m, "Softmax", "nn.softmax", { m:dense(v, 4) }, {}, reference.softmax(m.last))
end

-- Pixels as a list of tokens, as transformers have them.
function architectures.tokens(m, v)
  v = m:conv(v, { filters = 4, kernel = 4, strides = 4, padding = "valid" })
  v = m:layer_norm(m:reshape(v, { 9, 4 }))
  v = m:merge("Add", v, m:dense(m:dense(v, 6, "gelu"), 4))
  v = m:batch_norm(m:group_norm(m:reshape(m:permute(v), { 6, 3, 2 }), 2))
  return m:dense(m:global_average(m:conv(v, { filters = 3, kernel = 2 })), 4, "softmax")
end

-- As EfficientNet and MobileNetV3: gates, arithmetic by functions.
function architectures.efficientnet(m, v)
  v = m:map(v, "Rescaling", { scale = 1 / 255 }, function(x) return x / 255 end)
  local mean, variance = m:variable("mean", { 3 }), m:variable("variance", { 3 }, 1)
  v = m:map(v, "Normalization", { axis = { -1 } }, function(x, c) return (x - mean[c]) / math.sqrt(variance[c]) end,
    { mean, variance, m:variable("count", { 1 }) })
  v = conv_norm(m, v, 6, { strides = 2, activation = "swish" })
  local gate = m:reshape(m:global_average(v), { 1, 1, 6 })
  gate = m:conv(m:conv(gate, { filters = 2, kernel = 1, activation = "swish" }), { filters = 6, kernel = 1,
    activation = "sigmoid" })
  v = m:merge("Multiply", v, gate)
  local function plus_3(x) return x + 3 end
  local shifted = with_number(m, v, "Add", "__operators__.add", 3.0, plus_3)
  local held = m:map(shifted, "ReLU", { max_value = 6 }, function(x) return math.min(math.max(x, 0), 6) end)
  v = m:merge("Multiply", v, with_number(m, held, "Multiply", "math.multiply", 1 / 6, function(x) return x / 6 end))
  v = with_number(m, v, "Subtract", "math.subtract", 1.5, function(x) return 1.5 - x end, true)
  return m:dense(m:global_average(v), 4, "softmax")
end

function architectures.unet(m, v)
  local first = m:conv(v, { filters = 3, kernel = 3, activation = "relu" })
  local second = m:conv(m:pool(first, "MaxPooling2D", { kernel = 2, strides = 2 }), { filters = 4, kernel = 3,
    activation = "relu" })
  local third = m:conv(m:pool(second, "MaxPooling2D", { kernel = 2, strides = 2 }), { filters = 5, kernel = 3 })
  local up = m:transposed(third, { filters = 4, kernel = 3, strides = 2, activation = "relu" })
  up = m:merge("Concatenate", up, second)
  up = m:merge("Concatenate", m:upsample(m:conv(up, { filters = 3, kernel = 2 }), "nearest"), first)
  local odd = m:transposed(third, { filters = 2, kernel = 2, strides = 3, padding = "valid" })
  odd = m:crop(odd, { { 0, 3 }, { 1, 2 } })
  local even = m:pool(m:upsample(m:conv(v, { filters = 2, kernel = 1 }), "bilinear"), "AveragePooling2D",
    { kernel = 4, strides = 4 })
  even = m:crop(m:upsample(even, "nearest"), { { 6, 0 }, { 0, 6 } })
  up = m:crop(m:merge("Concatenate", up, m:upsample(m:upsample(third, "nearest"), "bilinear")), { { 3, 3 }, { 3, 3 } })
  return m:conv(m:merge("Concatenate", up, odd, even), { filters = 2, kernel = 1, activation = "softmax" })
end

function architectures.convnext(m, v)
  v = m:layer_norm(m:conv(v, { filters = 4, kernel = 4, strides = 4, padding = "valid" }))
  for _ = 1, 2 do
    local block = m:layer_norm(m:conv(v, { filters = 4, kernel = 7, groups = 4 }))
    block = m:dense(m:activation(m:dense(block, 8), "gelu"), 4)
    local gamma = m:variable("gamma", { 4 })
    block = m:map(block, "LayerScale", { projection_dim = 4 }, function(x, c) return x * gamma[c] end, { gamma })
    v = m:merge("Add", v, m:map(block, "StochasticDepth", {}, function(x) return x end))
  end
  return m:dense(m:layer_norm(m:global_average(v)), 4)
end

-- A network as a layer, between others.
function architectures.nested(m, v)
  v = m:conv(v, { filters = 3, kernel = 3, activation = "relu", name = "stem" })
  v = m:nested(v, "backbone", function(inner)
    local w = conv_norm(inner, inner.input, 4, { strides = 2 })
    w = inner:nested(w, "deep", function(deep)
      return deep:conv(deep.input, { filters = 5, kernel = 3, activation = "relu", name = "deepest" })
    end)
    return conv_norm(inner, w, 4)
  end)
  return m:dense(m:global_average(v), 4, "softmax")
end

-- What the others leave out.
function architectures.sundries(m, v)
  local alpha = m:variable("alpha", { 1, 1, 3 })
  v = m:map(v, "PReLU", { shared_axes = { 1, 2 } }, function(x, c) return x > 0 and x or alpha[c] * x end, { alpha })
  v = m:map(v, "LeakyReLU", { alpha = 0.2 }, function(x) return x > 0 and x or 0.2 * x end)
  local a = m:map(v, "ReLU", { negative_slope = 0.1, max_value = 1 }, function(x)
    return math.min(x > 0 and x or 0.1 * x, 1)
  end)
  local b = m:map(v, "ReLU", { threshold = 0.3 }, function(x) return x > 0.3 and x or 0 end)
  v = m:merge("Average", a, b, v)
  v = m:merge("Maximum", v, m:merge("Subtract", a, v))
  local elu = m:map(v, "ELU", { alpha = 0.5 }, function(x) return x > 0 and x or 0.5 * (math.exp(x) - 1) end)
  v = m:merge("Minimum", elu, a)
  v = m:conv(v, { filters = 4, kernel = 3, strides = 2, activation = "softplus", padding = "valid" })
  v = m:batch_norm(m:dense(m:flatten(v), 6, "sigmoid"))
  return m:merge("Multiply", m:activation(v, "softmax"), v)
end

return architectures
