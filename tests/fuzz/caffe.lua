-- SPDX-License-Identifier: MIT
-- Fuzzing Caffe's weights, with a description that is right.

local networks = require "fuzz.networks"
local core = require "phosphene.core"
local writer = require "caffe.writer"

local described = {
  { "Convolution", "c", { "data" }, "c", "convolution_param { num_output: 4 kernel_size: 3 pad: 1 }" },
  { "BatchNorm", "b", { "c" }, "c" }, { "Scale", "g", { "c" }, "c" }, { "PReLU", "r", { "c" }, "c" },
  { "Pooling", "p", { "c" }, "p", "pooling_param { kernel_size: 2 stride: 2 }" },
  { "InnerProduct", "f", { "p" }, "f", "inner_product_param { num_output: 2 }" }, { "Softmax", "s", { "f" }, "s" },
}

local function blob(...) return { tensor = core.tensor({ ... }, 0.5) } end

local function seeds()
  local layers = { { name = "c", blobs = { blob(4, 3, 3, 3), blob(4) } },
    { name = "b", blobs = { blob(4), blob(4), blob(1) } }, { name = "g", blobs = { blob(4) } },
    { name = "r", blobs = { blob(4) } }, { name = "f", blobs = { blob(2, 64), blob(2) } } }
  return { writer.model(layers, true), writer.model(layers, false) }
end

local function open(path)
  assert(core.save_text((path:gsub("%.%w+$", ".prototxt")), writer.prototxt(described, 8)))
  return networks.open(path)
end

return { suffix = ".caffemodel", seeds = seeds, open = open }
