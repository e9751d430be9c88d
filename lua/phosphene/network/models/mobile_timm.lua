-- SPDX-License-Identifier: MIT
-- Networks of inverted residuals by timm's names: MobileNet v2 and v3, EfficientNet, its "lite" and its second version,
-- and the "tf_" ones, whose weights and padding are TensorFlow's. Widths and kernels are those of the weights; strides
-- are those of the papers. Must not know where weights come from.

local squeeze = require "phosphene.network.models.squeeze"

local mobile = { title = "MobileNet or EfficientNet of timm" }

-- timm makes many more networks of these parts, which differ in what does not show in the weights.
mobile.called = { "^t?f?_?mobilenetv2_%d", "^t?f?_?mobilenetv3_large", "^t?f?_?mobilenetv3_small",
  "^t?f?_?efficientnet_b%d", "^t?f?_?efficientnet_lite", "^t?f?_?efficientnetv2_" }

function mobile.input() return nil end -- they are of several kinds
function mobile.is(g) return g:has "conv_stem" and g:has "blocks.0.0.bn1" end

local usual_strides = { 1, 2, 2, 2, 1, 2, 1 }

-- A block's convolutions, in their order; the first list of which it has all.
local orders = { { "conv" }, { "conv_exp", "conv_pwl" }, { "conv_pw", "conv_dw", "conv_pwl" },
  { "conv_dw", "conv_pw" } }

local function order_of(g, name)
  for _, order in ipairs(orders) do
    local has_all = true
    for _, part in ipairs(order) do has_all = has_all and g:has(name .. part) end
    if has_all then return order end
  end
  g:refuse("its block '%s' is of no kind that is known", name)
end

-- Squeeze and excitation comes before the last convolution, which has no activation unless it is the only one.
local function block(g, name, from, kind, stride, activation)
  local order, x = order_of(g, name), from
  for i, part in ipairs(order) do
    if i == #order and g:has(name .. "se.conv_reduce") then
      x = squeeze(g, name .. "se", x, { reduce = "conv_reduce", expand = "conv_expand", gate = kind.gate,
        activation = kind.squeeze or activation })
    end
    x = g:convolution(name .. part, x, { stride = g:kernel(name .. part) > 1 and stride or 1 })
    local norm = ("%sbn%d"):format(name, i)
    x = g:norm(norm, x, kind.epsilon)
    if i < #order or i == 1 then x = g:activation(activation, norm .. ".act", x) end
  end
  if stride > 1 or g:channels(from) ~= g:channels(x) then return x end
  return g:layer("sum", name .. "add", { from, x })
end

-- By the name in config.json, or else by what the weights have: version 3 has no norm after the pool, EfficientNet has
-- squeeze and excitation, version 2 of MobileNet has none.
local function kind_of(g, stages)
  local name = g.config.architecture or ""
  local has_squeeze = g:has "blocks.0.0.se.conv_reduce" or g:has "blocks.3.0.se.conv_reduce"
  local kind = { strides = usual_strides, gate = "sigmoid", plain = 0, epsilon = name:find "^tf_" and 1e-3 or 1e-5 }
  if not g:has "bn2" then
    local is_small = stages == 6
    kind.activation = has_squeeze and "hard_swish" or "relu" -- without: "minimal"
    kind.gate, kind.squeeze, kind.plain, kind.is_v3 = "hard_sigmoid", "relu", is_small and 2 or 3, true
    if is_small then kind.strides = { 2, 2, 2, 1, 2, 1 } end
  else
    kind.activation = (has_squeeze or name:find "v2_[^%d]") and "silu" or "relu6"
  end
  return kind
end

local function head(g, x, kind)
  if kind.is_v3 then
    x = g:convolution("conv_head", g:layer("global_average_pool", "global_pool", x))
    return g:activation(kind.activation, "act2", x)
  end
  x = g:activation(kind.activation, "bn2.act", g:norm("bn2", g:convolution("conv_head", x), kind.epsilon))
  return g:layer("global_average_pool", "global_pool", x)
end

function mobile.build(g)
  local stages = g:count "blocks.%d.0.bn1"
  local kind = kind_of(g, stages)
  if not g.config.architecture then g:assume "it is not one of timm's tf_ networks, whose padding is another" end
  g.is_same = (g.config.architecture or ""):find "^tf_" ~= nil
  if stages > #kind.strides then g:refuse("it has %d stages, whose strides are not known", stages) end
  local x = g:norm("bn1", g:convolution("conv_stem", "input", { stride = 2 }), kind.epsilon)
  x = g:activation(kind.activation, "bn1.act", x)
  for stage = 0, stages - 1 do
    local activation = stage < kind.plain and "relu" or kind.activation
    for i = 0, g:count(("blocks.%d."):format(stage) .. "%d.bn1") - 1 do
      x = block(g, ("blocks.%d.%d."):format(stage, i), x, kind, i == 0 and kind.strides[stage + 1] or 1, activation)
    end
  end
  x = head(g, x, kind)
  return g:has "classifier" and g:dense("classifier", x)
end

return mobile
