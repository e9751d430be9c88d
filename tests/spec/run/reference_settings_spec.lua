-- SPDX-License-Identifier: MIT
-- The field's defaults, and what its formulas give for parameterisations and for objectives on small numbers. Facts of
-- Lucid 0.3.10 where nothing else is said. Beside reference_spec.lua, which has the values of others' tests.

local ph = require "phosphene"
local core = require "phosphene.core"

local tiny = assert(ph.network "googlenet-tiny")
local stub = core.network { backend = "reference" } -- its layers are the picture

local function value_of(objective, images)
  local evaluation = core.evaluation(core.objective(objective), stub)
  stub:forward(images, evaluation:taps())
  return assert(evaluation:evaluate(images))
end

local function parameterisation(kind, settings)
  settings.random = settings.random or ph.random(1, "init")
  return ph.parameterisation(kind, settings)
end

describe("Lucid's defaults", function()
  it("are those of a run: 128 pixels, one picture, Fourier, decorrelated, a sigmoid, Adam at 0.05", function()
    for _, run in ph.steps { tiny, "mixed4a:1", steps = 1, seed = 1 } do
      assert.same({ 1, 3, 128, 128 }, run.image:shape())
      assert.matches("fourier 1x3x128x128, decorrelated, sigmoid", tostring(run.parameterisation))
      assert.equal(0.05, run.optimiser:rate())
      assert.matches("adam", tostring(run.optimiser))
      assert.equal(tostring(ph.pipeline "lucid"), tostring(run.transforms))
    end
    local result = ph.render { tiny, "mixed4a:1", steps = 0, seed = 1, progress = false }
    local range = result.image:statistics()
    assert.is_true(range.least >= 0 and range.most <= 1)
    assert.equal("redirected", result.metadata.relu)
  end)

  it("show the network 125 to 154 pixels, never resized", function()
    local least, most = math.huge, 0
    for _, run in ph.steps { tiny, "image:0", steps = 60, seed = 1 } do
      local size = run.gradient:shape()[3]
      least, most = math.min(least, size), math.max(most, size)
    end
    assert.is_true(least >= 125 and most <= 154 and most - least > 15)
  end)

  it("are those of its objectives", function()
    for short, long in pairs {
      [ph.l1()] = ph.l1 { constant = 0 }, [ph.l2()] = ph.l2 { constant = 0, epsilon = 1e-6 },
      [ph.boundary_complexity()] = ph.boundary_complexity { width = 20, constant = 0.5 },
      [ph.alignment "a"] = ph.alignment("a", { decay = 2 }),
      [ph.direction("a", { 1 })] = ph.direction("a", { 1 }, { cosine_power = 0 }),
    } do
      assert.equal(tostring(short), tostring(long))
    end
  end)
end)

describe("Lucid's parameterisations", function()
  it("start as noise of 0.01", function()
    for _, kind in ipairs { "pixels", "fourier", "laplacian" } do
      local statistics = parameterisation(kind, { height = 64 }):values():statistics()
      assert.near(0.01, statistics.deviation, 5e-4, kind)
      assert.near(0, statistics.mean, 5e-4, kind)
    end
  end)

  it("have their counts of numbers", function()
    local function count(kind, settings) return parameterisation(kind, settings):values():count() end
    assert.equal(3 * (128 ^ 2 + 64 ^ 2 + 32 ^ 2 + 16 ^ 2), count("laplacian", {}))
    assert.equal(3 * 128 * 65 * 2, count("fourier", {}))
    assert.equal(3 * 31 * 23 * 2, count("fourier", { height = 31, width = 45 }))
    assert.equal(8451, count("cppn", { height = 16 }))
  end)

  -- scale = sqrt(w h) / max(f, 1 / max(w, h)) ^ decay, then irfft2, then / 4. A coefficient of an inner column stands
  -- for two, so that its wave begins with 2 scale / (w h) / 4.
  it("scale the spectrum by frequency", function()
    local h, w = 6, 8
    for _, decay in ipairs { 1, 1.5, 0 } do
      for _, at in ipairs { { 0, 1 }, { 1, 2 }, { 3, 3 }, { 5, 1 } } do
        local p = parameterisation("fourier", { height = h, width = w, decay = decay, decorrelate = false,
          squash = "none" })
        local y, x = at[1], at[2]
        p:values():fill(0):set(0, 1, y, x, 0, 1)
        local fy = (y <= h // 2 and y or y - h) / h
        local frequency = math.max(math.sqrt(fy ^ 2 + (x / w) ^ 2), 1 / 8)
        local expected = 2 * math.sqrt(w * h) / frequency ^ decay / (w * h) / 4
        assert.near(expected, p:forward():at(0, 1, 0, 0), 1e-6)
        assert.near(expected * math.cos(2 * math.pi * (y / h * 2 + x / w * 3)), p:forward():at(0, 1, 2, 3), 1e-6)
      end
    end
  end)

  it("go back from a picture: Captum's inverse of its colours, Horama's of its spectrum", function()
    local image = ph.random(3, "reference"):fill_normal(ph.tensor { 1, 3, 24, 18 }, 0.5, 0.1)
    for _, squash in ipairs { "none", "clip", "sigmoid" } do
      local again = parameterisation("fourier", { image = image, squash = squash }):forward()
      local difference = again:clone():add(image, -1):statistics()
      assert.near(0, math.max(-difference.least, difference.most), 1e-5, squash)
    end
  end)

  it("decorrelate three channels only", function()
    local seven = parameterisation("pixels", { channels = 7, height = 4, squash = "none", decorrelate = true })
    assert.same(seven:values():values(), seven:forward():values())
  end)
end)

describe("objectives on small numbers", function()
  local function images(n, values) return ph.tensor({ n, 3, 1, 1 }, values) end

  it("align neighbours: -sum of mean squared differences over decay^d, up to four apart", function()
    -- Images 0, 1, 3, 6, 10, 15 throughout.
    local heights, values = { 0, 1, 3, 6, 10, 15 }, {}
    for _, height in ipairs(heights) do
      for _ = 1, 3 do values[#values + 1] = height end
    end
    for _, decay in ipairs { 2, 5 } do
      local expected = 0
      for d = 1, 4 do
        for i = 1, 6 - d do expected = expected - (heights[i] - heights[i + d]) ^ 2 / decay ^ d end
      end
      assert.near(expected, value_of(ph.alignment("image", { decay = decay }), images(6, values)), 1e-4)
    end
  end)

  it("diversify: the sum over ordered pairs of the normalised Gram matrices' products, over the batch", function()
    -- Gram matrices of one position are x x', so that their product is the squared cosine.
    local value = value_of(ph.diversity "image", images(3, { 1, 0, 0, 1, 1, 0, 0, 0, 2 }))
    assert.near(2 * 0.5 / 3, value, 1e-6)
  end)

  it("interpolate along the batch: 1 - n / (N - 1) of the one, n / (N - 1) of the other", function()
    local value = value_of(ph.interpolate("image:0", "image:2", { frames = 3 }),
      images(3, { 1, 0, 10, 2, 0, 20, 4, 0, 40 }))
    assert.near(1 + (0.5 * 2 + 0.5 * 20) + 40, value, 1e-5)
  end)

  it("measure the difference from a picture as a root mean square", function()
    local value = value_of(ph.input_difference(images(1, { 1, 2, 3 })), images(1, { 1, 4, 6 }))
    assert.near(math.sqrt((4 + 9) / 3), value, 1e-6)
  end)

  it("add logits up over the batch, and take the mean of channels", function()
    local net = core.network { backend = "reference" }
    net:add { type = "dense", name = "logits", from = "image", weight = ph.tensor({ 2, 3 }, { 1, 0, 0, 0, 1, 0 }) }
    net:set_classes { logits = "logits", labels = { "dummy", "kit fox" } }
    local function on_net(objective, pictures)
      local evaluation = core.evaluation(core.objective(objective), net)
      net:forward(pictures, evaluation:taps())
      return assert(evaluation:evaluate(pictures))
    end
    local two = images(2, { 1, 10, 0, 2, 20, 0 })
    assert.near(30, on_net(ph.logit "kit fox", two), 1e-6) -- labels[0] is "dummy", so that it is class 1
    assert.near(30, on_net(ph.logit(1), two), 1e-6)
    assert.near(3, on_net(ph.logit(0), two), 1e-6)
    assert.near(15, on_net("image:1", two), 1e-6)
  end)

  it("normalise a blurred frame by the kernel within the picture", function()
    -- 1 x 3: of the kernel's middle row (0.5, 1, 1, 1, 0.5) the ends see 1 + 1 + 0.5, the middle 3.
    local x = ph.tensor({ 1, 3, 1, 3 }, { 1, 0, 0, 0, 0, 0, 0, 0, 0 })
    local ends, middle, other = 1 / 2.5 - 1, 1 / 3, 0.5 / 2.5
    assert.near(ends ^ 2 + middle ^ 2 + other ^ 2 + 0.8,
      value_of(ph.boundary_complexity { width = 3, constant = 0 }, x), 1e-6)
  end)

  it("are tf-keras-vis's regularisers", function()
    local x = ph.random(1, "regularisers"):fill_normal(ph.tensor { 1, 3, 4, 5 })
    local squares, cubes, variation = 0, 0, 0
    for c = 0, 2 do
      for row = 0, 3 do
        for column = 0, 4 do
          local here = x:at(0, c, row, column)
          squares, cubes = squares + here ^ 2, cubes + math.abs(here) ^ 3
          if row < 3 then variation = variation + math.abs(x:at(0, c, row + 1, column) - here) end
          if column < 4 then variation = variation + math.abs(x:at(0, c, row, column + 1) - here) end
        end
      end
    end
    assert.near(variation / 60, value_of(ph.total_variation() / 60, x), 1e-6) -- TotalVariation2D
    assert.near(math.sqrt(squares) / 60 ^ (1 / 2), value_of(ph.l2 { mean = true, epsilon = 0 }, x), 1e-6) -- Norm, p = 2
    assert.near(cubes ^ (1 / 3) / 60 ^ (1 / 3), value_of(ph.lp { power = 3, mean = true }, x), 1e-6) -- p = 3
  end)
end)

describe("Captum's RandomScaleAffine", function()
  it("is random_affine by one over the factor, on the same grid", function()
    -- Read at 0.8 times the distance from the middle: -1.6, -0.8, 0, 0.8, 1.6 on a ramp.
    local row = ph.tensor({ 1, 1, 1, 5 }, { 0, 1, 2, 3, 4 })
    local scaled = core.pipeline { ph.random_affine { scale = { 1 / 0.8 } } }:forward(row, ph.random(1, "t"))
    for i, expected in ipairs { 0.4, 1.2, 2, 2.8, 3.6 } do assert.near(expected, scaled:values()[i], 1e-6) end
  end)
end)

-- Captum's tests run InceptionV1 at 512 pixels and at 383 x 511; so does every size here.
describe("networks of any size", function()
  it("take 512 pixels and 383 x 511", function()
    for _, size in ipairs { { 512, 512 }, { 383, 511 } } do
      local shapes = tiny:shapes(size[1], size[2])
      local pictures = ph.tensor({ 1, 3, size[1], size[2] }, 0.5)
      local activation = tiny:forward(pictures, "mixed4a", { backward = false }):activation "mixed4a"
      assert.same({ 1, table.unpack(shapes.mixed4a) }, activation:shape())
    end
  end)
end)
