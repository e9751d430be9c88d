-- SPDX-License-Identifier: MIT
-- Adds an affine map of channels, scale * x + shift, to a Caffe network: several layer types are such a map, or contain
-- one.

local core = require "phosphene.core"

local function repeated(count, value) return core.tensor({ count }, value) end

--- Adds scale * x + shift, each a number or a tensor of one for each channel, and gives the layer's name.
return function(g, from, scale, shift, suffix)
  local channels = g:shape(from)[2]
  local function vector(value) return type(value) == "number" and repeated(channels, value) or value end
  return g:add({ type = "batch_norm", epsilon = 0, mean = repeated(channels, 0), variance = repeated(channels, 1),
    weight = vector(scale), bias = vector(shift) }, from, suffix)
end
