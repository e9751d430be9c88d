-- SPDX-License-Identifier: MIT
-- BVLC's GoogLeNet as its files have it, layer for layer, from the weights of the safetensors architecture.

local names = require "phosphene.network.models.googlenet_names"

local modules = { "3a", "3b", "pool3", "4a", "4b", "4c", "4d", "4e", "pool4", "5a", "5b" }

--- Layers for caffe.writer: the description's, and those with blobs.
return function(weights)
  local described, weighted = {}, {}
  local function layer(type_name, name, bottoms, settings, top)
    described[#described + 1] = { type_name, name, bottoms, top or name, settings }
    return name
  end
  local function blobs(name, ours)
    weighted[#weighted + 1] = { name = name, blobs = { { tensor = weights[ours .. ".weight"] },
      { tensor = weights[ours .. ".bias"] } } }
  end

  local function convolution(ours, from, stride, padding)
    local name = names.caffe(ours)
    local shape = weights[ours .. ".weight"]:shape()
    blobs(name, ours)
    layer("Convolution", name, { from }, ("convolution_param { num_output: %d pad: %d kernel_size: %d stride: %d }")
      :format(shape[1], padding or shape[3] // 2, shape[3], stride or 1))
    layer("ReLU", name:gsub("/([^/]*)$", "/relu_%1"), { name }, nil, name)
    return name
  end
  local function pool(name, from, settings)
    return layer("Pooling", name, { from }, "pooling_param {" .. settings .. "}")
  end
  local function norm(name, from)
    return layer("LRN", name, { from }, "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }")
  end
  local down = "pool: MAX kernel_size: 3 stride: 2"

  local function inception(module, from)
    local ours, theirs = "mixed" .. module .. "_", "inception_" .. module .. "/"
    local a = convolution(ours .. "1x1", from)
    local b = convolution(ours .. "3x3", convolution(ours .. "3x3_bottleneck", from))
    local c = convolution(ours .. "5x5", convolution(ours .. "5x5_bottleneck", from))
    local p = pool(theirs .. "pool", from, "pool: MAX kernel_size: 3 stride: 1 pad: 1")
    return layer("Concat", theirs .. "output", { a, b, c, convolution(ours .. "pool_reduce", p) })
  end

  local x = norm("pool1/norm1", pool("pool1/3x3_s2", convolution("conv2d0", "data", 2, 3), down))
  x = norm("conv2/norm2", convolution("conv2d2", convolution("conv2d1", x)))
  x = pool("pool2/3x3_s2", x, down)
  for _, module in ipairs(modules) do
    x = module:match "^pool" and pool(module .. "/3x3_s2", x, down) or inception(module, x)
  end
  x = pool("pool5/7x7_s1", x, "pool: AVE kernel_size: 7 stride: 1")
  layer("Dropout", "pool5/drop_7x7_s1", { x }, "dropout_param { dropout_ratio: 0.4 }", x)
  blobs("loss3/classifier", "softmax2_pre_activation")
  layer("InnerProduct", "loss3/classifier", { x }, ("inner_product_param { num_output: %d }")
    :format(weights["softmax2_pre_activation.weight"]:shape()[1]))
  layer("Softmax", "prob", { "loss3/classifier" })
  return described, weighted
end
