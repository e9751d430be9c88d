-- SPDX-License-Identifier: MIT
-- Fuzzing Caffe's descriptions, with no weights.

local networks = require "fuzz.networks"
local core = require "phosphene.core"
local writer = require "caffe.writer"

local described = {
  { "ReLU", "r", { "data" }, "r", "relu_param { negative_slope: 0.1 }" },
  { "LRN", "n", { "r" }, "n", "lrn_param { local_size: 3 alpha: 1e-4 beta: .75 }" },
  { "Pooling", "p", { "n" }, "p", "pooling_param { pool: AVE kernel_size: 2 stride: 2 pad: 1 }" },
  { "Power", "w", { "p" }, "w", "power_param { power: 2 scale: -1 shift: 3 }" },
  { "Slice", "s", { "w" }, { "s1", "s2" }, "slice_param { axis: 1 slice_point: [1] }" },
  { "Eltwise", "e", { "w", "w" }, "e", "eltwise_param { operation: MAX }" },
  { "Concat", "j", { "s1", "s2", "e" }, "j" }, { "Flatten", "l", { "j" }, "l" },
  { "Interp", "i", { "w" }, "i", "interp_param { zoom_factor: 2 }" },
  { "Crop", "c", { "i", "w" }, "c", "crop_param { offset: 1 }" },
  { "Permute", "o", { "c" }, "o", "permute_param { order: 0 order: 2 }" }, { "MVN", "v", { "c" }, "v" },
  { "LRN", "u", { "c" }, "u", "lrn_param { local_size: 3 norm_region: WITHIN_CHANNEL }" },
  { "Reduction", "d", { "c" }, "d", "reduction_param { operation: MEAN axis: 2 coeff: 2 }" },
  { "Scale", "y", { "w", "d" }, "y", "scale_param { axis: 0 }" },
  { "Tile", "t", { "c" }, "t", "tile_param { tiles: 2 }" },
  { "Reshape", "h", { "l" }, "h", "reshape_param { shape { dim: 0 dim: -1 } }" }, { "Softmax", "x", { "h" }, "x" },
}

local function seeds() return { writer.prototxt(described, 8, true), writer.prototxt(described, 8, false) } end

local function open(path)
  assert(core.save_text((path:gsub("%.%w+$", ".caffemodel")), writer.model {}))
  return networks.open(path)
end

return { suffix = ".prototxt", seeds = seeds, open = open }
