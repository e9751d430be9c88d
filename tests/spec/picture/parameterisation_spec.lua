-- SPDX-License-Identifier: MIT
-- Parameterisations in Lua: settings, live tensors, starting from noise and from images. The maps themselves are
-- checked in tests/unit.

local core = require "phosphene.core"

describe("core.parameterisation", function()
  local function noise(kind, settings)
    settings = settings or {}
    settings.random = core.random(1, "init")
    return core.parameterisation(kind, settings)
  end

  local function picture(batch, height, width)
    local image = core.tensor({ batch, 3, height, width }, 0.5)
    core.random(3, "picture"):fill_normal(image, 0.5, 0.1)
    return image
  end

  local function distance(a, b)
    local difference = a:clone():add(b, -1):statistics()
    return math.max(math.abs(difference.least), math.abs(difference.most))
  end

  it("has Lucid's sizes by default", function()
    local p = noise "fourier"
    assert.same({ 1, 3, 128, 128 }, p:shape())
    assert.same({ 1, 3, 128, 65, 2 }, p:values():shape())
    assert.same({ 1, 3, 128, 65, 2 }, p:gradient():shape())
    assert.same({ 1, 3, 128, 128 }, p:forward():shape())
    assert.same({ 1, 3, 128, 128 }, noise("pixels"):values():shape())
    assert.equal("parameterisation fourier 1x3x128x128, decorrelated, sigmoid", tostring(p))
  end)

  it("takes sizes, odd ones too", function()
    local p = noise("fourier", { batch = 2, height = 5, width = 7, decorrelate = false, squash = "clip" })
    assert.same({ 2, 3, 5, 4, 2 }, p:values():shape())
    assert.same({ 2, 3, 5, 7 }, p:forward():shape())
    assert.equal("parameterisation fourier 2x3x5x7, clip", tostring(p))
    assert.same({ 1, 3, 6, 6 }, noise("pixels", { width = 6 }):shape())
  end)

  it("starts from seeded noise", function()
    local a, b = noise("fourier", { height = 16 }), noise("fourier", { height = 16 })
    assert.same(a:forward():values(), b:forward():values())
    assert.near(0.5, a:forward():statistics().mean, 0.05)
  end)

  it("starts from an image", function()
    for _, kind in ipairs { "pixels", "fourier" } do
      for _, squash in ipairs { "sigmoid", "clip", "none" } do
        local image = picture(1, 9, 12)
        local p = core.parameterisation(kind, { image = image, squash = squash })
        assert.is_true(distance(p:forward(), image) < 1e-5, kind .. ", " .. squash)
        p = core.parameterisation(kind, { image = image, squash = squash, batch = 2 })
        assert.is_true(distance(p:forward():image(1), image) < 1e-5, kind .. ", " .. squash .. ", second image")
      end
    end
  end)

  it("shares its tensors, which outlive it", function()
    local p = noise("pixels", { height = 4, squash = "none", decorrelate = false })
    local values, image = p:values(), p:forward()
    values:fill(0.25)
    assert.equal(0.25, p:forward():at(0, 2, 3, 3))
    assert.equal(0.25, image:at(0, 0, 0, 0))
    local gradient = p:backward(core.tensor(p:shape(), 2))
    assert.equal(2, gradient:at(0, 1, 2, 3))
    assert.equal(2, p:gradient():at(0, 0, 0, 0))
    p:close()
    assert.equal(0.25, values:at(0, 0, 0, 0))
    assert.equal(2, gradient:at(0, 0, 0, 0))
    assert.equal("parameterisation (closed)", tostring(p))
    assert.error_matches(function() p:forward() end, "closed")
  end)

  it("gives the gradient of its image", function()
    for _, kind in ipairs { "pixels", "fourier" } do
      local p = noise(kind, { batch = 2, height = 6, width = 5, deviation = 0.3 })
      local y, direction = core.tensor(p:shape()), core.tensor(p:values():shape())
      core.random(5, "y"):fill_normal(y)
      core.random(5, "direction"):fill_normal(direction)
      p:forward()
      local slope, step = p:backward(y):dot(direction), 1e-3
      p:values():add(direction, step)
      local above = p:forward():dot(y)
      p:values():add(direction, -2 * step)
      local below = p:forward():dot(y)
      assert.near(slope, (above - below) / (2 * step), 2e-3 * math.max(1, math.abs(slope)), kind)
    end
  end)

  it("takes another colour matrix", function()
    local swap = { 0, 0, 1, 0, 1, 0, 1, 0, 0 }
    local p = noise("pixels", { height = 2, matrix = swap, squash = "sigmoid" })
    p:values():fill(0):set(0, 0, 1, 1, 3)
    assert.near(1 / (1 + math.exp(-3)), p:forward():at(0, 2, 1, 1), 1e-6)
    assert.equal(0.5, p:forward():at(0, 0, 1, 1))
  end)

  it("says what is wrong, at the recipe's line", function()
    local function wrong(pattern, kind, settings)
      assert.error_matches(function() core.parameterisation(kind, settings) end, pattern)
    end
    local random = core.random(1, "init")
    wrong("did you mean 'fourier'", "furier", { random = random })
    local _, message = pcall(function() local p = core.parameterisation "furier" return p end)
    assert.matches("parameterisation_spec%.lua:%d+: ", message)
    wrong("did you mean 'height'", "fourier", { random = random, heigth = 3 })
    wrong("no setting 'decay'", "pixels", { random = random, decay = 1 })
    wrong("did you mean 'sigmoid'", "pixels", { random = random, squash = "sigmoyd" })
    wrong("height must be a whole number", "pixels", { random = random, height = 2.5 })
    wrong("height 0 out of range 1..16384", "pixels", { random = random, height = 0 })
    wrong("give random or image", "pixels", {})
    wrong("give random or image", "pixels")
    wrong("setting 'random': ph.random expected, got a number", "pixels", { random = 3 })
    wrong("setting 'image': ph.tensor expected, got a random", "pixels", { image = random })
    local closed = picture(1, 4, 4)
    closed:close()
    wrong("setting 'image': this ph.tensor is closed", "pixels", { image = closed })
    wrong("expected a tensor of shape 1x3x5x4, got 1x3x4x4", "pixels", { image = picture(1, 4, 4), height = 5 })
    wrong("matrix takes 9 numbers", "pixels", { random = random, matrix = { 1, 2, 3 } })
    local p = noise("pixels", { height = 4 })
    assert.error_matches(function() p:backward(picture(1, 5, 5)) end, "shape 1x3x4x4, got 1x3x5x5")
  end)

  it("lets all memory go", function()
    collectgarbage()
    collectgarbage()
    local before = core.memory()
    for _, kind in ipairs { "pixels", "fourier" } do
      local p <close> = noise(kind, { height = 8 })
      p:backward(p:forward():clone())
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, core.memory())
  end)
end)
