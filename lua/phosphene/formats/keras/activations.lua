-- SPDX-License-Identifier: MIT
-- Keras's functions of each element, and softmax: by name, as other layers take them along, and as layers.

local fields = require "phosphene.formats.keras.fields"
local refuse = require "phosphene.formats.refuse"

local activations = {}

-- ---- by name ----

local simple = {
  relu = { type = "relu" }, relu6 = { type = "clip", least = 0, most = 6 }, elu = { type = "elu", alpha = 1 },
  selu = { type = "selu" }, leaky_relu = { type = "leaky_relu", slope = 0.2 },
}
for name, operation in pairs { sigmoid = "sigmoid", tanh = "tanh", softplus = "softplus", softsign = "softsign",
  swish = "silu", silu = "silu", gelu = "gelu", mish = "mish", exponential = "exp", hard_swish = "hard_swish",
  hard_silu = "hard_swish" } do
  simple[name] = { type = "unary", operation = operation }
end

local function copy(settings)
  local result = {}
  for key, value in pairs(settings) do result[key] = value end
  return result
end

-- Keras 3 has relu6(x + 3) / 6, as PyTorch does; Keras 2 had a slope of its own.
local function hard_sigmoid(g) return { type = "hard_sigmoid", alpha = g.is_keras3 and 1 / 6 or 0.2, beta = 0.5 } end

-- Adds a layer of these settings, under the call's name, and gives the value.
local function apply(node, value, settings) return node:like(value, node:add(settings, value.layer)) end

-- Softmax along an axis as Keras counts it. The value remembers what it was made of.
local function softmax(node, value, axis, type_name)
  local result = apply(node, value, { type = type_name or "softmax", axis = node:axis(value, axis) })
  result.scores = { logits = value.layer, probabilities = not type_name and result.layer or nil }
  return result
end

--- Applies the activation function of that name.
function activations.apply(node, value, name)
  if name == "linear" then return value end
  if name == "softmax" then return softmax(node, value, -1) end
  if name == "log_softmax" then return softmax(node, value, -1, "log_softmax") end
  local settings = name == "hard_sigmoid" and hard_sigmoid(node.g) or simple[name]
  if not settings then refuse.raise("activation '%s'", name) end
  local result = apply(node, value, copy(settings))
  if name == "sigmoid" then result.scores = { logits = value.layer, probabilities = result.layer } end
  return result
end

-- ---- as settings of layers ----

-- An activation's name; an object of Keras 3 or a layer in its place has it as its class or inside.
local function name_of(setting)
  if not setting then return "linear" end
  if type(setting) == "string" then return setting end
  if type(setting) ~= "table" then refuse.raise "an activation without a name" end
  local inner = setting.config
  if setting.class_name == "function" and type(inner) == "string" then return inner end
  if type(inner) == "table" and inner.activation then return name_of(inner.activation) end
  return type(setting.class_name) == "string" and setting.class_name or refuse.raise "an activation without a name"
end

--- Adds a layer of these settings with the activation that the node states. Without one it has the call's name; else
--- the activation has, and the layer is a step before it. `wrap` makes values of layers.
function activations.with(node, settings, from, wrap)
  local setting = node.config.activation
  local name = name_of(setting)
  if name == "linear" then return wrap(node:add(settings, from)) end
  local value = wrap(node:step("linear", settings, from))
  local as_layer = activations.layers[name]
  if not as_layer then return activations.apply(node, value, name) end
  local inner = type(setting.config) == "table" and setting.config or {}
  return as_layer(setmetatable({ inputs = { value }, config = inner }, { __index = node }))
end

-- ---- layers ----

local layers = {}

function layers.Activation(node) return activations.apply(node, node:input(), name_of(node.config.activation)) end

--- f(x) = most where x >= most, x from the threshold on, slope * (x - threshold) below.
function layers.ReLU(node)
  local value, most = node:input(), node:number "max_value"
  local slope, threshold = node:number("negative_slope", 0), node:number("threshold", 0)
  if slope == 0 and threshold == 0 then
    return apply(node, value, most and { type = "clip", least = 0, most = most } or { type = "relu" })
  end
  if slope ~= 0 and threshold ~= 0 then refuse.raise "a slope and a threshold" end
  local settings = slope ~= 0 and { type = "leaky_relu", slope = slope }
    or { type = "thresholded_relu", threshold = threshold }
  if not most then return apply(node, value, settings) end
  local below = node:step("below", settings, value.layer)
  return node:like(value, node:add({ type = "clip", most = most }, below))
end

function layers.LeakyReLU(node)
  local slope = node:number("negative_slope", node:number("alpha", 0.3))
  return apply(node, node:input(), { type = "leaky_relu", slope = slope })
end

function layers.ELU(node) return apply(node, node:input(), { type = "elu", alpha = node:number("alpha", 1) }) end

function layers.ThresholdedReLU(node)
  return apply(node, node:input(), { type = "thresholded_relu", threshold = node:number("theta", 1) })
end

function layers.Softmax(node)
  local axis = node.config.axis or -1
  local axes = fields.integers(axis, "axis")
  if #axes ~= 1 then refuse.raise "softmax along several axes" end
  return softmax(node, node:input(), axes[1])
end

-- Slopes have the shape of an image, or 1 where they are shared.
function layers.PReLU(node)
  local value = node:input()
  local slope = node:variables { "alpha" }
  if value.is_moved then
    if #slope:shape() ~= 3 then refuse.raise "slopes that are not an image's" end
    slope = slope:transpose { 2, 0, 1 }
  end
  return apply(node, value, { type = "prelu", slope = slope })
end

activations.layers = layers

-- ---- functions of keras.ops and TensorFlow ----

local operations = {}

for name in pairs(simple) do
  operations[name] = function(node) return activations.apply(node, node:input(), name) end
end
for name, operation in pairs { sqrt = "sqrt", rsqrt = "reciprocal_sqrt", square = "square", exp = "exp", abs = "abs",
  negative = "negate", neg = "negate", log = "log", sin = "sin", cos = "cos", erf = "erf",
  reciprocal = "reciprocal" } do
  operations[name] = function(node) return apply(node, node:input(), { type = "unary", operation = operation }) end
end

function operations.leaky_relu(node)
  local slope = node.named.alpha or node.config.negative_slope or 0.2
  return apply(node, node:input(), { type = "leaky_relu", slope = slope })
end

function operations.hard_sigmoid(node) return apply(node, node:input(), hard_sigmoid(node.g)) end

function operations.gelu(node)
  local is_tanh = node.named.approximate or node.config.approximate
  return apply(node, node:input(), { type = "unary", operation = is_tanh and "gelu_tanh" or "gelu" })
end

function operations.softmax(node) return softmax(node, node:input(), node.named.axis or node.config.axis or -1) end

function operations.clip(node)
  local least = node:argument(2, "clip_value_min", "x_min") or node.config.x_min
  local most = node:argument(3, "clip_value_max", "x_max") or node.config.x_max
  if type(least) ~= "number" or type(most) ~= "number" then refuse.raise "bounds that are not numbers" end
  return apply(node, node:input(), { type = "clip", least = least, most = most })
end
operations.clip_by_value = operations.clip

activations.operations = operations

return activations
