-- SPDX-License-Identifier: MIT
-- Example: a picture that a unit already answers to, changed until it answers more, without any regularisation: before,
-- after, and what was changed. Without a photograph, a picture of the same unit is rendered first.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), image = { "", "the photograph" },
  rate = 0.003, size = ph.auto.size(192), steps = 64, seed = 1, output = "out/example.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local unit = ph.channel(opt.layer, opt.unit)
local before = opt.image ~= "" and assert(net:photograph(opt.image, { height = opt.size, width = opt.size }))
  or ph.render({ net, unit, size = opt.size, steps = 24, seed = opt.seed, title = "start" }).image

local result = ph.render {
  net, unit, image = before, parameterisation = "pixels", decorrelate = false, transforms = "none", relu = "plain",
  optimiser = { "ascent", rate = opt.rate, normalise = "mean" }, steps = opt.steps, seed = opt.seed,
}
-- Grey where nothing changed, and twice what did.
local difference = result.image:clone():add(before, -1):scale(2):add(ph.tensor(before:shape(), 0.5))
local sheet = ph.montage({ before, result.image, difference }, {
  columns = 3, labels = { "before", "after", "difference" }, title = ("%s, channel %d"):format(opt.layer, opt.unit),
})
assert(sheet:save(opt.output, result.metadata))
result.before, result.difference = before, difference
return result
