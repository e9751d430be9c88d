-- SPDX-License-Identifier: MIT
-- What goes wrong at the prompt, in one line that names the thing, and the layer if it is about one: pictures, masks,
-- spectra and heads that do not go together.

local ph = require "phosphene"

local net = assert(ph.network "googlenet-tiny")
local picture = ph.tensor({ 1, 3, 32, 32 }, 0.4)
local nan = 0 / 0

-- Renders, which must fail with this message.
local function fails(expected, options)
  local given = { net, "mixed4a:1", steps = 1, seed = 1, progress = false }
  for key, value in pairs(options) do given[key] = value end
  if not given.image then given.size = given.size or 32 end
  local done, problem = pcall(function() ph.render(given) end)
  assert.is_false(done, expected)
  assert.equal(expected, (problem:gsub("^tests/spec/formats/bad_input_spec%.lua:%d+: ", "")))
  assert.matches("^tests/spec/formats/bad_input_spec%.lua:", problem)
end

describe("one line says what does not fit:", function()
  it("an objective and the batch", function()
    fails("layer 'mixed4a': image 3 out of range 0..1", { [2] = ph.channel("mixed4a", 1):on(3), batch = 2 })
    fails("layer 'mixed4a': image 2 out of range 0..1", { batch = 2,
      [2] = ph.each { "mixed4a:1", "mixed4a:2", "mixed4a:3" } })
    fails("layer 'mixed4a': diversity compares the images of a batch, and there is only one",
      { [2] = -ph.diversity "mixed4a" })
    fails("layer 'mixed4a': alignment compares the images of a batch, and there is only one",
      { [2] = ph.alignment "mixed4a" })
    fails("layer 'mixed4a': image 2 out of range 0..1", { [2] = ph.cosine("mixed4a", 2), batch = 2 })
  end)

  it("opacity, and a picture that has none, or transforms that know none", function()
    fails("layer 'picture': alpha reads a picture's opacity, its fourth channel; this one has 3 channels",
      { [2] = ph.channel("mixed4a", 1) * (1 - ph.alpha()) })
    fails("layer 'picture': blur_alpha reads a picture's opacity, its fourth channel; this one has 3 channels",
      { [2] = ph.channel("mixed4a", 1) - ph.blur_alpha() })
    fails("images: expected 3 channels, got 1x4x32x32; if the last is opacity, the transform collapse() lays them over "
      .. "a background", { parameterisation = { "fourier", channels = 4 }, transforms = "none" })
    fails("images: expected 3 channels, got 1x7x32x32", { parameterisation = { "pixels", channels = 7 },
      transforms = "none" })
    fails("collapse(0.5): images of 4 channels, the last their opacity, expected, got 3",
      { transforms = { ph.collapse() } })
  end)

  it("a mask", function()
    local function masked(shape, value)
      return { image = picture, batch = shape[1], parameterisation = { "pixels", mask = ph.tensor(shape, value or 1) } }
    end
    local wrong = "parameterisation: mask: expected a tensor of shape 1x1x32x32, got "
    fails(wrong .. "1x1x16x16", masked { 1, 1, 16, 16 })
    fails(wrong .. "1x3x32x32", masked { 1, 3, 32, 32 })
    fails("parameterisation: mask: expected a tensor of shape 2x1x32x32, got 3x1x32x32",
      { image = picture, batch = 2, parameterisation = { "pixels", mask = ph.tensor { 3, 1, 32, 32 } } })
    fails("parameterisation: mask: 1024 of 1024 numbers are NaN or infinite", masked({ 1, 1, 32, 32 }, nan))
    fails("parameterisation: fixed image: expected a tensor of shape 1x3x32x32, got 1x3x16x16",
      { parameterisation = { "pixels", mask = ph.tensor { 1, 1, 32, 32 }, fixed = ph.tensor { 1, 3, 16, 16 } } })
    fails("parameterisation: a mask needs a fixed image, or one to start from",
      { parameterisation = { "pixels", mask = ph.tensor { 1, 1, 32, 32 } } })
  end)

  it("the picture to start from", function()
    fails("size is 48, but the image is 32x32; ph.resize_image changes that", { image = picture, size = 48 })
    fails("parameterisation 'fourier': image: expected a tensor of shape 3x3x32x32, got 2x3x32x32",
      { image = ph.tensor { 2, 3, 32, 32 }, batch = 3 })
    fails("image: pictures (n, c, h, w) expected, got a tensor of shape 3x32x32",
      { image = ph.tensor { 3, 32, 32 } })
    fails("parameterisation 'fourier': image: 3072 of 3072 numbers are NaN or infinite",
      { image = ph.tensor({ 1, 3, 32, 32 }, nan) })
    fails("layer 'picture': input_difference expected a tensor of shape 1x3x32x32, got 1x3x16x16",
      { [2] = -ph.input_difference(ph.tensor { 1, 3, 16, 16 }) })
  end)

  it("a spectrum, which may have any size", function()
    local function maco(shape, value) return { parameterisation = { "maco", spectrum = ph.tensor(shape, value) } } end
    fails("parameterisation 'maco': a spectrum (1 or 3, h, w // 2 + 1) expected, got 2x8x5", maco({ 2, 8, 5 }, 1))
    fails("parameterisation 'maco': a spectrum (1 or 3, h, w // 2 + 1) expected, got 8x5", maco({ 8, 5 }, 1))
    fails("parameterisation 'maco': spectrum: 120 of 120 numbers are NaN or infinite", maco({ 3, 8, 5 }, nan))
    fails("parameterisation 'maco': spectrum: magnitudes from -1 to -1; they must not be negative, nor all be 0",
      maco({ 3, 8, 5 }, -1))
    fails("parameterisation 'maco': spectrum: magnitudes from 0 to 0; they must not be negative, nor all be 0",
      maco({ 3, 8, 5 }, 0))
    fails("parameterisation 'fourier': takes no spectrum",
      { parameterisation = { "fourier", spectrum = ph.tensor({ 3, 8, 5 }, 1) } })
    for _, shape in ipairs { { 3, 8, 5 }, { 1, 33, 17 }, { 3, 200, 101 } } do
      local options = maco(shape, 1)
      options[1], options[2], options.size, options.steps, options.seed = net, "mixed4a:1", 32, 1, 1
      options.progress = false
      assert.equal(1, ph.render(options).steps)
    end
  end)

  it("a head of one's own", function()
    local function head(value, gradient)
      return { [2] = ph.head("mixed4a", gradient and { value = value, gradient = gradient } or value,
        { name = "mine" }) }
    end
    local function one() return 1 end
    fails("layer 'mixed4a': head 'mine' gave nothing, not one number", head(function() end))
    fails("layer 'mixed4a': head 'mine' gave a number that does not depend on what it reads", head(one))
    fails("layer 'mixed4a': head 'mine' gave a tensor of 1x256x3x3, not one number", head(function(a) return a end))
    fails('step 1: layer \'mixed4a\': head("mixed4a", {name = "mine"}) is not a number',
      head(function(a) return a:mean() * nan end))
    fails('step 1: layer \'mixed4a\': head("mixed4a", {name = "mine"}) is infinite',
      head(function(a) return a:mean():exp() * math.huge end))
    fails("layer 'mixed4a': head 'mine' has a gradient that is not finite",
      head(one, function(a) return a:fill(nan) end))
    fails('layer \'mixed4a\': the gradient of head("mixed4a", {name = "mine"}): expected a tensor of shape '
      .. "1x256x3x3, got 1x2x3", head(one, function() return ph.tensor { 1, 2, 3 } end))
    fails("layer 'mixed4a': head 'mine' gave a nil as its gradient, not a tensor", head(one, function() end))
    fails("layer 'mixed4a': head 'mine' gave a string, not one number", head(function() return "x" end,
      function(a) return a end))
  end)

  it("units, layers, directions and sizes", function()
    fails("no layer 'mixed4z'; did you mean 'mixed4a'?", { [2] = "mixed4z:1" })
    fails("layer 'mixed4a': unit 508 out of range 0..255", { [2] = "mixed4a:508" })
    fails("layer 'mixed4a': direction expected a vector of 256 numbers, got 2",
      { [2] = ph.direction("mixed4a", { 1, 2 }) })
    fails("layer 'mixed4a': tensor_direction expected a tensor of at most 256x2x2, got 256x40x40",
      { [2] = ph.tensor_direction("mixed4a", ph.tensor { 256, 40, 40 }), transforms = "none" })
    fails("crop(64, 64): an image of 32x32 is smaller than that", { transforms = { ph.crop(64) } })
    fails("transforms: number 1: a transform, ph.jitter(8) for example, expected, got 4", { transforms = { 4 } })
    fails("size: a whole number of at least 1 expected, got 0", { size = 0 })
    fails("parameterisation 'fourier': height 100000 out of range 1..16384", { height = 100000, width = 32 })
    fails("optimiser: no kind 'adm'; did you mean 'adam'?", { optimiser = "adm" })
  end)
end)
