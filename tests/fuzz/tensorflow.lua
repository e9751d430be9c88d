-- SPDX-License-Identifier: MIT
-- Fuzzing TensorFlow graphs.

local networks = require "fuzz.networks"
local writer = require "tensorflow.writer"

local function constant(name, dims, values, type)
  return { op = "Const", name = name, attributes = { value = { type = type, dims = dims, values = values } } }
end
local function node(op, name, inputs, attributes)
  return { op = op, name = name, inputs = inputs, attributes = attributes }
end

local function numbers(count)
  local list = {}
  for i = 1, count do list[i] = (i % 5 - 2) / 4 end
  return list
end

local window = { strides = { 1, 1, 1, 1 }, padding = "SAME", dilations = { 1, 1, 1, 1 } }
local pool = { ksize = { 1, 2, 2, 1 }, strides = { 1, 2, 2, 1 }, padding = "VALID" }

-- Between them, every family of operations.
local function seeds()
  return {
    writer.graph {
      constant("k", { 2, 2, 3, 4 }, numbers(48)), constant("b", { 4 }, numbers(4)),
      { op = "Const", name = "one", attributes = { value = { dims = { 4 }, listed = { 1 } } } },
      constant("shape", { 2 }, { -1, 64 }, "int32"), constant("w", { 64, 5 }, numbers(320)),
      node("Placeholder", "x", {}, { shape = { shape = { -1, 8, 8, 3 } }, dtype = 1 }),
      node("Conv2D", "c", { "x", "k" }, window), node("BiasAdd", "cb", { "c", "b" }), node("Relu", "r", { "cb" }),
      node("LRN", "n", { "r" }, { depth_radius = 2, bias = 1.0, alpha = 0.1, beta = 0.5 }),
      node("FusedBatchNorm", "f", { "n", "one", "b", "b", "one" }, { epsilon = 0.001, is_training = false }),
      node("MaxPool", "m", { "f" }, pool), node("Reshape", "flat", { "m", "shape" }),
      node("MatMul", "l", { "flat", "w" }, { transpose_b = false }), node("Softmax", "p", { "l" }),
    },
    writer.graph {
      node("Placeholder", "x", {}), constant("k", { 3, 3, 3, 2 }, numbers(54)),
      node("DepthwiseConv2dNative", "d", { "x", "k" }, window), constant("e", {}, { 0.5 }, "float64"),
      constant("v", { 6 }, { 1, 2, 3, 4, 5, 6 }), node("Add", "ve", { "v", "e" }), node("Rsqrt", "s", { "ve" }),
      node("Mul", "y", { "d", "s" }), node("Sub", "z", { "e", "y" }), node("Relu6", "r", { "z" }),
      node("AvgPool", "a", { "y" }, pool), constant("axis", {}, { 3 }, "int32"),
      node("ConcatV2", "j", { "a", "a", "axis" }), constant("axes", { 2 }, { 1, 2 }, "int64"),
      node("Mean", "mean", { "j", "axes" }, { keep_dims = true }), node("Squeeze", "q", { "mean" },
        { squeeze_dims = { 1, 2 } }), node("Identity", "i", { "q:0", "^d" }), node("LogSoftmax", "p", { "i" }),
      constant("pads", { 4, 2 }, { 0, 0, 1, 1, 1, 1, 0, 0 }, "int32"), node("Pad", "pad", { "x", "pads" }),
      node("AddN", "sum", { "d", "y" }), node("ArgMax", "best", { "p" }),
    },
  }
end

return { suffix = ".pb", seeds = seeds, open = networks.open }
