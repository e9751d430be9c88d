-- SPDX-License-Identifier: MIT
-- Layer: all units of a layer at once, each counting by its square, from noise. (Into a photograph: see dream.)
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = ph.auto.layer "mixed4c", size = ph.auto.size(128), steps = 256, seed = 1,
  output = "out/layer.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local result = ph.render { net, ph.layer(opt.layer), size = opt.size, steps = opt.steps, seed = opt.seed }
assert(result:save(opt.output))
return result
