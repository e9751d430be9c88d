-- SPDX-License-Identifier: MIT
-- Dead: a unit that is silent on the starting noise, with plain ReLU gradients and with redirected ones. Behind a
-- silent ReLU the plain gradient is zero, and the picture stays as it is.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = { -1, "-1 is the first that is silent on the starting picture" },
  size = ph.auto.size(128), steps = 256, seed = 1, output = "out/dead.png",
}

local net = assert(ph.network(opt.net)):choose(opt)

-- The first unit that the starting picture nowhere wakes; where it wakes all, the one that it wakes least.
local function silent_unit()
  local start = ph.render { net, ph.layer(opt.layer), size = opt.size, steps = 0, seed = opt.seed, progress = false }
  local map = net:forward(start.image, opt.layer, { backward = false }):activation(opt.layer)
  local shape, quietest, least = map:shape(), 0, math.huge
  local rows = map:reshape { shape[2], 1, shape[3] or 1, shape[4] or 1 }
  for unit = 0, shape[2] - 1 do
    local most = rows:image(unit):statistics().most
    if most <= 0 then return unit end
    if most < least then quietest, least = unit, most end
  end
  return quietest
end

local unit = opt.unit >= 0 and opt.unit or silent_unit()
local comparison = ph.compare({
  net, ph.channel(opt.layer, unit), size = opt.size, steps = opt.steps, seed = opt.seed, transforms = "none",
}, {
  { "plain", relu = "plain" }, { "redirected", relu = "redirected" },
}, { title = ("%s, channel %d, silent at first"):format(opt.layer, unit) })
assert(comparison:save(opt.output))
comparison.unit = unit
return comparison
