-- SPDX-License-Identifier: MIT
-- Operations over whole axes: matrix products, which read images flattened in TensorFlow's order; sums and means;
-- softmax, and normalisation across neighbouring channels.

local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.tensorflow.values"
local view = require "phosphene.formats.tensorflow.view"
local windows = require "phosphene.formats.tensorflow.windows"

local matrices = {}

-- ---- sums and means over axes ----

local reductions = { Mean = "mean", Sum = "sum", Max = "max", Min = "min" }

local function reduced(g, node, x, operation, list)
  if #list == 0 then return x.layer end
  local seen = {}
  for _, axis in ipairs(list) do seen[axis] = true end
  local is_spatial = #list == 2 and seen[2] and seen[3] and #g:shape(x.layer) == 4
  return g:put_for(node, is_spatial and operation == "mean" and { type = "global_average_pool", from = x.layer }
    or { type = "reduce", operation = operation, from = x.layer, axes = list, keep = true })
end

local function reduce(operation)
  return function(g, node, x, value)
    local goes, list, axes = {}, {}, {}
    for _, axis in ipairs(values.integers(value)) do goes[view.axis(x, axis)] = true end
    for t, own in ipairs(x.axes) do
      if goes[t] then table.move(own, 1, #own, #list + 1, list) end
      if not goes[t] or node.attributes.keep_dims then axes[#axes + 1] = own end
    end
    if #axes == 0 then refuse.raise "one number of everything" end
    return values.activation(reduced(g, node, x, operation, list), axes)
  end
end
for operation, name in pairs(reductions) do matrices[operation] = reduce(name) end

-- ---- matrices ----

-- Whether a list of elements is all that its layer holds, so that a dense layer can read it as it lies.
local function is_whole(g, x)
  local shape, count = g:shape(x.layer), 1
  for _, length in ipairs(shape) do count = count * length end
  return (#shape == 2 or #shape == 4) and shape[1] == 1 and view.shape(g, x)[2] == count
end

-- Rows of the matrix are TensorFlow's elements; a dense layer wants them in the layer's order.
local function dense_weight(g, x, matrix, is_transposed)
  if #matrix:shape() ~= 2 then refuse.raise("a matrix of %d dimensions", #matrix:shape()) end
  local weight = is_transposed and matrix or matrix:transpose { 1, 0 }
  local units, inputs = table.unpack(weight:shape())
  local elements = view.shape(g, x)[2]
  if inputs ~= elements then refuse.raise("a matrix of %d rows for %d elements", inputs, elements) end
  local axes, shape = x.axes[2], g:shape(x.layer)
  if #axes < 2 then return weight, units end
  local lengths, places, moves = { units }, {}, { 0 }
  for i, axis in ipairs(axes) do lengths[i + 1], places[axis] = shape[axis + 1], i end
  for axis = 0, #shape - 1 do moves[#moves + 1] = places[axis] end
  return weight:reshape(lengths):transpose(moves):reshape { units, inputs }, units
end

-- Two activations, or a constant before one.
local function multiply(g, node, a, b, transposes_a, transposes_b)
  local from = {}
  for i, value in ipairs { a, b } do
    from[i] = value.layer and view.arranged(g, node, value, view.plain_axes(#value.axes))
      or g:put_for(node, { type = "constant", value = values.tensor(value, g.account) }, "/constant")
  end
  local layer = g:put_for(node, { type = "matmul", from = from, transpose_a = transposes_a or nil,
    transpose_b = transposes_b or nil })
  return values.activation(layer, view.plain_axes(#g:shape(layer)))
end

function matrices.MatMul(g, node, x, matrix, bias)
  local a = node.attributes
  if x.constant or not matrix.constant or #x.axes ~= 2 or a.transpose_a then
    return multiply(g, node, x, matrix, a.transpose_a, a.transpose_b)
  end
  if not is_whole(g, x) then x = { layer = view.arranged(g, node, x, { { 0 }, { 1 } }), axes = { { 0 }, { 1 } } } end
  local weight, units = dense_weight(g, x, values.tensor(matrix, g.account), a.transpose_b)
  return windows.weighted(g, node, { type = "dense", from = x.layer, weight = weight }, { { 0 }, { 1 } }, units, bias)
end

function matrices.BatchMatMulV2(g, node, a, b)
  return multiply(g, node, a, b, node.attributes.adj_x, node.attributes.adj_y)
end
matrices.BatchMatMul = matrices.BatchMatMulV2

-- ---- probabilities ----

local function softmax(type)
  return function(g, node, x)
    if not view.single(x, #x.axes) then x = view.usual(g, node, x) end
    local axis = view.single(x, #x.axes)
    local layer = g:put_for(node, { type = type, from = x.layer, axis = axis ~= 1 and axis or nil })
    g.softmaxes[#g.softmaxes + 1] = { layer = layer, logits = x.layer, is_log = type == "log_softmax" }
    return values.activation(layer, x.axes)
  end
end
matrices.Softmax, matrices.LogSoftmax = softmax "softmax", softmax "log_softmax"

-- ---- normalisation ----

function matrices.LRN(g, node, x)
  local a = node.attributes
  local size = 2 * (a.depth_radius or 5) + 1
  local from, axes = view.image(g, node, x)
  return values.activation(g:put_for(node, { type = "local_response_norm", from = from, size = size,
    alpha = (a.alpha or 1) * size, beta = a.beta or 0.5, k = a.bias or 1 }), axes)
end

return matrices
