-- SPDX-License-Identifier: MIT
-- Parameterisations put to use: each can become a given picture, within the steps that Lucid's own tests allow theirs
-- (tests/optvis/param in github.com/tensorflow/lucid).

local ph = require "phosphene"
local fitting = require "phosphene.picture.fitting"

-- A picture like a photograph of size x size: gradients, edges, a texture, shadows.
local function photo_like(size)
  local values = {}
  for channel = 0, 2 do
    for y = 0, size - 1 do
      for x = 0, size - 1 do
        local u, v = x / size, y / size
        local sky = 0.55 + 0.3 * (1 - v) - 0.1 * channel * v
        local disc = (u - 0.6) ^ 2 + (v - 0.45) ^ 2 < 0.05
        local ground = v > 0.65 + 0.05 * math.sin(9 * u)
        local value = sky
        if ground then value = 0.3 + 0.12 * math.sin(60 * u + 3 * channel) * math.sin(45 * v) end
        if disc then value = 0.8 - 0.25 * channel + 0.2 * (u - v) end
        values[#values + 1] = math.max(0.03, math.min(0.97, value))
      end
    end
  end
  return ph.tensor({ 1, 3, size, size }, values)
end

-- Optimises towards `target` by the mean squared difference; calls done(image) every few steps until it is true.
local function fit(parameters, target, rate, steps, done)
  local optimiser = ph.optimiser("adam", { rate = rate })
  for step = 1, steps do
    local difference = target:clone():add(parameters:forward(), -1)
    optimiser:step(parameters:values(), parameters:backward(difference))
    if step % 20 == 0 and done(parameters:forward()) then return step end
  end
  return nil
end

local function mean_error(a, b)
  local difference, sum = a:clone():add(b, -1):values(), 0
  for _, value in ipairs(difference) do sum = sum + math.abs(value) end
  return sum / #difference
end

describe("parameterisations", function()
  for _, kind in ipairs { "pixels", "fourier", "laplacian" } do
    it(("of kind %s come within .01 of a picture in 1000 steps of .05"):format(kind), function()
      local target = photo_like(112)
      local parameters = ph.parameterisation(kind, { height = 112, random = ph.random(1, "init") })
      local steps = fit(parameters, target, 0.05, 1000, function(image) return mean_error(image, target) < 0.01 end)
      assert.is_truthy(steps)
    end)
  end

  -- Lucid's picture: 1 in two opposite corners and 0 in the others; what lies between is free.
  it("of kind cppn learn the corners of an XOR in 200 steps of .01", function()
    local corners = { { 0, 0, 1 }, { 0, 15, 0 }, { 15, 0, 0 }, { 15, 15, 1 } }
    local parameters = ph.parameterisation("cppn", { height = 16, random = ph.random(2, "init") })
    local optimiser = ph.optimiser("adam", { rate = 0.01 })
    for _ = 1, 200 do
      local image, gradient = parameters:forward(), ph.tensor { 1, 3, 16, 16 }
      for _, corner in ipairs(corners) do
        local y, x, wanted = table.unpack(corner)
        for channel = 0, 2 do gradient:set(0, channel, y, x, wanted - image:at(0, channel, y, x)) end
      end
      optimiser:step(parameters:values(), parameters:backward(gradient))
    end
    local image = parameters:forward()
    for _, corner in ipairs(corners) do
      local y, x, wanted = table.unpack(corner)
      for channel = 0, 2 do
        local value = image:at(0, channel, y, x)
        assert.is_true(wanted == 1 and value > 0.99 or wanted == 0 and value < 0.01,
          ("corner %d, %d is %.4f"):format(y, x, value))
      end
    end
  end)
end)

describe("parameterisations from an image that they may not be able to show", function()
  local function from(image, kind, settings)
    settings.image, settings.random = image, ph.random(1, "init")
    return ph.parameterisation(kind, settings)
  end

  it("of low resolution show it where they can", function()
    local settings = { height = 48, size = 6, deviation = 1, random = ph.random(3, "init") }
    local image = ph.parameterisation("low_resolution", settings):forward()
    assert.is_true(mean_error(image, from(image, "low_resolution", { size = 6 }):forward()) < 0.002)
  end)

  it("of low resolution show the nearest that they can", function()
    local image = photo_like(48)
    local parameters = from(image, "low_resolution", { size = 8, squash = "none", decorrelate = false })
    local missing = image - parameters:forward()
    -- At the least squared difference there is no slope.
    local scale = parameters:backward(image):clone()
    local slope = parameters:backward(missing)
    assert.is_true(slope:dot(slope) < 1e-4 * scale:dot(scale))
    assert.is_true(missing:dot(missing) < 0.1 * image:dot(image))
  end)

  it("of kind cppn come near, each image of a batch to its own", function()
    local image = photo_like(32)
    local negative = image:map "negate" + 1
    local batch = image:place({ 2, 3, 32, 32 }, { 0, 0, 0, 0 }) + negative:place({ 2, 3, 32, 32 }, { 1, 0, 0, 0 })
    assert.is_true(mean_error(from(batch, "cppn", {}):forward(), batch) < 0.05)
  end)

  it("are given a batch's one image", function()
    local image = photo_like(32)
    local shown = from(image, "low_resolution", { size = 16, batch = 3 }):forward()
    for n = 0, 2 do assert.is_true(mean_error(shown:image(n), image) < 0.06) end
  end)

  -- Parameters of one number that steps do not move; the picture comes nearer by itself, by this share of the
  -- difference's square a step. Gives how many steps were taken.
  local function steps_taken(share)
    local image, shown = ph.tensor({ 1, 3, 4, 4 }, 1), ph.tensor { 1, 3, 4, 4 }
    local value, steps = ph.tensor { 1 }, 0
    local parameters = {
      forward = function() return shown end,
      values = function() return value end,
      backward = function()
        steps = steps + 1
        shown:fill(1 - (1 - share) ^ (steps / 2))
        return ph.tensor { 1 }
      end,
    }
    fitting.fit(parameters, image, "a picture", false)
    return steps
  end

  it("take no more steps once 25 of them have not taken a hundredth off the error, and at most 500", function()
    assert.equal(25, steps_taken(0))
    assert.equal(25, steps_taken(0.9 * 0.01 / 25))
    assert.equal(500, steps_taken(1.1 * 0.01 / 25))
  end)

  it("begin a run", function()
    local image = photo_like(64)
    local made = ph.render { "googlenet-tiny", "mixed4a:3", image = image, parameterisation = "cppn", steps = 0,
      seed = 1 }
    assert.is_true(mean_error(made.image, image) < 0.05)
  end)
end)
