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
    writer.graph {
      node("Placeholder", "x", {}, { shape = { shape = { -1, 8, 8, 3 } } }),
      node("Placeholder", "phase", {}, { dtype = 10 }),
      node("Switch", "w", { "x", "phase" }), node("Merge", "m", { "w:1", "w" }), node("Placeholder", "keep", {}),
      node("RealDiv", "scaled", { "m", "keep" }), node("Shape", "s", { "scaled" }), node("RandomUniform", "u", { "s" }),
      node("Add", "v", { "keep", "u" }), node("Floor", "mask", { "v" }), node("Mul", "drop", { "scaled", "mask" }),
      constant("zero", { 1 }, { 0 }, "int32"), constant("one", { 1 }, { 1 }, "int32"), node("Shape", "t", { "drop" }),
      node("StridedSlice", "n", { "t", "zero", "one", "one" }, { shrink_axis_mask = 1 }),
      constant("rest", {}, { -1 }, "int32"), node("Pack", "to", { "n", "rest" }, { axis = 0 }),
      node("Reshape", "flat", { "drop", "to" }), constant("axis", {}, { 3 }, "int32"),
      node("Split", "parts", { "axis", "drop" }, { num_split = 3 }),
      node("ConcatV2", "j", { "parts:2", "parts", "axis" }),
      constant("order", { 4 }, { 0, 3, 1, 2 }, "int32"), node("Transpose", "first", { "drop", "order" }),
      constant("k", { 3, 3, 3, 2 }, numbers(54)), node("Conv2D", "c", { "first", "k" },
        { strides = { 1, 1, 2, 2 }, padding = "SAME", data_format = "NCHW" }),
      constant("block", { 2 }, { 2, 2 }, "int32"),
      constant("pads", { 2, 2 }, { 2, 2, 2, 2 }, "int32"), constant("crops", { 2, 2 }, { 0, 0, 0, 1 }, "int32"),
      node("SpaceToBatchND", "sb", { "x", "block", "pads" }), node("Conv2D", "d", { "sb", "k" },
        { strides = { 1, 1, 1, 1 }, padding = "VALID" }), node("BatchToSpaceND", "bs", { "d", "block", "crops" }),
      constant("back", { 4 }, { 1, 16, 15, 3 }, "int32"), node("Conv2DBackpropInput", "up", { "back", "k", "bs" },
        { strides = { 1, 2, 2, 1 }, padding = "SAME" }), node("ResizeBilinear", "r", { "up", "block" },
        { align_corners = true }), node("SquaredDifference", "q", { "x", "keep" }),
      node("StridedSlice", "cut", { "x", "order", "back", "order" }, { begin_mask = 1, end_mask = 9 }),
    },
  }
end

return { suffix = ".pb", seeds = seeds, open = networks.open }
