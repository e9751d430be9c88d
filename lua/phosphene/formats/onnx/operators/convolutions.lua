-- SPDX-License-Identifier: MIT
-- ONNX operators with weights: convolutions and products of matrices.

local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local values = require "phosphene.formats.onnx.values"
local windows = require "phosphene.formats.onnx.windows"

local convolutions = {}

-- ---- convolutions ----

local function convolve(node, add)
  local weight = node:weight(2)
  return windows.convolve(node, weight, node:tensor(3, { weight:shape()[1] }), nil, add)
end

function convolutions.Conv(node) convolve(node) end

-- com.microsoft's FusedConv: with an addend as input 4 and an activation after it.
local activations = {
  Relu = { "relu" }, Tanh = { "unary", { operation = "tanh" } }, Sigmoid = { "unary", { operation = "sigmoid" } },
  LeakyRelu = { "leaky_relu", {}, "slope" }, HardSigmoid = { "hard_sigmoid", {}, "alpha", "beta" },
  Clip = { "clip", {}, "least", "most" },
}

convolutions["com.microsoft.FusedConv"] = function(node)
  local activation = activations[node:text("activation", "")]
  if not activation then node:refuse("is followed by an unknown '%s'", node:text("activation", "")) end
  local settings, parameters = {}, node:reals("activation_params", {})
  for key, value in pairs(activation[2] or {}) do settings[key] = value end
  for i = 3, #activation do settings[activation[i]] = parameters[i - 2] end
  local result = convolve(node, node.step)
  if node:has(4) then result = node:step("binary", { result, node:layer(4) }, { operation = "add" }) end
  node:add(activation[1], result, settings)
end

-- What is cut off an output (before, after) and added after it, for one axis: the operator's formulas.
local function transposed_padding(node, i, axis, kernel, stride, dilation)
  local reach = (kernel - 1) * dilation + 1
  local added = node:integers("output_padding", {})[i] or 0
  local mode, wanted = node:text("auto_pad", "NOTSET"), node:integers("output_shape", {})
  local length = node:shape(1)[axis]
  if mode == "SAME_UPPER" or mode == "SAME_LOWER" then wanted = { [i] = length * stride } end
  local target = #wanted > 2 and wanted[#wanted - (node:rank(1) - axis)] or wanted[i]
  if not target then
    local pads, count = node:integers("pads", {}), node:rank(1) - 2
    return pads[i] or 0, pads[i + count] or 0, added
  end
  local total = stride * (length - 1) + added + reach - target
  if total < 0 then return 0, 0, added - total end
  local less = total // 2
  if mode == "SAME_LOWER" then return total - less, less, added end
  return less, total - less, added
end

function convolutions.ConvTranspose(node)
  local weight = windows.kernel(node, node:weight(2))
  local dims = weight:shape()
  local spatial = node:rank(1) - 2
  local strides, dilations = node:integers("strides", {}), node:integers("dilations", {})
  local settings = {
    weight = weight, groups = node:integer("group", 1),
    stride = { 1, 1 }, dilation = { 1, 1 }, padding = { 0, 0, 0, 0 }, output_padding = { 0, 0 },
  }
  settings.bias = node:tensor(3, { dims[2] * settings.groups })
  for i = 1, spatial do
    local at = i + 2 - spatial
    local stride, dilation = strides[i] or 1, dilations[i] or 1
    settings.stride[at], settings.dilation[at] = stride, dilation
    settings.padding[at], settings.padding[at + 2], settings.output_padding[at] =
      transposed_padding(node, i, i + 2, dims[at + 2], stride, dilation)
  end
  if #node:integers("output_shape", {}) > 0 and formulas.any(node:lengths(1)) then node:fix() end
  windows.add(node, "transposed_convolution", settings)
end

-- ---- matrices ----

local function transposed(node, i) return node:step("transpose", node:layer(i), { axes = { 1, 0 } }) end

-- Whether input i is a vector (1, n) and input i + 1 weights: then it is a dense layer.
local function is_dense(node)
  local a, b = node:input(1), node:input(2)
  return a.layer and #a.shape == 2 and a.shape[1] == 1 and values.is_constant(b) and #b.dims == 2
end

-- Weights (units, inputs) of a dense layer from input 2, times a factor.
local function dense_weight(node, is_transposed, factor)
  local weight = node:tensor(2)
  if not is_transposed then weight = weight:transpose() end
  return factor == 1 and weight or weight:clone():scale(factor)
end

function convolutions.MatMul(node)
  if is_dense(node) then return node:add("dense", node:layer(1), { weight = dense_weight(node, false, 1) }) end
  node:add("matmul", node:layers())
end

-- com.microsoft's, of matrices that may be turned, times a factor.
convolutions["com.microsoft.FusedMatMul"] = function(node)
  if node:integer("transBatchA", 0) ~= 0 or node:integer("transBatchB", 0) ~= 0 then node:refuse "turns its batches" end
  local settings = { transpose_a = node:integer("transA", 0) ~= 0, transpose_b = node:integer("transB", 0) ~= 0 }
  local product = node:step("matmul", node:layers(), settings)
  node:add("binary", { product, node:number_layer(node:real("alpha", 1.0)) }, { operation = "multiply" })
end

-- The addend of a dense layer as its bias, where it is one: a constant number, or one for each unit.
local function dense_bias(node, units, factor)
  if not node:has(3) then return true end
  local value = node:input(3)
  if not values.is_constant(value) then return false end
  local count = lists.count(value.dims)
  if count ~= units and count ~= 1 then return false end
  local bias = count == units and node:tensor(3, { units })
  if not bias then
    local list = {}
    for i = 1, units do list[i] = node:number(3) end
    bias = values.to_tensor(values.list(list, { units }, true))
  end
  return true, factor == 1 and bias or bias:clone():scale(factor)
end

function convolutions.Gemm(node)
  local alpha, beta = node:real("alpha", 1.0), node:real("beta", 1.0)
  local transpose_a, transpose_b = node:integer("transA", 0) ~= 0, node:integer("transB", 0) ~= 0
  if node:rank(1) ~= 2 or node:rank(2) ~= 2 then node:refuse "has inputs that are not matrices" end
  if is_dense(node) and not transpose_a then
    local units = node:shape(2)[transpose_b and 1 or 2]
    local fits, bias = dense_bias(node, units, beta)
    if fits then
      local weight = dense_weight(node, transpose_b, alpha)
      return node:add("dense", node:layer(1), { weight = weight, bias = bias })
    end
  end
  local function scaled(layer, factor)
    if factor == 1 then return layer end
    return node:step("binary", { layer, node:number_layer(factor) }, { operation = "multiply" })
  end
  local a = transpose_a and transposed(node, 1) or node:layer(1)
  local b = transpose_b and transposed(node, 2) or node:layer(2)
  a = scaled(a, alpha)
  if not node:has(3) then return node:add("matmul", { a, b }) end
  node:add("binary", { node:step("matmul", { a, b }), scaled(node:layer(3), beta) }, { operation = "add" })
end

return convolutions
