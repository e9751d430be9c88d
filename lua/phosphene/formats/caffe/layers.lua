-- SPDX-License-Identifier: MIT
-- Caffe's layer types that compute, one function each: it takes the graph, the layer of the description and the names
-- of its inputs among the network's layers, and gives the name of the layer with its output. g:add adds a layer under
-- the name of the output.

local affine = require "phosphene.formats.caffe.affine"
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

local function convolve(g, layer, from, groups)
  local param = fields.message(layer.settings, "convolution_param")
  local added = convolution_settings(param, "convolution")
  added.groups = groups or added.groups
  local outputs = fields.count(param, "num_output", nil, 1) or refuse.raise "no num_output"
  local kernel, channels = pair(param, "kernel_size", "kernel", 1, 1), g:shape(from)[2]
  if channels % added.groups ~= 0 then refuse.raise("%d groups of %d channels", added.groups, channels) end
  added.weight = blob(layer, 1, { outputs, channels // added.groups, kernel[1], kernel[2] })
  if fields.flag(param, "bias_term", true) then added.bias = blob(layer, 2, { outputs }) end
  return g:add(added, from)
end

function layers.Convolution(g, layer, from) return convolve(g, layer, from) end

-- As others' versions of Caffe call a convolution of each channel by itself.
function layers.DepthwiseConvolution(g, layer, from) return convolve(g, layer, from, g:shape(from)[2]) end
layers.ConvolutionDepthwise = layers.DepthwiseConvolution

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

for type_name, operation in pairs { Sigmoid = "sigmoid", TanH = "tanh", AbsVal = "abs", BNLL = "softplus",
  Swish = "silu", Mish = "mish", HardSwish = "hard_swish" } do
  layers[type_name] = function(g, _, from) return g:add({ type = "unary", operation = operation }, from) end
end

function layers.ReLU6(g, _, from) return g:add({ type = "clip", least = 0, most = 6 }, from) end

function layers.Clip(g, layer, from)
  local param = fields.message(layer.settings, "clip_param")
  return g:add({ type = "clip", least = fields.number(param, "min"), most = fields.number(param, "max") }, from)
end

-- base ^ (shift + scale * x), e being the base where it is -1.
function layers.Exp(g, layer, from)
  local param = fields.message(layer.settings, "exp_param")
  local base = fields.number(param, "base", -1)
  if base ~= -1 and base <= 0 then refuse.raise("base %g", base) end
  local factor = base == -1 and 1 or math.log(base)
  local x = affine(g, from, fields.number(param, "scale", 1) * factor, fields.number(param, "shift", 0) * factor,
    "/affine")
  return g:add({ type = "unary", operation = "exp" }, x)
end

-- The logarithm of shift + scale * x.
function layers.Log(g, layer, from)
  local param = fields.message(layer.settings, "log_param")
  local base = fields.number(param, "base", -1)
  if base ~= -1 and (base <= 0 or base == 1) then refuse.raise("base %g", base) end
  local x = affine(g, from, fields.number(param, "scale", 1), fields.number(param, "shift", 0), "/affine")
  local result = g:add({ type = "unary", operation = "log" }, x, base ~= -1 and "/log" or nil)
  return base == -1 and result or affine(g, result, 1 / math.log(base), 0)
end

-- x ^ power
local function raised(g, x, power, suffix)
  local exponent = g:add({ type = "constant", value = core.tensor({ 1 }, power) }, {}, (suffix or "") .. "/power")
  return g:add({ type = "binary", operation = "power" }, { x, exponent }, suffix)
end

-- (shift + scale * x) ^ power
function layers.Power(g, layer, from)
  local param = fields.message(layer.settings, "power_param")
  local power, scale = fields.number(param, "power", 1), fields.number(param, "scale", 1)
  local is_power = power ~= 1
  local x = affine(g, from, scale, fields.number(param, "shift", 0), is_power and "/affine" or nil)
  return is_power and raised(g, x, power) or x
end

-- ---- normalisation ----

-- Among the pixels around each, zeros around the image included: x / (1 + alpha * mean of x^2) ^ beta.
local function normalise_within(g, from, size, alpha, beta)
  local squares = g:add({ type = "unary", operation = "square" }, from, "/squares")
  local mean = g:add({ type = "average_pool", kernel = size, padding = size // 2, count_pad = true }, squares, "/mean")
  local factor = raised(g, affine(g, mean, alpha, 1, "/energy"), -beta, "/factor")
  return g:add({ type = "product" }, { from, factor })
end

function layers.LRN(g, layer, from)
  local param = fields.message(layer.settings, "lrn_param")
  local size = fields.count(param, "local_size", 5, 1)
  local alpha, beta = fields.number(param, "alpha", 1), fields.number(param, "beta", 0.75)
  if size % 2 == 0 then refuse.raise("a window of %d, which has no middle", size) end
  if fields.text(param, "norm_region", "ACROSS_CHANNELS") == "WITHIN_CHANNEL" then
    return normalise_within(g, from, size, alpha, beta)
  end
  return g:add({ type = "local_response_norm", size = size, alpha = alpha, beta = beta,
    k = fields.number(param, "k", 1) }, from)
end

-- Each pixel's channels, or the whole image, brought to length 1, and scaled (SSD's branch of Caffe).
function layers.Normalize(g, layer, from)
  local param = fields.message(layer.settings, "norm_param")
  local is_whole = fields.flag(param, "across_spatial", true)
  local squares = g:add({ type = "reduce", operation = "sum_square", axes = is_whole and { 1, 2, 3 } or { 1 },
    keep = true }, from, "/squares")
  local length = raised(g, affine(g, squares, 1, fields.number(param, "eps", 1e-10), "/energy"), -0.5, "/factor")
  local x = g:add({ type = "binary", operation = "multiply" }, { from, length }, "/unit")
  local is_shared = fields.flag(param, "channel_shared", true)
  local scale = blob(layer, 1, { is_shared and 1 or g:shape(from)[2] })
  return affine(g, x, is_shared and scale:at(0) or scale, 0)
end

-- Each channel, or the whole image, brought to mean 0, and to variance 1 where that is asked for.
function layers.MVN(g, layer, from)
  local param = fields.message(layer.settings, "mvn_param")
  local is_whole = fields.flag(param, "across_channels", false)
  local epsilon = fields.number(param, "eps", 1e-9)
  if fields.flag(param, "normalize_variance", true) then
    return g:add({ type = is_whole and "group_norm" or "instance_norm", epsilon = epsilon * epsilon }, from)
  end
  local mean = g:add({ type = "reduce", operation = "mean", axes = is_whole and { 1, 2, 3 } or { 2, 3 }, keep = true },
    from, "/mean")
  return g:add({ type = "binary", operation = "subtract" }, { from, mean })
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

-- What PSPNet's and SegNet's branches of Caffe call it: scale, shift, and, where these were not merged into them, mean
-- and variance.
function layers.BN(g, layer, from)
  local channels = g:shape(from)[2]
  local scale, shift = blob(layer, 1, { channels }), blob(layer, 2, { channels })
  local mean = blob(layer, 3, { channels }, true)
  if not mean then return affine(g, from, scale, shift) end
  return g:add({ type = "batch_norm", mean = mean, variance = blob(layer, 4, { channels }), weight = scale,
    bias = shift, epsilon = fields.number(fields.message(layer.settings, "bn_param"), "eps", 1e-5) }, from)
end

-- A second input in the place of weights, whose axes are the first's from `axis` on, repeated along those after them.
local function with_input(g, operation, param, from, other)
  local shape, axis = g:shape(from), fields.count(param, "axis", 1)
  local own, setting = #g:shape(other), {}
  if axis > 1 or (axis == 1 and g:shape(other)[1] ~= shape[2]) then refuse.raise "other axes" end
  if axis == 1 then setting[1] = 1 end
  for i = 1, own do setting[#setting + 1] = axis == 0 and 0 or g:shape(other)[i] end
  if #setting > #shape then refuse.raise "a second input of more dimensions" end
  local is_same = #setting == own and axis == 0 and own == #shape
  while #setting < #shape do setting[#setting + 1] = 1 end
  local second = is_same and other or g:add({ type = "reshape", shape = setting }, other, "/" .. operation)
  return g:add({ type = "binary", operation = operation }, { from, second })
end

local function check_axes(param)
  if fields.count(param, "axis", 1) ~= 1 or fields.count(param, "num_axes", 1) ~= 1 then refuse.raise "other axes" end
end

function layers.Scale(g, layer, from, other)
  local param = fields.message(layer.settings, "scale_param")
  local has_shift, channels = fields.flag(param, "bias_term", false), g:shape(from)[2]
  if other then
    if has_shift then refuse.raise "a second input and a bias" end
    return with_input(g, "multiply", param, from, other)
  end
  check_axes(param)
  return affine(g, from, blob(layer, 1, { channels }), has_shift and blob(layer, 2, { channels }) or 0)
end

function layers.Bias(g, layer, from, other)
  local param = fields.message(layer.settings, "bias_param")
  if other then return with_input(g, "add", param, from, other) end
  check_axes(param)
  return affine(g, from, 1, blob(layer, 1, { g:shape(from)[2] }))
end

-- a x + y, `a` being one number for each channel (squeeze-and-excitation networks).
function layers.Axpy(g, _, a, x, y)
  if not x or not y then refuse.raise "fewer than three inputs" end
  local scaled = g:add({ type = "binary", operation = "multiply" }, { a, x }, "/product")
  return g:add({ type = "sum" }, { scaled, y })
end

local function softmax(g, layer, from)
  local axis = fields.count(fields.message(layer.settings, "softmax_param"), "axis", 1)
  g.softmax = { logits = from, probabilities = g:add({ type = "softmax", axis = axis ~= 1 and axis or nil }, from) }
  return g.softmax.probabilities
end
layers.Softmax, layers.SoftmaxWithLoss = softmax, softmax

return layers
