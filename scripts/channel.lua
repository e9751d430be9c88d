-- SPDX-License-Identifier: MIT
-- Channel: what one channel of a layer responds to, anywhere in the picture.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "mixed4a", unit = 11, size = 128, steps = 512, seed = 1, output = "out/channel.png",
}

local net = assert(ph.network(opt.net))
local result = ph.render { net, ph.channel(opt.layer, opt.unit), size = opt.size, steps = opt.steps, seed = opt.seed }
assert(result:save(opt.output))
return result
