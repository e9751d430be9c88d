-- SPDX-License-Identifier: MIT
-- Objectives as recipes write them: constructors, operators, strings, printing that can be read back, messages at the
-- recipe's line, and evaluation on a small network; where the large weights are at hand, PyTorch's values.

local ph = require "phosphene"
local core = require "phosphene.core"

local random = core.random(5, "objective_spec")

-- image (3) -> conv (4) -> relu -> logits (3) -> softmax.
local function small_network()
  local net = core.network { backend = "reference" }
  net:add {
    type = "convolution", name = "conv", from = "image", padding = 1,
    weight = random:fill_normal(core.tensor { 4, 3, 3, 3 }, 0, 0.5),
  }
  net:add { type = "relu", name = "relu", from = "conv" }
  net:add { type = "global_average_pool", name = "pool", from = "relu" }
  net:add { type = "dense", name = "logits", from = "pool", weight = random:fill_normal(core.tensor { 3, 4 }, 0, 1) }
  net:add { type = "softmax", name = "softmax", from = "logits" }
  return net:set_classes { logits = "logits", probabilities = "softmax", labels = { "cat", "dog", "flower" } }
end

local function noise(n, h, w) return random:fill_normal(core.tensor { n, 3, h, w }, 0.5, 0.2) end

-- The objective's value on images, and their gradient; nil and a message where it is not finite.
local function evaluate(net, objective, images)
  local evaluation = core.evaluation(core.objective(objective), net)
  net:forward(images, evaluation:taps())
  local value, problem = evaluation:evaluate(images)
  if not value then return nil, problem end
  return value, evaluation:add_picture_gradient(net:backward()), evaluation
end

describe("objectives print", function()
  -- Printed, and read back with the module's names at hand.
  local function read_back(objective)
    return assert(load("return " .. tostring(objective), "objective", "t", ph))()
  end

  it("as Lua that makes them again", function()
    local examples = {
      ph.channel("mixed4a", 476) - 0.05 * ph.l1(),
      -(ph.channel("mixed4a", 476):on(0) + 2) ^ 2,
      "mixed4a:3" / (1 + ph.neuron("mixed4b", 9, { x = 3, y = 0, batch = 2 })),
      ph.layer("mixed4c", { norm = "sum" }) * ph.deepdream "mixed3a",
      ph.direction("mixed4b", { 0, 1, -0.5 }, { cosine_power = 2 }) - ph.diversity "mixed4b" ^ 0.5,
      ph.logit "tiger cat" - ph.probability(207) - 1e-7 * ph.total_variation { layer = "conv2d0" },
      ph.activation_difference("mixed3b", 1, { loss = "l2" }):on(0) + ph.caricature("a", 2) * ph.cosine("a", 0) ^ 2,
      ph.local_group("mixed4a", { weights = { 1, 2 }, width = 3, y = 0 }) - ph.style("conv2d2", 1):on(0),
      ph.neuron_weights("a", { 1, 2 }, { x = 4 }) - ph.lp { power = 3 } / ph.l_infinity() + ph.l1 { mean = true },
      ph.blur() + ph.boundary_complexity { width = 5 } + ph.l2 { constant = 0.5 } + ph.alignment("a", { decay = 5 }),
    }
    for _, objective in ipairs(examples) do
      assert.equal(tostring(objective), tostring(read_back(objective)))
    end
    assert.equal('channel("mixed4a", 476) - 0.05 * l1()', tostring(examples[1]))
    assert.equal('-(channel("mixed4a", 476):on(0) + 2) ^ 2', tostring(examples[2]))
    assert.equal('l1{mean = true}', tostring(ph.l1 { mean = true }))
    assert.equal('l1()', tostring(ph.l1 { mean = false }))
  end)

  it("the same after any random tree of operators, which then has the same value", function()
    local operators = {
      function(a, b) return a + b end, function(a, b) return a - b end, function(a, b) return a * b end,
      function(a, b) return a / (b ^ 2 + 1) end, function(a) return -a end, function(a) return a ^ 2 end,
    }
    local function tree(depth)
      if depth == 0 or random:below(5) == 0 then
        local leaf = random:below(3)
        return leaf == 0 and core.objective(random:below(7) - 3.5) or ph.channel("conv", leaf)
      end
      return operators[1 + random:below(#operators)](tree(depth - 1), tree(depth - 1))
    end
    local net, images, compared = small_network(), noise(1, 4, 4), 0
    for _ = 1, 200 do
      local objective = ph.channel("conv", 0) + tree(4)
      local again = read_back(objective)
      assert.equal(tostring(again), tostring(read_back(again))) -- numbers have been added up by then
      local value, gradient = evaluate(net, objective, images)
      if value then
        local second_value, second_gradient = evaluate(net, again, images)
        assert.near(value, second_value, 1e-9 * (1 + math.abs(value)))
        local size = math.sqrt(gradient:dot(gradient))
        assert.near(0, math.sqrt(gradient:add(second_gradient, -1):dot(gradient)), 1e-5 * (1e-3 + size))
        compared = compared + 1
      end
    end
    assert.is_true(compared > 100)
  end)

  it("shortened by algebra", function()
    local a = ph.channel("mixed4a", 1)
    for _, same in ipairs { 0 + a, a + 0, 1 * a, a / 1, a ^ 1, -(-a), 0 * ph.l1() + a } do
      assert.equal(tostring(a), tostring(same))
    end
    assert.equal("6", tostring(core.objective(2) * 3))
  end)

  it("however many terms a loop added", function()
    local objective = 0
    for i = 1, 10000 do objective = objective + 1 / i * ph.channel("conv", i % 4) end
    local text = tostring(objective)
    assert.matches("^channel%(", text)
    assert.matches("…$", text)
    local net, images = small_network(), noise(1, 4, 4)
    local value = evaluate(net, objective, images)
    assert.is_true(value == value)
  end)
end)

describe("objectives", function()
  it("never change", function()
    local a = ph.channel("mixed4a", 1)
    local sum = a + 1
    assert.is_not.equal(tostring(sum), tostring(sum:on(3) * 2))
    assert.equal('channel("mixed4a", 1) + 1', tostring(sum))
  end)

  it("come from strings and numbers", function()
    assert.equal('channel("mixed4a", 476)', tostring(ph.objective "mixed4a:476"))
    assert.equal('layer("mixed4a")', tostring(ph.objective "mixed4a"))
    assert.equal("3.5", tostring(ph.objective(3.5)))
    assert.equal('layer("a") + channel("b", 2)', tostring("a" + ph.objective "b:2"))
  end)

  it("read one image where told to", function()
    local a, b = ph.channel("conv", 0), ph.channel("conv", 1, { batch = 0 })
    assert.equal('channel("conv", 0):on(2) - channel("conv", 1):on(0)', tostring((a - b):on(2)))
  end)

  it("raise mistakes at the recipe's line", function()
    local function fails(expected, f)
      local done, problem = pcall(f)
      assert.is_false(done)
      assert.matches("^tests/spec/objective/objective_spec%.lua:%d+: .*" .. expected, problem)
    end
    fails("channel: no unit given", function() local _ = ph.channel "mixed4a" end)
    fails("no setting 'bacth'; did you mean 'batch'", function() local _ = ph.channel("a", 1, { bacth = 2 }) end)
    fails("channel: unit must be a whole number, got 1.5", function() local _ = ph.channel("a", 1.5) end)
    fails("channel: unit must be at least 0, got %-1", function() local _ = ph.channel("a", -1) end)
    fails("neuron: a table of options expected", function() local _ = ph.neuron("a", 1, 5) end)
    fails("layer: layer is given twice", function() local _ = ph.layer("a", { layer = "b" }) end)
    fails("layer: no norm 'men'; did you mean 'mean'", function() local _ = ph.layer("a", { norm = "men" }) end)
    fails("cosine: a target is expected, a tensor or an image$", function() local _ = ph.cosine "a" end)
    fails("local_group: a unit or weights, not both", function()
      local _ = ph.local_group("a", { unit = 1, weights = { 1, 2 } })
    end)
    fails("style: a tensor is expected", function() local _ = ph.style("a", ph.l1()) end)
    fails("style: no layer given", function() local _ = ph.style({}, 1) end)
    fails("style: a tensor is the target of one layer; give 2 layers", function()
      local _ = ph.style({ "a", "b" }, core.tensor { 2, 2 })
    end)
    fails("layer 'conv' was not among the taps", function()
      local net = small_network()
      local _ = ph.cosine("conv", net:forward(noise(1, 4, 4), "relu"))
    end)
    fails("direction: no tensor given", function() local _ = ph.direction "a" end)
    fails("input_difference: a tensor is expected", function() local _ = ph.input_difference(3) end)
    fails("logit: a class is expected", function() local _ = ph.logit() end)
    fails("'a:b' is not an objective", function() local _ = ph.objective "a:b" end)
    fails("'a:b' is not an objective", function() local _ = ph.l1() + "a:b" end)
    fails("'a:b' is not an objective", function() local _ = "a:b" + ph.l1() end)
    fails("an objective is expected .* got a boolean", function() local _ = ph.l1() * true end)
    fails("an objective is divided by 0", function() local _ = ph.l1() / 0 end)
    fails("cannot hold the number", function() local _ = ph.l1() + 1 / 0 end)
  end)

  it("can be closed, once and for all", function()
    local a = ph.l1()
    local b = a + 1
    a:close()
    a:close()
    assert.equal("objective (closed)", tostring(a))
    assert.equal("l1() + 1", tostring(b))
    assert.error_matches(function() return a + 1 end, "closed")
  end)
end)

describe("evaluation", function()
  local net = small_network()

  it("says what it taps and what its parts are worth", function()
    local objective = ph.channel("conv", 0) - 2 * ph.logit "dog" + 0.5 * ph.channel("conv", 1)
    local value, _, evaluation = evaluate(net, objective, noise(1, 4, 4))
    assert.same({ "conv", "logits" }, evaluation:taps())
    local terms = evaluation:terms()
    assert.equal('logit("dog")', terms[2].text)
    assert.near(value, terms[1].value - 2 * terms[2].value + 0.5 * terms[3].value, 1e-9)
    assert.equal(value, evaluation:value())
  end)

  it("takes x for the column and y for the row", function()
    local images = core.tensor { 1, 3, 2, 5 }
    images:set(0, 1, 1, 4, 7)
    assert.equal(7, (evaluate(net, ph.neuron("image", 1, { x = 4, y = 1 }), images)))
    assert.equal(0, (evaluate(net, ph.neuron("image", 1), images)))
  end)

  it("of a - b is that of -(b - a)", function()
    local a, b, images = ph.channel("conv", 0), ph.channel("relu", 1), noise(2, 4, 4)
    assert.equal(evaluate(net, a - b, images), evaluate(net, -(b - a), images))
  end)

  it("compares with what a network computed, at several layers", function()
    local picture, images = noise(1, 4, 4), noise(2, 4, 4)
    for _, name in ipairs { "activation_difference", "caricature", "cosine", "style" } do
      local both = ph[name]({ "conv", "relu" }, net:forward(picture, { "conv", "relu" }))
      local conv = ph[name]("conv", net:forward(picture, "conv"):activation "conv")
      local relu = ph[name]("relu", net:forward(picture, "relu"):activation "relu")
      assert.near(evaluate(net, conv, images) + evaluate(net, relu, images), evaluate(net, both, images), 1e-9)
      assert.near(0, evaluate(net, ph.activation_difference("conv", net:forward(images, "conv")), images), 1e-9)
    end
  end)

  it("names what is not there", function()
    local function fails(expected, objective)
      assert.error_matches(function() evaluate(net, objective, noise(2, 4, 4)) end, expected)
    end
    fails("no layer 'covn'; did you mean 'conv'", ph.channel("covn", 0))
    fails("layer 'conv': unit 4 out of range 0..3", ph.channel("conv", 4))
    fails("layer 'conv': image 2 out of range 0..1", ph.channel("conv", 0):on(2))
    fails("layer 'conv': x 4 out of range 0..3", ph.neuron("conv", 0, { x = 4 }))
    fails("layer 'conv': direction expected a vector of 4 numbers, got 3", ph.direction("conv", { 1, 2, 3 }))
    fails("layer 'conv': cosine compares image 1 with itself", ph.cosine("conv", 1):on(1))
    fails("layer 'conv': image 2 out of range 0..1", ph.cosine("conv", 2))
    fails("layer 'conv': activation_difference expected a tensor of shape 1x4x4x4, got 4x4x5",
      ph.activation_difference("conv", core.tensor { 4, 4, 5 }))
    fails("layer 'conv': style expected a Gram matrix of 4x4, got 3x3", ph.style("conv", core.tensor { 1, 3, 2, 2 }))
    fails("layer 'conv': local_group reads columns 3..4, out of range 0..3",
      ph.local_group("conv", { x = 3, width = 2 }))
    fails("layer 'conv': local_group expected 4 weights, got 3", ph.local_group("conv", { weights = { 1, 2, 3 } }))
    fails("layer 'logits': class 3 out of range 0..2", ph.logit(3))
    fails("zebra", ph.logit "zebra")
    fails("is a constant", core.objective(1))
  end)

  it("gives nil and a message where a number is not finite", function()
    local value, problem = evaluate(net, ph.logit(0) / (ph.logit(1) - ph.logit(1)), noise(1, 4, 4))
    assert.is_nil(value)
    assert.equal("the value of logit(0) / (logit(1) - logit(1)) is not finite", problem)
  end)

  it("rises under three steps of ascent, for every head", function()
    local picture, vector = noise(1, 6, 6), { 1, -1, 0.5, 2 }
    local activation = net:forward(picture, "conv"):activation "conv"
    -- What arguments are given, by their names; and what types are given that need something else.
    local arguments = { layer = "conv", layers = "conv", unit = 0, class = "cat", vector = vector, weights = vector,
      tensor = activation, target = activation }
    local others = { input_difference = { picture }, l_infinity = { { constant = 0.5 } },
      boundary_complexity = { { width = 2 } }, local_group = { "conv", { width = 3, weights = vector } } }
    local elsewhere = { alpha = "alpha_spec", blur_alpha = "alpha_spec", head = "custom_heads_spec" }
    local function example(head_type)
      local given = {}
      for i, argument in ipairs(head_type.arguments) do given[i] = arguments[argument.name] end
      return ph[head_type.name](table.unpack(others[head_type.name] or given))
    end
    for _, head_type in ipairs(core.head_types()) do
      if not elsewhere[head_type.name] then
        local head, images = example(head_type), noise(3, 6, 6)
        local first, gradient = evaluate(net, head, images)
        for _ = 1, 3 do
          images:add(gradient, 0.02 / math.sqrt(gradient:dot(gradient)))
          local _
          _, gradient = evaluate(net, head, images)
        end
        assert.is_true(evaluate(net, head, images) > first, tostring(head))
      end
    end
  end)

  it("survives every failing allocation, and leaks nothing then", function()
    local function work()
      local objective = ("relu:1" - 2 * ph.direction("conv", { 1, 2, 3, 4 })):on(0)
      return tostring(objective), core.evaluation(objective, net):taps()
    end
    local function blocks()
      collectgarbage()
      collectgarbage()
      return select(2, core.memory())
    end
    local before, failures, done = blocks(), 0
    repeat
      failures = failures + 1
      core.fail_after(failures)
      local problem
      done, problem = pcall(work)
      core.fail_after(0)
      assert.is_true(done or problem:find "memory" ~= nil, problem)
      assert.equal(before, blocks())
    until done or failures == 1000
    assert.is_true(done and failures > 10)
  end)

  it("leaves nothing behind", function()
    collectgarbage()
    collectgarbage()
    local _, before = core.memory()
    do
      local objective = ph.channel("conv", 0) - ph.direction("conv", { 1, 2, 3, 4 }):on(0)
      local evaluation = core.evaluation(objective, net)
      evaluation:close()
      objective:close()
    end
    collectgarbage()
    collectgarbage()
    local _, after = core.memory()
    assert.equal(before, after)
  end)
end)
