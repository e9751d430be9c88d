-- SPDX-License-Identifier: MIT
-- Small state dicts of the families that open as they are, by torchvision's names, and by timm's where these are
-- others. Random weights. Must not know what reads them.

local core = require "phosphene.core"

local dicts = {}

local dict = {}
dict.__index = dict

function dicts.new() return setmetatable({ tensors = {} }, dict) end

function dict:add(name, shape, mean, deviation)
  self.tensors[name] = core.random(1, name):fill_normal(core.tensor(shape), mean or 0, deviation or 0.3)
  return self
end

function dict:conv(name, outputs, inputs, kernel, bias)
  self:add(name .. ".weight", { outputs, inputs, kernel, kernel }, 0, (inputs * kernel * kernel) ^ -0.5)
  return bias and self:add(name .. ".bias", { outputs }) or self
end

function dict:linear(name, outputs, inputs)
  return self:add(name .. ".weight", { outputs, inputs }, 0, inputs ^ -0.5):add(name .. ".bias", { outputs })
end

function dict:norm(name, channels)
  self:add(name .. ".weight", { channels }, 1, 0.1):add(name .. ".bias", { channels })
  self:add(name .. ".running_mean", { channels })
  self.tensors[name .. ".running_var"] = core.tensor({ channels }, 0.7)
  return self
end

-- A convolution and its norm.
function dict:unit(conv, norm, outputs, inputs, kernel)
  return self:conv(conv, outputs, inputs, kernel):norm(norm, outputs)
end

-- The same tensors by other names: the first of these pairs of patterns that fits.
function dict:renamed(pairs_of_patterns)
  local other = dicts.new()
  for name, tensor in pairs(self.tensors) do
    local changed = name
    for _, pair in ipairs(pairs_of_patterns) do
      local result, count = name:gsub(pair[1], pair[2])
      if count > 0 and changed == name then changed = result end
    end
    other.tensors[changed] = tensor
  end
  return other
end

-- ---- the families ----

function dicts.resnet()
  local d = dicts.new():unit("conv1", "bn1", 8, 3, 7):linear("fc", 5, 16)
  for stage = 1, 4 do
    local name, width, from = ("layer%d.0."):format(stage), stage > 1 and 16 or 8, stage > 2 and 16 or 8
    d:unit(name .. "conv1", name .. "bn1", width, from, 3):unit(name .. "conv2", name .. "bn2", width, width, 3)
    if stage > 1 then d:unit(name .. "downsample.0", name .. "downsample.1", width, from, 1) end
  end
  return d
end

-- Three convolutions, the second in two groups; squeeze and excitation; timm's "d".
function dicts.seresnext_d()
  local d = dicts.new():unit("conv1.0", "conv1.1", 4, 3, 3):unit("conv1.3", "conv1.4", 4, 4, 3):conv("conv1.6", 8, 4, 3)
  d:norm("bn1", 8):linear("fc", 5, 16)
  for stage = 1, 2 do
    local name, from = ("layer%d.0."):format(stage), stage == 1 and 8 or 16
    d:unit(name .. "conv1", name .. "bn1", 8, from, 1):unit(name .. "conv2", name .. "bn2", 8, 4, 3)
    d:unit(name .. "conv3", name .. "bn3", 16, 8, 1):conv(name .. "se.fc1", 4, 16, 1, true)
    d:conv(name .. "se.fc2", 16, 4, 1, true):unit(name .. "downsample.1", name .. "downsample.2", 16, from, 1)
  end
  return d
end

function dicts.vgg(is_normed)
  local d, at, from = dicts.new(), 0, 3
  for stage = 1, 5 do
    d:conv("features." .. at, 4 + stage, from, 3, true)
    if is_normed then d:norm("features." .. at + 1, 4 + stage) end
    at, from = at + (is_normed and 4 or 3), 4 + stage
  end
  return d:linear("classifier.0", 12, 9 * 7 * 7):linear("classifier.3", 12, 12):linear("classifier.6", 5, 12)
end

function dicts.densenet()
  local d = dicts.new():unit("features.conv0", "features.norm0", 8, 3, 7)
  d:norm("features.norm5", 14):linear("classifier", 5, 14)
  for b, from in ipairs { 8, 8 } do
    for i = 1, 2 do
      local name = ("features.denseblock%d.denselayer%d."):format(b, i)
      d:norm(name .. "norm1", from + 3 * (i - 1)):conv(name .. "conv1", 6, from + 3 * (i - 1), 1)
      d:norm(name .. "norm2", 6):conv(name .. "conv2", 3, 6, 3)
    end
  end
  return d:norm("features.transition1.norm", 14):conv("features.transition1.conv", 8, 14, 1)
end

function dicts.googlenet()
  local d, from = dicts.new():linear("fc", 5, 10), 4
  local function unit(name, outputs, inputs, kernel) d:unit(name .. ".conv", name .. ".bn", outputs, inputs, kernel) end
  unit("conv1", 4, 3, 7)
  unit("conv2", 4, 4, 1)
  unit("conv3", 4, 4, 3)
  for name in ("3a 3b 4a 4b 4c 4d 4e 5a 5b"):gmatch "%S+" do
    local module = "inception" .. name
    unit(module .. ".branch1", 2, from, 1)
    for i = 2, 3 do
      unit(("%s.branch%d.0"):format(module, i), 2, from, 1)
      unit(("%s.branch%d.1"):format(module, i), 3, 2, 3)
    end
    unit(module .. ".branch4.1", 2, from, 1)
    from = 10
  end
  unit("aux1.conv", 4, 10, 1)
  return d
end

-- MobileNet v2, all of whose blocks are 4 wide: torchvision numbers them all, timm by stages.
local depths = { 1, 2, 3, 4, 3, 3, 1 }
function dicts.mobilenet_v2()
  local d = dicts.new():unit("features.0.0", "features.0.1", 4, 3, 3):unit("features.18.0", "features.18.1", 8, 4, 1)
  for i = 1, 17 do
    local name, k = ("features.%d.conv."):format(i), 0
    if i > 1 then
      d:unit(name .. "0.0", name .. "0.1", 8, 4, 1)
      k = 1
    end
    local width = i > 1 and 8 or 4
    d:unit(name .. k .. ".0", name .. k .. ".1", width, 1, 3):unit(name .. k + 1, name .. k + 2, 4, width, 1)
  end
  return d:linear("classifier.1", 5, 8)
end

function dicts.timm_v2(d)
  local patterns, i = { { "^features%.0%.0%.", "conv_stem." }, { "^features%.0%.1%.", "bn1." },
    { "^features%.18%.0%.", "conv_head." }, { "^features%.18%.1%.", "bn2." }, { "^classifier%.1%.", "classifier." },
    { "^features%.1%.conv%.0%.0%.", "blocks.0.0.conv_dw." }, { "^features%.1%.conv%.0%.1%.", "blocks.0.0.bn1." },
    { "^features%.1%.conv%.1%.", "blocks.0.0.conv_pw." }, { "^features%.1%.conv%.2%.", "blocks.0.0.bn2." } }, 2
  for stage = 1, 6 do
    for b = 0, depths[stage + 1] - 1 do
      for k, part in ipairs { "conv_pw", "bn1", "conv_dw", "bn2", "conv_pwl", "bn3" } do
        local own = k <= 4 and ("%d.%d"):format((k - 1) // 2, (k - 1) % 2) or tostring(k - 3)
        patterns[#patterns + 1] = { ("^features%%.%d%%.conv%%.%s%%."):format(i, (own:gsub("%.", "%%."))),
          ("blocks.%d.%d.%s."):format(stage, b, part) }
      end
      i = i + 1
    end
  end
  return d:renamed(patterns)
end

-- Blocks of EfficientNet (version 1, 7 stages) or of MobileNet v3 (small, 11 in a row), by torchvision's names.
local function block(d, name, from, width, has_expansion, kernel, has_squeeze)
  local k, wide = 0, has_expansion and 2 * from or from
  if has_expansion then
    d:unit(name .. "0.0", name .. "0.1", wide, from, 1)
    k = 1
  end
  d:unit(name .. k .. ".0", name .. k .. ".1", wide, 1, kernel)
  if has_squeeze then
    k = k + 1
    d:conv(name .. k .. ".fc1", 2, wide, 1, true):conv(name .. k .. ".fc2", wide, 2, 1, true)
  end
  d:unit(name .. k + 1 .. ".0", name .. k + 1 .. ".1", width, wide, 1)
end

function dicts.mobilenet_v3()
  local d = dicts.new():unit("features.0.0", "features.0.1", 4, 3, 3):unit("features.12.0", "features.12.1", 8, 6, 1)
  for i = 1, 11 do
    block(d, ("features.%d.block."):format(i), i == 1 and 4 or 6, 6, i > 1, i > 3 and 5 or 3, i == 1 or i > 3)
  end
  return d:linear("classifier.0", 9, 8):linear("classifier.3", 5, 9)
end

function dicts.efficientnet()
  local d = dicts.new():unit("features.0.0", "features.0.1", 4, 3, 3):unit("features.8.0", "features.8.1", 8, 6, 1)
  for stage = 1, 7 do
    for i = 0, stage == 2 and 1 or 0 do
      local name, kernel = ("features.%d.%d.block."):format(stage, i), stage == 3 and 5 or 3
      block(d, name, stage == 1 and 4 or 6, 6, stage > 1, kernel, true)
    end
  end
  return d:linear("classifier.1", 5, 8)
end

-- Adds the patterns for a block's modules, which timm calls as in `order`.
local function rename_block(patterns, from, to, order)
  local norm = 0
  for k, part in ipairs(order) do
    local own = ("%s%d%%."):format(from, k - 1)
    norm = norm + (part == "se" and 0 or 1)
    for _, pair in ipairs { { "fc1%.", "se.conv_reduce." }, { "fc2%.", "se.conv_expand." }, { "0%.", part .. "." },
      { "1%.", ("bn%d."):format(norm) } } do
      patterns[#patterns + 1] = { own .. pair[1], to .. pair[2] }
    end
  end
end

function dicts.timm_efficientnet(d)
  local patterns = { { "^features%.0%.0%.", "conv_stem." }, { "^features%.0%.1%.", "bn1." },
    { "^features%.8%.0%.", "conv_head." }, { "^features%.8%.1%.", "bn2." }, { "^classifier%.1%.", "classifier." } }
  for stage = 1, 7 do
    for i = 0, 1 do
      local order = stage == 1 and { "conv_dw", "se", "conv_pw" } or { "conv_pw", "conv_dw", "se", "conv_pwl" }
      rename_block(patterns, ("^features%%.%d%%.%d%%.block%%."):format(stage, i),
        ("blocks.%d.%d."):format(stage - 1, i), order)
    end
  end
  return d:renamed(patterns)
end

-- Patches of 8 of a picture of 32, two heads.
function dicts.vit()
  local d = dicts.new():conv("conv_proj", 128, 3, 8, true):add("class_token", { 1, 1, 128 })
  d:add("encoder.pos_embedding", { 1, 17, 128 }):linear("heads.head", 5, 128)
  d:add("encoder.ln.weight", { 128 }, 1):add("encoder.ln.bias", { 128 })
  for i = 0, 1 do
    local name = ("encoder.layers.encoder_layer_%d."):format(i)
    for _, norm in ipairs { "ln_1.", "ln_2." } do
      d:add(name .. norm .. "weight", { 128 }, 1):add(name .. norm .. "bias", { 128 })
    end
    d:add(name .. "self_attention.in_proj_weight", { 384, 128 }, 0, 0.09)
    d:add(name .. "self_attention.in_proj_bias", { 384 }):linear(name .. "self_attention.out_proj", 128, 128)
    d:linear(name .. "mlp.0", 64, 128):linear(name .. "mlp.3", 128, 64)
  end
  return d
end

function dicts.timm_vit(d)
  local other = d
  for _, pair in ipairs { { "^conv_proj", "patch_embed.proj" }, { "^class_token", "cls_token" },
    { "^encoder%.pos_embedding", "pos_embed" }, { "^encoder%.ln%.", "norm." }, { "^heads%.head", "head" },
    { "^encoder%.layers%.encoder_layer_(%d)", "blocks.%1" }, { "ln_(%d)", "norm%1" },
    { "self_attention%.in_proj_", "attn.qkv." }, { "self_attention%.out_proj", "attn.proj" }, { "mlp%.0", "mlp.fc1" },
    { "mlp%.3", "mlp.fc2" } } do
    other = other:renamed { pair }
  end
  return other
end

-- Dense layers that are convolutions in timm.
local function as_convolution(d, name, side)
  local weight = d.tensors[name .. ".weight"]
  local shape = weight:shape()
  d.tensors[name .. ".weight"] = weight:reshape { shape[1], shape[2] // (side * side), side, side }
end

function dicts.timm_vgg(d)
  as_convolution(d, "classifier.0", 7)
  as_convolution(d, "classifier.3", 1)
  return d:renamed { { "^classifier%.0%.", "pre_logits.fc1." }, { "^classifier%.3%.", "pre_logits.fc2." },
    { "^classifier%.6%.", "head.fc." } }
end

function dicts.timm_v3(d)
  as_convolution(d, "classifier.0", 1)
  local patterns, i = { { "^features%.0%.0%.", "conv_stem." }, { "^features%.0%.1%.", "bn1." },
    { "^features%.12%.0%.", "blocks.5.0.conv." }, { "^features%.12%.1%.", "blocks.5.0.bn1." },
    { "^classifier%.0%.", "conv_head." }, { "^classifier%.3%.", "classifier." } }, 1
  for stage, depth in ipairs { 1, 2, 3, 2, 3 } do
    for b = 0, depth - 1 do
      local order = i == 1 and { "conv_dw", "se", "conv_pw" } or i < 4 and { "conv_pw", "conv_dw", "conv_pwl" }
        or { "conv_pw", "conv_dw", "se", "conv_pwl" }
      rename_block(patterns, ("^features%%.%d%%.block%%."):format(i), ("blocks.%d.%d."):format(stage - 1, b), order)
      i = i + 1
    end
  end
  return d:renamed(patterns)
end

return dicts
