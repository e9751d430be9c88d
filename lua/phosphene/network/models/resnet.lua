-- SPDX-License-Identifier: MIT
-- ResNet (He et al., 2016) and its kin by the names of torchvision and timm: ResNeXt, Wide ResNet, with squeeze and
-- excitation, and timm's "d" with three convolutions in front and means in the shortcuts (He et al., 2019). Depth,
-- widths and groups are those of the weights; what stays the same is here. Activations and sums have the names that
-- torchvision's feature extraction gives them. Must not know where weights come from.

local preprocessing = require "phosphene.network.preprocessing"
local squeeze = require "phosphene.network.models.squeeze"

local resnet = { title = "ResNet", called = { "res" } }

-- Networks of these names blur where they halve, which leaves no trace in the weights.
resnet.not_called = { "blur", "aa" }

function resnet.input() return preprocessing.torchvision end
function resnet.is(g) return g:has "layer1.0.conv1" and g:has "bn1" end

local function stem(g)
  if g:has "conv1" then
    if g:kernel "conv1" ~= 7 then
      g:refuse "its first convolution is not 7x7: what follows it in such a ResNet does not show in the weights"
    end
    return g:convolution("conv1", "input", { stride = 2 })
  end
  local x = g:convolution("conv1.0", "input", { stride = 2 })
  x = g:activation("relu", "conv1.2", g:norm("conv1.1", x))
  x = g:convolution("conv1.3", x)
  x = g:activation("relu", "conv1.5", g:norm("conv1.4", x))
  return g:convolution("conv1.6", x)
end

local function shortcut(g, name, from, stride)
  if g:has(name .. ".downsample.0") then
    return g:norm(name .. ".downsample.1", g:convolution(name .. ".downsample.0", from, { stride = stride }))
  end
  if not g:has(name .. ".downsample.1") then return from end
  if stride > 1 then
    from = g:layer("average_pool", name .. ".downsample.0", from, { kernel = 2, stride = stride, ceil = true })
  end
  return g:norm(name .. ".downsample.2", g:convolution(name .. ".downsample.1", from))
end

-- Two convolutions, of which the first is strided, or three, of which the second is.
local function block(g, name, from, stride)
  local count, relu = g:has(name .. ".conv3") and 3 or 2, name .. ".relu"
  local x = from
  for i = 1, count do
    x = g:convolution(("%s.conv%d"):format(name, i), x, { stride = i == count - 1 and stride or 1 })
    x = g:norm(("%s.bn%d"):format(name, i), x)
    if i < count then x = g:activation("relu", i == 1 and relu or relu .. "_1", x) end
  end
  if g:has(name .. ".se.fc1") then
    x = squeeze(g, name .. ".se", x, { reduce = "fc1", expand = "fc2", activation = "relu", gate = "sigmoid" })
  end
  x = g:layer("sum", name .. ".add", { x, shortcut(g, name, from, stride) })
  return g:activation("relu", ("%s_%d"):format(relu, count - 1), x)
end

function resnet.build(g)
  local x = g:activation("relu", "relu", g:norm("bn1", stem(g)))
  x = g:layer("max_pool", "maxpool", x, { kernel = 3, stride = 2, padding = 1 })
  for stage = 1, 4 do
    local name = ("layer%d."):format(stage)
    for i = 0, g:count(name .. "%d.conv1") - 1 do x = block(g, name .. i, x, stage > 1 and i == 0 and 2 or 1) end
  end
  x = g:layer("global_average_pool", "avgpool", x)
  return g:has "fc" and g:dense("fc", x)
end

return resnet
