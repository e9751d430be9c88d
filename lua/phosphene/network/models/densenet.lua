-- SPDX-License-Identifier: MIT
-- DenseNet (Huang et al., 2017) by the names that torchvision and timm share: each layer reads all that came before it
-- in its block. Growth and depth are those of the weights. Must not know where weights come from.

local preprocessing = require "phosphene.network.preprocessing"

local densenet = { title = "DenseNet", called = { "densenet" }, not_called = { "blur" } }

function densenet.input() return preprocessing.torchvision end
function densenet.is(g) return g:has "features.conv0" and g:has "features.denseblock1.denselayer1.conv1" end

-- Normalised, through a ReLU, convolved.
local function step(g, name, number, from)
  local x = g:activation("relu", name .. "relu" .. number, g:norm(name .. "norm" .. number, from))
  return g:convolution(name .. "conv" .. number, x)
end

local function block(g, name, from)
  local parts = { from }
  for i = 1, g:count(name .. ".denselayer%d.conv1", 1) do
    local layer = ("%s.denselayer%d."):format(name, i)
    local x = from
    if i > 1 then x = g:layer("concat", layer .. "cat", table.move(parts, 1, #parts, 1, {})) end
    parts[#parts + 1] = step(g, layer, 2, step(g, layer, 1, x))
  end
  return g:layer("concat", name .. ".cat", parts)
end

function densenet.build(g)
  local x = g:convolution("features.conv0", "input", { stride = 2 })
  x = g:activation("relu", "features.relu0", g:norm("features.norm0", x))
  x = g:layer("max_pool", "features.pool0", x, { kernel = 3, stride = 2, padding = 1 })
  for i = 1, g:count("features.denseblock%d.denselayer1.conv1", 1) do
    local transition = ("features.transition%d."):format(i)
    x = block(g, "features.denseblock" .. i, x)
    if g:has(transition .. "conv") then
      x = g:layer("average_pool", transition .. "pool", step(g, transition, "", x), { kernel = 2, stride = 2 })
    end
  end
  x = g:activation("relu", "relu", g:norm("features.norm5", x))
  x = g:layer("global_average_pool", "avgpool", x)
  return g:has "classifier" and g:dense("classifier", x)
end

return densenet
