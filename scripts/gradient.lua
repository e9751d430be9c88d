-- SPDX-License-Identifier: MIT
-- Gradient: why plain ascent makes grids. How strong the gradient is at each pixel, averaged over pictures of noise,
-- and the spectrum of that: strided layers favour some pixels over others, every 2, 4, 8 and 16 pixels.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layers = ph.auto.layers(4, "one column each"),
  count = { 64, "pictures of noise", least = 1 }, size = ph.auto.size(160), seed = 1,
  output = "out/gradient.png",
}

local net, random = assert(ph.network(opt.net)):choose(opt), ph.random(opt.seed, "init")
local middle = math.max(opt.size // 64 * 48, opt.size // 2) -- pixels; the border has effects of its own

-- The gradient by one picture, and the mean of its squares over all. That of half the squared activations is what the
-- activations themselves give on their way back.
local function measure(layer)
  local first, squares
  for _ = 1, opt.count do
    local noise = random:fill_normal(ph.tensor { 1, net:channels(), opt.size, opt.size }, 0.5, 0.1)
    local gradient = net:forward(noise, layer):inject(layer, net:activation(layer)):backward()
    first = first or ph.crop_image(gradient, middle, middle)
    gradient:multiply(gradient)
    squares = squares and squares:add(gradient) or gradient
  end
  return first, ph.crop_image(squares:scale(1 / opt.count), middle, middle)
end

-- As a picture: grey is the mean, and three standard deviations are black or white.
local function shown(tensor)
  local s = tensor:statistics()
  return tensor:clone():add(ph.tensor(tensor:shape(), s.mean), -1):scale(1 / (6 * math.max(s.deviation, 1e-30)))
    :add(ph.tensor(tensor:shape(), 0.5))
end

local images, spectra, count = {}, {}, #opt.layers
for i, layer in ipairs(opt.layers) do
  local gradient, squares = measure(layer)
  spectra[i] = ph.spectrum(squares)
  images[i] = shown(gradient)
  images[count + i] = ph.resize_image(shown(ph.crop_image(squares, 32, 32)), middle, middle)
  images[2 * count + i] = ph.resize_image(spectra[i]:picture(), middle, middle)
end
local sheet = ph.montage(images, {
  columns = count, column_labels = opt.layers, title = "Gradients of layers by pictures of noise",
  row_labels = { "one gradient", ("mean square of %d, 32 pixels"):format(opt.count), "spectrum of the mean square" },
})
assert(sheet:save(opt.output, { seed = opt.seed, size = opt.size }))
return { image = sheet, spectra = spectra }
