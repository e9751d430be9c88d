-- SPDX-License-Identifier: MIT
-- Caffe's layer types, one function each: it takes the graph, the layer of the description and the names of its inputs
-- among the network's layers, and gives the name of the layer with its output. g:add adds a layer under the name of the
-- output.

local core = require "phosphene.core"
local fields = require "phosphene.formats.caffe.fields"
local refuse = require "phosphene.formats.refuse"

local layers = {}

-- ---- settings ----

-- Height and width of a setting: `kernel_h` and `kernel_w`, or one or two of `kernel_size`.
local function pair(message, name, names, default, least)
  local list = fields.counts(message, name, least)
  if #list > 2 then refuse.raise("'%s' of %d axes", name, #list) end
  local height, width = list[1] or default, list[2] or list[1] or default
  return { fields.count(message, names .. "_h", height, least), fields.count(message, names .. "_w", width, least) }
end

-- A layer's blob as a tensor of this shape; nil where there is none and it is optional.
local function blob(layer, index, shape, is_optional)
  local tensor = layer.blobs[index]
  if not tensor and is_optional then return nil end
  if not tensor then refuse.raise "the weights have none for it" end
  local count = 1
  for _, length in ipairs(shape) do count = count * length end
  if tensor:count() ~= count then
    refuse.raise("its weights are %s, not %s", table.concat(tensor:shape(), "x"), table.concat(shape, "x"))
  end
  return tensor:reshape(shape)
end

-- ---- convolutions and matrices ----

local function convolution_settings(param, type)
  if fields.count(param, "axis", 1) ~= 1 then refuse.raise "another axis" end
  local dilation = fields.counts(param, "dilation", 1)
  return {
    type = type, stride = pair(param, "stride", "stride", 1, 1), padding = pair(param, "pad", "pad", 0),
    dilation = { dilation[1] or 1, dilation[2] or dilation[1] or 1 }, groups = fields.count(param, "group", 1, 1),
  }
end

function layers.Convolution(g, layer, from)
  local param = fields.message(layer.settings, "convolution_param")
  local added = convolution_settings(param, "convolution")
  local outputs = fields.count(param, "num_output", nil, 1) or refuse.raise "no num_output"
  local kernel, channels = pair(param, "kernel_size", "kernel", 1, 1), g:shape(from)[2]
  if channels % added.groups ~= 0 then refuse.raise("%d groups of %d channels", added.groups, channels) end
  added.weight = blob(layer, 1, { outputs, channels // added.groups, kernel[1], kernel[2] })
  if fields.flag(param, "bias_term", true) then added.bias = blob(layer, 2, { outputs }) end
  return g:add(added, from)
end

function layers.Deconvolution(g, layer, from)
  local param = fields.message(layer.settings, "convolution_param")
  local added = convolution_settings(param, "transposed_convolution")
  local outputs = fields.count(param, "num_output", nil, 1) or refuse.raise "no num_output"
  local kernel = pair(param, "kernel_size", "kernel", 1, 1)
  if outputs % added.groups ~= 0 then refuse.raise("%d groups of %d outputs", added.groups, outputs) end
  added.weight = blob(layer, 1, { g:shape(from)[2], outputs // added.groups, kernel[1], kernel[2] })
  if fields.flag(param, "bias_term", true) then added.bias = blob(layer, 2, { outputs }) end
  return g:add(added, from)
end

function layers.InnerProduct(g, layer, from)
  local param = fields.message(layer.settings, "inner_product_param")
  local outputs, inputs = fields.count(param, "num_output", nil, 1) or refuse.raise "no num_output", 1
  if fields.count(param, "axis", 1) ~= 1 then refuse.raise "another axis" end
  for axis, length in ipairs(g:shape(from)) do inputs = axis > 1 and inputs * length or inputs end
  local added = { type = "dense" }
  if fields.flag(param, "transpose", false) then
    added.weight = blob(layer, 1, { inputs, outputs }):transpose()
  else
    added.weight = blob(layer, 1, { outputs, inputs })
  end
  if fields.flag(param, "bias_term", true) then added.bias = blob(layer, 2, { outputs }) end
  return g:add(added, from)
end

-- ---- pools ----

-- Sizes are rounded up unless the description says otherwise. One window over the whole image, at the network's own
-- size, is a mean at every size: so classes can be had of pictures of any size.
function layers.Pooling(g, layer, from)
  local param = fields.message(layer.settings, "pooling_param")
  local method, shape = fields.text(param, "pool", "MAX"), g:shape(from)
  if method ~= "MAX" and method ~= "AVE" then refuse.raise("method %s", method) end
  local is_mean = method == "AVE"
  if #shape ~= 4 then refuse.raise("an input of %d dimensions", #shape) end
  if fields.flag(param, "global_pooling", false) then
    return g:add({ type = is_mean and "global_average_pool" or "global_max_pool" }, from)
  end
  local kernel, padding = pair(param, "kernel_size", "kernel", 1, 1), pair(param, "pad", "pad", 0)
  local is_padded = padding[1] + padding[2] > 0
  if is_mean and not is_padded and kernel[1] == shape[3] and kernel[2] == shape[4] then
    return g:add({ type = "global_average_pool" }, from)
  end
  return g:add({
    type = is_mean and "average_pool" or "max_pool", kernel = kernel, padding = padding,
    stride = pair(param, "stride", "stride", 1, 1), ceil = fields.text(param, "round_mode", "CEIL") == "CEIL",
    count_pad = is_mean and is_padded or nil,
  }, from)
end

-- ---- element by element ----

function layers.ReLU(g, layer, from)
  local slope = fields.number(fields.message(layer.settings, "relu_param"), "negative_slope", 0)
  if slope == 0 then return g:add({ type = "relu" }, from) end
  return g:add({ type = "leaky_relu", slope = slope }, from)
end

function layers.PReLU(g, layer, from)
  local is_shared = fields.flag(fields.message(layer.settings, "prelu_param"), "channel_shared", false)
  local shape = g:shape(from)
  return g:add({ type = "prelu", slope = blob(layer, 1, #shape == 4 and { is_shared and 1 or shape[2], 1, 1 }
    or { is_shared and 1 or shape[2] }) }, from)
end

function layers.ELU(g, layer, from)
  return g:add({ type = "elu", alpha = fields.number(fields.message(layer.settings, "elu_param"), "alpha", 1) }, from)
end

for type_name, operation in pairs { Sigmoid = "sigmoid", TanH = "tanh", AbsVal = "abs", BNLL = "softplus" } do
  layers[type_name] = function(g, _, from) return g:add({ type = "unary", operation = operation }, from) end
end

local function repeated(count, value)
  local list = {}
  for i = 1, count do list[i] = value end
  return core.tensor({ count }, list)
end

-- scale * x + shift of whole numbers or tensors of one for each channel.
local function affine(g, from, scale, shift, suffix)
  local channels = g:shape(from)[2]
  local function vector(value) return type(value) == "number" and repeated(channels, value) or value end
  return g:add({ type = "batch_norm", epsilon = 0, mean = repeated(channels, 0), variance = repeated(channels, 1),
    weight = vector(scale), bias = vector(shift) }, from, suffix)
end

-- (shift + scale * x) ^ power
function layers.Power(g, layer, from)
  local param = fields.message(layer.settings, "power_param")
  local power, scale = fields.number(param, "power", 1), fields.number(param, "scale", 1)
  local is_power = power ~= 1
  local x = affine(g, from, scale, fields.number(param, "shift", 0), is_power and "/affine" or nil)
  if not is_power then return x end
  local exponent = g:add({ type = "constant", value = core.tensor({ 1 }, power) }, {}, "/power")
  return g:add({ type = "binary", operation = "power" }, { x, exponent })
end

-- ---- normalisation ----

function layers.LRN(g, layer, from)
  local param = fields.message(layer.settings, "lrn_param")
  if fields.text(param, "norm_region", "ACROSS_CHANNELS") ~= "ACROSS_CHANNELS" then refuse.raise "WITHIN_CHANNEL" end
  return g:add({ type = "local_response_norm", size = fields.count(param, "local_size", 5, 1),
    alpha = fields.number(param, "alpha", 1), beta = fields.number(param, "beta", 0.75),
    k = fields.number(param, "k", 1) }, from)
end

-- Mean and variance are sums, and the third blob says of how much.
function layers.BatchNorm(g, layer, from)
  local channels = g:shape(from)[2]
  local total = blob(layer, 3, { 1 }, true)
  local factor = total and total:at(0) or 1
  factor = factor == 0 and 0 or 1 / factor
  return g:add({ type = "batch_norm", mean = blob(layer, 1, { channels }):scale(factor),
    variance = blob(layer, 2, { channels }):scale(factor),
    epsilon = fields.number(fields.message(layer.settings, "batch_norm_param"), "eps", 1e-5) }, from)
end

function layers.Scale(g, layer, from)
  local param = fields.message(layer.settings, "scale_param")
  if #layer.bottoms ~= 1 then refuse.raise "two inputs" end
  if fields.count(param, "axis", 1) ~= 1 or fields.count(param, "num_axes", 1) ~= 1 then refuse.raise "other axes" end
  local channels = g:shape(from)[2]
  local shift = fields.flag(param, "bias_term", false) and blob(layer, 2, { channels }) or 0
  return affine(g, from, blob(layer, 1, { channels }), shift)
end

function layers.Bias(g, layer, from)
  if #layer.bottoms ~= 1 then refuse.raise "two inputs" end
  return affine(g, from, 1, blob(layer, 1, { g:shape(from)[2] }))
end

local function softmax(g, layer, from)
  local axis = fields.count(fields.message(layer.settings, "softmax_param"), "axis", 1)
  g.softmax = { logits = from, probabilities = g:add({ type = "softmax", axis = axis ~= 1 and axis or nil }, from) }
  return g.softmax.probabilities
end
layers.Softmax, layers.SoftmaxWithLoss = softmax, softmax

-- ---- several inputs, and shapes ----

function layers.Concat(g, layer, ...)
  local param = fields.message(layer.settings, "concat_param")
  local axis = fields.count(param, "axis", fields.count(param, "concat_dim", 1))
  return g:add({ type = "concat", axis = axis ~= 1 and axis or nil }, { ... })
end

function layers.Eltwise(g, layer, ...)
  local param = fields.message(layer.settings, "eltwise_param")
  local from, operation = { ... }, fields.text(param, "operation", "SUM")
  local coefficients = fields.all(param, "coeff", "number")
  if operation == "SUM" then
    for i, coefficient in ipairs(coefficients) do
      if from[i] and coefficient ~= 1 then from[i] = affine(g, from[i], coefficient, 0, "/coefficient_" .. i) end
    end
    return g:add({ type = "sum" }, from)
  elseif operation == "PROD" then
    return g:add({ type = "product" }, from)
  elseif operation ~= "MAX" then
    refuse.raise("operation %s", operation)
  end
  local result = from[1]
  for i = 2, #from do
    result = g:add({ type = "binary", operation = "maximum" }, { result, from[i] }, i < #from and "/" .. i or nil)
  end
  return result
end

function layers.Flatten(g, layer, from)
  local param = fields.message(layer.settings, "flatten_param")
  if fields.count(param, "axis", 1) ~= 1 or param.end_axis then refuse.raise "other axes" end
  return g:add({ type = "flatten" }, from)
end

function layers.Reshape(g, layer, from)
  local param = fields.message(layer.settings, "reshape_param")
  if param.axis or param.num_axes then refuse.raise "a part of the axes" end
  return g:add({ type = "reshape", shape = fields.all(fields.message(param, "shape"), "dim", "number") }, from)
end

-- Its parts, one for each top.
function layers.Slice(g, layer, from)
  local param = fields.message(layer.settings, "slice_param")
  local axis = fields.count(param, "axis", fields.count(param, "slice_dim", 1))
  local points, length = fields.counts(param, "slice_point", 1), g:shape(from)[axis + 1]
  if not length then refuse.raise("axis %d", axis) end
  local parts = #layer.tops
  for i = 1, #points == 0 and parts - 1 or 0 do points[i] = i * length // parts end
  if #points ~= parts - 1 then refuse.raise("%d points for %d parts", #points, parts) end
  local names = {}
  for i = 1, parts do
    local start, stop = points[i - 1] or 0, points[i] or length
    names[i] = g:add({ type = "slice", axes = { axis }, starts = { start }, ends = { stop } }, from, nil, i)
  end
  return table.unpack(names)
end

-- Nothing, once training is over.
local function nothing(_, layer, from)
  if #layer.tops > 1 then
    local names = {}
    for i = 1, #layer.tops do names[i] = from end
    return table.unpack(names)
  end
  return from
end
layers.Dropout, layers.Split, layers.Silence = nothing, nothing, nothing

return layers
