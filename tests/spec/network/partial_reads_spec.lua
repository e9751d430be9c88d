-- SPDX-License-Identifier: MIT
-- What an objective does not read is not computed, and nobody can tell: values, gradients, and activations that are
-- asked for later are what they are with the whole network.

local ph = require "phosphene"
local core = require "phosphene.core"

local net = assert(ph.network "googlenet-tiny")
local random = core.random(3, "reads_spec")
local images = random:fill_normal(core.tensor { 2, 3, 70, 62 }, 0.5, 0.25)

local function relative_l2(got, expected)
  local difference = got - expected
  return math.sqrt(difference:dot(difference) / expected:dot(expected))
end

-- Value and gradient, by a function that runs the network forward.
local function results(evaluation, forward)
  forward(evaluation)
  local value = assert(evaluation:evaluate(images))
  return value, evaluation:add_picture_gradient(net:backward())
end

local function of_whole(evaluation) net:forward(images, evaluation:taps()) end
local function of_part(evaluation) evaluation:forward(images) end

-- Layers that mix channels in runs, each of more channels than are computed at once: what a channel of theirs is made
-- of is not the same channel below.
local function grouped_layers(backend)
  local grouped, weights = core.network { backend = backend }, core.random(7, "grouped")
  local function noise(...) return weights:fill_normal(core.tensor { ... }, 0, 0.3) end
  grouped:add { type = "convolution", name = "conv", from = "image", weight = noise(48, 3, 3, 3), stride = 2 }
  for _, layer in ipairs {
    { type = "convolution", name = "halves", weight = noise(48, 24, 3, 3), groups = 2 },
    { type = "convolution", name = "wider", weight = noise(96, 4, 1, 1), groups = 12 },
    { type = "convolution", name = "depthwise", weight = noise(48, 1, 3, 3), groups = 48 },
    { type = "convolution", name = "doubled", weight = noise(96, 1, 1, 1), groups = 48 },
    { type = "transposed_convolution", name = "transposed", weight = noise(48, 8, 2, 2), groups = 3 },
    { type = "group_norm", name = "normalised", groups = 4 },
    { type = "local_response_norm", name = "neighbours", alpha = 1 },
    { type = "softmax", name = "shares" },
    { type = "depth_to_space", name = "pixels", block = 2 },
  } do
    layer.from = "conv"
    grouped:add(layer):add { type = "relu", name = layer.name .. "_relu", from = layer.name }
  end
  return grouped
end

describe("what an objective reads", function()
  local objectives = {
    ph.channel("mixed4a", 3), ph.channel("mixed4a_pre_relu", 100), ph.channel("mixed3a", 70):on(1),
    ph.channel("conv2d0", 5), ph.channel("conv2d2", 40), ph.channel("mixed5b", 0), ph.neuron("mixed4b", 9),
    ph.neuron("mixed3b_pre_relu", 200, { x = 1, y = 2 }), ph.channel("mixed4a", 3) - 2 * ph.channel("mixed4a", 60),
    ph.channel("mixed3a", 3) * ph.channel("mixed4c", 60), ph.channel("mixed4a", 7) + ph.logit(3),
    ph.channel("mixed4a", 5) - 0.1 * ph.diversity "mixed4a",
    ph.channel("mixed4a", 3) - 0.05 * ph.l1(), ph.channel("mixed4a_1x1", 3), ph.logit(1),
    ph.logit(6) - ph.logit(2), ph.logit(3) + ph.probability(1), ph.probability(4),
  }
  for _, objective in ipairs(objectives) do
    it("suffices for " .. tostring(objective), function()
      local evaluation = core.evaluation(core.objective(objective), net)
      local value, gradient = results(evaluation, of_part)
      local expected, expected_gradient = results(evaluation, of_whole)
      assert.near(expected, value, 1e-6 * math.abs(expected))
      assert.is_true(expected_gradient:dot(expected_gradient) > 0)
      assert.is_true(relative_l2(gradient, expected_gradient) < 1e-5)
    end)
  end

  it("suffices where channels are made of others", function()
    local grouped, by_definition = grouped_layers "dnnl", grouped_layers "reference"
    grouped:forward(images)
    by_definition:forward(images)
    for _, name in ipairs(grouped:layers()) do
      local expected = by_definition:activation(name)
      assert.is_true(relative_l2(grouped:activation(name), expected) < 1e-5, name)
    end
    for i = 2, #grouped:layers() do -- the first is the image
      local name = grouped:layers()[i]
      local channels = grouped:shapes(70, 62)[name][1]
      for _, unit in ipairs { 0, channels // 2, channels - 1 } do
        local objective = ph.channel(name, unit)
        local part = core.evaluation(objective, grouped):forward(images)
        local value, gradient = part:evaluate(images), grouped:backward()
        local whole = core.evaluation(objective, by_definition):forward(images)
        local expected, expected_gradient = whole:evaluate(images), by_definition:backward()
        assert.near(expected, value, 1e-6 + 1e-4 * math.abs(expected), name)
        local difference = gradient - expected_gradient
        assert.is_true(difference:dot(difference) <= 1e-7 * expected_gradient:dot(expected_gradient), name)
      end
    end
  end)

  it("is the same for an image alone, whose activations and gradients share memory", function()
    local evaluation = core.evaluation(ph.channel("conv2d1", 3) + ph.channel("mixed4a", 3) + ph.logit(1), net)
    local alone, sum = ph.tensor(images:shape()), 0
    for n = 0, 1 do
      evaluation:forward(images:image(n))
      sum = sum + assert(evaluation:evaluate(images:image(n)))
      alone = alone + evaluation:add_picture_gradient(net:backward()):place(images:shape(), { n, 0, 0, 0 })
    end
    local value, gradient = results(evaluation, of_part)
    assert.is_true(gradient:dot(gradient) > 0)
    -- Channels are means over a batch, logits sums.
    local logits = core.evaluation(core.objective(ph.logit(1)), net)
    local of_logits, by_logits = results(logits, of_part)
    assert.near(sum, 2 * value - of_logits, 1e-5 * math.abs(sum))
    assert.is_true(relative_l2(alone, 2 * gradient - by_logits) < 1e-5)
  end)

  it("suffices in bfloat16", function()
    local options = { precision = "bf16" }
    if not pcall(net.forward, net, images, "conv2d0", options) then pending "needs a processor with bfloat16" end
    local evaluation = core.evaluation(core.objective "mixed4a:3", net)
    local value, gradient = results(evaluation, function() evaluation:forward(images, options) end)
    local expected, whole = results(evaluation, function() net:forward(images, evaluation:taps(), options) end)
    assert.near(expected, value, 1e-3 * math.abs(expected))
    assert.is_true(relative_l2(gradient, whole) < 1e-2)
  end)

  it("is refused where it is not there, as ever", function()
    local evaluation = core.evaluation(core.objective "mixed4a:9000", net):forward(images)
    assert.error_matches(function() evaluation:evaluate() end, "layer 'mixed4a': unit 9000 out of range 0%.%.")
  end)

  it("does not narrow what is read later", function()
    local evaluation = core.evaluation(core.objective "mixed4a:3", net)
    local whole = net:forward(images, "mixed4a"):activation "mixed4a"
    assert.same(whole:values(), evaluation:forward(images) and net:activation("mixed4a"):values())
  end)

  it("does not narrow where gradients enter by hand", function()
    local injected = random:fill_normal(core.tensor(net:forward(images, "mixed4a"):activation("mixed4a"):shape()))
    local expected = net:inject("mixed4a", injected):backward()
    core.evaluation(core.objective "mixed4a:3", net):forward(images)
    assert.is_true(relative_l2(net:inject("mixed4a", injected):backward(), expected) == 0)
  end)

  it("need not be copied where the images stay as they are", function()
    local evaluation, given = core.evaluation(core.objective "mixed4a:3", net), images:clone()
    local whole = net:forward(images, "mixed4a"):activation "mixed4a"
    for _, stay in ipairs { false, true } do
      evaluation:forward(given, { images_stay = stay })
      assert.same(whole:values(), net:activation("mixed4a"):values())
    end
    evaluation:forward(given)
    given:fill(0)
    assert.same(whole:values(), net:activation("mixed4a"):values())
  end)

  it("leaves the activations of a run to be read by its steps", function()
    for _, run in ph.steps { net, "mixed4a:3", steps = 2, size = 48, seed = 1, transforms = {}, relu = "plain" } do
      local before = net:activation "mixed4a"
      assert.near(run.value, before:slice({ 0, 3, 0, 0 }, { 1, 1, 3, 3 }):sum() / 9, 1e-5 * math.abs(run.value))
      assert.is_true(before:slice({ 0, 64, 0, 0 }, { 1, 64, 3, 3 }):sum() > 0)
    end
  end)
end)
