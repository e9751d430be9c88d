-- SPDX-License-Identifier: MIT
-- Faithful pictures: a photograph that excites a unit most is one, noise is none, and the numbers are those of the
-- definitions.

local core = require "phosphene.core"
local ph = require "phosphene"
local similarity = require "phosphene.analysis.similarity"

local folder = os.tmpname()
os.remove(folder)

local layer, size, count = "mixed4a", 64, 12

local net, examples, unit

lazy_setup(function()
  net = assert(ph.network "googlenet-tiny")
  for i = 1, count do
    local image = core.random(i, "picture"):fill_normal(core.tensor { 1, 3, 4 + i, 5 + i }, 0.5, 0.4)
    assert(ph.save(core.resize_image(image, size, size):clip(0, 1), ("%s/%02d.png"):format(folder, i)))
  end
  examples = assert(ph.examples { net, assert(ph.dataset(folder)), layers = { layer }, size = size, top = 4,
    progress = false })
  unit = 0
  while examples:top(layer, unit)[4].value <= 0 do unit = unit + 1 end
end)

lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

local function judge(image, options)
  local all = { progress = false }
  for key, value in pairs(options or {}) do all[key] = value end
  return ph.faithful({ image, layer, unit }, examples, all)
end

local function photograph(i) return assert(examples:pictures({ examples:top(layer, unit)[i] }, { as = "whole" }))[1] end

-- The means of a layer's channels, (channels).
local function means(image, name) return net:forward(image, name):activation(name):mean(0, 2, 3):reshape { -1 } end

local function cosine(a, b) return a:dot(b) / (a:norm() * b:norm()) end

describe("similarity", function()
  it("is the cosine, and the correlation of ranks", function()
    assert.near(32 / 50, similarity.cosine({ 3, 4, 0 }, { 0, 8, 6 }), 1e-12)
    assert.equal(0, similarity.cosine({ 0, 0 }, { 1, 2 }))
    assert.near(1, similarity.spearman({ 1, 2, 3, 4 }, { 1, 10, 100, 1000 }), 1e-12)
    assert.near(-1, similarity.spearman({ 1, 2, 3 }, { 3, 2, 1 }), 1e-12)
    -- Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: 4.5 / sqrt(4.5 * 5).
    assert.near(math.sqrt(0.9), similarity.spearman({ 0, 7, 7, 9 }, { 1, 3, 2, 4 }), 1e-12)
    assert.equal(0, similarity.spearman({ 2, 2, 2 }, { 1, 2, 3 }))
  end)
end)

describe("a faithful picture", function()
  it("has the value of the best photograph where it is that", function()
    local found = assert(judge(photograph(1)))
    assert.near(1, found.ratio, 1e-4)
    assert.near(examples:top(layer, unit)[1].value, found.best, 0)
    assert.is_true(found.beats >= 3)
    assert.equal(4, found.of)
    local third = assert(judge(photograph(3)))
    assert.is_true(third.ratio < 1 and third.beats <= 2)
    assert.equal(0, assert(judge(core.tensor({ 1, 3, size, size }, 0.5))).beats)
  end)

  it("is compared with the mean of the examples, as each of these is with the others", function()
    local image = core.random(1, "noise"):fill_normal(core.tensor { 1, 3, size, size }, 0.5, 0.3)
    local found = assert(judge(image))
    local names = {}
    for i, step in ipairs(found.path) do names[i] = step.layer end
    assert.same({ "mixed3a", "mixed3b" }, names)
    local list = examples:top(layer, unit)
    local all = means(photograph(1), "mixed3b")
    for i = 2, #list do all = all + means(photograph(i), "mixed3b") end
    local step = found.path[2]
    assert.near(cosine(means(image, "mixed3b"), all), step.cosine.picture, 1e-5)
    local natural = 0
    for i = 1, #list do
      local own = means(photograph(i), "mixed3b")
      natural = natural + cosine(own, all - own) / #list
    end
    assert.near(natural, step.cosine.natural, 1e-5)
    assert.near(similarity.spearman(means(image, "mixed3b"):values(), (all * (1 / #list)):values()),
      step.spearman.picture, 1e-3)
    assert.is_true(math.abs(step.cosine.random) <= 1 and step.cosine.random ~= step.cosine.natural)
  end)

  it("may be a result, and of another size", function()
    local result = ph.render { net, ph.channel(layer, unit), size = size, steps = 2, progress = false }
    local found = assert(ph.faithful(result, examples, { progress = false }))
    assert.equal(tostring(judge(result.image)), tostring(found))
    assert.matches("^layer +cosine +natural +random +spearman +natural +random\nmixed3a .*\nmixed4a, unit %d+: value",
      tostring(found))
    assert.near(assert(judge(core.resize_image(photograph(1), 2 * size, 2 * size))).ratio, 1, 0.3)
    local wide = core.tensor({ 1, 3, size, 2 * size }, 0.5)
    wide:paste(photograph(1), 0, size // 2)
    assert.near(1, assert(judge(wide)).ratio, 1e-3)
  end)

  it("is compared with others by the seed", function()
    local image = photograph(1)
    assert.equal(tostring(judge(image)), tostring(judge(image, { seed = 1 })))
    assert.are_not.equal(tostring(judge(image)), tostring(judge(image, { seed = 2 })))
  end)

  it("says what it was asked wrongly", function()
    local image = core.tensor({ 1, 3, size, size }, 0.5)
    local function refused(given, expected)
      assert.error_matches(function() ph.faithful(given, examples) end, expected)
    end
    refused({ image, "mixed4b", 1 }, "layer 'mixed4b' was not scanned")
    refused({ image, layer, 100000 }, "the unit")
    refused({ core.tensor { 2, 3, 8, 8 }, layer, 1 }, "one picture %(1, c, h, w%) expected")
    refused({ core.tensor { 1, 1, 8, 8 }, layer, 1 }, "a picture of 3 channels expected, as the network reads, got 1")
    refused(image, "a result, or { picture, layer, unit } expected")
    refused(ph.render { net, ph.neuron(layer, 1), size = 32, steps = 0, progress = false }, "for one channel expected")
    assert.error_matches(function() ph.faithful({ image, layer, 1 }, net) end, "what ph.examples gives expected")
    assert.error_matches(function() judge(image, { sed = 2 }) end, "did you mean 'seed'")
  end)
end)
