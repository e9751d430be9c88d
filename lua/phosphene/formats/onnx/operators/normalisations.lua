-- SPDX-License-Identifier: MIT
-- ONNX operators that normalise.

local values = require "phosphene.formats.onnx.values"

local normalisations = {}

-- A vector of input i, one number a channel.
local function channels(node, i) return node:tensor(i, { node:shape(1)[2] }) end

function normalisations.BatchNormalization(node)
  if node:integer("training_mode", 0) ~= 0 then node:refuse "is in training mode" end
  if node:integer("spatial", 1) == 0 then node:refuse "normalises every pixel separately, which is not supported" end
  local settings = {
    weight = channels(node, 2), bias = channels(node, 3), mean = channels(node, 4), variance = channels(node, 5),
    epsilon = node:real("epsilon", 1e-5),
  }
  local rank = node:rank(1)
  if rank ~= 3 then return node:add("batch_norm", node:layer(1), settings) end
  local image = node:step("unsqueeze", node:layer(1), { axes = { 2 } })
  node:add("squeeze", node:step("batch_norm", image, settings), { axes = { 2 } })
end

function normalisations.InstanceNormalization(node)
  node:add("instance_norm", node:layer(1), {
    scale = channels(node, 2), bias = channels(node, 3), epsilon = node:real("epsilon", 1e-5),
  })
end

-- The mean and the inverse deviation as outputs 2 and 3, where anybody reads them.
local function moments(node, axis, epsilon)
  local axes = {}
  for i = axis, node:rank(1) - 1 do axes[#axes + 1] = i end
  local function reduce(layer, step) return step(node, "reduce", layer, { operation = "mean", axes = axes }, 2) end
  local mean = reduce(node:layer(1), node.add)
  local centred = node:step("binary", { node:layer(1), mean }, { operation = "subtract" })
  local variance = reduce(node:step("product", { centred, centred }), node.step)
  local shifted = node:step("binary", { variance, node:number_layer(epsilon) }, { operation = "add" })
  node:add("unary", node:step("unary", shifted, { operation = "sqrt" }), { operation = "reciprocal" }, 3)
end

-- Scale and bias have the shape of the axes that are normalised over.
function normalisations.LayerNormalization(node)
  local axis, epsilon = node:axis(node:integer("axis", -1), node:rank(1)), node:real("epsilon", 1e-5)
  node:add("layer_norm", node:layer(1), {
    scale = node:tensor(2), bias = node:tensor(3), axis = axis, epsilon = epsilon,
  })
  if node:is_read(2) or node:is_read(3) then moments(node, axis, epsilon) end
end

-- x / sqrt(mean of squares + epsilon) * scale, over the axes from `axis` on.
local function root_mean_square(node, x, rank, axis, scale, epsilon)
  local axes = {}
  for i = axis, rank - 1 do axes[#axes + 1] = i end
  local mean = node:step("reduce", node:step("product", { x, x }), { operation = "mean", axes = axes })
  local shifted = node:step("binary", { mean, node:number_layer(epsilon) }, { operation = "add" })
  local inverse = node:step("unary", shifted, { operation = "reciprocal_sqrt" })
  local normal = node:step("binary", { x, inverse }, { operation = "multiply" })
  node:add("binary", { normal, scale }, { operation = "multiply" })
end

function normalisations.RMSNormalization(node)
  local rank = node:rank(1)
  root_mean_square(node, node:layer(1), rank, node:axis(node:integer("axis", -1), rank), node:layer(2),
    node:real("epsilon", 1e-5))
end
normalisations.SimplifiedLayerNormalization = normalisations.RMSNormalization
normalisations["com.microsoft.SimplifiedLayerNormalization"] = normalisations.RMSNormalization

-- com.microsoft's: of a sum with what skips, and a bias, which is output 4 too.
local function skipped(node, bias)
  local sum = node:step("binary", { node:layer(1), node:layer(2) }, { operation = "add" })
  if node:has(bias) then sum = node:step("binary", { sum, node:layer(bias) }, { operation = "add" }) end
  node:give(node.graph:activation(sum), 4)
  return sum
end

normalisations["com.microsoft.SkipLayerNormalization"] = function(node)
  node:add("layer_norm", skipped(node, 5), {
    scale = node:tensor(3), bias = node:tensor(4), axis = node:rank(1) - 1, epsilon = node:real("epsilon", 1e-12),
  })
end

normalisations["com.microsoft.SkipSimplifiedLayerNormalization"] = function(node)
  local rank = node:rank(1)
  root_mean_square(node, skipped(node, 4), rank, rank - 1, node:layer(3), node:real("epsilon", 1e-12))
end

-- Before version 21, scale and bias have one number a group.
local function per_channel(node, i, groups)
  local list, count = node:numbers(i), node:shape(1)[2]
  if #list == count then return node:tensor(i, { count }) end
  if #list ~= groups or count % groups ~= 0 then node:refuse("has %d numbers for %d channels", #list, count) end
  local spread = {}
  for c = 0, count - 1 do spread[c + 1] = list[c // (count // groups) + 1] end
  return values.to_tensor(values.list(spread, { count }, true))
end

function normalisations.GroupNormalization(node)
  local groups = node:integer "num_groups"
  if groups < 1 then node:refuse "has no groups" end
  node:add("group_norm", node:layer(1), {
    scale = per_channel(node, 2, groups), bias = per_channel(node, 3, groups), groups = groups,
    epsilon = node:real("epsilon", 1e-5),
  })
end

-- Over all places of a channel, unless the axes say otherwise; its small number is the operator's own.
function normalisations.MeanVarianceNormalization(node)
  local settings = { axes = node:integers("axes", { 0, 2, 3 }), operation = "mean", keep = true }
  local mean = node:step("reduce", node:layer(1), settings)
  local centred = node:step("binary", { node:layer(1), mean }, { operation = "subtract" })
  local variance = node:step("reduce", node:step("unary", centred, { operation = "square" }), settings)
  local deviation = node:step("unary", variance, { operation = "sqrt" })
  local divisor = node:step("binary", { deviation, node:number_layer(1e-9) }, { operation = "add" })
  node:add("binary", { centred, divisor }, { operation = "divide" })
end

function normalisations.LRN(node)
  node:add("local_response_norm", node:layer(1), {
    size = node:integer "size", alpha = node:real("alpha", 1e-4), beta = node:real("beta", 0.75),
    k = node:real("bias", 1.0),
  })
end

return normalisations
