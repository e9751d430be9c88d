-- SPDX-License-Identifier: MIT
-- Clusters: the photographs that excite a unit, in groups that are alike to its layer, each beside a picture of what
-- the group has in common. A unit that means several things shows them one by one.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), data = { "", "a folder of photographs" },
  store = { "", "a file that keeps what was found for the next time" },
  among = { 60, "of the strongest photographs are grouped", least = 2, most = 2000 },
  count = { 0, "groups; 0: as many as tell most apart", least = 0, most = 12 },
  size = ph.auto.size(160), steps = 512, seed = 1, output = "out/clusters.png",
}
assert(opt.data ~= "", "clusters: name a folder of photographs (--data)")

local net = assert(ph.network(opt.net)):choose(opt)
local examples = assert(ph.examples {
  net, assert(ph.dataset(opt.data)), layers = { opt.layer }, top = opt.among,
  store = opt.store,
})
local groups = assert(examples:clusters(opt.layer, opt.unit, {
  count = opt.count > 0 and opt.count or nil, seed = opt.seed,
}))
local cells, labels, results = {}, {}, {}
for i, group in ipairs(groups) do
  results[i] = ph.render {
    net, group:objective(), size = opt.size, steps = opt.steps, seed = opt.seed,
    title = ("group %d of %d"):format(i, #groups),
  }
  local nearest = table.move(group.examples, 1, math.min(9, group.size), 1, {})
  cells[#cells + 1], labels[#labels + 1] = results[i].image, ("group %d"):format(i)
  cells[#cells + 1], labels[#labels + 1] = examples:sheet(nearest, opt.size), ("%d photographs"):format(group.size)
  if results[i].interrupted then break end
end
local sheet = ph.montage(cells, {
  columns = math.min(#cells, 6), labels = labels, title = ("%s, channel %d"):format(opt.layer, opt.unit),
})
assert(sheet:save(opt.output, results[1].metadata))
return { image = sheet, groups = groups, results = results, interrupted = results[#results].interrupted }
