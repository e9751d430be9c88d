-- SPDX-License-Identifier: MIT
-- Parts of small ONNX models for specs, as writer.lua takes them.

local models = {}

--- Numbers that are no pattern, always the same.
function models.noise(count)
  local list = {}
  for i = 1, count do list[i] = math.sin(i * 12.9898) * 0.5 end
  return list
end

function models.tensor(name, ...)
  local count = 1
  for _, dim in ipairs { ... } do count = count * dim end
  return { name = name, dims = { ... }, values = models.noise(count) }
end

function models.shape_tensor(name, ...)
  return { name = name, type = "int64", dims = { #{ ... } }, values = { ... } }
end

--- A node; its output is called as the node.
function models.node(op, name, inputs, attributes)
  return { op = op, name = name, inputs = inputs, outputs = { name }, attributes = attributes }
end

function models.picture(height, width) return { { name = "x", dims = { "n", 3, height, width } } } end

--- Convolution, ReLU, pooling, a classifier with softmax.
function models.classifier()
  local node, picture, tensor = models.node, models.picture, models.tensor
  return {
    inputs = picture("h", "w"), outputs = { "p" },
    tensors = { tensor("w", 4, 3, 3, 3), tensor("b", 4), tensor("fc", 5, 4), tensor("fb", 5) },
    nodes = {
      node("Conv", "conv", { "x", "w", "b" }, { pads = { 1, 1, 1, 1 }, kernel_shape = { 3, 3 } }),
      node("Relu", "features", { "conv" }),
      node("GlobalAveragePool", "mean", { "features" }),
      node("Flatten", "flat", { "mean" }),
      node("Gemm", "scores", { "flat", "fc", "fb" }, { transB = 1 }),
      node("Softmax", "p", { "scores" }, { axis = 1 }),
    },
    metadata = { labels = '["a", "b", "c", "d", "e"]' },
  }
end

return models
