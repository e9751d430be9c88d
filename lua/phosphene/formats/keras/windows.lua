-- SPDX-License-Identifier: MIT
-- Keras's layers that slide a window over an image, or sum over all of it: convolutions, dense layers, pools. Kernels
-- are (height, width, inputs, outputs) there.

local activations = require "phosphene.formats.keras.activations"
local refuse = require "phosphene.formats.refuse"

local layers = {}

-- ---- convolutions ----

-- Padding as Keras names it; "same" is TensorFlow's.
local function is_same(node)
  local padding = node:text("padding", "valid"):lower()
  if padding ~= "same" and padding ~= "valid" then refuse.raise("padding '%s'", padding) end
  return padding == "same"
end

local function settings_of(node, type_name)
  return { type = type_name, stride = node:pair("strides", { 1, 1 }), dilation = node:pair("dilation_rate", { 1, 1 }),
    padding_mode = is_same(node) and "same" or nil }
end

-- A kernel and, if the settings say so, a bias.
local function weights_of(node, ...)
  local wanted = { ... }
  if node:flag("use_bias", true) then wanted[#wanted + 1] = "bias" end
  local tensors = { node:variables(wanted) }
  for i = 1, #{ ... } do
    if #tensors[i]:shape() ~= 4 then refuse.raise "a kernel that has not four dimensions" end
  end
  return table.unpack(tensors)
end

function layers.Conv2D(node)
  local from, wrap = node:image(node:input())
  local added = settings_of(node, "convolution")
  local kernel, bias = weights_of(node, "kernel")
  added.weight, added.bias, added.groups = kernel:transpose { 3, 2, 0, 1 }, bias, node:count("groups", 1)
  return activations.with(node, added, from, wrap)
end

-- A kernel of (h, w, channels, multiplier), of which each channel makes `multiplier` neighbouring ones.
local function depthwise(node, kernel)
  local shape, added = kernel:shape(), settings_of(node, "convolution")
  added.weight = kernel:transpose({ 2, 3, 0, 1 }):reshape { shape[3] * shape[4], 1, shape[1], shape[2] }
  added.groups = shape[3]
  return added
end

function layers.DepthwiseConv2D(node)
  local from, wrap = node:image(node:input())
  local kernel, bias = weights_of(node, { "depthwise_kernel", "kernel" })
  local added = depthwise(node, kernel)
  added.bias = bias
  return activations.with(node, added, from, wrap)
end

function layers.SeparableConv2D(node)
  local from, wrap = node:image(node:input())
  local first, second, bias = weights_of(node, "depthwise_kernel", "pointwise_kernel")
  local middle = node:step("depthwise", depthwise(node, first), from)
  return activations.with(node, { type = "convolution", weight = second:transpose { 3, 2, 0, 1 }, bias = bias }, middle,
    wrap)
end

-- What is cut off before and after along an axis, and what is added after it, so that the output has Keras's length
-- (deconv_output_length in keras/src/backend/common/backend_utils.py): without output_padding, stride * input for
-- "same". TensorFlow cuts the smaller half before.
local function transposed_padding(kernel, stride, is_same_padding, extra)
  local cut = is_same_padding and kernel - stride or math.min(kernel - stride, 0)
  if extra then cut = (is_same_padding and 2 * (kernel // 2) or 0) - extra end
  if cut < 0 then return 0, 0, -cut end
  return cut // 2, cut - cut // 2, 0
end

function layers.Conv2DTranspose(node)
  local from, wrap = node:image(node:input())
  local kernel, bias = weights_of(node, "kernel")
  local added, shape = settings_of(node, "transposed_convolution"), kernel:shape()
  local is_same_padding, extra = added.padding_mode == "same", node:pair("output_padding", nil, 0)
  added.padding_mode, added.padding, added.output_padding = nil, {}, {}
  for axis = 1, 2 do
    local length = (shape[axis] - 1) * added.dilation[axis] + 1
    added.padding[axis], added.padding[axis + 2], added.output_padding[axis] =
      transposed_padding(length, added.stride[axis], is_same_padding, extra and extra[axis])
  end
  added.weight, added.bias = kernel:transpose { 3, 2, 0, 1 }, bias
  return activations.with(node, added, from, wrap)
end

-- ---- dense layers ----

-- Along the last axis: of an image, that is a convolution of one pixel.
function layers.Dense(node)
  local value = node:input()
  local rank = #node:shape(value)
  local wanted = { "kernel", node:flag("use_bias", true) and "bias" or nil }
  local kernel, bias = node:variables(wanted)
  local shape = kernel:shape()
  if #shape ~= 2 then refuse.raise "a kernel that has not two dimensions" end
  if rank == 2 then
    return activations.with(node, { type = "dense", weight = kernel:transpose(), bias = bias }, value.layer,
      function(layer) return { layer = layer } end)
  elseif rank == 4 then
    local from, wrap = node:image(value, true)
    return activations.with(node, { type = "convolution", bias = bias,
      weight = kernel:transpose():reshape { shape[2], shape[1], 1, 1 } }, from, wrap)
  end
  local matrix = node:step("kernel", { type = "constant", value = kernel }, {})
  local product, from = { type = "matmul" }, { value.layer, matrix }
  if bias then
    from = { node:step("product", product, from), node:step("bias", { type = "constant", value = bias }, {}) }
    product = { type = "binary", operation = "add" }
  end
  return activations.with(node, product, from, function(layer) return { layer = layer } end)
end

-- ---- pools ----

-- A mean of one window over the whole image, at the model's own size, is one at every size: so classes can be had of
-- pictures of any size.
local function pool(type_name)
  return function(node)
    local from, wrap = node:image(node:input())
    local kernel, shape = node:pair("pool_size", { 2, 2 }), node.g:shape(from)
    if type_name == "average_pool" and not is_same(node) and kernel[1] == shape[3] and kernel[2] == shape[4] then
      return wrap(node:add({ type = "global_average_pool" }, from))
    end
    return wrap(node:add({ type = type_name, kernel = kernel, stride = node:pair("strides", kernel),
      padding_mode = is_same(node) and "same" or nil }, from))
  end
end
layers.MaxPooling2D, layers.AveragePooling2D = pool "max_pool", pool "average_pool"

local function global_pool(type_name)
  return function(node)
    local from, wrap = node:image(node:input())
    if node:flag("keepdims", false) then return wrap(node:add({ type = type_name }, from)) end
    return { layer = node:add({ type = "flatten" }, node:step("pool", { type = type_name }, from)) }
  end
end
layers.GlobalAveragePooling2D = global_pool "global_average_pool"
layers.GlobalMaxPooling2D = global_pool "global_max_pool"

for old, new in pairs { Convolution2D = "Conv2D", Convolution2DTranspose = "Conv2DTranspose",
  SeparableConvolution2D = "SeparableConv2D", MaxPool2D = "MaxPooling2D", AvgPool2D = "AveragePooling2D",
  GlobalAvgPool2D = "GlobalAveragePooling2D", GlobalMaxPool2D = "GlobalMaxPooling2D" } do
  layers[old] = layers[new]
end

return { layers = layers }
