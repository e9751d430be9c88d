-- SPDX-License-Identifier: MIT
-- Robustness: the picture must stay good when it is moved, turned and scaled a little, each alone and together.
-- Patterns that only fit the network's own grid do not survive that.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(),
  jitter = { 1, "pixels", least = 0 }, rotate = { 5, "degrees" },
  scale = { 1.1, "times", least = 1 },
  shown = { { 1, 32, 128, 256, 2048 }, "steps after which pictures are shown, one column each", least = 1 },
  size = ph.auto.size(128), seed = 1, output = "out/robustness.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local jitter = ph.jitter(opt.jitter)
local rotate = ph.random_rotate { -opt.rotate, -opt.rotate / 2, 0, opt.rotate / 2, opt.rotate }
local scale = ph.random_scale { 1 / opt.scale, 1, opt.scale }
local comparison = ph.compare({
  net, ph.channel(opt.layer, opt.unit), parameterisation = "pixels", decorrelate = false,
  snapshots = opt.shown, size = opt.size, seed = opt.seed,
}, {
  { "none", transforms = "none" },
  { ("jitter %d px"):format(opt.jitter), transforms = { jitter } },
  { ("rotate %g°"):format(opt.rotate), transforms = { rotate } },
  { ("scale %gx"):format(opt.scale), transforms = { scale } },
  { "all three", transforms = { jitter, scale, rotate, jitter } },
}, { title = ("%s, channel %d, seen through transformations"):format(opt.layer, opt.unit) })
assert(comparison:save(opt.output))
return comparison
