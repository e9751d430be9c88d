-- SPDX-License-Identifier: MIT
-- Transforms: one unit, seen through each standard set of transforms while it is optimised.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "mixed4a", unit = 11, size = 128, steps = 512, seed = 1, output = "out/transforms.png",
}

local variants = {}
for i, name in ipairs { "none", "jitter", "distill", "lucid" } do
  variants[i] = { name, transforms = name == "jitter" and { ph.jitter(8) } or name }
end
local comparison = ph.compare({
  assert(ph.network(opt.net)), ph.channel(opt.layer, opt.unit), size = opt.size, steps = opt.steps, seed = opt.seed,
}, variants, { title = ("%s, channel %d, by transforms"):format(opt.layer, opt.unit) })
assert(comparison:save(opt.output))
return comparison
