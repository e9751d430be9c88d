-- SPDX-License-Identifier: MIT
-- Preconditioning: the same objective climbed in pixels, and in a Fourier basis with decorrelated colours, where a step
-- moves all frequencies alike. Not a penalty: another way of measuring which way is steepest.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), rate = 0.05,
  shown = { { 1, 32, 128, 256, 2048 }, "steps after which pictures are shown, one column each", least = 1 },
  size = ph.auto.size(128), seed = 1, output = "out/preconditioning.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local comparison = ph.compare({
  net, ph.channel(opt.layer, opt.unit), rate = opt.rate, snapshots = opt.shown, size = opt.size,
  seed = opt.seed,
}, {
  { "pixels", parameterisation = "pixels", decorrelate = false },
  { "decorrelated colours", parameterisation = "pixels" },
  { "Fourier basis", decorrelate = false },
  { "both" },
}, { title = ("%s, channel %d, without and with preconditioning"):format(opt.layer, opt.unit) })
assert(comparison:save(opt.output))
return comparison
