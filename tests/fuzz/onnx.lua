-- SPDX-License-Identifier: MIT
-- Fuzzing ONNX files.

local networks = require "fuzz.networks"
local writer = require "onnx.writer"

local function node(op, name, inputs, attributes)
  return { op = op, name = name, inputs = inputs, outputs = { name }, attributes = attributes }
end

local function numbers(name, ...)
  local count, values = 1, {}
  for _, dim in ipairs { ... } do count = count * dim end
  for i = 1, count do values[i] = (i % 5 - 2) / 4 end
  return { name = name, dims = { ... }, values = values }
end

local function whole(name, ...) return { name = name, type = "int64", dims = { #{ ... } }, values = { ... } } end

local function model(opset, nodes, tensors)
  return writer.model {
    opset = opset, inputs = { { name = "x", dims = { "n", 3, 8, "w" } } }, outputs = { nodes[#nodes].name },
    nodes = nodes, tensors = tensors, metadata = { range = "0 255", mean = "1, 2, 3" },
  }
end

-- Between them, every family of operators, shapes that are computed, and several versions.
local function seeds()
  return {
    model(13, {
      node("Conv", "c", { "x", "w", "b" }, { pads = { 1, 1, 1, 1 }, kernel_shape = { 3, 3 }, group = 1 }),
      node("BatchNormalization", "n", { "c", "b", "b", "b", "b2" }, { epsilon = 1e-5 }),
      node("Relu", "r", { "n" }), node("MaxPool", "m", { "r" }, { kernel_shape = { 2, 2 }, strides = { 2, 2 } }),
      node("Shape", "s", { "m" }), node("Gather", "g", { "s", "zero" }, { axis = 0 }),
      node("Concat", "t", { "g", "minus" }, { axis = 0 }), node("Reshape", "f", { "m", "t" }),
      node("Gemm", "l", { "f", "fc" }, { transB = 1, alpha = 0.5 }), node("Softmax", "p", { "l" }, { axis = 1 }),
    }, { numbers("w", 4, 3, 3, 3), numbers("b", 4), { name = "b2", dims = { 4 }, values = { 1, 1, 1, 1 } },
      whole("zero", 0), whole("minus", -1), numbers("fc", 5, 64) }),
    model(9, {
      node("Pad", "a", { "x" }, { pads = { 0, 0, 1, 1, 0, 0, 1, 1 }, mode = "reflect" }),
      node("Upsample", "u", { "a", "scales" }, { mode = "nearest" }),
      node("Clip", "k", { "u" }, { min = 0.0, max = 6.0 }),
      node("Slice", "s", { "k" }, { axes = { 1, 2 }, starts = { 0, 1 }, ends = { 2, -1 } }),
      node("Transpose", "t", { "s" }, { perm = { 0, 2, 3, 1 } }),
      node("ReduceMean", "r", { "t" }, { axes = { 1, 2 }, keepdims = 0 }),
      node("LogSoftmax", "l", { "r" }, { axis = 1 }),
    }, { { name = "scales", dims = { 4 }, values = { 1, 1, 2, 2 } } }),
    model(17, {
      node("AveragePool", "a", { "x" }, { kernel_shape = { 3, 3 }, auto_pad = "SAME_LOWER", ceil_mode = 1 }),
      node("Split", "q", { "a" }, { axis = 1 }), node("Unsqueeze", "u", { "q", "ones" }),
      node("Squeeze", "v", { "u", "ones" }), node("Mul", "e", { "v", "half" }), node("Erf", "h", { "e" }),
      node("Add", "d", { "h", "q" }), node("Where", "y", { "condition", "d", "half" }),
      node("Resize", "z", { "y", "", "", "sizes" }, { mode = "linear" }),
      node("LayerNormalization", "n", { "z", "gain" }, { axis = -1 }),
      node("DepthToSpace", "w", { "n" }, { blocksize = 1 }), node("Expand", "o", { "w", "sizes" }),
    }, { whole("ones", 1), { name = "half", dims = {}, values = { 0.5 } }, numbers("gain", 4),
      { name = "condition", type = "bool", dims = { 1 }, values = { 1 } }, whole("sizes", 1, 3, 4, 4) }),
    model(11, {
      node("ConvTranspose", "c", { "x", "w" }, { strides = { 2, 2 }, output_padding = { 1, 1 } }),
      node("InstanceNormalization", "i", { "c", "g", "g" }), node("PRelu", "p", { "i", "slope" }),
      node("Flatten", "f", { "p" }), node("Transpose", "wt", { "m" }), node("MatMul", "y", { "f", "wt" }),
    }, { numbers("w", 3, 2, 3, 3), numbers("g", 2), numbers("slope", 2, 1, 1), numbers("m", 3, 18) }),
  }
end

return { suffix = ".onnx", seeds = seeds, open = networks.open }
