-- SPDX-License-Identifier: MIT
-- Inversion: what a layer still knows of a picture: another picture, from noise, that the layer answers to alike. Early
-- layers keep nearly everything, late ones what things there are and roughly where. Without a photograph, a picture of
-- a channel is inverted.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layers = ph.auto.layers(5, "one picture each"),
  image = { "", "the photograph" },
  start = { "auto", "the unit whose picture is taken where there is no photograph" },
  variation = { 0.02, "weight of the total variation a pixel", least = 0 },
  size = ph.auto.size(192), steps = 384, seed = 1, output = "out/inversion.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local target = opt.image ~= "" and assert(net:photograph(opt.image, { height = opt.size, width = opt.size }))
  or ph.render({ net, opt.start, size = opt.size, steps = 128, seed = opt.seed, title = "start" }).image

local variants = {}
for i, layer in ipairs(opt.layers) do
  local activation = net:forward(target, layer, { backward = false }):activation(layer)
  local strength = math.sqrt(activation:dot(activation) / activation:count())
  variants[i] = {
    layer,
    objective = -ph.activation_difference(layer, activation, { loss = "l2" }) / strength ^ 2
      - opt.variation / (opt.size * opt.size) * ph.total_variation(),
  }
end
local made = ph.compare({
  net, transforms = "none", size = opt.size, steps = opt.steps, seed = opt.seed,
}, variants)

local images, labels = { target }, { "the picture" }
for i, image in ipairs(made.images) do images[i + 1], labels[i + 1] = image, opt.layers[i] end
local sheet = ph.montage(images, { columns = #images, labels = labels, title = "Inversions, by layer" })
assert(sheet:save(opt.output, made.metadata))
return { image = sheet, images = images, results = made.results, interrupted = made.interrupted }
