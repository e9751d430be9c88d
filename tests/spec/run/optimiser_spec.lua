-- SPDX-License-Identifier: MIT
-- Optimisers in Lua: steps, rates, resuming, messages. The formulas are checked in tests/unit.

local core = require "phosphene.core"

describe("core.optimiser", function()
  -- Climbs -(x - 3)^2 from 0.
  local function climb(optimiser, values, steps)
    for _ = 1, steps do
      local gradient = values:clone():add(core.tensor(values:shape(), 3), -1):scale(-2)
      assert(optimiser:step(values, gradient))
    end
  end

  it("climbs", function()
    local settings = { adam = { rate = 0.1 }, ascent = { rate = 0.1 }, momentum = { rate = 0.02 },
      nadam = { rate = 0.1 }, rmsprop = { rate = 0.02, rho = 0.95 }, lbfgs = {} }
    for kind, given in pairs(settings) do
      local values, optimiser = core.tensor { 5 }, core.optimiser(kind, given)
      climb(optimiser, values, 300)
      assert.near(3, values:at(4), 0.02, kind)
      assert.equal(300, optimiser:steps())
    end
  end)

  it("takes Lucid's first step", function()
    local values, optimiser = core.tensor { 2 }, core.optimiser "adam"
    assert.is_true(optimiser:step(values, core.tensor({ 2 }, { 1000, -0.001 })))
    assert.near(0.05, values:at(0), 1e-6)
    assert.near(-0.05, values:at(1), 1e-4)
    assert.equal("optimiser adam, rate 0.05, 1 step", tostring(optimiser))
  end)

  it("normalises", function()
    local gradient = core.tensor({ 2 }, { 3, -4 })
    local values = core.tensor { 2 }
    core.optimiser("ascent", { normalise = "l2" }):step(values, gradient)
    assert.near(0.6, values:at(0), 1e-6)
    values:fill(0)
    core.optimiser("ascent", { normalise = "mean" }):step(values, gradient)
    assert.near(-4 / 3.5, values:at(1), 1e-6)
  end)

  it("cuts gradients", function()
    local values, gradient = core.tensor { 2 }, core.tensor({ 2 }, { 3, -40 })
    core.optimiser("ascent", { clip_value = 4 }):step(values, gradient)
    assert.same({ 3, -4 }, values:values())
    values:fill(0)
    core.optimiser("ascent", { clip_value = 4, clip_norm = 1 }):step(values, gradient)
    assert.near(0.6, values:at(0), 1e-6)
  end)

  it("goes by PyTorch's form of Adam, and its weight decay", function()
    local values, gradient = core.tensor({ 1 }, 1), core.tensor({ 1 }, 1e-8)
    core.optimiser("adam", { form = "pytorch" }):step(values, gradient)
    assert.near(1.025, values:at(0), 1e-6) -- g / (|g| + epsilon) is a half
    values:fill(1)
    local optimiser = core.optimiser("adam", { form = "pytorch", weight_decay = 0.5, rate = 0.1 })
    optimiser:step(values, gradient)
    assert.near(0.95 + 0.05, values:at(0), 1e-6)
    assert.equal("optimiser adam, rate 0.1, form pytorch, weight_decay 0.5, 1 step", tostring(optimiser))
  end)

  it("has a rate that may follow a schedule", function()
    local values, optimiser = core.tensor { 1 }, core.optimiser "ascent"
    for _, rate in ipairs { 1, 0.5, 0.25 } do
      assert.equal(rate, optimiser:rate(rate))
      optimiser:step(values, core.tensor({ 1 }, 1))
    end
    assert.equal(0.25, optimiser:rate())
    assert.equal(1.75, values:at(0))
    assert.error_matches(function() optimiser:rate(-1) end, "rate must be at least 0, got %-1")
    assert.error_matches(function() optimiser:rate "fast" end, "number expected")
  end)

  it("resumes where it was", function()
    for _, kind in ipairs { "adam", "nadam", "rmsprop", "lbfgs", "momentum", "ascent" } do
      local whole, parts = core.tensor { 3 }, core.tensor { 3 }
      climb(core.optimiser(kind, { rate = 0.01 }), whole, 9)
      local first, second = core.optimiser(kind, { rate = 0.01 }), core.optimiser(kind, { rate = 0.01 })
      assert.same({}, first:state())
      climb(first, parts, 4)
      assert.equal(second, second:restore(first:state(), first:steps()))
      climb(second, parts, 5)
      assert.same(whole:values(), parts:values(), kind)
      assert.equal(9, second:steps())
    end
  end)

  it("refuses a gradient that is not finite, and changes nothing", function()
    local values, optimiser = core.tensor({ 3 }, 0.5), core.optimiser "adam"
    for _, bad in ipairs { 0 / 0, math.huge, -math.huge } do
      local done, problem = optimiser:step(values, core.tensor({ 3 }, { 1, bad, 1 }))
      assert.is_nil(done)
      assert.matches("gradient is not finite: 1 of 3", problem)
    end
    assert.same({ 0.5, 0.5, 0.5 }, values:values())
    assert.equal(0, optimiser:steps())
  end)

  it("says what is wrong, at the recipe's line", function()
    local function wrong(pattern, ...)
      local arguments = table.pack(...)
      assert.error_matches(function() core.optimiser(table.unpack(arguments)) end, pattern)
    end
    wrong("did you mean 'adam'", "adm")
    local _, message = pcall(function() local o = core.optimiser "adm" return o end)
    assert.matches("optimiser_spec%.lua:%d+: ", message)
    wrong("one of adam, nadam, rmsprop, lbfgs, ascent, momentum", "sgd")
    wrong("no setting 'momentum'", "adam", { momentum = 0.5 })
    wrong("did you mean 'epsilon'", "adam", { epsilonn = 0.5 })
    wrong("beta1 1 out of range", "adam", { beta1 = 1 })
    local optimiser = core.optimiser "momentum"
    assert.error_matches(function() optimiser:step(core.tensor { 3 }, core.tensor { 4 }) end, "shape 3, got 4")
    assert.error_matches(function() optimiser:restore({}, 4) end, "1 tensors of state after 4 steps, got 0")
    assert.error_matches(function() optimiser:restore({ 3 }, 4) end, "ph.tensor expected, got number")
    optimiser:close()
    optimiser:close()
    assert.equal("optimiser (closed)", tostring(optimiser))
    assert.error_matches(function() optimiser:steps() end, "closed")
  end)
end)
