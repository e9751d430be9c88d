-- SPDX-License-Identifier: MIT
-- Frequency: penalties on high frequencies, each alone and together. They take away the noise, and the edges with it.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(),
  l1 = { 0.05, "weight of the distance from grey", least = 0 },
  variation = { 0.25, "weight of the total variation", least = 0 }, blur = { 0.1, "weight of the blur", least = 0 },
  scale = { 500, "what the unit is scaled to reach in 32 steps, so that weights mean the same anywhere" },
  shown = { { 1, 32, 128, 256, 2048 }, "steps after which pictures are shown, one column each", least = 1 },
  size = ph.auto.size(128), seed = 1, output = "out/frequency.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local unit = ph.channel(opt.layer, opt.unit)
local function options(more)
  local all = { net, unit, parameterisation = "pixels", decorrelate = false, transforms = "none", size = opt.size,
    seed = opt.seed }
  for key, value in pairs(more) do all[key] = value end
  return all
end
local trial = ph.render(options { steps = 32, title = "trial" })
local scaled = opt.scale / (trial.value > 0 and trial.value or 1) * unit -- it may still be silent
local l1, blur = opt.l1 * ph.l1 { constant = 0.5 }, opt.blur * ph.blur()
local variation = opt.variation * ph.total_variation()

local comparison = ph.compare(options { snapshots = opt.shown }, {
  { "none" },
  { ("L1, -%g"):format(opt.l1), objective = scaled - l1 },
  { ("total variation, -%g"):format(opt.variation), objective = scaled - variation },
  { ("blur, -%g"):format(opt.blur), objective = scaled - blur },
  { "all three", objective = scaled - l1 - variation - blur },
}, { title = ("%s, channel %d, with high frequencies penalised"):format(opt.layer, opt.unit) })
assert(comparison:save(opt.output))
return comparison
