-- SPDX-License-Identifier: MIT
-- The README's picture: units of BVLC's GoogLeNet, chosen by looking. Needs its weights (docs/weights.md).
local ph = require "phosphene"
local opt = ph.options {
  net = "bvlc_googlenet", size = 224, steps = 200, cell = { 140, "pixels of a picture on the sheet" }, seed = 1,
  output = "docs/images/units.jpg",
}

local net = assert(ph.network(opt.net))
local rows = {
  { "mixed4a", 0, 3, 7, 12, 18, 22 },
  { "mixed4c", 9, 13, 15, 19, 29, 43 },
  { "mixed4e", 6, 18, 25, 31, 38, 42 },
}

local images, labels = {}, {}
for i, row in ipairs(rows) do
  local objective = 0
  for n = 2, #row do
    objective = objective + ph.channel(row[1], row[n]):on(n - 2)
    labels[#labels + 1] = ("%s:%d"):format(row[1], row[n])
  end
  local result = ph.render {
    net, objective, batch = #row - 1, size = opt.size, steps = opt.steps, seed = opt.seed, title = row[1],
  }
  images[i] = ph.resize_image(result.image, opt.cell, opt.cell)
end
local sheet = ph.montage(images, { columns = 6, labels = labels })
assert(sheet:save(opt.output, { network = "bvlc_googlenet", seed = opt.seed, steps = opt.steps, size = opt.size }))
return { image = sheet }
