-- SPDX-License-Identifier: MIT
-- The field's own numbers, as they stand in the tests of other systems or follow from their definitions: Lucid 0.3.10,
-- lucent, Captum's optim, Xplique. What a unit test holds already (Lucid's ReLU table, its sizes, first steps of
-- optimisers, the CPPN's 8451 numbers) is not repeated.

local ph = require "phosphene"
local core = require "phosphene.core"

-- A network that does nothing: its layers are the picture.
local stub = core.network { backend = "reference" }

local function evaluate(objective, images)
  local evaluation = core.evaluation(core.objective(objective), stub)
  stub:forward(images, evaluation:taps())
  return assert(evaluation:evaluate(images)), evaluation:add_picture_gradient(stub:backward())
end

local function value_of(objective, images) return (evaluate(objective, images)) end

local function assert_values(expected, tensor, tolerance)
  local values = tensor:values()
  assert.equal(#expected, #values)
  for i, value in ipairs(expected) do assert.near(value, values[i], tolerance or 1e-6) end
end

-- Red, green and blue of one number, for objectives on one plane: the picture of the plane and two black ones.
local function plane(values, height, width)
  local all = table.move(values, 1, #values, 1, {})
  for i = #values + 1, 3 * #values do all[i] = 0 end
  return ph.tensor({ 1, 3, height, width }, all)
end

describe("Lucid's colours", function()
  local function image_of(values, squash)
    local parameters = ph.parameterisation("pixels", { height = 1, width = 1, decorrelate = true, squash = squash,
      random = ph.random(1, "init") })
    parameters:values():copy(ph.tensor(parameters:values():shape(), values))
    return parameters:forward()
  end
  local mean = { 0.48, 0.46, 0.41 }

  it("are the covariance's root over its longest column", function()
    local expected = { { 0.562829, 0.584476, 0.584476 }, { 0.194825, 0, -0.194825 }, { 0.043295, -0.108236, 0.064942 } }
    for column = 1, 3 do
      local unit = { 0, 0, 0 }
      unit[column] = 1
      local image = image_of(unit, "none"):values()
      for row = 1, 3 do assert.near(expected[column][row], image[row] - mean[row], 1e-6) end
    end
  end)

  it("of ones are Captum's", function()
    local image = image_of({ 1, 1, 1 }, "none"):values()
    for i, expected in ipairs { 0.8009, 0.4762, 0.4546 } do assert.near(expected, image[i] - mean[i], 1e-4) end
  end)

  it("add no mean before a sigmoid", function()
    assert_values({ 0.5, 0.5, 0.5 }, image_of({ 0, 0, 0 }, "sigmoid"))
  end)
end)

describe("Lucid's blurs", function()
  -- A single bright pixel, far from the edges.
  local function impulse(size)
    local image = ph.tensor { 1, 3, size, size }
    return image:set(0, 0, size // 2, size // 2, 1)
  end

  it("have a kernel of 3x3 whose sum is 5", function()
    local value, gradient = evaluate(ph.blur(), impulse(9))
    assert.near(1 - 1 / 5, gradient:at(0, 0, 4, 4), 1e-6)
    assert.near(-0.5 / 5, gradient:at(0, 0, 4, 5), 1e-6)
    assert.near(-0.5 / 5, gradient:at(0, 0, 3, 3), 1e-6)
    assert.equal(0, gradient:at(0, 0, 4, 6))
    assert.near(0.5 * (0.8 ^ 2 + 8 * 0.1 ^ 2), value, 1e-6)
  end)

  it("have one of 5x5 whose sum is 17", function()
    -- Everything is frame. From (b - x)^2: 16/17 in the middle, 8 times 1/17 and 16 times 0.5/17; 0.8 (x - C)^2 is
    -- that of the one pixel.
    local value = value_of(ph.boundary_complexity { width = 9, constant = 0 }, impulse(9))
    assert.near((16 / 17) ^ 2 + 8 * (1 / 17) ^ 2 + 16 * (0.5 / 17) ^ 2 + 0.8, value, 1e-6)
  end)

  it("take a step of ascent from x to (1 - k) x + k blur(x)", function()
    local image = impulse(7)
    local _, gradient = evaluate(-0.25 * ph.blur(), image)
    local after = image:clone():add(gradient)
    assert.near(0.75 + 0.25 / 5, after:at(0, 0, 3, 3), 1e-6)
    assert.near(0.25 * 0.5 / 5, after:at(0, 0, 2, 3), 1e-6)
  end)
end)

-- tests/optim/core/test_loss.py: a network whose activations are 1.3 throughout, here with three channels in the place
-- of two where sums are taken.
describe("Captum's losses", function()
  local flat = ph.tensor({ 1, 3, 1, 1 }, 1.3)
  local two = ph.tensor({ 2, 3, 2, 2 }, 1.3)

  it("have their values", function()
    assert.near(1.3, value_of(ph.layer("image", { power = 1 }), flat), 1e-6) -- LayerActivation
    assert.near(1.3, value_of(ph.channel("image", 0), flat), 1e-6) -- ChannelActivation
    assert.near(1.3, value_of(ph.neuron("image", 0), flat), 1e-6) -- NeuronActivation
    assert.near(1.69, value_of(ph.deepdream "image", flat), 1e-6)
    assert.near(0, value_of(ph.total_variation(), two), 0)
    assert.near(3 * 1.3, value_of(ph.l1(), flat), 1e-6)
    assert.near(math.sqrt(3 * 1.69), value_of(ph.l2(), flat), 1e-6)
    assert.near(1, value_of(ph.diversity "image", two), 1e-6) -- theirs is negated
    assert.near(2.6, value_of(ph.interpolate("image:0", "image:1", { frames = 2 }), two), 1e-6)
    assert.near(0, value_of(ph.alignment "image", two), 0)
    -- Direction, NeuronDirection and TensorDirection of ones: 1.3 for each channel.
    local ones = { 1, 1, 1 }
    assert.near(3.9, value_of(ph.direction("image", ones), flat), 1e-6)
    assert.near(3.9, value_of(ph.direction_neuron("image", ones), flat), 1e-6)
    assert.near(3.9, value_of(ph.tensor_direction("image", ph.tensor({ 3, 1, 1 }, 1)), flat), 1e-6)
    assert.near(1.3, value_of(ph.channel_weights("image", ones), flat), 1e-6) -- ActivationWeights
    assert.near(1.3, value_of(ph.neuron_weights("image", ones), flat), 1e-6)
  end)

  -- AngledNeuronDirection: dot = mean(x v M), times max(0.1, dot / (1e-4 + |x|)) ^ 4, at one position.
  it("have the atlas's whitened neuron", function()
    local x, v = { 5, -1, 2 }, ph.tensor({ 1, 3 }, { 3, 0.5, 1 })
    local whitening = ph.tensor({ 3, 3 }, { 2, 0, 0, 0, 1, 0.5, 0, 0, 3 })
    local dot = (5 * 6 - 1 * 0.5 + 2 * (0.25 + 3)) / 3 -- v M is (6, 0.5, 3.25)
    local objective = ph.direction_neuron("image", v:matmul(whitening) / 3, { angle = "projection", cosine_power = 4 })
    assert.near(dot * (dot / (1e-4 + math.sqrt(30))) ^ 4, value_of(objective, ph.tensor({ 1, 3, 1, 1 }, x)), 1e-3)
    assert.near(-dot * 0.1 ^ 4, value_of(objective, ph.tensor({ 1, 3, 1, 1 }, { -5, 1, -2 })), 1e-6)
    local plain = ph.direction_neuron("image", v:matmul(whitening) / 3, { angle = "projection" })
    assert.near(dot, value_of(plain, ph.tensor({ 1, 3, 1, 1 }, x)), 1e-5)
  end)

  it("combine as theirs do, products of losses included", function()
    local a, b = ph.channel("image", 0), ph.channel("image", 1)
    local expected = {
      { a + b, 2.6 }, { a - b, 0 }, { a * b, 1.69 }, { a / b, 1 }, { -a, -1.3 }, { 2 + a, 3.3 }, { 2 - a, 0.7 },
      { 1 / a, 1 / 1.3 }, { a ^ 2, 1.69 }, { 2 ^ a, 2 ^ 1.3 }, { a ^ b, 1.3 ^ 1.3 },
      { a * b * a / 2 - 1, 1.3 ^ 3 / 2 - 1 },
    }
    for _, case in ipairs(expected) do assert.near(case[2], value_of(case[1], flat), 1e-5, tostring(case[1])) end
  end)

  it("add up by the hundreds", function()
    local list = {}
    for i = 1, 400 do list[i] = ph.channel("image", i % 3) end
    assert.near(400 * 1.3, value_of(ph.sum(list), flat), 1e-3)
  end)
end)

describe("Xplique's numbers", function()
  it("are those of its norms", function()
    -- Its test sees -4 and 4; the planes that are black here are in none of the norms that it takes.
    local grey = ph.tensor({ 1, 3, 1, 2 }, { -4, 4, -4, 4, -4, 4 })
    assert.near(4, value_of(ph.l1 { mean = true }, grey), 1e-6)
    assert.near(8, value_of(2 * ph.l2 { mean = true, epsilon = 0 }, grey), 1e-6)
    assert.near(40, value_of(10 * ph.l_infinity(), grey), 1e-6)
    assert.near(10, value_of(ph.total_variation(), plane({ 0, 0, 0, 0, 2, 0, 0, 0, 1 }, 3, 3)), 1e-6)
  end)

  it("are those of its valid colours: a sigmoid, then from the smallest to the largest", function()
    local p = ph.parameterisation("pixels", { height = 1, width = 2, decorrelate = false, stretch = true,
      random = ph.random(1, "init") })
    p:values():copy(ph.tensor({ 1, 3, 1, 2 }, { 0, 1, -1, 2, 0.5, -3 }))
    local function sigmoid(x) return 1 / (1 + math.exp(-x)) end
    local expected = {}
    for i, x in ipairs { 0, 1, -1, 2, 0.5, -3 } do
      expected[i] = (sigmoid(x) - sigmoid(-3)) / (sigmoid(2) - sigmoid(-3))
    end
    assert_values(expected, p:forward())
  end)

  it("are those of its cosine", function()
    local vector = ph.tensor({ 1, 3, 1, 1 }, { 10, 20, 30 })
    for target, expected in pairs { [1] = { 1, 2, 3 }, [0] = { 0, 0, 0 }, [-1] = { -0.01, -0.02, -0.03 } } do
      assert.near(target, value_of(ph.cosine("image", ph.tensor({ 1, 3, 1, 1 }, expected)), vector), 1e-6)
    end
  end)

  it("are those of its direction, x.t times the cosine squared", function()
    local x, t = ph.tensor({ 1, 3, 1, 1 }, { 3, 4, 0 }), ph.tensor({ 1, 3, 1, 1 }, { 1, 1, 0 })
    assert.near(7 * (7 / 5 / math.sqrt(2)) ^ 2,
      value_of(ph.caricature("image", t) * ph.cosine("image", t) ^ 2, x), 1e-5)
  end)
end)

describe("lucent's objectives", function()
  -- Channel c at (y, x) is 100 c + 10 y + x, on a map that is not square.
  local images = ph.tensor { 1, 3, 4, 6 }
  for c = 0, 2 do
    for y = 0, 3 do
      for x = 0, 5 do images:set(0, c, y, x, 100 * c + 10 * y + x) end
    end
  end

  it("read the neuron at row y and column x, by default below and right of the middle", function()
    assert.near(123, value_of(ph.neuron("image", 1, { y = 2, x = 3 }), images), 0)
    assert.near(123, value_of(ph.neuron("image", 1), images), 0)
    assert.near(205, value_of(ph.neuron("image", 2, { y = 0, x = 5 }), images), 0)
  end)

  it("read groups from a corner on, and weigh channels in means", function()
    -- layer[:, :, y:y + wy, x:x + wx].mean()
    local group = { x = 4, y = 1, width = 2, height = 3 }
    assert.near(100 + 20 + 4.5, value_of(ph.local_group("image", group), images), 1e-5)
    group.weights = { 1, 0, -2 }
    assert.near((24.5 - 2 * 224.5) / 3, value_of(ph.local_group("image", group), images), 1e-4)
    assert.near((35 - 2 * 235) / 3, value_of(ph.neuron_weights("image", { 1, 0, -2 }, { x = 5, y = 3 }), images), 1e-4)
  end)
end)

describe("Captum's transforms", function()
  local function through(transform, image)
    return core.pipeline { transform }:forward(image, ph.random(1, "transforms")):clone()
  end

  local function one_plane(values, height, width) return ph.tensor({ 1, 1, height, width }, values) end

  it("scale 2x2 by 1.5, and a ramp by a half, about pixels' centres", function()
    local larger = through(ph.random_scale { 1.5, method = "half_pixel" }, one_plane({ 0, 1, 1, 2 }, 2, 2))
    assert_values({ 0, 0.5, 1, 0.5, 1, 1.5, 1, 1.5, 2 }, larger)
    local ramp, halved = {}, {}
    for i = 0, 99 do ramp[i + 1] = i end
    for y = 0, 4 do
      for x = 0, 4 do halved[#halved + 1] = 20 * y + 5 + 2 * x + 0.5 end
    end
    assert_values(halved, through(ph.random_scale { 0.5, method = "half_pixel" }, one_plane(ramp, 10, 10)), 1e-4)
  end)

  it("crop about the centre, and pad as lucent does", function()
    local ramp = {}
    for i = 0, 15 do ramp[i + 1] = i end
    assert_values({ 5, 6, 9, 10 }, through(ph.crop(2), one_plane(ramp, 4, 4)))
    assert_values({ 3, 2, 3, 2, 1, 0, 1, 0, 3, 2, 3, 2, 1, 0, 1, 0 },
      through(ph.pad(1, { mode = "reflect" }), one_plane({ 0, 1, 2, 3 }, 2, 2)))
    assert_values({ 0.5, 0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 0.5 }, through(ph.pad(1), one_plane({ 1 }, 1, 1)))
  end)
end)

describe("Lucid's run", function()
  local tiny = assert(ph.network "googlenet-tiny")

  it("has made t + 1 updates by its threshold t", function()
    local function run(options)
      return ph.render { tiny, "mixed4a:3", size = 32, seed = 1, transforms = {}, progress = false,
        steps = options.steps, snapshots = options.snapshots }
    end
    local kept = run { steps = 4, snapshots = { 0, 1, 4 } }
    assert.same(run({ steps = 1 }).image:values(), kept.snapshots[1]:values()) -- Lucid's threshold 0
    assert.same(kept.image:values(), kept.snapshots[4]:values()) -- and 3
    assert.is_not.same(kept.snapshots[0]:values(), kept.snapshots[1]:values())
  end)

  -- tests/optvis/test_objectives.py: objectives rise in three steps of .1 at 32 pixels. Ours do, one by one; where a
  -- step of .1 goes too far (the mean square of a layer), a smaller one shows it.
  local units = tiny:shapes(32, 32)["mixed4a_pre_relu"][1]
  local random = ph.random(4, "reference_spec")
  local vector = random:fill_normal(ph.tensor { units }, 0, 1)
  local block = random:fill_normal(ph.tensor { units, 2, 2 }, 0, 1)
  local layer = "mixed4a_pre_relu"
  local picture = random:fill_normal(ph.tensor { 1, 3, 32, 32 }, 0.5, 0.2)
  local target = tiny:forward(picture, layer):activation(layer)
  local objectives = {
    ph.neuron(layer, 42), ph.channel(layer, 42), ph.layer(layer), ph.layer(layer, { power = 1 }), ph.logit(3),
    ph.probability(3), ph.direction(layer, vector), ph.direction(layer, vector, { cosine_power = 1 }),
    ph.direction(layer, vector, { cosine_power = 2 }), ph.direction_neuron(layer, vector),
    ph.direction_neuron(layer, vector, { cosine_power = 1 }), ph.tensor_direction(layer, block),
    ph.tensor_direction(layer, block, { cosine_power = 2 }), ph.channel_weights(layer, vector),
    ph.neuron_weights(layer, vector), ph.local_group(layer, { width = 2, height = 2 }), ph.cosine(layer, target),
    ph.caricature(layer, target, { cosine_power = 1 }), -ph.activation_difference(layer, target),
    -ph.activation_difference(layer, target, { loss = "l2" }), -ph.style(layer, target),
    -ph.style(layer, target, { loss = "l2" }), -ph.input_difference(picture), ph.l1(), ph.l2(), ph.lp(),
    ph.l_infinity(), ph.total_variation(), ph.total_variation { power = 2 }, ph.boundary_complexity(),
    ph.l1 { layer = "image" }, ph.head(layer, function(a) return a:channel(42):mean() end),
  }
  for _, objective in ipairs(objectives) do
    it("raises " .. tostring(objective), function()
      local rate = tostring(objective) == tostring(ph.layer(layer)) and 0.01 or 0.1
      local result = ph.render { tiny, objective, size = 32, steps = 4, rate = rate, seed = 1, transforms = {},
        progress = false }
      assert.is_true(result.values[4] > result.values[1],
        ("%g, %g"):format(result.values[1], result.values[4]))
    end)
  end

  for _, objective in ipairs { ph.alignment(layer), -ph.diversity(layer), -ph.diversity(layer, { norm = "sum" }),
    ph.interpolate(layer .. ":1", layer .. ":2", { frames = 3 }), ph.each { layer .. ":1", layer .. ":2", "mixed3a:5" },
    ph.cosine(layer, 0) } do
    it("raises " .. tostring(objective) .. " of a batch", function()
      local result = ph.render { tiny, objective, size = 32, batch = 3, steps = 4, rate = 0.1, seed = 1,
        transforms = {}, parameterisation = { "pixels", deviation = 1 }, progress = false }
      assert.is_true(result.values[4] > result.values[1],
        ("%g, %g"):format(result.values[1], result.values[4]))
    end)
  end
end)
