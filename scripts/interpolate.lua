-- SPDX-License-Identifier: MIT
-- Interpolate: from one channel of a layer to another. Image i of the batch is optimised for a mixture of the two;
-- the alignment term keeps neighbours alike, so that one becomes the next.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", from = ph.auto.unit(), to = ph.auto.unit "another",
  frames = { 5, "pictures", least = 1 },
  alignment = { 0.1, "how much neighbours must agree" }, size = ph.auto.size(128), steps = 512, seed = 1,
  output = "out/interpolation.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local a, b = ph.channel(opt.layer, opt.from), ph.channel(opt.layer, opt.to)

local objective, labels = opt.alignment * ph.alignment(opt.layer), {}
for i = 0, opt.frames - 1 do
  local t = i / math.max(opt.frames - 1, 1)
  objective = objective + (1 - t) * a:on(i) + t * b:on(i)
  labels[i + 1] = ("%.2f"):format(t)
end
local result = ph.render {
  net, objective, batch = opt.frames, size = opt.size, steps = opt.steps, seed = opt.seed,
}
local sheet = ph.montage(result.image, {
  columns = opt.frames, labels = labels,
  title = ("%s, from channel %d to %d"):format(opt.layer, opt.from, opt.to),
})
assert(sheet:save(opt.output, result.metadata))
return result
