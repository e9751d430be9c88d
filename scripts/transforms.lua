-- SPDX-License-Identifier: MIT
-- Transforms: one unit, seen through each standard set of transforms while it is optimised.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), size = ph.auto.size(128), steps = 512, seed = 1,
  output = "out/transforms.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local variants = {}
for i, name in ipairs { "none", "jitter", "distill", "lucid" } do
  variants[i] = { name, transforms = name == "jitter" and { ph.jitter(8) } or name }
end
local comparison = ph.compare({
  net, ph.channel(opt.layer, opt.unit), size = opt.size, steps = opt.steps, seed = opt.seed,
}, variants, { title = ("%s, channel %d, by transforms"):format(opt.layer, opt.unit) })
assert(comparison:save(opt.output))
return comparison
