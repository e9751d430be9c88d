-- SPDX-License-Identifier: MIT
-- Heads written as functions: what they derive against central differences, what they may read, how they print, and
-- what is said of functions that go wrong.

local ph = require "phosphene"
local core = require "phosphene.core"
local custom_heads = require "phosphene.objective.custom_heads"

local random = core.random(9, "custom_spec")

-- image (3) -> conv (4) -> deep (2): smooth, so that differences are exact.
local function small_network()
  local net = core.network { backend = "reference" }
  net:add { type = "convolution", name = "conv", from = "image", padding = 1,
    weight = random:fill_normal(core.tensor { 4, 3, 3, 3 }, 0, 0.5) }
  net:add { type = "convolution", name = "deep", from = "conv", padding = 1,
    weight = random:fill_normal(core.tensor { 2, 4, 3, 3 }, 0, 0.5) }
  return net
end

local net = small_network()

local function noise(shape, mean, deviation)
  return random:fill_normal(core.tensor(shape), mean or 0, deviation or 1)
end

local function evaluate(objective, images, picture)
  local evaluation = core.evaluation(objective, net)
  net:forward(images, evaluation:taps())
  custom_heads.give(custom_heads.calls(evaluation), evaluation, picture, true)
  local value, problem = evaluation:evaluate(picture)
  if not value then return nil, problem end
  return value, net:backward(), evaluation
end

-- The gradient of the image "layer", which is what the function reads, against differences along a few directions.
local function check_gradient(name, f, images)
  local objective = ph.head("image", f)
  local _, gradient = evaluate(objective, images)
  for _ = 1, 4 do
    local direction, step = noise(images:shape()), 1e-3
    local function value_at(t) return (evaluate(objective, images:clone():add(direction, t))) end
    local numeric = (value_at(step) - value_at(-step)) / (2 * step)
    local scale = math.sqrt(gradient:dot(gradient) * direction:dot(direction))
    assert.near(0, (gradient:dot(direction) - numeric) / (scale + 1e-6), 2e-3, name)
  end
end

describe("derived heads", function()
  local vector, image = noise({ 1, 3, 1, 1 }, 2, 0.1), noise { 1, 3, 4, 5 }
  local square = noise { 5, 2 }

  -- Of (2, 3, 4, 5), all positive.
  local functions = {
    sum = function(a) return (a * a):sum() end,
    mean = function(a) return (a * a):mean() end,
    ["sum over axes"] = function(a) return (a:sum(2, 3) ^ 2):sum() end,
    ["mean over axes"] = function(a) return (a:mean(0, 2) ^ 3):mean() end,
    max = function(a) return a:max() + 2 * a:min() end,
    ["max over axes"] = function(a) return (a:max(1) * a:min(1)):sum() end,
    norm = function(a) return a:norm() end,
    ["norm over axes"] = function(a) return (a:norm(1) ^ 2 * image:reduce("max", { 1 })):sum() end,
    ["plus and minus"] = function(a) return (2 - a + image - (a - 1)):norm() end,
    ["times and over"] = function(a) return (3 / a * vector + a / vector / 2):sum() end,
    power = function(a) return (a ^ 2.5 + 2 ^ a + a ^ (a / 4)):sum() end,
    negate = function(a) return -(a ^ 2):sum() end,
    abs = function(a) return (a * image):abs():dot(a) end,
    exp = function(a) return (-a):exp():sum() end,
    log = function(a) return a:log():sum() end,
    sqrt = function(a) return a:sqrt():sum() end,
    ["sin and cos"] = function(a) return (a:sin() * a:cos()):sum() end,
    tanh = function(a) return (a:tanh() ^ 2):sum() end,
    sigmoid = function(a) return (a:sigmoid() ^ 2):sum() end,
    relu = function(a) return ((a - 2):relu() ^ 2):sum() end,
    maximum = function(a) return (a:maximum(2) * a:minimum(image * 2)):sum() end,
    clip = function(a) return (a:clip(1.5, 2.5) ^ 2):sum() end,
    softmax = function(a) return (a:softmax() * vector * image):sum() end,
    ["softmax of an axis"] = function(a) return (a:softmax(3) ^ 2):sum() end,
    dot = function(a) return a:dot(image) * a:mean() end,
    matmul = function(a) return (a:matmul(square) ^ 2):sum() + (a:transpose():matmul(image) ^ 2):sum() end,
    gram = function(a)
      local flat = a:reshape { 2, 3, 20 }
      return (flat:matmul(flat:transpose()) ^ 2):sum()
    end,
    transpose = function(a) return (a:transpose(1, 3, 0, 2) * noise { 1, 1, 1, 4 }:fill(2) / a:norm()):sum() end,
    reshape = function(a) return (a:reshape { 6, 20 }:sum(0) ^ 2):sum() end,
    reshape_inferred = function(a) return (a:reshape { 6, -1 }:sum(0) ^ 2):sum() end,
    slice = function(a) return (a:slice(3, 1, 3) * a:slice(3, 0, 3)):sum() end,
    gather = function(a) return (a:gather(1, { 2, 0, 2 }) ^ 2):sum() end,
    concatenate = function(a)
      return (ph.concatenate({ a, image, a * a }, 0):reshape { 5, -1 } ^ 2 * noise({ 5, 1 }):fill(2)):norm()
    end,
    ["concatenate along the last axis"] = function(a)
      return (ph.concatenate({ a:slice(3, 0), a ^ 2 }, -1):softmax(3) ^ 2):sum()
    end,
    stack = function(a) return (ph.stack({ a, a ^ 2, a }, 1):sum(0, 2) ^ 2):mean() end,
    ["channel and image"] = function(a) return (a:channel(1) * a:image(0):channel(2)):sum() end,
    at = function(a) return a:at(1, 2, 3, 4) * a:at(0, 0, 0, 0) end,
    constant = function(a) return ((a - 2) * 3):norm() + 0 * a:constant():sum() end,
    ["several uses"] = function(a)
      local b = a * a
      return b:sum() + (b * a):mean() - b:norm()
    end,
  }

  for name, f in pairs(functions) do
    it("go back through " .. name, function()
      random = core.random(9, name) -- whatever the order of the cases is
      check_gradient(name, f, noise({ 2, 3, 4, 5 }, 2, 0.2):map "abs")
    end)
  end

  it("hold a constant", function()
    local images = noise { 1, 3, 4, 4 }
    local _, gradient = evaluate(ph.head("image", function(a) return (a * a:constant()):sum() end), images)
    assert.near(0, gradient:add(images, -1):statistics().most, 1e-6)
  end)

  it("have the values of the heads that they spell out", function()
    local images, w = noise({ 2, 3, 5, 6 }, 0.5, 0.2), { 1, -2, 0.5, 3 }
    local weights = core.tensor({ 1, 4, 1, 1 }, w)
    local pairs_of = {
      { ph.channel("conv", 2), function(a) return a:channel(2):mean() end },
      { ph.neuron("conv", 1, { x = 5, y = 0, batch = 1 }), function(a) return a:at(1, 1, 0, 5) end },
      { ph.layer "conv", function(a) return (a * a):mean() end },
      { ph.direction("conv", w), function(a) return (a * weights):sum(1):mean() end },
      { ph.channel_weights("conv", w), function(a) return (a * weights):mean() end },
      { ph.l2 { layer = "conv", epsilon = 0 }, function(a) return a:norm() end },
      { ph.l1 { layer = "conv", constant = 0.5 }, function(a) return (a - 0.5):abs():sum() end },
      { ph.alignment "conv", function(a) return -((a:image(0) - a:image(1)) ^ 2):mean() / 2 end },
    }
    for _, pair in ipairs(pairs_of) do
      local value, gradient = evaluate(pair[1], images)
      local own_value, own_gradient = evaluate(ph.head("conv", pair[2]), images)
      assert.near(value, own_value, 1e-5 * (1 + math.abs(value)))
      local size = math.sqrt(gradient:dot(gradient))
      gradient:add(own_gradient, -1)
      assert.near(0, math.sqrt(gradient:dot(gradient)) / size, 1e-5, tostring(pair[1]))
    end
  end)
end)

describe("heads as functions", function()
  it("stand in expressions, on images, and at several layers", function()
    local images = noise({ 2, 3, 4, 5 }, 0.5, 0.2)
    local function product(a, b) return a:mean() * b:mean() end
    local both = ph.head({ "deep", "conv" }, product)
    local plain = 2 * ph.head("deep", function(a) return a:mean() end):on(1) - 3 * both:on(0)
    local function mean_of(layer, image, f)
      return ph.local_group(layer, { width = 5, height = 4, batch = image, x = 0, y = 0 }) * (f or 1)
    end
    local value, gradient, evaluation = evaluate(plain, images)
    local expected, other = evaluate(2 * mean_of("deep", 1) - 3 * mean_of("deep", 0) * mean_of("conv", 0), images)
    assert.near(expected, value, 1e-5)
    assert.near(0, gradient:add(other, -1):map("abs"):statistics().most, 1e-5)
    assert.same({ "conv", "deep" }, evaluation:taps())
  end)

  it("are called once for what they read, however often they are used", function()
    local calls = 0
    local head = ph.head("conv", function(a)
      calls = calls + 1
      return a:mean()
    end)
    local value = evaluate(head * head + head:on(0) - head:on(0) / 2, noise { 2, 3, 4, 4 })
    assert.equal(2, calls)
    assert.is_true(value == value)
  end)

  it("read the picture itself", function()
    local picture = noise { 1, 4, 6, 7 }
    local value, _, evaluation = evaluate(ph.head("picture", function(a) return a:channel(3):mean() end),
      noise { 1, 3, 4, 4 }, picture)
    assert.near(value, evaluate(ph.alpha(), noise { 1, 3, 4, 4 }, picture), 1e-6)
    assert.near(1 / 42, evaluation:add_picture_gradient(core.tensor(picture:shape())):at(0, 3, 5, 6), 1e-7)
  end)

  it("may write their gradient out", function()
    local images = noise { 1, 3, 4, 4 }
    local value, gradient = evaluate(3 * ph.head("image", {
      value = function(a) return a:dot(a) end,
      gradient = function(a) return 2 * a end,
    }), images)
    assert.near(3 * images:dot(images), value, 1e-6)
    assert.near(0, gradient:add(images, -6):statistics().deviation, 1e-6)
    local two = ph.head({ "image", "conv" }, {
      value = function(a, b) return a:sum() - b:sum() end,
      gradient = function(a, b) return a:clone():fill(1), b:clone():fill(-1) end,
    })
    local _, expected = evaluate(ph.head({ "image", "conv" }, function(a, b) return a:sum() - b:sum() end), images)
    local _, got = evaluate(two, images)
    assert.near(0, got:add(expected, -1):map("abs"):statistics().most, 1e-6)
  end)

  it("say only a value where only that is asked for", function()
    local asked = 0
    local evaluation = core.evaluation(ph.head("conv", {
      value = function(a) return a:sum() end,
      gradient = function(a) asked = asked + 1 return a end,
    }), net)
    net:forward(noise { 1, 3, 4, 4 }, evaluation:taps())
    local function value()
      custom_heads.give(custom_heads.calls(evaluation), evaluation, nil, false)
      return assert(evaluation:value())
    end
    assert.equal(value(), value())
    assert.equal(0, asked)
    assert.error_matches(function() evaluation:value() end, "head.* has no value yet")
  end)

  it("print by their name, or by where they stand", function()
    assert.equal('2 * head("mixed4a", {name = "bright"}):on(1)',
      tostring(2 * ph.head("mixed4a", function() end, { name = "bright" }):on(1)))
    assert.matches('^head%("mixed4a", {name = "custom_heads_spec.lua:%d+"}%)$',
      tostring(ph.head("mixed4a", function() end)))
    assert.equal('head("a", {name = "f"}) + head("b", {name = "f", part = 2})',
      tostring(ph.head({ "a", "b" }, function() end, { name = "f" })))
  end)

  it("go with the last expression that uses them", function()
    local watched = setmetatable({}, { __mode = "k" })
    do
      local function watch(f)
        watched[f] = true
        return ph.head("conv", f)
      end
      local objective = (watch(function(a) return a:sum() end) + 1) ^ 2 - watch(function(a) return a:mean() end)
      collectgarbage()
      collectgarbage()
      assert.is_truthy(next(watched))
      assert.is_truthy(evaluate(objective, noise { 1, 3, 4, 4 }))
      objective:close()
    end
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(watched))
  end)

  it("rise in a run", function()
    local w = noise { 1, 256, 1, 1 }
    local result = ph.render { "googlenet-tiny", ph.head("mixed4a", function(a) return (a * w):mean() end), size = 40,
      steps = 12, seed = 1, transforms = {}, progress = false }
    assert.is_true(result.values[12] > result.values[1])
  end)

  it("raise mistakes at the recipe's line", function()
    local images = noise { 1, 3, 4, 4 }
    local function fails(expected, layers, given, options)
      local done, problem = pcall(function() return evaluate(ph.head(layers, given, options), images) end)
      assert.is_false(done)
      assert.matches("^tests/spec/objective/custom_heads_spec%.lua:%d+: " .. expected .. "$", problem)
    end
    local named = { name = "f" }
    fails("head: a function, or a table { value = f, gradient = g }, expected, got nil", "conv")
    fails("head: gradient: a function expected, got nil", "conv", { value = function() end })
    fails("head: unknown option 'gradiant'; did you mean 'gradient'%?", "conv", { value = print, gradiant = print })
    fails("head: unknown option 'nam'; did you mean 'name'%?", "conv", print, { nam = "x" })
    fails("head: no layer given", {}, print)
    fails("no layer 'covn'; did you mean 'conv'%?", "covn", print)
    fails("layer 'conv': image 1 out of range 0..0", "conv", print, { batch = 1 })
    fails("layer 'conv': head 'f' gave nothing, not one number", "conv", function() end, named)
    fails("layer 'conv': head 'f' gave a table, not one number", "conv", function() return {} end, named)
    fails("layer 'conv': head 'f' gave a tensor of 1x4x4x4, not one number", "conv", function(a) return a end, named)
    fails("layer 'conv': head 'f' gave a number that does not depend on what it reads", "conv",
      function() return 3 end, named)
    fails("layer 'conv': head 'f' gave a number that does not depend on what it reads", "conv",
      function(a) return a:constant():sum() end, named)
    fails("layer 'conv': head 'f' has a gradient that is not finite", "conv",
      function(a) return (a - a:constant()):abs():sqrt():sum() end, named)
    fails("layer 'conv': head 'f' gave a nil as its gradient, not a tensor", "conv",
      { value = function() return 1 end, gradient = function() end }, named)
    fails("layer 'conv': the gradient of head%(\"conv\", {name = \"f\"}%): expected a tensor of shape 1x4x4x4, got 2",
      "conv", { value = function() return 1 end, gradient = function() return core.tensor { 2 } end }, named)
    fails("slice: 1 from 4 on are not all among the 4 of axis 1", "conv", function(a) return a:channel(4):sum() end)
    fails("a variable, a tensor or a number expected, got nil", "conv", function(a) return (a + nil):sum() end)
    fails("maximum: a variable, a tensor or a number expected, got nil", "conv",
      function(a) return a:maximum():sum() end)
    fails("variable has no 'men'; did you mean 'mean'%?", "conv", function(a) return a:men() end)
    fails("slice: axis: a whole number expected, got nil", "conv", function(a) return a:slice():sum() end)
    fails("at: a coordinate for each of 4 axes expected, got 2", "conv", function(a) return a:at(0, 1) end)
    fails("a variable, a tensor or a number expected, got 'x'", "conv", function(a) return (a * "x"):sum() end)
    fails("slice: axis 4 out of range 0..3", "conv", function(a) return a:slice(4, 0):sum() end)
  end)

  it("give nil and a message where their value is not finite", function()
    local value, problem = evaluate(ph.head("conv", function(a) return a:sum() * (0 / 0) end, { name = "f" }),
      noise { 1, 3, 4, 4 })
    assert.is_nil(value)
    assert.equal("layer 'conv': head(\"conv\", {name = \"f\"}) is not a number", problem)
    value, problem = evaluate(ph.head("conv", function(a) return (a - a:constant()):log():sum() end, { name = "f" }),
      noise { 1, 3, 4, 4 })
    assert.is_nil(value)
    assert.equal("layer 'conv': head(\"conv\", {name = \"f\"}) is infinite", problem)
  end)
end)

describe("variables", function()
  local tape = require "phosphene.objective.tape"

  it("are documented, every method", function()
    local documented, there = {}, {}
    for _, entry in ipairs(require("phosphene.program.documentation").read().functions) do
      if entry.owner == "ph.variable" then documented[#documented + 1] = entry.name end
    end
    for name, method in pairs(getmetatable(tape.variable(1))) do
      if type(method) == "function" and name:sub(1, 2) ~= "__" then there[#there + 1] = name end
    end
    table.sort(documented)
    table.sort(there)
    assert.same(there, documented)
  end)

  it("may be numbers from the beginning", function()
    local x = tape.variable(3)
    tape.back(x ^ 2 * 2 + (x / 6):sqrt():log():exp() - x:sigmoid():sum())
    local s = 1 / (1 + math.exp(-3))
    assert.near(4 * 3 + 0.5 / math.sqrt(0.5) / 6 - s * (1 - s), x.gradient, 1e-12)
  end)
end)

describe("several objectives", function()
  it("add up, one by one or one an image", function()
    assert.equal('channel("a", 1) + layer("b") + 2', tostring(ph.sum { "a:1", ph.layer "b", 2 }))
    assert.equal('channel("a", 1):on(0) + channel("a", 7):on(1)', tostring(ph.each { "a:1", "a:7" }))
    assert.error_matches(function() ph.sum {} end, "sum: a list of objectives expected")
    assert.error_matches(function() ph.each(ph.l1()) end, "each: a list of objectives expected")
  end)

  it("are blended along the batch", function()
    assert.equal('channel("a", 1):on(0) + 0.5 * channel("a", 1):on(1) + 0.5 * layer("b"):on(1) + layer("b"):on(2)',
      tostring(ph.interpolate("a:1", "b", { frames = 3 })))
    -- Captum's test: activations of 1.3 throughout.
    local images = core.tensor({ 2, 3, 4, 4 }, 1.3)
    assert.near(2.6, evaluate(ph.interpolate("image:0", "image:2", { frames = 2 }), images), 1e-6)
    assert.error_matches(function() ph.interpolate("a:1", "a:2", { frames = 1 }) end,
      "interpolate: frames: a whole number of at least 2 expected, got 1")
    assert.error_matches(function() ph.interpolate("a:1", "a:2", 5) end,
      "interpolate: a table of options expected, got 5")
    assert.error_matches(function() ph.interpolate("a:1", "a:2", { frame = 5 }) end, "did you mean 'frames'")
  end)
end)

describe("a head that uses its network", function()
  local tiny = assert(ph.network "googlenet-tiny")
  local other = ph.random(5, "other"):fill_normal(ph.tensor { 1, 3, 40, 48 }, 0.5, 0.1)

  local function picture(objective, on_step)
    local made = ph.render { tiny, objective, size = 32, steps = 3, seed = 1, progress = false, on_step = on_step }
    return made.image:values()
  end

  local function mean(x) return x:mean() end
  local plain = ph.head("mixed3a", mean) + 0.5 * ph.head("mixed4a", mean)
  local expected = picture(plain)

  it("for another picture goes back through its own run", function()
    local curious = ph.head("mixed3a", function(x)
      tiny:forward(other, "conv2d0")
      return x:mean()
    end) + 0.5 * ph.head("mixed4a", mean)
    assert.same(expected, picture(curious))
  end)

  it("for a whole run of its own does so, too", function()
    local deep = ph.head("mixed3a", mean) + 0.5 * ph.head("mixed4a", function(x)
      ph.render { tiny, "mixed4b:1", size = 40, steps = 2, seed = 2, progress = false }
      return x:mean()
    end)
    assert.same(expected, picture(deep))
    assert.same(expected, picture(plain, function()
      ph.render { tiny, "mixed4b:1", size = 40, steps = 2, seed = 2, progress = false }
    end))
  end)
end)
