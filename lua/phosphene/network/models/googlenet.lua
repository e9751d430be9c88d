-- SPDX-License-Identifier: MIT
-- GoogLeNet, or Inception v1 (Szegedy et al., "Going deeper with convolutions", 2014), from top to bottom as in
-- table 1 of the paper. One description serves three sets of weights; they differ in preprocessing, padding,
-- normalisation and width. Widths are not stated here: they are those of the weights. Layer names are Lucid's; each
-- convolution and each module also has a `_pre_relu` point. Must not know where weights come from.

local preprocessing = require "phosphene.network.preprocessing"

local googlenet = {}

googlenet.variants = {
  -- BVLC's training in Caffe: models/bvlc_googlenet/{train_val,deploy}.prototxt in BVLC/caffe. Its pools round up.
  bvlc_googlenet = {
    input = { range = { 0, 255 }, mean = { 104, 117, 123 }, order = "BGR" },
    stem = { stride = 2, padding = 3 },
    pool = { kernel = 3, stride = 2, ceil = true },
    norm = { size = 5, alpha = 1e-4, beta = 0.75, k = 1 },
  },

  -- Google's training, the network of the Distill article. TensorFlow's normalisation has depth_radius 5, bias 2,
  -- alpha 1e-4 and beta 0.5; here alpha counts for the whole window of 2 * 5 + 1 channels.
  inception5h = {
    input = { range = { -117, 138 } },
    stem = { stride = 2, padding_mode = "same" },
    pool = { kernel = 3, stride = 2, padding_mode = "same" },
    norm = { size = 11, alpha = 1.1e-3, beta = 0.5, k = 2 },
  },

  -- Half as wide, with batch normalisation (folded into the convolutions) in place of response normalisation.
  googlenet_tiny = {
    input = { range = { 0, 255 }, mean = { 122.4, 114.24, 101.235 }, std = { 70, 70, 70 } },
    stem = { stride = 2, padding = 3 },
    pool = { kernel = 3, stride = 2, padding = 1 },
  },
}

-- The verbs that the description below is written in. Each adds a layer and returns its name.
local function verbs(net, weights, variant, options)
  local add = {}

  local function layer(type, name, from, settings)
    local description = { type = type, name = name, from = from }
    for key, value in pairs(settings or {}) do description[key] = value end
    assert(net:add(description))
    return name
  end

  local function parameters(name, settings)
    local all = { weight = weights:get(name .. ".weight"), bias = weights:get(name .. ".bias") }
    for key, value in pairs(settings or {}) do all[key] = value end
    return all
  end

  function add.input() return preprocessing.add(net, { model = variant.input, options = options }) end
  function add.norm(name, from)
    if not variant.norm then return from end
    return layer("local_response_norm", name, from, variant.norm)
  end
  function add.pool(name, from, settings) return layer("max_pool", name, from, settings or variant.pool) end
  function add.average(name, from, settings)
    return layer(settings and "average_pool" or "global_average_pool", name, from, settings)
  end
  function add.softmax(name, from) return layer("softmax", name, from) end
  function add.dense(name, from) return layer("dense", name, from, parameters(name)) end
  function add.relu(name, from) return layer("relu", name, from) end

  -- A convolution keeps the size unless its settings say otherwise; its ReLU has the name without "_pre_relu".
  function add.convolution(name, from, settings)
    local all = parameters(name, settings)
    if not settings then all.padding = all.weight:shape()[3] // 2 end
    return add.relu(name, layer("convolution", name .. "_pre_relu", from, all))
  end

  -- Four branches side by side, concatenated.
  function add.inception(name, from)
    local function branch(suffix) return name .. "_" .. suffix end
    add.convolution(branch "1x1", from)
    add.convolution(branch "3x3_bottleneck", from)
    add.convolution(branch "3x3", branch "3x3_bottleneck")
    add.convolution(branch "5x5_bottleneck", from)
    add.convolution(branch "5x5", branch "5x5_bottleneck")
    add.pool(branch "pool", from, { kernel = 3, stride = 1, padding = 1 })
    add.convolution(branch "pool_reduce", branch "pool")

    local after, before = {}, {}
    for i, suffix in ipairs { "1x1", "3x3", "5x5", "pool_reduce" } do
      after[i], before[i] = branch(suffix), branch(suffix) .. "_pre_relu"
    end
    layer("concat", name .. "_pre_relu", before)
    return layer("concat", name, after)
  end

  -- An auxiliary classifier, where the weights have one. Its dense layer fits pictures of about 224 px only.
  function add.auxiliary_head(i, from)
    if not weights:has("head" .. i .. "_bottleneck.weight") then return end
    local x = add.average("head" .. i .. "_pool", from, { kernel = 5, stride = 3 })
    x = add.convolution("head" .. i .. "_bottleneck", x)
    x = layer("dense", "nn" .. i .. "_pre_relu", x, parameters("nn" .. i))
    x = add.relu("nn" .. i, x)
    x = add.dense("softmax" .. i .. "_pre_activation", x)
    add.softmax("softmax" .. i, x)
  end

  return add
end

--- Adds GoogLeNet's layers to a network that has only its `image`. `weights:get(name)` gives a tensor or raises,
--- `weights:has(name)` asks; `architecture` is one of `googlenet.variants`; `options` may state another
--- preprocessing.
function googlenet.build(net, weights, architecture, options)
  local add = verbs(net, weights, googlenet.variants[architecture], options)
  local x = add.input()

  x = add.convolution("conv2d0", x, googlenet.variants[architecture].stem) -- 7x7
  x = add.pool("maxpool0", x)
  x = add.norm("localresponsenorm0", x)
  x = add.convolution("conv2d1", x) -- 1x1
  x = add.convolution("conv2d2", x) -- 3x3
  x = add.norm("localresponsenorm1", x)
  x = add.pool("maxpool1", x)

  x = add.inception("mixed3a", x)
  x = add.inception("mixed3b", x)
  x = add.pool("maxpool4", x)

  x = add.inception("mixed4a", x)
  add.auxiliary_head(0, x)
  x = add.inception("mixed4b", x)
  x = add.inception("mixed4c", x)
  x = add.inception("mixed4d", x)
  add.auxiliary_head(1, x)
  x = add.inception("mixed4e", x)
  x = add.pool("maxpool10", x)

  x = add.inception("mixed5a", x)
  x = add.inception("mixed5b", x)
  x = add.average("avgpool0", x)
  x = add.dense("softmax2_pre_activation", x)
  add.softmax("softmax2", x)

  return { logits = "softmax2_pre_activation", probabilities = "softmax2" }
end

return googlenet
