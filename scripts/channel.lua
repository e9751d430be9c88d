-- SPDX-License-Identifier: MIT
-- Channel: what one channel of a layer responds to, anywhere in the picture.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), size = ph.auto.size(128), steps = 512, seed = 1,
  output = "out/channel.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local result = ph.render { net, ph.channel(opt.layer, opt.unit), size = opt.size, steps = opt.steps, seed = opt.seed }
assert(result:save(opt.output))
return result
