-- SPDX-License-Identifier: MIT
-- GoogLeNet (Szegedy et al., 2014) as torchvision has it: batch normalisation, 3x3 where the paper has 5x5, pools that
-- round up. Lucid's names and the other trainings are in googlenet.lua. Must not know where weights come from.

local googlenet = { title = "torchvision's GoogLeNet", called = { "googlenet" } }

-- The published weights take pictures from -1 to 1 (transform_input).
function googlenet.input() return { range = { -1, 1 } } end

-- Auxiliary classifiers, which only training reads.
googlenet.unread = { "^aux[12]%." }

function googlenet.is(g) return g:has "inception3a.branch1.conv" and g:has "inception5b.branch4.1.conv" end

local function unit(g, name, from, settings)
  local x = g:norm(name .. ".bn", g:convolution(name .. ".conv", from, settings), 1e-3)
  return g:activation("relu", name .. ".relu", x)
end

local function inception(g, name, from)
  local branches = { unit(g, name .. ".branch1", from) }
  for i = 2, 3 do
    local branch = ("%s.branch%d."):format(name, i)
    branches[i] = unit(g, branch .. "1", unit(g, branch .. "0", from))
  end
  local pool = g:layer("max_pool", name .. ".branch4.0", from, { kernel = 3, stride = 1, padding = 1, ceil = true })
  branches[4] = unit(g, name .. ".branch4.1", pool)
  return g:layer("concat", name .. ".cat", branches)
end

local function pool(g, name, from, kernel) return g:layer("max_pool", name, from,
  { kernel = kernel, stride = 2, ceil = true }) end

function googlenet.build(g)
  local x = unit(g, "conv1", "input", { stride = 2 })
  x = unit(g, "conv2", pool(g, "maxpool1", x, 3))
  x = pool(g, "maxpool2", unit(g, "conv3", x), 3)
  for _, name in ipairs { "3a", "3b" } do x = inception(g, "inception" .. name, x) end
  x = pool(g, "maxpool3", x, 3)
  for _, name in ipairs { "4a", "4b", "4c", "4d", "4e" } do x = inception(g, "inception" .. name, x) end
  x = pool(g, "maxpool4", x, 2)
  for _, name in ipairs { "5a", "5b" } do x = inception(g, "inception" .. name, x) end
  x = g:layer("global_average_pool", "avgpool", x)
  return g:has "fc" and g:dense("fc", x)
end

return googlenet
