-- SPDX-License-Identifier: MIT
-- Progress: one picture as it is optimised, from noise to a feature, as a strip.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(),
  shown = { { 0, 4, 48, 2048 }, "steps after which the picture is shown", least = 0 },
  size = ph.auto.size(128), seed = 1, output = "out/progress.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local result = ph.render {
  net, ph.channel(opt.layer, opt.unit), size = opt.size, steps = math.max(table.unpack(opt.shown)), seed = opt.seed,
  snapshots = opt.shown,
}
local images, labels = {}, {}
for i, step in ipairs(opt.shown) do
  images[i] = result.snapshots[step] or result.image
  labels[i] = ("step %d"):format(math.min(step, result.steps))
end
local sheet = ph.montage(images, {
  columns = #images, labels = labels, title = ("%s, channel %d"):format(opt.layer, opt.unit),
})
assert(sheet:save(opt.output, result.metadata))
return result
