-- SPDX-License-Identifier: MIT
-- Negative: what drives a channel up, and what drives it down, side by side. Read before the ReLU, after which
-- everything negative is zero and has no gradient.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), size = ph.auto.size(128), steps = 512, seed = 1,
  output = "out/negative.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
-- Under a ReLU that is silent there is no gradient: what is before it has one everywhere.
local layer = net:pre_relu(opt.layer)
local unit = ph.channel(layer, opt.unit)
local result = ph.render {
  net, unit:on(1) - unit:on(0), batch = 2, size = opt.size, steps = opt.steps, seed = opt.seed,
}
local sheet = ph.montage(result.image, {
  columns = 2, labels = { "negative", "positive" }, title = ("%s, channel %d"):format(layer, opt.unit),
})
assert(sheet:save(opt.output, result.metadata))
return result
