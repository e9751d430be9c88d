-- SPDX-License-Identifier: MIT
-- Objectives that read the picture before its transforms, and its opacity.

local ph = require "phosphene"

local tiny = assert(ph.network "googlenet-tiny")

describe("the picture itself", function()
  it("is what penalties read, whatever the transforms make of it", function()
    local start = ph.random(1, "alpha_spec"):fill_normal(ph.tensor { 1, 3, 40, 40 }, 0.5, 0.1)
    for _, transforms in ipairs { {}, { ph.pad(8), ph.jitter(4), ph.random_scale { 0.5, 1.5 } } } do
      local run
      for _, this in ph.steps { tiny, -ph.l2 { constant = 0.5, epsilon = 0 }, image = start,
        seed = 1, parameterisation = { "pixels", squash = "none" }, decorrelate = false, transforms = transforms,
        steps = 1 } do
        run = this
      end
      local difference = start:clone():add(ph.tensor(start:shape(), 0.5), -1)
      assert.near(-math.sqrt(difference:dot(difference)), run.value, 1e-5)
      -- Every pixel has come nearer to 0.5, whatever the network's view was.
      local after = run.image:clone():add(ph.tensor(start:shape(), 0.5), -1)
      assert.is_true(after:dot(after) < difference:dot(difference))
    end
  end)

  it("is one thing, and \"image\", what the network sees of it, another", function()
    local start = ph.random(2, "alpha_spec"):fill_normal(ph.tensor { 1, 3, 40, 40 }, 0.5, 0.2)
    local function value(objective)
      local options = { tiny, objective, image = start, seed = 1, transforms = { ph.crop(20) }, steps = 1,
        parameterisation = { "pixels", squash = "none" }, decorrelate = false, progress = false }
      return ph.render(options).value
    end
    for _, name in ipairs { "l1", "l2", "lp", "l_infinity", "total_variation", "blur", "boundary_complexity" } do
      local whole, seen = value(ph[name]()), value(ph[name] { layer = "image" })
      assert.near(value(ph[name] { layer = "picture" }), whole, 0)
      assert.is_true(whole > seen, name)
    end
  end)

  it("goes together with what the network sees", function()
    local function render(objective)
      return ph.render { tiny, objective, size = 40, steps = 8, seed = 1, progress = false }
    end
    local function variation_of(result)
      local run
      for _, this in ph.steps { tiny, ph.total_variation(), image = result.image, seed = 1,
        steps = 1, parameterisation = { "pixels", squash = "none" }, decorrelate = false } do
        run = this
      end
      return run.value
    end
    local unit = ph.channel("mixed4a", 3)
    local rough, smooth = render(unit), render(unit - ph.total_variation())
    assert.is_true(variation_of(smooth) < 0.8 * variation_of(rough))
  end)
end)

describe("opacity", function()
  local function render(objective)
    return ph.render { tiny, objective, parameterisation = { "fourier", channels = 4 }, size = 40, steps = 12, seed = 1,
      transforms = { ph.jitter(4), ph.collapse() }, progress = false }
  end

  local function opacity_of(result)
    local alpha = ph.tensor { 1, 4, 40, 40 }
    for y = 0, 39 do
      for x = 0, 39 do alpha:set(0, 3, y, x, 1 / 1600) end
    end
    return result.image:dot(alpha)
  end

  it("is what alpha gives, and falls where it is penalised", function()
    local seen, penalised = render(ph.channel("mixed4a", 3)), render(ph.channel("mixed4a", 3) - 20 * ph.alpha())
    assert.is_true(opacity_of(penalised) < opacity_of(seen) - 0.02)
    local alone = render(ph.alpha())
    assert.is_true(alone.value > 0.5 and alone.value < opacity_of(alone))
  end)

  it("is smoothed by blur_alpha", function()
    local result = ph.render { tiny, -ph.blur_alpha(), size = 40, steps = 8, seed = 1, transforms = { ph.collapse() },
      parameterisation = { "pixels", channels = 4, deviation = 1 }, progress = false }
    assert.is_true(result.values[8] > 0.8 * result.values[1])
  end)

  it("is missed in one line where the picture has none", function()
    local done, problem = pcall(ph.render, { tiny, ph.channel("mixed4a", 3) * (1 - ph.alpha()), size = 40, steps = 1,
      seed = 1, progress = false })
    assert.is_false(done)
    assert.matches("^tests/spec/picture/alpha_spec%.lua:%d+: layer 'picture': alpha reads a picture's opacity, its " ..
      "fourth channel; this one has 3 channels$", problem)
  end)
end)
