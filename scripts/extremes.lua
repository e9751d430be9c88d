-- SPDX-License-Identifier: MIT
-- Extremes: from what a unit is most against to what it is most for, in one row: the picture that drives it down, the
-- photographs that excite it least, slightly negatively, slightly positively and most, and the picture that drives it
-- up.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), data = { "", "a folder of photographs" },
  store = { "", "a file that keeps what was found for the next time" },
  size = ph.auto.size(160), steps = 512, seed = 1, output = "out/extremes.png",
}
assert(opt.data ~= "", "extremes: name a folder of photographs (--data)")

local net = assert(ph.network(opt.net)):choose(opt)
-- Before the ReLU, after which everything negative is zero.
local layer = net:pre_relu(opt.layer)
local examples = assert(ph.examples {
  net, assert(ph.dataset(opt.data)), layers = { layer }, store = opt.store, any = 200,
})
local unit = ph.channel(layer, opt.unit)
local result = ph.render {
  net, unit:on(1) - unit:on(0), batch = 2, size = opt.size, steps = opt.steps, seed = opt.seed,
}
local lists = {
  examples:bottom(layer, opt.unit), examples:band(layer, opt.unit, "slightly negative"),
  examples:band(layer, opt.unit, "slightly positive"), examples:top(layer, opt.unit),
}
local cells = { result.images[1] }
for _, list in ipairs(lists) do cells[#cells + 1] = examples:sheet(list, opt.size) end
cells[#cells + 1] = result.images[2]
local sheet = ph.montage(cells, {
  columns = 6, title = ("%s, channel %d"):format(layer, opt.unit),
  labels = { "negative, optimised", "weakest", "slightly negative", "slightly positive", "strongest",
    "positive, optimised" },
})
assert(sheet:save(opt.output, result.metadata))
return { image = sheet, result = result, lists = lists, interrupted = result.interrupted }
