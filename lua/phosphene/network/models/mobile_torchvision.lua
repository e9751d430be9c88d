-- SPDX-License-Identifier: MIT
-- Networks of inverted residuals by torchvision's names: MobileNet v2 and v3 (Sandler et al., 2018; Howard et al.,
-- 2019), EfficientNet and its second version (Tan and Le, 2019, 2021). Widths and kernels are those of the weights;
-- strides, which do not show there, are those of the papers. Must not know where weights come from.

local preprocessing = require "phosphene.network.preprocessing"
local squeeze = require "phosphene.network.models.squeeze"

local mobile = { title = "MobileNet or EfficientNet of torchvision",
  called = { "mobilenet", "efficientnet" } }

function mobile.is(g)
  return g:has "features.0.0" and (g:has "features.1.conv.0.0" or g:has "features.1.block.0.0"
    or g:has "features.1.0.block.0.0")
end

--- torchvision's usual; but EfficientNet v2 L, whose first stage is four blocks of one convolution, takes -1 to 1.
function mobile.input(g)
  local is_large = g:count "features.1.%d.block.0.0" == 4 and not g:has "features.1.0.block.1.0"
  return is_large and { range = { -1, 1 } } or preprocessing.torchvision
end

-- Convolution, norm, and the activation, unless that is nil.
local function unit(g, name, from, kind, activation, stride)
  local x = g:convolution(name .. ".0", from, { stride = stride })
  x = g:norm(name .. ".1", x, kind.epsilon)
  return activation and g:activation(activation, name .. ".2", x) or x
end

-- The stride belongs to the convolution that looks around.
local function stride_of(g, name, stride) return g:kernel(name) > 1 and stride or 1 end

local function residual(g, name, from, x, stride)
  if stride > 1 or g:channels(from) ~= g:channels(x) then return x end
  return g:layer("sum", name .. ".add", { from, x })
end

-- MobileNet v2's block: `conv` of units, then a convolution and its norm.
local function bottleneck(g, name, from, kind, stride)
  local x, count = from, g:count(name .. ".conv.%d.0")
  for k = 0, count - 1 do
    local part = ("%s.conv.%d"):format(name, k)
    x = unit(g, part, x, kind, kind.activation, stride_of(g, part .. ".0", stride))
  end
  x = g:convolution(("%s.conv.%d"):format(name, count), x)
  x = g:norm(("%s.conv.%d"):format(name, count + 1), x, kind.epsilon)
  return residual(g, name, from, x, stride)
end

-- The others': `block` of units, the last without activation if there are others, and of squeeze and excitation.
local function block(g, name, from, kind, stride, activation)
  local x, k = from, 0
  local function part(i) return ("%s.block.%d"):format(name, i) end
  local function is_squeeze(i) return g:has(part(i) .. ".fc1") end
  while g:has(part(k) .. ".0") or is_squeeze(k) do
    local is_last = k > 0 and not g:has(part(k + 1) .. ".0") and not is_squeeze(k + 1)
    if is_squeeze(k) then
      x = squeeze(g, part(k), x, kind.squeeze)
    else
      x = unit(g, part(k), x, kind, not is_last and activation or nil, stride_of(g, part(k) .. ".0", stride))
    end
    k = k + 1
  end
  return residual(g, name, from, x, stride)
end

-- Blocks in a row, with a stride for each; gives how many as well.
local function in_a_row(g, x, kind, pattern, add)
  local count = g:count(pattern, 1)
  local strides = kind.strides[count] or g:refuse("it has %d blocks, whose strides are not known", count)
  for i, stride in ipairs(strides) do
    local is_plain = kind.plain and i <= kind.plain[count]
    x = add(g, "features." .. i, x, kind, stride, is_plain and "relu" or kind.activation)
  end
  return x, count
end

-- Blocks in stages; gives how many of these as well.
local function in_stages(g, x, kind)
  local stages = g:count("features.%d.0.block.0.0", 1)
  if stages > #kind.strides then g:refuse("it has %d stages, whose strides are not known", stages) end
  for stage = 1, stages do
    local name = ("features.%d."):format(stage)
    for i = 0, g:count(name .. "%d.block.0.0") - 1 do
      x = block(g, name .. i, x, kind, i == 0 and kind.strides[stage] or 1, kind.activation)
    end
  end
  return x, stages
end

local v2 = { activation = "relu6", epsilon = 1e-5,
  strides = { [17] = { 1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1 } } }

function v2.add(g, x, kind) return in_a_row(g, x, kind, "features.%d.conv.0.0", bottleneck) end

-- Tables 1 and 2 of the paper: large, small. The first blocks, `plain` ones, have ReLUs.
local v3 = { activation = "hard_swish", epsilon = 1e-3, plain = { [15] = 6, [11] = 3 },
  squeeze = { reduce = "fc1", expand = "fc2", activation = "relu", gate = "hard_sigmoid" },
  strides = { [15] = { 1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1 }, [11] = { 2, 2, 1, 2, 1, 1, 1, 1, 2, 1, 1 } } }

function v3.add(g, x, kind) return in_a_row(g, x, kind, "features.%d.block.0.0", block) end

-- B5 to B7, which have more than two blocks in the first stage, and version 2, which there has no squeeze, were trained
-- with TensorFlow's epsilon.
local function efficient(g)
  local is_tensorflow = g:count "features.1.%d.block.0.0" > 2 or not g:has "features.1.0.block.1.fc1"
  return { activation = "silu", epsilon = is_tensorflow and 1e-3 or 1e-5, strides = { 1, 2, 2, 2, 1, 2, 1 },
    squeeze = { reduce = "fc1", expand = "fc2", activation = "silu", gate = "sigmoid" }, add = in_stages }
end

function mobile.build(g)
  local kind = g:has "features.1.conv.0.0" and v2 or g:has "features.1.block.0.0" and v3 or efficient(g)
  local x, count = kind.add(g, unit(g, "features.0", "input", kind, kind.activation, 2), kind)
  x = unit(g, ("features.%d"):format(count + 1), x, kind, kind.activation)
  x = g:layer("global_average_pool", "avgpool", x)
  if g:has "classifier.0" then
    x = g:activation(kind.activation, "classifier.1", g:dense("classifier.0", x))
    return g:dense("classifier.3", x)
  end
  return g:has "classifier.1" and g:dense("classifier.1", x)
end

return mobile
