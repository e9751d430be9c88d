-- SPDX-License-Identifier: MIT
-- Diversity: several pictures of one unit, optimised alone and then with a term that wants their textures to differ.
-- What they have in common is what the unit looks for; how they differ is what it does not mind. Where the layer has a
-- ReLU the unit is read before it, so that a picture that the term has driven away finds back. With --data, photographs
-- that excite the unit most are below.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), batch = { 4, "pictures", least = 2 },
  weight = { 0.1, "of the term, for each picture, as a part of what the unit reaches without it", least = 0 },
  data = { "", "a folder of photographs, for a third row" },
  store = { "", "a file that keeps what was found for the next time" },
  size = ph.auto.size(128), steps = 512, seed = 1, output = "out/diversity.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local before_relu = net:pre_relu(opt.layer)
local unit = ph.channel(before_relu, opt.unit)

-- Crops of the strongest photographs.
local function photographs()
  local examples = assert(ph.examples { net, assert(ph.dataset(opt.data)), layers = { before_relu }, top = opt.batch,
    store = opt.store })
  local crops = assert(examples:pictures(examples:top(before_relu, opt.unit), { size = opt.size }))
  -- In colour whatever the network reads: three channels, which are alike where it reads grey.
  for i, crop in ipairs(crops) do crops[i] = net:channels() == 1 and crop:reduce("mean", { 1 }) or crop end
  return crops
end
local found = opt.data ~= "" and photographs() or {}

local function render(objective, title)
  return ph.render {
    net, objective, batch = opt.batch, size = opt.size, steps = opt.steps, seed = opt.seed, title = title,
  }
end

-- The mean over all pairs of the cosine between their Gram matrices.
local function likeness(images)
  local grams, sum = {}, 0
  for i, image in ipairs(images) do
    local gram = net:forward(image, opt.layer, { backward = false }):activation(opt.layer):gram()
    grams[i] = gram:scale(1 / math.max(math.sqrt(gram:dot(gram)), 1e-30))
    for j = 1, i - 1 do sum = sum + gram:dot(grams[j]) end
  end
  return sum / (#images * (#images - 1) / 2)
end

local simple = render(unit, "simple, 1 of 2")
local diverse = simple.interrupted and simple
  or render(unit - opt.weight * simple.value * ph.diversity(opt.layer), "diverse, 2 of 2")
local rows, names = { simple.image, diverse.image }, { "simple", "diverse" }
local likenesses = { likeness(simple.images), likeness(diverse.images) }
if #found > 0 then rows[3], names[3] = ph.concatenate(found, 0), "photographs" end
if #found > 1 then likenesses[3] = likeness(found) end
for i, value in ipairs(likenesses) do names[i] = ("%s, likeness %.2f"):format(names[i], value) end
local sheet = ph.montage(rows, {
  columns = opt.batch, title = ("%s, channel %d"):format(opt.layer, opt.unit), row_labels = names,
})
assert(sheet:save(opt.output, diverse.metadata))
return { image = sheet, simple = simple, diverse = diverse, likenesses = likenesses, photographs = found,
  interrupted = diverse.interrupted }
