-- SPDX-License-Identifier: MIT
-- ONNX operators that go to whole numbers and back, and those that compute with such. Constants become what they stand
-- for; activations are what they stand for all along, but for what is out of a whole number's range. Rounding is not
-- imitated: it has no gradient. The picture, where the file has it as bytes, is those.

local lists = require "phosphene.formats.lists"
local refuse = require "phosphene.formats.refuse"
local windows = require "phosphene.formats.onnx.windows"

local quantisation = {}

local ranges = {
  uint8 = { 0, 255 }, int8 = { -128, 127 }, uint16 = { 0, 65535 }, int16 = { -32768, 32767 },
}

-- ---- from whole numbers ----

-- Input i, of one number, or one for each element of the axis, to be broadcast to a shape of this rank.
local function along_axis(node, i, axis, rank)
  local dims = {}
  for d = 1, rank do dims[d] = 1 end
  local count = lists.count(node:shape(i))
  if count ~= 1 then dims[node:axis(axis, rank) + 1] = count end
  if rank == 0 then dims[1] = 1 end
  return node:step("reshape", node:layer(i), { shape = dims })
end

-- Input i, whole numbers, less its zero, input `zero`, if that is given.
local function shifted(node, i, zero, axis)
  if not node:has(zero) then return node:layer(i) end
  return node:step("binary", { node:layer(i), along_axis(node, zero, axis, node:rank(i)) }, { operation = "subtract" })
end

-- Layers that only move numbers.
local moves = { transpose = true, reshape = true, squeeze = true, unsqueeze = true, slice = true }

-- Whether a layer's numbers are the picture's bytes.
local function are_bytes(graph, layer)
  if not graph.bytes then return false end
  while layer ~= graph.bytes and moves[graph.net:layer(layer).type] do layer = graph.net:layer(layer).from[1] end
  return layer == graph.bytes
end

-- Input i, of which input `scale` says what one is and input `zero` which is none, as what it stands for.
local function meant(node, i, scale, zero, axis)
  local value = node:input(i)
  if value.layer and not are_bytes(node.graph, value.layer) then return value.layer end
  local factor = along_axis(node, scale, axis, node:rank(i))
  return node:step("binary", { shifted(node, i, zero, axis), factor }, { operation = "multiply" })
end

function quantisation.DequantizeLinear(node)
  if node:integer("block_size", 0) ~= 0 then node:refuse "scales blocks, which is not supported" end
  node:give(node.graph:activation(meant(node, 1, 2, 3, node:integer("axis", 1))))
end

-- ---- to whole numbers ----

-- Makes a layer the node's output: within what whole numbers hold by the scale and the zero that are inputs.
local function hold_within(node, layer, scale, zero)
  local range = ranges[node:has(zero) and node:input(zero).type or "uint8"]
  local scales, zeros = node:numbers(scale), node:has(zero) and node:numbers(zero) or { 0 }
  if not range or #scales ~= 1 or #zeros ~= 1 then return node:give(node.graph:activation(layer)) end
  node:add("clip", layer, { least = (range[1] - zeros[1]) * scales[1], most = (range[2] - zeros[1]) * scales[1] })
end

function quantisation.QuantizeLinear(node) hold_within(node, node:layer(1), 2, 3) end

-- Scale and zero follow from what there is, 0 among it; the whole numbers are not rounded, but are within 0..255.
function quantisation.DynamicQuantizeLinear(node)
  local function with_zero(reduced, operation)
    local extreme = node:step("reduce", node:layer(1), { operation = reduced, keep = false })
    return node:step("binary", { extreme, node:number_layer(0) }, { operation = operation })
  end
  local least, most = with_zero("min", "minimum"), with_zero("max", "maximum")
  local function binary(a, operation, b, j)
    return (j and node.add or node.step)(node, "binary", { a, b }, { operation = operation }, j)
  end
  local scale = binary(binary(most, "subtract", least), "divide", node:number_layer(255), 2)
  local zero = node:add("unary", binary(binary(node:number_layer(0), "subtract", least), "divide", scale),
    { operation = "round" }, 3)
  binary(binary(node:layer(1), "divide", scale), "add", zero, 1)
end

-- ---- products and sums ----

-- Of tensors of the file, which may not fit together.
local function combined(a, operation, b) return refuse.guard(a.combine, a, operation, b) end

-- A constant less its zero, times its scale, each of one number or of one for each element of the axis, as a tensor.
local function weight(node, i, scale, zero, axis)
  local rank = node:rank(i)
  local function spread(j)
    local dims, tensor = {}, node:weight(j)
    for d = 1, rank do dims[d] = 1 end
    if tensor:count() > 1 then dims[axis + 1] = tensor:count() end
    return refuse.guard(tensor.reshape, tensor, dims)
  end
  local tensor = node:weight(i)
  if node:has(zero) then tensor = combined(tensor, "subtract", spread(zero)) end
  return scale and combined(tensor, "multiply", spread(scale)) or tensor
end

-- The whole numbers of a bias are as many products of the scales of input and weights.
local function bias(node, i, input_scale, weight_scale)
  if not node:has(i) then return nil end
  local scale = node:weight(weight_scale) * node:number(input_scale)
  return combined(node:tensor(i), "multiply", scale:count() == 1 and scale:values()[1] or scale)
end

function quantisation.QLinearConv(node)
  local from = meant(node, 1, 2, 3, 1)
  hold_within(node, windows.convolve(node, weight(node, 4, 5, 6, 0), bias(node, 9, 2, 5), from, node.step), 7, 8)
end

function quantisation.ConvInteger(node)
  windows.convolve(node, weight(node, 2, nil, 4, 0), nil, shifted(node, 1, 3, 1))
end

function quantisation.QLinearMatMul(node)
  local product = node:step("matmul", { meant(node, 1, 2, 3, -2), meant(node, 4, 5, 6, -1) })
  hold_within(node, product, 7, 8)
end

function quantisation.MatMulInteger(node)
  node:add("matmul", { shifted(node, 1, 3, -2), shifted(node, 2, 4, -1) })
end

-- ---- com.microsoft's ----

quantisation["com.microsoft.QuantizeLinear"] = quantisation.QuantizeLinear
quantisation["com.microsoft.DequantizeLinear"] = quantisation.DequantizeLinear

quantisation["com.microsoft.QGemm"] = function(node)
  local alpha = node:real("alpha", 1.0)
  if node:integer("transA", 0) ~= 0 then node:refuse "has its first matrix transposed" end
  local turned = node:integer("transB", 0) ~= 0
  local matrix = weight(node, 4, 5, 6, turned and 0 or 1)
  if node:rank(4) ~= 2 then node:refuse "multiplies by what is not a matrix" end
  if not turned then matrix = matrix:transpose() end
  local settings = { weight = matrix * alpha, bias = bias(node, 7, 2, 5) }
  hold_within(node, node:step("dense", meant(node, 1, 2, 3, 1), settings), 8, 9)
end

local function of_two(operation)
  return function(node)
    local result = node:step("binary", { meant(node, 1, 2, 3, 1), meant(node, 4, 5, 6, 1) }, { operation = operation })
    hold_within(node, result, 7, 8)
  end
end
quantisation["com.microsoft.QLinearAdd"], quantisation["com.microsoft.QLinearMul"] = of_two "add", of_two "multiply"

local function of_one(type, settings)
  return function(node)
    local own = settings and settings(node) or nil
    hold_within(node, node:step(type, meant(node, 1, 2, 3, 1), own), 4, 5)
  end
end
quantisation["com.microsoft.QLinearSigmoid"] = of_one("unary", function() return { operation = "sigmoid" } end)
quantisation["com.microsoft.QLinearLeakyRelu"] = of_one("leaky_relu", function(node)
  return { slope = node:real("alpha", 0.01) }
end)
quantisation["com.microsoft.QLinearGlobalAveragePool"] = of_one("global_average_pool", function(node)
  if node:integer("channels_last", 0) ~= 0 then node:refuse "has its channels last" end
end)

-- Its inputs are in threes after the output's scale and zero.
quantisation["com.microsoft.QLinearConcat"] = function(node)
  local from = {}
  for i = 3, node:input_count(), 3 do from[#from + 1] = meant(node, i, i + 1, i + 2, 1) end
  local axis = node:axis(node:integer "axis", node:rank(3))
  hold_within(node, node:step("concat", from, { axis = axis }), 1, 2)
end

return quantisation
