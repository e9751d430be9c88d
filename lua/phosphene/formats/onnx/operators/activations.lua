-- SPDX-License-Identifier: MIT
-- ONNX operators that are nonlinearities, element by element or along an axis.

local activations = {}

-- Operators without settings, as kinds of the layer `unary`.
local kinds = {
  Abs = "abs", Neg = "negate", Exp = "exp", Log = "log", Sqrt = "sqrt", Reciprocal = "reciprocal", Erf = "erf",
  Tanh = "tanh", Sigmoid = "sigmoid", Softplus = "softplus", Softsign = "softsign", Sin = "sin", Cos = "cos",
  HardSwish = "hard_swish", Mish = "mish", Sign = "sign", Floor = "floor", Ceil = "ceil", Round = "round", Tan = "tan",
  Asin = "asin", Acos = "acos", Atan = "atan", Sinh = "sinh", Cosh = "cosh", Asinh = "asinh", Acosh = "acosh",
  Atanh = "atanh",
}
for op, operation in pairs(kinds) do
  activations[op] = function(node) node:add("unary", node:layer(1), { operation = operation }) end
end

function activations.Relu(node) node:add("relu", node:layer(1)) end
function activations.LeakyRelu(node) node:add("leaky_relu", node:layer(1), { slope = node:real("alpha", 0.01) }) end
function activations.Elu(node) node:add("elu", node:layer(1), { alpha = node:real("alpha", 1.0) }) end
function activations.Celu(node) node:add("celu", node:layer(1), { alpha = node:real("alpha", 1.0) }) end

-- Klambauer et al., 2017; the defaults are the operator's.
function activations.Selu(node)
  node:add("selu", node:layer(1), {
    alpha = node:real("alpha", 1.67326319217681884765625), gamma = node:real("gamma", 1.05070102214813232421875),
  })
end

function activations.HardSigmoid(node)
  node:add("hard_sigmoid", node:layer(1), { alpha = node:real("alpha", 0.2), beta = node:real("beta", 0.5) })
end

function activations.Gelu(node)
  local by = { none = "gelu", tanh = "gelu_tanh" }
  local how = node:text("approximate", "none")
  node:add("unary", node:layer(1), { operation = by[how] or node:refuse("approximates by '%s'", how) })
end

-- x * sigmoid(alpha * x); also com.microsoft's QuickGelu, whose alpha is another one by default.
local function swish(default)
  return function(node)
    local alpha, x = node:real("alpha", default), node:layer(1)
    if alpha == 1 then return node:add("unary", x, { operation = "silu" }) end
    local scaled = node:step("binary", { x, node:number_layer(alpha) }, { operation = "multiply" })
    node:add("product", { x, node:step("unary", scaled, { operation = "sigmoid" }) })
  end
end
activations.Swish = swish(1.0)
activations["com.microsoft.QuickGelu"] = swish(1.702)

function activations.ThresholdedRelu(node)
  node:add("thresholded_relu", node:layer(1), { threshold = node:real("alpha", 1.0) })
end

function activations.Shrink(node)
  node:add("shrink", node:layer(1), { threshold = node:real("lambd", 0.5), bias = node:real("bias", 0.0) })
end

-- With what is added to the input first.
local function biased(operation)
  return function(node)
    local x = node:layer(1)
    if node:has(2) then x = node:step("binary", { x, node:layer(2) }, { operation = "add" }) end
    node:add("unary", x, { operation = operation })
  end
end
activations["com.microsoft.Gelu"], activations["com.microsoft.BiasGelu"] = biased "gelu", biased "gelu"
activations["com.microsoft.FastGelu"] = biased "gelu_tanh"

-- The slope is broadcast to the input from the right, as NumPy does. Before version 7, one number a channel.
function activations.PRelu(node)
  local dims
  if node.opset < 7 and node:rank(2) == 1 and node:shape(2)[1] > 1 then
    dims = node:shape(2)
    dims = table.move({ dims[1], 1, 1, 1, 1 }, 1, node:rank(1) - 1, 1, {})
  end
  node:add("prelu", node:layer(1), { slope = node:tensor(2, dims) })
end

-- Bounds are attributes before version 11, then optional inputs.
function activations.Clip(node)
  local function bound(name, i)
    if node.opset < 11 then return node:has_attribute(name) and node:real(name) or nil end
    return node:has(i) and node:number(i) or nil
  end
  local least, most = bound("min", 2), bound("max", 3)
  if not least and not most then return node:pass(1) end
  -- What stands for "no bound" in files is float32's largest number or infinity.
  local function finite(x) return x and math.abs(x) < 3.4e38 and x or nil end
  if least == 0 and not finite(most) then return node:add("relu", node:layer(1)) end
  node:add("clip", node:layer(1), { least = finite(least), most = finite(most) })
end

-- From version 13 along one axis, before over all axes from that one on.
local function along_axis(type)
  return function(node)
    local coerced = node.opset < 13
    local axis = node:axis(node:integer("axis", coerced and 1 or -1), node:rank(1))
    if axis == node:rank(1) - 1 then coerced = false end -- the same then
    node:add(type, node:layer(1), { axis = axis, coerced = coerced or nil })
  end
end

activations.Softmax = along_axis "softmax"
activations.LogSoftmax = along_axis "log_softmax"

return activations
