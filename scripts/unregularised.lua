-- SPDX-License-Identifier: MIT
-- Unregularised: pixels optimised with nothing that keeps them natural, at several rates and after several steps. High
-- frequencies win, and the picture is noise that nobody would expect a feature in.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), rates = { { 0.01, 0.05, 0.25 }, "one row each" },
  shown = { { 1, 32, 128, 256, 2048 }, "steps after which pictures are shown, one column each", least = 1 },
  size = ph.auto.size(128), seed = 1, output = "out/unregularised.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local variants = {}
for i, rate in ipairs(opt.rates) do variants[i] = { ("rate %g"):format(rate), rate = rate } end

local comparison = ph.compare({
  net, ph.channel(opt.layer, opt.unit), parameterisation = "pixels", decorrelate = false,
  transforms = "none", snapshots = opt.shown, size = opt.size, seed = opt.seed,
}, variants, { title = ("%s, channel %d, without regularisation"):format(opt.layer, opt.unit) })
assert(comparison:save(opt.output))
return comparison
