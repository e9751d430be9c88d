-- SPDX-License-Identifier: MIT
-- Which sizes of pictures networks take, and what is done with those that they do not.

local ph = require "phosphene"
local core = require "phosphene.core"
local input_size = require "phosphene.network.input_size"

local random = core.random(5, "input_size_spec")

local function weight(shape) return random:fill_normal(core.tensor(shape), 0, 0.3) end

-- A convolution, and what is put behind it.
local function network_with(add)
  local net = core.network { backend = "reference" }
  net:add { type = "convolution", name = "conv", from = "image", padding = 1, weight = weight { 2, 3, 3, 3 } }
  add(net)
  return net
end

-- Halved and made twice as large again, then added to what it was: sides must be even. Four times over, of 16.
local function pyramid(times)
  return network_with(function(net)
    local name = "conv"
    for i = 1, times do
      net:add { type = "max_pool", name = "down" .. i, from = name, kernel = 2, stride = 2 }
      name = "down" .. i
    end
    net:add { type = "resize", name = "up", from = name, scales = { 1, 1, 2 ^ times, 2 ^ times } }
    net:add { type = "sum", name = "skip", from = { "conv", "up" } }
  end)
end

-- A dense layer for pictures of this size.
local function classifier(height, width)
  return network_with(function(net)
    net:add { type = "flatten", name = "flat", from = "conv" }
    net:add { type = "dense", name = "dense", from = "flat", weight = weight { 4, 2 * height * width } }
  end)
end

describe("sizes that a network takes", function()
  it("are any, where nothing binds them", function()
    local net = network_with(function() end)
    assert.is_nil(input_size.rule(net, { "conv" }))
    assert.same({ 224, 224 }, { input_size.of(net) })
  end)

  it("are multiples, where a way back up has to meet a way down", function()
    assert.same({ multiple = 2 }, input_size.rule(pyramid(1), { "skip" }))
    assert.same({ multiple = 16 }, input_size.rule(pyramid(4), { "skip" }))
    assert.is_nil(input_size.rule(pyramid(4), { "conv" }))
  end)

  it("are one, where a dense layer says so", function()
    assert.same({ height = 32, width = 32 }, input_size.rule(classifier(32, 32), { "dense" }))
    assert.is_nil(input_size.rule(classifier(32, 32), { "conv" }))
    local net = classifier(20, 36):set_input_size(20, 36)
    assert.same({ height = 20, width = 36 }, input_size.rule(net, { "dense" }))
    assert.same({ 20, 36 }, { input_size.of(net) })
  end)

  it("are one, too, where rounding makes up for a few pixels", function()
    local net = network_with(function(net)
      net:add { type = "max_pool", name = "pool", from = "conv", kernel = 32, stride = 32 }
      net:add { type = "flatten", name = "flat", from = "pool" }
      net:add { type = "dense", name = "dense", from = "flat", weight = weight { 4, 2 * 7 * 7 } }
    end)
    assert.same({ height = 224, width = 224 }, input_size.rule(net, { "dense" }))
  end)

  it("are rounded to the nearest", function()
    assert.same({ 37, 41 }, { input_size.nearest(nil, 37, 41) })
    assert.same({ 32, 48 }, { input_size.nearest({ multiple = 16 }, 37, 41) })
    assert.same({ 16, 16 }, { input_size.nearest({ multiple = 16 }, 1, 7) })
    assert.same({ 20, 36 }, { input_size.nearest({ height = 20, width = 36 }, 100, 100) })
  end)

  it("are said by the table of layers", function()
    assert.matches("size: 224 high and 224 wide here; takes any size that is large enough",
      network_with(function() end):describe())
    assert.matches("takes sides that are multiples of 16", pyramid(4):describe(), 1, true)
    assert.matches("size: 20 high and 36 wide here; takes only pictures 20 high and 36 wide",
      classifier(20, 36):set_input_size(20, 36):describe())
    assert.matches("(does not fit)", classifier(32, 32):describe(40), 1, true)
    assert.matches("none of the usual sizes fits all layers", classifier(20, 36):describe(20, 36), 1, true)
  end)

  it("are kept in a file", function()
    local path = os.tmpname() .. ".safetensors"
    assert(classifier(20, 36):set_input_size(20, 36):save(path))
    local net = assert(ph.network(path))
    assert.same({ 20, 36 }, { net:input_size() })
    assert(classifier(32, 32):save(path))
    assert.is_nil(ph.network(path):input_size())
    os.remove(path)
  end)
end)

describe("a size that a network does not take", function()
  it("is refused with the one that is right", function()
    local net = classifier(20, 36):set_input_size(20, 36)
    assert.error_matches(function() net:forward(core.tensor { 1, 3, 24, 36 }, "dense") end,
      "dense.*; the network is made for images 20 high and 36 wide, not 24 high and 36 wide")
    net:forward(core.tensor { 1, 3, 24, 36 }, "conv")
  end)

  it("is not taken with height and width exchanged", function()
    local net = classifier(20, 36):set_input_size(20, 36)
    assert.error_matches(function() net:forward(core.tensor { 1, 3, 36, 20 }, "dense") end,
      "exchanged; the network is made for images 20 high and 36 wide, not 36 high and 20 wide")
    net:forward(core.tensor { 1, 3, 36, 20 }, "conv")
  end)

  it("is made of what transforms give, by an exact adjoint", function()
    for _, net in ipairs { pyramid(2), classifier(20, 36):set_input_size(20, 36) } do
      local layer = net:layers()[#net:layers()]
      local first
      for _, run in ph.steps { net, ph.layer(layer), size = 33, steps = 4, seed = 1 } do
        first = first or run.value
        assert.is_true(run.image_gradient:dot(run.image_gradient) > 0)
        assert.same({ 1, 3, 33, 33 }, run.image_gradient:shape())
      end
      local result = ph.render { net, ph.layer(layer), size = 33, steps = 30, seed = 1, progress = false }
      assert.is_true(result.value > first)
    end
  end)
end)
