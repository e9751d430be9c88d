-- SPDX-License-Identifier: MIT
-- Demo: a contact sheet of googlenet-tiny's units, from edges to things. Units were chosen by looking: clear ones, of
-- different kinds. Each row is a layer, the last one classes; it is optimised as one batch, for the sum of its units,
-- each in a picture of its own.
local ph = require "phosphene"
local opt = ph.options { size = 112, steps = 128, seed = 1, output = "out/demo.png" }

local net = assert(ph.network "googlenet-tiny")

-- Shallow units see little: they are rendered small, and enlarged.
local rows = {
  { "conv2d0", "edges, blobs of colour", units = { 1, 5, 12, 26, 2, 23 }, size = 16, head = ph.neuron,
    transforms = { ph.jitter(1) } },
  { "conv2d2", "lines, simple textures", units = { 28, 7, 16, 24, 18, 0 }, size = 64 },
  { "mixed3a", "textures", units = { 28, 26, 40, 18, 19, 5 } },
  { "mixed3b", "textures, patterns", units = { 59, 38, 51, 31, 56, 49 } },
  { "mixed4a", "patterns", units = { 57, 61, 71, 68, 49, 24 } },
  { "mixed4c", "parts: eyes, fruit, lights", units = { 33, 1, 4, 14, 40, 26 } },
  { "mixed4e", "parts and wholes", units = { 35, 18, 24, 28, 9, 14 } },
  { "mixed5a", "heads, bodies, bunches", units = { 13, 46, 6, 4, 20, 42 } },
  { "classes", "scores before the softmax",
    units = { "basketball", "mushroom", "king penguin", "lion", "ladybug", "acorn" },
    head = function(_, class) return ph.logit(class) end },
}

local images, labels, names = {}, {}, {}
for i, row in ipairs(rows) do
  local layer, what = row[1], row[2]
  local head, objective = row.head or ph.channel, 0
  for n, unit in ipairs(row.units) do
    objective = objective + head(layer, unit):on(n - 1)
    labels[#labels + 1] = tostring(unit)
  end
  local result = ph.render {
    net, objective, batch = #row.units, size = math.min(row.size or opt.size, opt.size), steps = opt.steps,
    seed = opt.seed, transforms = row.transforms, title = layer,
  }
  images[i] = ph.resize_image(result.image, opt.size, opt.size)
  names[i] = ("%s\n%s"):format(layer, what)
  if result.interrupted then break end
end

local sheet = ph.montage(images, {
  columns = 6, labels = labels, row_labels = names, title = "What units of googlenet-tiny look for",
})
assert(sheet:save(opt.output, { network = "googlenet-tiny", seed = opt.seed, steps = opt.steps }))
return { image = sheet, images = images }
