-- SPDX-License-Identifier: MIT
-- Operations that move or combine elements: concatenation, reshaping, means, and matrices, which read images flattened
-- in TensorFlow's order, (h, w, c).

local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.tensorflow.values"
local windows = require "phosphene.formats.tensorflow.windows"

local shapes = {}

-- ---- nothing ----

-- Nodes that give what they get.
function shapes.Identity(g, node, x)
  if x.layer then g:also_called(node, x.layer) end
  return x
end
for _, operation in ipairs { "StopGradient", "CheckNumerics", "PlaceholderWithDefault", "PreventGradient" } do
  shapes[operation] = shapes.Identity
end

-- ---- concatenation ----

local function concatenate(g, node, axis, inputs)
  local from, channels = {}, 0
  for i, value in ipairs(inputs) do
    from[i] = value.layer or refuse.raise "a constant between images"
    if value.rank ~= inputs[1].rank then refuse.raise "inputs of different dimensions" end
    if value.image_channels and #inputs > 1 then refuse.raise "flattened images side by side" end
    channels = channels + value.channels
  end
  local rank = inputs[1].rank
  local is_last = axis == rank - 1 or axis == -1
  local layer = { type = "concat", from = from }
  if values.axis(axis, rank) ~= 1 then layer.axis = values.axis(axis, rank) end
  return values.activation(g:add(node, layer), rank, is_last and channels or inputs[1].channels)
end

function shapes.Concat(g, node, axis, ...) return concatenate(g, node, values.integers(axis, 1)[1], { ... }) end

function shapes.ConcatV2(g, node, ...)
  local inputs = { ... }
  local axis = table.remove(inputs)
  return concatenate(g, node, values.integers(axis, 1)[1], inputs)
end

-- ---- reshaping ----

-- Layers that bring an activation into TensorFlow's order of elements, and back.
local function channels_last(g, node, x)
  if x.rank ~= 4 then return x.layer end
  return g:add({ name = node.name .. "/channels_last" }, { type = "transpose", from = x.layer, axes = { 0, 2, 3, 1 } })
end

local function channels_first(g, node, layer, rank)
  if rank ~= 4 then return layer end
  return g:add({ name = node.name .. "/channels_first" }, { type = "transpose", from = layer, axes = { 0, 3, 1, 2 } })
end

-- One image is a batch of one; what is -1 there is left to the others where they say how long they are.
local function with_batch(dims)
  local result, is_open = table.move(dims, 1, #dims, 1, {}), false
  for i = 2, #dims do is_open = is_open or dims[i] == -1 end
  if dims[1] == -1 and not is_open then result[1] = 1 end
  return result
end

local function is_flattening(g, x, dims)
  if x.rank ~= 4 or #dims ~= 2 then return false end
  local shape = g:shape(x.layer)
  local count = shape[2] * shape[3] * shape[4]
  return dims[2] == count or (dims[2] == -1 and dims[1] == 1)
end

function shapes.Reshape(g, node, x, shape)
  local dims = values.integers(shape)
  if x.constant then
    return { constant = x.constant, dims = dims, count = x.count }
  elseif is_flattening(g, x, dims) then
    g:also_called(node, x.layer)
    local image = g:shape(x.layer)
    return values.activation(x.layer, 2, image[2] * image[3] * image[4], x.channels)
  elseif x.rank == 2 and #dims == 2 and (dims[2] == x.channels or (dims[2] == -1 and dims[1] == 1)) then
    g:also_called(node, x.layer)
    return x
  elseif x.image_channels and x.channels > x.image_channels then
    refuse.raise "a flattened image that is reshaped again"
  end
  local layer = channels_last(g, node, x)
  layer = g:add(node, { type = "reshape", from = layer, shape = with_batch(dims) })
  local made = g:shape(layer)
  return values.activation(channels_first(g, node, layer, #dims), #dims, made[#made])
end

function shapes.Squeeze(g, node, x)
  local axes = node.attributes.squeeze_dims or node.attributes.axis or {}
  local image = g:shape(x.layer)
  if x.rank ~= 4 then refuse.raise("an input of %d dimensions", x.rank) end
  local all = #axes == 0 or (#axes == 2 and axes[1] % 4 == 1 and axes[2] % 4 == 2)
  if not all or image[3] ~= 1 or image[4] ~= 1 then refuse.raise "other axes than an image's height and width" end
  g:also_called(node, x.layer)
  return values.activation(x.layer, 2, x.channels, x.channels)
end

-- ---- sums and means over axes ----

local reductions = { Mean = "mean", Sum = "sum", Max = "max", Min = "min" }

local function reduce(operation)
  return function(g, node, x, axes)
    local list, is_spatial, seen = {}, x.rank == 4, {}
    for i, axis in ipairs(values.integers(axes)) do
      list[i] = values.axis(axis, x.rank)
      seen[list[i]] = true
    end
    is_spatial = is_spatial and #list == 2 and seen[2] and seen[3]
    if not is_spatial then refuse.raise "other axes than an image's height and width" end
    local layer = operation == "mean" and { type = "global_average_pool", from = x.layer }
      or { type = "reduce", operation = operation, from = x.layer, axes = list, keep = true }
    local keeps = node.attributes.keep_dims
    return values.activation(g:add(node, layer), keeps and 4 or 2, x.channels, not keeps and x.channels or nil)
  end
end
for operation, name in pairs(reductions) do shapes[operation] = reduce(name) end

-- ---- matrices ----

-- Rows of the matrix are TensorFlow's elements, (h, w, c); ours are (c, h, w).
local function dense_weight(x, matrix, is_transposed)
  local dims = matrix:shape()
  if #dims ~= 2 then refuse.raise("a matrix of %d dimensions", #dims) end
  local weight = is_transposed and matrix or matrix:transpose { 1, 0 }
  local units, inputs = table.unpack(weight:shape())
  if inputs ~= x.channels then refuse.raise("a matrix of %d rows for %d elements", inputs, x.channels) end
  local channels = x.image_channels
  if not channels or channels == inputs then return weight, units end
  return weight:reshape({ units, inputs // channels, channels }):transpose({ 0, 2, 1 }):reshape { units, inputs }, units
end

function shapes.MatMul(g, node, x, matrix)
  if x.constant or x.rank ~= 2 then refuse.raise "a first input that is not a vector" end
  if node.attributes.transpose_a then refuse.raise "transpose_a" end
  local weight, units = dense_weight(x, values.tensor(matrix, g.account), node.attributes.transpose_b)
  local layer = { type = "dense", from = x.layer, weight = weight }
  return windows.weighted(g, node, layer, values.activation(nil, 2, units))
end

local function softmax(type)
  return function(g, node, x)
    local layer = g:add(node, { type = type, from = x.layer })
    g.softmaxes[#g.softmaxes + 1] = { layer = layer, logits = x.layer, is_log = type == "log_softmax", node = node }
    return values.activation(layer, x.rank, x.channels, x.image_channels)
  end
end
shapes.Softmax, shapes.LogSoftmax = softmax "softmax", softmax "log_softmax"

-- ---- around the edges, and between channels and blocks ----

local function padded(g, node, x, paddings, settings)
  local list = values.integers(paddings, 16)
  if #list ~= 2 * x.rank then refuse.raise "paddings that are not two numbers an axis" end
  settings.type, settings.from, settings.before, settings.after = "pad", x.layer, {}, {}
  for axis = 0, x.rank - 1 do
    local ours = values.axis(axis, x.rank) + 1
    settings.before[ours], settings.after[ours] = list[2 * axis + 1], list[2 * axis + 2]
  end
  local channels = x.channels + list[2 * x.rank - 1] + list[2 * x.rank]
  return values.activation(g:add(node, settings), x.rank, channels)
end

function shapes.Pad(g, node, x, paddings) return padded(g, node, x, paddings, {}) end

function shapes.PadV2(g, node, x, paddings, value)
  return padded(g, node, x, paddings, { value = values.numbers(value, 1)[1] })
end

function shapes.MirrorPad(g, node, x, paddings)
  if node.attributes.mode ~= "REFLECT" then refuse.raise("mode %s", tostring(node.attributes.mode)) end
  return padded(g, node, x, paddings, { mode = "reflect" })
end

function shapes.LRN(g, node, x)
  local a = node.attributes
  local size = 2 * (a.depth_radius or 5) + 1
  return values.activation(g:add(node, { type = "local_response_norm", from = x.layer, size = size,
    alpha = (a.alpha or 1) * size, beta = a.beta or 0.5, k = a.bias or 1 }), x.rank, x.channels)
end

local function blocks(type, channels)
  return function(g, node, x)
    local block = node.attributes.block_size or 2
    if node.attributes.data_format and node.attributes.data_format ~= "NHWC" then refuse.raise "channels first" end
    return values.activation(g:add(node, { type = type, from = x.layer, block = block }), 4, channels(x, block))
  end
end
shapes.DepthToSpace = blocks("depth_to_space", function(x, block) return x.channels // (block * block) end)
shapes.SpaceToDepth = blocks("space_to_depth", function(x, block) return x.channels * block * block end)

return shapes
