-- SPDX-License-Identifier: MIT
-- Schedules: their values, what they print, where they are taken, what they refuse.

local ph = require "phosphene"
local core = require "phosphene.core"
local schedules = ph.schedules

describe("schedules", function()
  local function values(schedule, steps, ...)
    local list = {}
    for _, step in ipairs { ... } do list[#list + 1] = schedule(step, steps) end
    return list
  end

  local function assert_near(expected, got)
    assert.equal(#expected, #got)
    for i = 1, #expected do assert.near(expected[i], got[i], 1e-12) end
  end

  it("begin with their first number and end with their last", function()
    assert_near({ 3, 3, 3 }, values(schedules.constant(3), 100, 1, 50, 100))
    assert_near({ 1, 0.75, 0.5, 0 }, values(schedules.linear(1), 5, 1, 2, 3, 5))
    assert_near({ 0.5, 0.05 }, values(schedules.linear(0.5, 0.05), 256, 1, 256))
    local quarter = (1 + math.cos(math.pi / 4)) / 2
    assert_near({ 1, quarter, 0.5, 1 - quarter, 0 }, values(schedules.cosine(1), 5, 1, 2, 3, 4, 5))
    assert_near({ 3, 2, 1 }, values(schedules.cosine(3, 1), 11, 1, 6, 11))
    assert_near({ 8, 8 * (1e-10 / 8) ^ 0.5, 1e-10 }, values(schedules.exponential(8, 1e-10), 201, 1, 101, 201))
    assert_near({ 1 }, values(schedules.linear(1), 1, 1))
    assert_near({ 0 }, values(schedules.linear(1), 5, 9)) -- past the end: the last
  end)

  it("warm up", function()
    local warm = schedules.warm_up(4, schedules.linear(1, 0))
    assert_near({ 0.25, 0.5, 0.75, 1, 1, 0.75, 0 }, values(warm, 9, 1, 2, 3, 4, 5, 6, 9))
    assert_near({ 1, 2, 2 }, values(schedules.warm_up(2, 2), 10, 1, 2, 3))
    assert_near({ 3, 6, 6 }, values(schedules.warm_up(2, function(step) return 5 + step end), 10, 1, 2, 3))
    assert_near({ 0.1, 0.2 }, values(schedules.warm_up(10, 1), 5, 1, 2)) -- longer than the run
  end)

  it("print as the Lua that makes them", function()
    for text, schedule in pairs {
      ["constant(0.05)"] = schedules.constant(0.05),
      ["linear(1, 0)"] = schedules.linear(1),
      ["cosine(0.1, 0.01)"] = schedules.cosine(0.1, 0.01),
      ["exponential(8, 1e-10)"] = schedules.exponential(8, 1e-10),
      ["warm_up(10, cosine(0.1, 0))"] = schedules.warm_up(10, schedules.cosine(0.1)),
      ["warm_up(10, constant(2))"] = schedules.warm_up(10, 2),
    } do
      assert.equal(text, tostring(schedule))
      local again = assert(load("return " .. text, text, "t", schedules))()
      assert.equal(text, tostring(again))
    end
    assert.equal("warm_up(3, custom)", tostring(schedules.warm_up(3, function() return 1 end)))
  end)

  it("say what is wrong, at the recipe's line", function()
    for message, f in pairs {
      ["linear: a finite number expected, got nil"] = function() schedules.linear() end,
      ["cosine: a finite number expected, got 'fast'"] = function() schedules.cosine("fast") end,
      ["constant: a finite number expected, got inf"] = function() schedules.constant(math.huge) end,
      ["exponential: two numbers above 0 expected, got 1 and 0"] = function() schedules.exponential(1, 0) end,
      ["warm_up: a whole number of at least 1 expected, got 0"] = function() schedules.warm_up(0, 1) end,
      ["warm_up: a schedule or a number expected after the steps, got nil"] = function() schedules.warm_up(3) end,
    } do
      local ok, problem = pcall(f)
      assert.is_false(ok)
      assert.truthy(problem:find(message, 1, true), problem)
      assert.truthy(problem:find("^tests/spec/run/schedules_spec.lua:%d+: "), problem)
    end
  end)

  describe("as rates of a run", function()
    -- One convolution of constant weights: the smallest network there is.
    local net = core.network { backend = "reference" }
    net:add { type = "convolution", name = "conv", from = "image", weight = core.tensor({ 1, 3, 1, 1 }, 1),
      bias = core.tensor { 1 } }

    local function run(options)
      options[1], options[2], options.seed = net, "conv:0", 1
      options.parameterisation, options.transforms = "pixels", "none"
      options.decorrelate, options.squash, options.relu, options.size = false, "none", "plain", 4
      options.steps = options.steps or 4
      local rates, last = {}, nil
      for step, at in ph.steps(options) do
        rates[step], last = at.optimiser:rate(), at
      end
      return rates, last
    end

    it("are followed, from the first step to the last", function()
      assert_near({ 1, 0.75, 0.5, 0.25, 0 }, (run { steps = 5, rate = schedules.linear(1) }))
      assert_near({ 10, 20, 30, 40 }, (run { optimiser = "ascent", rate = function(step) return 10 * step end }))
      assert_near({ 4, 4 }, (run { steps = 2, optimiser = { "rmsprop", rate = schedules.constant(4) } }))
      assert_near({ 2, 1 }, (run { steps = 2, optimiser = core.optimiser "momentum", rate = schedules.linear(2, 1) }))
    end)

    it("are the optimiser's own where none is given", function()
      for kind, rate in pairs { adam = 0.05, nadam = 1, rmsprop = 1, lbfgs = 1, ascent = 1, momentum = 1 } do
        assert_near({ rate }, (run { steps = 1, optimiser = kind }))
        assert_near({ 0.25 }, (run { steps = 1, optimiser = kind, rate = 0.25 }))
        assert_near({ 0.25 }, (run { steps = 1, optimiser = { kind, rate = 0.25 } }))
        assert_near({ 0.25 }, (run { steps = 1, optimiser = core.optimiser(kind), rate = 0.25 }))
      end
    end)

    it("are stored in the picture's metadata", function()
      local result = ph.render { net, "conv:0", size = 4, steps = 2, seed = 1, transforms = "none", progress = false,
        rate = schedules.cosine(0.1) }
      assert.equal("cosine(0.1, 0)", result.metadata.rate)
      assert.equal("adam, rate 0, 2 steps", result.metadata.optimiser)
    end)

    it("raise where they are no rates", function()
      assert.error_matches(function() run { rate = function() return -1 end } end, "rate must be at least 0, got %-1")
      assert.error_matches(function() run { rate = function() end } end, "step 1: the rate's schedule gave nil")
      assert.error_matches(function() run { optimiser = { "adam", rate = 1 }, rate = 2 } end, "rate is given twice")
    end)
  end)
end)
