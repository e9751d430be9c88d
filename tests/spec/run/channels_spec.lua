-- SPDX-License-Identifier: MIT
-- Networks of one channel, of two, four or five: everything that is done with pictures works for them too.

local ph = require "phosphene"
local core = require "phosphene.core"

local random = core.random(8, "channels_spec")
local path = os.tmpname() .. ".png"
teardown(function() os.remove(path) end)

local function network_of(channels)
  local net = core.network { backend = "reference", channels = channels }
  net:add { type = "convolution", name = "conv", from = "image", padding = 1,
    weight = random:fill_normal(core.tensor { 6, channels, 3, 3 }, 0, 0.4) }
  net:add { type = "global_average_pool", name = "scores", from = "conv" }
  net:add { type = "softmax", name = "probabilities", from = "scores", axis = 1 }
  net:set_classes { logits = "scores", probabilities = "probabilities", labels = { "a", "b", "c", "d", "e", "f" } }
  return net
end

local photograph = ph.montage({ core.tensor({ 1, 3, 40, 30 }, 0.7), core.tensor({ 1, 3, 30, 40 }, 0.2) },
  { background = { 0.9, 0.4, 0.1 } })

for _, channels in ipairs { 1, 2, 4, 5 } do
  describe(("a network of %d channels"):format(channels), function()
    local net = network_of(channels)

    it("renders, in a batch, and saves what it shows", function()
      local result = ph.render { net, ph.channel("conv", 1), batch = 2, size = 24, steps = 12, seed = 1,
        progress = false }
      assert.same({ 2, channels, 24, 24 }, result.image:shape())
      assert.is_true(result.value > result.values[1])
      assert(result:save(path))
      assert.is_true(assert(ph.load_image(path)):statistics().deviation > 0)
      assert.equal(3, ph.montage(result.images):shape()[2])
      assert(ph.save(result.images[1], path))
      assert(ph.compare({ net, "conv:1", size = 20, steps = 2, seed = 1, progress = false },
        { { "one" }, { "two", relu = "plain" } }):save(path))
    end)

    it("starts from a picture of its own", function()
      local start = random:fill_normal(core.tensor { 1, channels, 20, 22 }, 0.5, 0.1)
      local result = ph.render { net, ph.logit "c", image = start, steps = 0, seed = 1, progress = false,
        parameterisation = "pixels" }
      assert.is_true((result.image - start):map("abs"):statistics().most < 0.1)
    end)
  end)
end

describe("photographs for a network of one channel", function()
  local net = network_of(1)

  it("are grey by their luminance", function()
    assert(ph.save(photograph, path))
    local image = assert(net:photograph(path, { height = 20, width = 24 }))
    assert.same({ 1, 1, 20, 24 }, image:shape())
    local colours = ph.crop_image(assert(ph.load_image(path, { size = 24 })), 20, 24)
    local expected = 0
    for channel, share in pairs { [0] = 0.299, 0.587, 0.114 } do
      expected = expected + share * colours:at(0, channel, 9, 9)
    end
    assert.near(expected, image:at(0, 0, 9, 9), 1e-6)
  end)

  it("are whole where the size of their shorter side is given", function()
    assert(ph.save(photograph, path))
    local shape = assert(ph.load_image(path, { size = 15 })):shape()
    assert.same({ 1, 1, shape[3], shape[4] }, assert(net:photograph(path, { size = 15 })):shape())
    assert.is_true(shape[3] ~= shape[4])
    assert.error_matches(function() net:photograph(path, { size = 15, margin = 0.1 }) end, "excludes height, width and")
  end)

  it("start runs, are classified and checked", function()
    assert(ph.save(photograph, path))
    local result = ph.render { net, ph.probability "b", image = assert(ph.load_image(path)), steps = 5, seed = 1,
      progress = false }
    assert.equal(1, result.image:shape()[2])
    assert.matches("grey", tostring(assert(net:check(path, { size = 20, progress = false }))))
  end)

  it("are not made of channels that mean something else", function()
    assert(ph.save(photograph, path))
    local image, problem = network_of(4):photograph(path, { height = 20 })
    assert.is_nil(image)
    assert.matches("pictures of 3 channels cannot become ones of 4", problem)
  end)
end)
