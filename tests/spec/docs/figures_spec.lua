-- SPDX-License-Identifier: MIT
-- The figures' claims, measured: each recipe of a figure runs small, on the embedded network, and what its picture is
-- meant to show holds in numbers.

local overheard = require "overheard"
local ph = require "phosphene"
local recipe = require "phosphene.recipe"

local net = assert(ph.network "googlenet-tiny")
local output = os.tmpname() .. ".png"

-- Runs a recipe with quick settings, without its progress; further options win.
local function run(name, options)
  local all = { net = "googlenet-tiny", size = 64, output = output }
  for key, value in pairs(options or {}) do all[key] = value end
  return select(2, overheard(recipe.run, name, all))
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
    local result = run("progress", { unit = 11, shown = { 0, 4, 16, 48 } })
    assert.equal(48, result.steps)
    local last = -math.huge
    for _, step in ipairs { 0, 4, 16, 48 } do
      local value = activation(result.snapshots[step], "mixed4a", 11)
      assert.is_true(value > last, ("step %d: %g"):format(step, value))
      last = value
    end
  end)

  it("a neuron and a channel: one picture is best in its middle, the other all over", function()
    local neuron = run("neuron", { unit = 11, steps = 48 }).image
    local channel = run("channel", { unit = 11, steps = 48 }).image
    local start = ph.render { net, "mixed4a:11", size = 64, steps = 0, seed = 1 }.image
    assert.is_true(activation(channel, "mixed4a", 11) > activation(neuron, "mixed4a", 11))
    -- Farther out than the unit sees, less was changed.
    local change = neuron:clone():add(start, -1)
    local border = change:clone():paste(ph.tensor { 1, 3, 48, 48 }, 8, 8)
    local middle = ph.crop_image(change, 48, 48)
    local function mean_square(t, count) return t:dot(t) / count end
    local outside = mean_square(border, 3 * (64 * 64 - 48 * 48))
    assert.is_true(mean_square(middle, middle:count()) > 2 * outside)
  end)

  it("no regularisation: higher rates go further, into high frequencies", function()
    local made = run("unregularised", { unit = 11, shown = { 1, 48 } })
    assert.equal(6, #made.images)
    local contrast = {}
    for i, result in ipairs(made.results) do contrast[i] = result.image:statistics().deviation end
    assert.is_true(contrast[1] < contrast[2] and contrast[2] < contrast[3], table.concat(contrast, " "))
    local natural = ph.render { net, "mixed4a:11", size = 64, steps = 48, seed = 1 }.image
    assert.is_true(high(made.images[6]) > 1.5 * high(natural))
  end)

  it("frequency penalties: each leaves less in high frequencies than there was without", function()
    local made = run("frequency", { unit = 11, shown = { 1, 48 }, variation = 0.04, l1 = 0.04, scale = 300 })
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
    local made = run("robustness", { unit = 11, shown = { 1, 64 } })
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
    local made = run("preconditioning", { unit = 11, shown = { 1, 32 } })
    local low = {}
    for i, result in ipairs(made.results) do low[i] = ph.spectrum(result.image):share(0, 0.1) end
    assert.is_true(low[3] > 1.2 * low[1] and low[4] > 1.2 * low[1], table.concat(low, " "))
  end)

  it("the gradient: its strength repeats at the strides' frequencies", function()
    local made = run("gradient", { count = 16, layers = { "conv2d0", "conv2d2" } })
    for i, stride in ipairs { 2, 4 } do
      local spectrum = made.spectra[i]
      local h, w = spectrum.height, spectrum.width
      -- The point of the strides' lattice across, against points beside it.
      local function power(y, x) return spectrum.power:at(0, 0, h // 2 + y, w // 2 + x) end
      local on = power(0, -w // stride)
      local beside = (power(2, 2 - w // stride) + power(-2, 2 - w // stride) + power(3, 3 - w // stride)) / 3
      assert.is_true(on > 4 * beside, ("stride %d: %g against %g"):format(stride, on, beside))
    end
  end)

  it("diversity: the term lowers the likeness of the pictures", function()
    local made = run("diversity", { unit = 11, steps = 40, batch = 3, weight = 0.5 })
    local simple, diverse = table.unpack(made.likenesses)
    assert.is_true(diverse < simple - 0.02, ("%g with, %g without"):format(diverse, simple))
    assert.is_true(simple <= 1 and diverse >= 0)
  end)

  it("random directions: each picture goes along its own more than the others do", function()
    local made = run("directions", { steps = 40, count = 3 })
    local means = {} -- of all channels, by picture
    for i, image in ipairs(made.images) do
      net:forward(image, "mixed4a", { backward = false })
      local map = net:activation "mixed4a"
      local shape = map:shape()
      local rows = map:reshape { shape[2], shape[3] * shape[4] }:values()
      local places = shape[3] * shape[4]
      local list = {}
      for c = 1, shape[2] do
        list[c] = 0
        for k = 1, places do list[c] = list[c] + rows[(c - 1) * places + k] / places end
      end
      means[i] = ph.tensor({ shape[2] }, list)
    end
    for i, direction in ipairs(made.directions) do
      for j in ipairs(made.images) do
        if j ~= i then assert.is_true(means[i]:dot(direction) > means[j]:dot(direction)) end
      end
    end
  end)

  it("interpolation: one channel falls and the other rises, picture by picture", function()
    local made = run("interpolate", { steps = 96, frames = 4, from = 49, to = 57 })
    local from, to = {}, {}
    for i, image in ipairs(made.images) do
      from[i], to[i] = activation(image, "mixed4a", 49), activation(image, "mixed4a", 57)
      if i > 1 then
        assert.is_true(from[i] < from[i - 1], table.concat(from, " "))
        assert.is_true(to[i] > to[i - 1], table.concat(to, " "))
      end
    end
  end)

  it("pairs: each raises both of its units above what the other one's picture does", function()
    local made = run("pairs", { steps = 48, across = { 61 }, down = { 57 } })
    assert.equal(4, #made.images)
    local across, down, both = made.images[2], made.images[3], made.images[4]
    assert.is_true(activation(both, "mixed4a", 61) > activation(down, "mixed4a", 61))
    assert.is_true(activation(both, "mixed4a", 57) > activation(across, "mixed4a", 57))
  end)

  it("negative optimisation: what raises a unit and what lowers it", function()
    local made = run("negative", { unit = 11, steps = 48 })
    local start = ph.render { net, "mixed4a:11", size = 64, steps = 0, seed = 1 }.image
    local function before_relu(image) return activation(image, "mixed4a_pre_relu", 11) end
    assert.is_true(before_relu(made.images[1]) < before_relu(start))
    assert.is_true(before_relu(made.images[2]) > before_relu(start))
  end)

  it("classes two ways: each picture raises its own measure", function()
    local made = run("class", { class = "goldfish", steps = 48 })
    local logits, probabilities = net:classes()
    local class = net:find_label "goldfish"
    local function read(image, layer)
      return net:forward(image, layer, { backward = false }):activation(layer):values()[class + 1]
    end
    local start = ph.render { net, "mixed4a:11", size = 64, steps = 0, seed = 1 }.image
    assert.is_true(read(made.images[1], logits) > read(start, logits))
    assert.is_true(read(made.images[2], probabilities) > read(start, probabilities))
  end)

  it("depth: a row for each layer, in which each unit rises", function()
    local folder = os.tmpname() .. "-depth"
    local path = folder .. "/sheet.png"
    local made = run("depth", { steps = 12, size = 32, output = path })
    assert.equal(7, #made.rows)
    assert.equal(8, #assert(ph.list_images(folder))) -- the overview, and a sheet for each layer
    local start = ph.render { net, "mixed4a:61", batch = 6, size = 32, steps = 0, seed = 1 }.image
    assert.is_true(activation(made.rows[3]:image(0), "mixed4a", 61) > activation(start:image(0), "mixed4a", 61))
    for _, file in ipairs(ph.list_images(folder)) do os.remove(file) end
    os.remove(folder)
    assert(ph.tensor({ 1, 3, 1, 1 }):save(output))
  end)

  -- The mean square of a layer's activations.
  local function strength(image, layer)
    local map = net:forward(image, layer, { backward = false }):activation(layer)
    return map:dot(map) / map:count()
  end

  it("a layer: all of it answers more", function()
    local start = ph.render { net, "mixed4c:1", size = 64, steps = 0, seed = 1 }.image
    assert.is_true(strength(run("layer", { steps = 48 }).image, "mixed4c") > 2 * strength(start, "mixed4c"))
  end)

  it("dreams: the layer is stronger after, and the picture still the same one", function()
    local made = run("dream", { steps = 72, start = "mixed3a:28" })
    assert.is_true(strength(made.image, "mixed4c") > 1.4 * strength(made.before, "mixed4c"))
    local change = made.image:clone():add(made.before, -1)
    assert.is_true(change:statistics().deviation < 0.75 * made.before:statistics().deviation)
  end)

  it("an example: the unit answers more after, and the difference is what was changed", function()
    local made = run("example", { unit = 11, steps = 12 })
    assert.is_true(activation(made.image, "mixed4a", 11) > activation(made.before, "mixed4a", 11))
    local changed = made.difference:clone():add(ph.tensor(made.before:shape(), 0.5), -1)
    local back = made.before:clone():add(changed, 0.5):add(made.image, -1):statistics()
    assert.near(0, math.max(back.most, -back.least), 1e-5)
    assert.is_true(changed:statistics().deviation > 0.01)
  end)

  -- The cosine between what a layer answers to two pictures.
  local function cosine(a, b, layer)
    local x = net:forward(a, layer, { backward = false }):activation(layer)
    local y = net:forward(b, layer, { backward = false }):activation(layer)
    return x:dot(y) / math.sqrt(x:dot(x) * y:dot(y))
  end

  for _, name in ipairs { "caricature", "inversion" } do
    it(name .. ": the layer answers to it as to the picture, more than to noise", function()
      local made = run(name, { steps = 40, layers = { "mixed3a", "mixed4c" } })
      assert.equal(3, #made.images)
      local start = ph.render { net, "mixed4a:11", size = 64, steps = 0, seed = 1 }.image
      for i, layer in ipairs { "mixed3a", "mixed4c" } do
        local before, after = cosine(start, made.images[1], layer), cosine(made.images[i + 1], made.images[1], layer)
        assert.is_true(after > before + 0.1, ("%s: %g, from %g"):format(layer, after, before))
      end
    end)
  end

  it("inversion: early layers keep more of the picture than late ones", function()
    local made = run("inversion", { steps = 60, layers = { "conv2d2", "mixed5a" } })
    local function distance(image)
      local difference = image:clone():add(made.images[1], -1)
      return difference:dot(difference)
    end
    assert.is_true(distance(made.images[2]) < distance(made.images[3]))
  end)

  it("parameterisations: each of them raises the unit", function()
    local made = run("parameterisations", { unit = 11, steps = 40 })
    assert.equal(8, #made.results)
    for _, result in ipairs(made.results) do
      assert.is_true(result.values[40] > result.values[1] + 0.1, result.metadata.parameterisation)
    end
  end)

  it("transforms: with them, more of the picture is in low frequencies", function()
    local made = run("transforms", { unit = 11, steps = 40 })
    assert.equal(4, #made.results)
    for i = 3, 4 do assert.is_true(high(made.results[i].image) < high(made.results[1].image)) end
  end)

  it("a dead unit: plain gradients leave the picture as it was, redirected ones wake it", function()
    local made = run("dead", { steps = 24, size = 48 })
    local plain, redirected = made.results[1], made.results[2]
    local start = ph.render { net, "mixed4a:11", size = 48, steps = 0, seed = 1 }.image
    assert.same(start:values(), plain.image:values())
    assert.equal(0, plain.value)
    assert.is_true(redirected.value > 0)
  end)
end)
