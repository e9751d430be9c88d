-- SPDX-License-Identifier: MIT
-- Receptive fields against known ones, and against the gradients that come back from single places of random networks.

local core = require "phosphene.core"
local ph = require "phosphene"

-- Weights are positive, so that no gradients cancel out.
local function network(random)
  local net = core.network { backend = "reference" }
  local function weights(...)
    local w = random:fill_normal(ph.tensor { ... })
    return w:abs() + 0.1
  end
  return net, weights
end

-- The box of the pixels that have a gradient from a place of a layer.
local function reached(net, layer, y, x, height, width)
  net:forward(ph.random(1, "field"):fill_normal(ph.tensor { 1, 3, height, width }), layer,
    { relu = "open", pool = "smooth" })
  local activation = net:activation(layer)
  local shape = activation:shape()
  net:inject(layer, ph.tensor({ 1, shape[2], 1, 1 }, 1):place(shape, { 0, 0, y, x }))
  local box
  for i, size in ipairs(net:backward():abs():max(1):values()) do
    local row, column = (i - 1) // width, (i - 1) % width
    if size > 0 then
      box = box or { row, column, row + 1, column + 1 }
      box = { box[1], math.min(box[2], column), row + 1, math.max(box[4], column + 1) }
    end
  end
  return box
end

describe("the receptive field of GoogLeNet's layers", function()
  local net = assert(ph.network "googlenet-tiny")

  -- As computed by hand from the paper's table (Szegedy et al., 2015).
  local known = { conv2d0 = { 7, 2 }, mixed3a = { 59, 8 }, mixed3b = { 91, 8 }, mixed4a = { 171, 16 },
    mixed4b = { 235, 16 }, mixed4c = { 299, 16 }, mixed4d = { 363, 16 }, mixed4e = { 427, 16 }, mixed5a = { 587, 32 },
    mixed5b = { 715, 32 } }
  for layer, size_and_stride in pairs(known) do
    it("is known: " .. layer, function()
      local size, stride = table.unpack(size_and_stride)
      local field = net:receptive_field(layer)
      assert.same({ { size, size }, { stride, stride } }, { field.size, field.stride })
    end)
  end

  it("is where it is read", function()
    local field = net:receptive_field("mixed3a", 2, 20)
    assert.same(reached(net, "mixed3a", 2, 20, 224, 224), field.box)
    assert.equal(field.offset[1] + 2 * field.stride[1], field.whole[1])
    assert.equal(field.offset[2] + 20 * field.stride[2], field.whole[2])
    assert.equal(0, field.box[1])
  end)

  it("is the whole picture behind what reads all of it", function()
    local field = net:receptive_field("softmax2", nil, nil, 128, 192)
    assert.same({ 0, 0, 128, 192 }, field.box)
    assert.same({ 0, 0 }, field.stride)
  end)

  it("may be asked for wrongly", function()
    assert.error_matches(function() net:receptive_field("mixed4a", 3) end, "y and x expected, or neither")
    assert.error_matches(function() net:receptive_field("mixed4a", 14, 0) end,
      "layer 'mixed4a': 14x14 places, and none at %(14, 0%)")
    assert.error_matches(function() net:receptive_field "mixed4z" end, "did you mean 'mixed4")
    assert.error_matches(function() net:receptive_field("mixed4a", 0, 0, 0) end, "height: a whole number from 1")
  end)
end)

describe("receptive fields of random networks", function()
  -- Each adds layers after `from`, of `channels` channels, and returns the last one's name and channels.
  local kinds = {}

  function kinds.convolution(net, weights, name, from, channels, pick)
    net:add { type = "convolution", name = name, from = from, weight = weights(2, channels, pick(4), pick(3)),
      stride = { pick(2), pick(3) }, dilation = { pick(2), 1 }, padding = { pick(3), pick(2), pick(3), pick(2) } }
    return name, 2
  end

  function kinds.pool(net, _, name, from, channels, pick)
    net:add { type = pick(2) == 1 and "max_pool" or "average_pool", name = name, from = from,
      kernel = { 3, 1 + pick(2) }, stride = { pick(3), 2 }, padding = { pick(2), 1, pick(2), 1 }, ceil = pick(2) == 1 }
    return name, channels
  end

  function kinds.grouped(net, weights, name, from, channels)
    net:add { type = "convolution", name = name .. "wide", from = from, padding = 1,
      weight = weights(4, channels, 3, 1) }
    net:add { type = "convolution", name = name .. "grouped", from = name .. "wide", weight = weights(4, 2, 1, 3),
      groups = 2, padding_mode = "same" }
    net:add { type = "slice", name = name, from = name .. "grouped", axes = { 1 }, starts = { 1 }, ends = { 3 } }
    return name, 2
  end

  -- Branches of different reach, of which one is taken back out again.
  function kinds.branches(net, weights, name, from, channels, pick)
    net:add { type = "convolution", name = name .. "wide", from = from, padding = 2,
      weight = weights(2, channels, 5, 5) }
    net:add { type = "convolution", name = name .. "narrow", from = from, weight = weights(3, channels, 1, 1) }
    net:add { type = "concat", name = name .. "both", from = { name .. "wide", name .. "narrow" } }
    local first = pick(2) == 1 and 0 or 2
    net:add { type = "slice", name = name, from = name .. "both", axes = { 1 }, starts = { first },
      ends = { first + 2 } }
    return name, 2
  end

  function kinds.skip(net, weights, name, from, channels)
    net:add { type = "convolution", name = name .. "deep", from = from, weight = weights(channels, channels, 3, 5),
      padding = { 1, 2, 1, 2 } }
    net:add { type = "sum", name = name, from = { from, name .. "deep" } }
    return name, channels
  end

  function kinds.enlarged(net, weights, name, from, channels, pick)
    if pick(2) == 1 then
      net:add { type = "transposed_convolution", name = name .. "large", from = from,
        weight = weights(channels, 2, 2 + pick(2), 4), stride = 2, padding = { pick(2), 1, pick(2), 1 } }
    else
      net:add { type = "resize", name = name .. "large", from = from, mode = pick(2) == 1 and "nearest" or "linear",
        scales = { 1, 1, 2, 2 } }
    end
    net:add { type = "crop", name = name, from = { name .. "large", from }, offsets = { 1 + pick(2), pick(3) } }
    return name, net:infer(name, { [name .. "large"] = { 1, 2, 99, 99 }, [from] = { 1, channels, 9, 9 } })[2]
  end

  function kinds.padded(net, _, name, from, channels, pick)
    net:add { type = "pad", name = name, from = from, before = { 0, 0, pick(3), -1 },
      after = { 0, 0, pick(2), pick(3) }, mode = ({ "constant", "edge", "reflect" })[pick(3)] }
    return name, channels
  end

  local names = { "convolution", "pool", "grouped", "branches", "skip", "enlarged", "padded" }

  -- A network that pictures of this size fit: its last layer, its kinds, and that layer's places.
  local function make(random, height, width)
    local function pick(count) return random:below(count) + 1 end
    local net, weights, from, channels, made, map
    repeat
      net, weights = network(random)
      from, channels, made = "image", 3, {}
      for i = 1, 3 + pick(3) do
        made[i] = names[pick(#names)]
        from, channels = kinds[made[i]](net, weights, made[i] .. i, from, channels, pick)
      end
      map = net:maps(height, width)[from]
    until map
    return net, from, table.concat(made, ", "), map
  end

  for seed = 1, 60 do
    it("are where gradients come from: " .. seed, function()
      local random = ph.random(seed, "receptive fields")
      local height, width = 40 + random:below(20), 40 + random:below(20)
      local net, layer, made, map = make(random, height, width)
      for _ = 1, 3 do
        local y, x = random:below(map.rows), random:below(map.columns)
        local field, box = net:receptive_field(layer, y, x, height, width), reached(net, layer, y, x, height, width)
        -- A window with gaps over an enlarged or reflected map may step over what the box has at its sides.
        if box and (made:find "enlarged.*convolution" or made:find "padded.*convolution") then
          for side, sign in ipairs { 1, 1, -1, -1 } do
            local more = sign * (box[side] - field.box[side])
            assert.is_true(more == 0 or more == 1, made)
          end
        else
          assert.same(box, field and field.box, ("%s at (%d, %d)"):format(made, y, x))
        end
      end
    end)
  end
end)

describe("receptive fields", function()
  it("are none where nothing depends on the picture", function()
    local net = core.network {}
    net:add { type = "constant", name = "numbers", from = {}, value = ph.tensor { 1, 3, 4, 4 } }
    local field, message = net:receptive_field("numbers", 1, 2, 8, 8)
    assert.is_nil(field)
    assert.equal("layer 'numbers': what is at (1, 2) does not depend on the picture", message)
  end)

  it("have fractions of a pixel for strides where maps were enlarged", function()
    local net = core.network {}
    net:add { type = "resize", name = "large", from = "image", scales = { 1, 1, 2, 3 } }
    local field = net:receptive_field("large", 3, 3, 32, 32)
    assert.near(0.5, field.stride[1], 1e-12)
    assert.near(1 / 3, field.stride[2], 1e-12)
  end)

  it("are those of patches before attention, and the whole picture after it", function()
    local random = ph.random(1, "tokens")
    local net, weights = network(random)
    net:add { type = "convolution", name = "patches", from = "image", weight = weights(6, 3, 8, 8), stride = 8 }
    net:add { type = "reshape", name = "flat", from = "patches", shape = { 1, 6, -1 } }
    net:add { type = "transpose", name = "tokens", from = "flat", axes = { 0, 2, 1 } }
    net:add { type = "layer_norm", name = "norm", from = "tokens" }
    net:add { type = "matmul", name = "scores", from = { "norm", "norm" }, transpose_b = true }
    net:add { type = "softmax", name = "weights", from = "scores", axis = -1 }
    net:add { type = "matmul", name = "mixed", from = { "weights", "norm" } }
    net:add { type = "sum", name = "sum", from = { "tokens", "mixed" } }
    local field = net:receptive_field("norm", 1, 2, 32, 24)
    assert.same({ { 8, 16, 16, 24 }, { 8, 8 }, { 8, 8 }, { 0, 0 } },
      { field.box, field.size, field.stride, field.offset })
    assert.same({ 0, 0, 32, 24 }, net:receptive_field("sum", 1, 2, 32, 24).box)
  end)
end)
