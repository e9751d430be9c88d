-- The figures' claims, measured: each recipe of a figure runs small, on the embedded network, and what its picture is
-- meant to show holds in numbers.

local ph = require "phosphene"
local recipe = require "phosphene.recipe"

local net = assert(ph.network "googlenet-tiny")
local output = os.tmpname() .. ".png"

-- Runs a recipe with quick settings, without its progress; further options win.
local function run(name, options)
  local all = { net = "googlenet-tiny", size = 64, output = output }
  for key, value in pairs(options or {}) do all[key] = value end
  return recipe.run(name, all)
end

-- What part of a picture's contrast is in frequencies above a quarter of a cycle a pixel.
local function high(image) return ph.spectrum(image):share(0.25, 1) end

-- The mean activation of a unit on an image.
local function activation(image, layer, unit)
  net:forward(image, layer, { backward = false })
  local map = net:activation(layer)
  local shape, sum = map:shape(), 0
  for y = 0, shape[3] - 1 do
    for x = 0, shape[4] - 1 do sum = sum + map:at(0, unit, y, x) end
  end
  return sum / (shape[3] * shape[4])
end

describe("the figure of", function()
  after_each(function()
    assert(ph.load_image(output))
    os.remove(output)
  end)

  it("progress: each picture drives the unit higher than the one before", function()
    local result = run("progress", { shown = { 0, 4, 16, 48 } })
    assert.equal(48, result.steps)
    local last = -math.huge
    for _, step in ipairs { 0, 4, 16, 48 } do
      local value = activation(result.snapshots[step], "mixed4a", 11)
      assert.is_true(value > last, ("step %d: %g"):format(step, value))
      last = value
    end
  end)

  it("no regularisation: higher rates go further, into high frequencies", function()
    local made = run("unregularised", { shown = { 1, 48 } })
    assert.equal(6, #made.images)
    local contrast = {}
    for i, result in ipairs(made.results) do contrast[i] = result.image:statistics().deviation end
    assert.is_true(contrast[1] < contrast[2] and contrast[2] < contrast[3], table.concat(contrast, " "))
    local natural = ph.render { net, "mixed4a:11", size = 64, steps = 48, seed = 1 }.image
    assert.is_true(high(made.images[6]) > 1.5 * high(natural))
  end)

  it("frequency penalties: each leaves less in high frequencies than there was without", function()
    local made = run("frequency", { shown = { 1, 48 }, variation = 0.04, l1 = 0.04, scale = 300 })
    assert.equal(10, #made.images)
    local without = high(made.results[1].image)
    for _, i in ipairs { 3, 4, 5 } do
      assert.is_true(high(made.results[i].image) < 0.95 * without, made.results[i].objective)
    end
    assert.is_true(high(made.results[5].image) < high(made.results[3].image))
    -- L1 is about colours, not frequencies: it holds them nearer to grey.
    local contrast = made.results[1].image:statistics().deviation
    assert.is_true(made.results[2].image:statistics().deviation < 0.95 * contrast)
  end)

  it("robustness: what was seen through transformations stands another one better", function()
    local made = run("robustness", { shown = { 1, 64 } })
    local other = ph.transforms.pipeline { ph.random_rotate { -9, 9 }, ph.random_scale { 0.93, 1.07 } }
    -- What part of the activation is left under transformations that none was optimised for, over several draws.
    local function left(image)
      local random, sum = ph.random(1, "test"), 0
      for _ = 1, 16 do sum = sum + activation(other:forward(image, random), "mixed4a", 11) end
      return sum / 16 / activation(image, "mixed4a", 11)
    end
    local none, all = left(made.results[1].image), left(made.results[5].image)
    assert.is_true(all > 1.1 * none, ("%g left with, %g without"):format(all, none))
  end)

  it("preconditioning: energy moves to low frequencies", function()
    local made = run("preconditioning", { shown = { 1, 32 } })
    local low = {}
    for i, result in ipairs(made.results) do low[i] = ph.spectrum(result.image):share(0, 0.1) end
    assert.is_true(low[3] > 1.2 * low[1] and low[4] > 1.2 * low[1], table.concat(low, " "))
  end)
end)
