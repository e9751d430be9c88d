-- SPDX-License-Identifier: MIT
-- Depth: what units of shallow to deep layers look for, from edges to objects: one sheet a layer, and an overview.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layers = ph.auto.layers(7, "from shallow to deep, one row each"),
  count = { 6, "units of each", least = 1 }, size = ph.auto.size(128), steps = 256, seed = 1,
  output = { "out/depth.png", "the overview; each layer's sheet lies beside it" },
}

-- What the literature finds in the layers of GoogLeNet.
local found = { conv2d0 = "edges", mixed3a = "textures", mixed4a = "patterns", mixed4b = "parts", mixed4c = "parts",
  mixed4d = "objects", mixed4e = "objects" }

local net, rows, names, interrupted = assert(ph.network(opt.net)):choose(opt), {}, {}, false
local count = opt.count
for _, layer in ipairs(opt.layers) do count = math.min(count, net:units(layer)) end
for i, layer in ipairs(opt.layers) do
  -- Shallow units see little: they are rendered small, the shallowest as single neurons, and enlarged.
  local map = net:maps(opt.size, opt.size)[net:layer(layer).name]
  local stride = map and map.rows > 1 and opt.size // map.rows or 16
  local is_first, shrink = stride <= 2, stride <= 2 and 8 or stride <= 8 and 2 or 1
  local units, objective, labels = net:show(layer, count), 0, {}
  for n, unit in ipairs(units) do
    objective = objective + (is_first and ph.neuron or ph.channel)(layer, unit):on(n - 1)
    labels[n] = tostring(unit)
  end
  local result = ph.render {
    net, objective, batch = #units, size = math.max(16, opt.size // shrink),
    steps = math.min(opt.steps, is_first and 24 or opt.steps), seed = opt.seed,
    transforms = is_first and { ph.jitter(1) } or nil, title = ("%s, %d of %d"):format(layer, i, #opt.layers),
  }
  rows[i] = ph.resize_image(result.image, opt.size, opt.size)
  names[i] = found[layer] and ("%s: %s"):format(layer, found[layer]) or layer
  local sheet = ph.montage(rows[i], { columns = #units, labels = labels, title = names[i] })
  assert(sheet:save(opt.output:gsub("(%.%w+)$", "-" .. layer:gsub("[^%w_]+", "_") .. "%1"), result.metadata))
  interrupted = result.interrupted
  if interrupted then break end
end

local sheet = ph.montage(rows, { columns = count, row_labels = names, title = "Units by depth" })
assert(sheet:save(opt.output))
return { image = sheet, rows = rows, interrupted = interrupted }
