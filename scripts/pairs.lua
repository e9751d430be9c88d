-- SPDX-License-Identifier: MIT
-- Pairs: two units optimised together in one picture, in every combination; at the margins each of them alone.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", across = ph.auto.units(3, "units, one column each"),
  down = ph.auto.units(3, "units, one row each"), size = ph.auto.size(112), steps = 384, seed = 1,
  output = "out/pairs.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local function channel(unit) return ph.channel(opt.layer, unit) end

-- One batch a row: first the row's unit alone, then with each column's. The row above all has the columns' alone.
local images, names, results, columns = {}, {}, {}, #opt.across + 1
for row = 0, #opt.down do
  local own = row > 0 and channel(opt.down[row])
  local objective = (own or channel(opt.across[1])):on(0) -- in the corner any, which is not shown
  for i, unit in ipairs(opt.across) do
    objective = objective + channel(unit):on(i)
    if row > 0 then objective = objective + own:on(i) end
  end
  local result = ph.render {
    net, objective, batch = columns, size = opt.size, steps = opt.steps, seed = opt.seed,
    title = ("row %d of %d"):format(row + 1, #opt.down + 1),
  }
  table.move(result.images, 1, columns, #images + 1, images)
  results[row + 1] = result
  names[row + 1] = row > 0 and ("unit %d"):format(opt.down[row]) or "alone"
  if result.interrupted then break end
end

images[1] = ph.tensor({ 1, 3, opt.size, opt.size }, 1) -- the corner: of no unit
local heads = { "alone" }
for i, unit in ipairs(opt.across) do heads[i + 1] = ("unit %d"):format(unit) end
local sheet = ph.montage(images, {
  columns = columns, row_labels = names, column_labels = heads, title = ("Pairs of channels of %s"):format(opt.layer),
})
assert(sheet:save(opt.output, results[#results].metadata))
return { image = sheet, images = images, results = results, interrupted = results[#results].interrupted }
