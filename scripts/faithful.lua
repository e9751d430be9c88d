-- SPDX-License-Identifier: MIT
-- Faithful: whether the pictures of a layer's units excite them as photographs do. Prints for each unit how much of the
-- best photograph's value its picture has, and how alike the activations of the layers before it are; and saves the
-- pictures beside the photographs.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", units = ph.auto.units(3, "units, one row each"),
  data = { "", "a folder of photographs" }, store = { "", "a file that keeps what was found for the next time" },
  size = ph.auto.size(224), steps = 512, seed = 1, output = "out/faithful.png",
}
assert(opt.data ~= "", "faithful: name a folder of photographs (--data)")

local net = assert(ph.network(opt.net)):choose(opt)
local examples = assert(ph.examples {
  net, assert(ph.dataset(opt.data)), layers = { opt.layer }, store = opt.store,
})
local cells, names, results, judgements = {}, {}, {}, {}
for i, unit in ipairs(opt.units) do
  results[i] = ph.render {
    net, ph.channel(opt.layer, unit), size = opt.size, steps = opt.steps, seed = opt.seed,
    title = ("unit %d of %d"):format(i, #opt.units),
  }
  if results[i].interrupted and i > 1 then break end
  judgements[i] = assert(ph.faithful({ results[i].image, opt.layer, unit }, examples, { seed = opt.seed }))
  print((i > 1 and "\n" or "") .. tostring(judgements[i]))
  cells[2 * i - 1], cells[2 * i] = results[i].image, examples:sheet(examples:top(opt.layer, unit), opt.size)
  names[i] = ("unit %d"):format(unit)
end
local sheet = ph.montage(cells, {
  columns = 2, row_labels = names, title = ("%s, and what excites its units most"):format(opt.layer),
})
assert(sheet:save(opt.output, results[#results].metadata))
return { image = sheet, results = results, judgements = judgements, interrupted = results[#results].interrupted }
