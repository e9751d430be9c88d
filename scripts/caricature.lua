-- SPDX-License-Identifier: MIT
-- Caricature: a picture that has more of what each layer sees in another one. Both go through the same transforms.
-- Without a photograph, a picture of a channel is caricatured.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layers = ph.auto.layers(4, "one picture each"),
  image = { "", "the photograph" },
  start = { "auto", "the unit whose picture is taken where there is no photograph" },
  power = { 1, "how much the angle counts, and not only the length", least = 0 },
  size = ph.auto.size(192), steps = 384, seed = 1, output = "out/caricature.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local target = opt.image ~= "" and assert(net:photograph(opt.image, { height = opt.size, width = opt.size }))
  or ph.render({ net, opt.start, size = opt.size, steps = 128, seed = opt.seed, title = "start" }).image

-- Image 0 is optimised from noise; image 1 is the target, which the mask holds as it is.
local n = opt.size
local mask = ph.tensor({ 1, 1, 2 * n, n }):paste(ph.tensor({ 1, 1, n, n }, 1), 0, 0):reshape { 2, 1, n, n }
local variants = {}
for i, layer in ipairs(opt.layers) do
  variants[i] = { layer, objective = ph.caricature(layer, 1, { cosine_power = opt.power }):on(0) }
end
local made = ph.compare({
  net, batch = 2, parameterisation = { "fourier", mask = mask, fixed = target }, size = n, steps = opt.steps,
  seed = opt.seed,
}, variants)

local images, labels = { target }, { "the picture" }
for i, result in ipairs(made.results) do images[i + 1], labels[i + 1] = result.images[1], opt.layers[i] end
local sheet = ph.montage(images, { columns = #images, labels = labels, title = "Caricatures, by layer" })
assert(sheet:save(opt.output, made.metadata))
return { image = sheet, images = images, results = made.results, interrupted = made.interrupted }
