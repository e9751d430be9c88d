-- SPDX-License-Identifier: MIT
-- VGG (Simonyan and Zisserman, 2015), with and without batch normalisation, by the names of torchvision and of timm.
-- The modules of `features` are numbered: where one more number is left out than the ReLU needs, there is a pool. Must
-- not know where weights come from.

local preprocessing = require "phosphene.network.preprocessing"

local vgg = { title = "VGG", called = { "vgg" } }

function vgg.input() return preprocessing.torchvision end
function vgg.is(g)
  return g:has "features.0" and (g:has "classifier.0" or g:has "pre_logits.fc1" or g:has "features.2")
end

-- As many modules as there can be.
local most_modules = 200

-- Numbers of the convolutions among the features.
local function convolutions(g)
  local list = {}
  for i = 0, most_modules do
    local name = "features." .. i
    if g:has(name) and #g:shape(name) == 4 then list[#list + 1] = i end
  end
  return list
end

-- For each convolution, how many modules are between its ReLU and the next: one is a pool.
local function pools_after(g, list, k)
  local relu = list[k] + (g:has("features." .. list[k] + 1) and 2 or 1)
  local between = list[k + 1] and list[k + 1] - relu - 1 or 1
  if between > 1 then g:refuse("what is between features.%d and features.%d is not known", relu, list[k + 1]) end
  return between, relu
end

--- The side of the pictures that the dense layers are for.
function vgg.side(g)
  local list, pools = convolutions(g), 0
  for k = 1, #list do pools = pools + pools_after(g, list, k) end
  if not g:has "classifier.0" then return nil end
  local inputs, channels = g:shape("classifier.0")[2] or 0, g:shape("features." .. list[#list])[1]
  return math.floor(math.sqrt(inputs / channels)) << math.min(pools, 10)
end

local function features(g)
  local x, list = "input", convolutions(g)
  for k, i in ipairs(list) do
    local pools, relu = pools_after(g, list, k)
    x = g:convolution("features." .. i, x)
    if relu == i + 2 then x = g:norm("features." .. i + 1, x) end
    x = g:activation("relu", "features." .. relu, x)
    if pools == 1 then x = g:layer("max_pool", "features." .. relu + 1, x, { kernel = 2, stride = 2 }) end
  end
  return x
end

function vgg.build(g)
  local x = features(g)
  if g:has "pre_logits.fc1" then -- timm's, where the dense layers are convolutions, without padding
    for i = 1, 2 do
      x = g:convolution("pre_logits.fc" .. i, x, { padding = 0 })
      x = g:activation("relu", "pre_logits.act" .. i, x)
    end
    x = g:layer("global_average_pool", "head.global_pool", x)
    return g:has "head.fc" and g:dense("head.fc", x)
  end
  if not g:has "classifier.0" then return nil end
  x = g:layer("identity", "avgpool", x) -- to 7 by 7, which the map is at the size that the dense layers are for
  for i = 0, 6, 3 do
    x = g:dense("classifier." .. i, x)
    if i < 6 then x = g:activation("relu", "classifier." .. i + 1, x) end
  end
  return x
end

return vgg
