-- SPDX-License-Identifier: MIT
-- Starts: optimisation that begins at photographs, of those that excite a unit most some that differ: what the unit
-- finds in each. Read before the ReLU, where every picture has a gradient.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), data = { "", "a folder of photographs" },
  store = { "", "a file that keeps what was found for the next time" },
  batch = { 4, "pictures", least = 1, most = 100 },
  among = { 25, "of how many of the strongest photographs these are", least = 1, most = 1000 },
  size = ph.auto.size(192), steps = 64, seed = 1, output = "out/starts.png",
}
assert(opt.data ~= "", "starts: name a folder of photographs (--data)")

local net = assert(ph.network(opt.net)):choose(opt)
local layer, data = net:pre_relu(opt.layer), assert(ph.dataset(opt.data))
local examples = assert(ph.examples {
  net, data, layers = { layer }, top = math.max(opt.among, opt.batch), store = opt.store,
})
local starts = assert(examples:starts(layer, opt.unit, opt.batch))
local before = ph.concatenate(assert(examples:pictures(starts, { size = opt.size })), 0)

local result = ph.render {
  net, ph.channel(layer, opt.unit), image = before, steps = opt.steps, seed = opt.seed,
}
local labels = {}
for i, example in ipairs(starts) do labels[i] = ("%.3g"):format(example.value) end
local sheet = ph.montage({ before, result.image }, {
  columns = #starts, labels = labels, row_labels = { "before", ("after %d steps"):format(result.steps) },
  title = ("%s, channel %d"):format(layer, opt.unit),
})
assert(sheet:save(opt.output, result.metadata))
result.before, result.starts = before, starts
return result
