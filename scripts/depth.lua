-- SPDX-License-Identifier: MIT
-- Depth: what units of shallow to deep layers look for, from edges to objects: one sheet a layer, and an overview.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", conv2d0 = { { 1, 5, 12, 26, 2, 23 }, "units to show of it", least = 0 },
  mixed3a = { { 28, 26, 40, 18, 19, 5 }, "of it", least = 0 },
  mixed4a = { { 57, 61, 71, 68, 49, 24 }, "of it", least = 0 },
  mixed4b = { { 22, 26, 51, 14, 41, 65 }, "of it", least = 0 },
  mixed4c = { { 33, 1, 4, 14, 40, 26 }, "of it", least = 0 },
  mixed4d = { { 2, 63, 49, 16, 67, 17 }, "of it", least = 0 },
  mixed4e = { { 35, 18, 24, 28, 9, 14 }, "of it", least = 0 },
  size = 128, steps = 256, seed = 1, output = { "out/depth.png", "the overview; each layer's sheet lies beside it" },
}

-- Shallow units see little: they are rendered smaller, and enlarged. A filter's answer grows with contrast and nothing
-- else: the first layer's pictures get few steps, before they are all black and white.
local layers = {
  { "conv2d0", "edges", part = 8, steps = 24 }, { "mixed3a", "textures", part = 2 }, { "mixed4a", "patterns" },
  { "mixed4b", "parts" }, { "mixed4c", "parts" }, { "mixed4d", "objects" }, { "mixed4e", "objects" },
}

local net, rows, names, interrupted = assert(ph.network(opt.net)), {}, {}, false
for i, layer in ipairs(layers) do
  local name, what, units = layer[1], layer[2], opt[layer[1]]
  local objective, labels = 0, {}
  for n, unit in ipairs(units) do
    objective = objective + (layer.part == 8 and ph.neuron or ph.channel)(name, unit):on(n - 1)
    labels[n] = tostring(unit)
  end
  local result = ph.render {
    net, objective, batch = #units, size = math.max(16, opt.size // (layer.part or 1)),
    steps = math.min(opt.steps, layer.steps or opt.steps), seed = opt.seed,
    transforms = layer.part == 8 and { ph.jitter(1) } or nil, title = ("%s, %d of %d"):format(name, i, #layers),
  }
  rows[i], names[i] = ph.resize_image(result.image, opt.size, opt.size), ("%s: %s"):format(name, what)
  local sheet = ph.montage(rows[i], { columns = #units, labels = labels, title = names[i] })
  assert(sheet:save(opt.output:gsub("(%.%w+)$", "-" .. name .. "%1"), result.metadata))
  interrupted = result.interrupted
  if interrupted then break end
end

local sheet = ph.montage(rows, { columns = #opt.conv2d0, row_labels = names, title = "Units by depth" })
assert(sheet:save(opt.output))
return { image = sheet, rows = rows, interrupted = interrupted }
