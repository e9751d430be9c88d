-- SPDX-License-Identifier: MIT
-- What is kept of a run and when it ends: every head's history, the best picture, stops, restarts, Lucid's counting.

local ph = require "phosphene"
local overheard = require "overheard"

local net = assert(ph.network "googlenet-tiny")

local function render(options)
  local all = { net, "mixed4a:3", steps = 6, size = 32, seed = 1, progress = false }
  for key, value in pairs(options or {}) do all[key] = value end
  return ph.render(all)
end

describe("transparency", function()
  it("is the sum over the steps of the absolute gradient", function()
    local options = { net, "mixed4a:3", steps = 3, size = 32, seed = 1, progress = false, transparency = true }
    local total
    for _, run in ph.steps { net, "mixed4a:3", steps = 3, size = 32, seed = 1 } do
      local gradient = run.image_gradient:map "abs"
      assert.is_true(gradient:sum() > 0)
      total = total and total:add(gradient) or gradient
    end
    local result = ph.render(options)
    assert.same(total:values(), result.transparency:values())
    options.transparency = nil
    assert.is_nil(ph.render(options).transparency)
  end)
end)

describe("the history of a run", function()
  it("has every head's value at every step, and they make the objective", function()
    local objective = ph.channel("mixed4a", 3) - 0.01 * ph.l2() + ph.channel("mixed3a", 1)
    local result = render { objective = objective, [2] = false }
    assert.equal(3, #result.history)
    assert.matches("channel", result.history[1].text)
    assert.matches("l2", result.history[2].text)
    for step, value in ipairs(result.values) do
      local channel, l2, other = result.history[1].values[step], result.history[2].values[step],
        result.history[3].values[step]
      assert.near(value, channel - 0.01 * l2 + other, 1e-4 * (1 + math.abs(value)))
    end
    for _, term in ipairs(result.history) do assert.equal(6, #term.values) end
  end)

  it("is there step by step for one's own loop", function()
    for step, run in ph.steps { net, "mixed4a:3", steps = 2, size = 32, seed = 1 } do
      assert.equal(step, #run.values)
      assert.equal(run.value, run.values[step])
      assert.near(run.value, run:terms()[1].value, 1e-6 * (1 + math.abs(run.value)))
    end
  end)
end)

describe("the best picture", function()
  -- A step of twenty times the length in the middle of the run goes too far: values rise, and fall.
  local function rate(step) return step == 6 and 20 or 0.01 end
  local wild = { [2] = "mixed4a_pre_relu:3", rate = rate, transforms = "none", steps = 12, relu = "plain" }

  local function with(options)
    for key, value in pairs(wild) do
      if options[key] == nil then options[key] = value end
    end
    return render(options)
  end

  it("is the one whose value was the largest", function()
    local plain, best = with {}, with { keep = "best" }
    local largest, step = -math.huge, nil
    for i, value in ipairs(plain.values) do
      if value > largest then largest, step = value, i - 1 end
    end
    assert.is_true(step < 11, "the last picture was the best: this test shows nothing")
    assert.equal(largest, best.value)
    assert.equal(step, best.best.step)
    assert.same(with({ steps = step }).image:values(), best.image:values())
    assert.equal(("best, after %d steps"):format(step), best.metadata.kept)
    assert.equal(12, best.steps)
  end)

  it("is the start where there are no steps", function()
    local result = render { steps = 0, keep = "best" }
    assert.same(render({ steps = 0 }).image:values(), result.image:values())
    assert.is_nil(result.value)
  end)
end)

describe("a run is stopped", function()
  it("by a function of the run", function()
    local result = render { stop = function(run) return #run.values == 3 end }
    assert.equal(3, result.steps)
    assert.is_true(result.stopped)
    assert.is_false(result.interrupted)
    assert.is_false(render().stopped)
  end)

  it("where its value no longer rises", function()
    local plateau = ph.plateau { steps = 5 }
    local still = render { rate = 1e-9, transforms = "none", steps = 40, relu = "plain", stop = plateau }
    assert.equal(10, still.steps)
    assert.is_true(still.stopped)
    local rising = render { size = 48, transforms = "none", steps = 30, stop = ph.plateau { steps = 10, gain = 0.001 } }
    assert.equal(30, rising.steps)
  end)

  it("by the means of windows, not by chance", function()
    local plateau = ph.plateau { steps = 2, gain = 0.1 }
    assert.is_false(plateau { values = { 1, 1, 1 } })
    assert.is_true(plateau { values = { 1, 1, 1, 1 } })
    assert.is_false(plateau { values = { 0, 2, 3, 1 } })
    assert.is_true(plateau { values = { 0, 9, 10, 10, 11, 10 } })
    assert.is_false(plateau { values = { -4, -4, -2, -2 } })
    assert.is_true(plateau { values = { -4, -4, -3.7, -3.7 } }) -- the gain is a part of the value's size
    assert.is_true(plateau { values = { -4, -4, -4, -4 } })
    assert.is_false(plateau { values = { 9, 1, 1, 1.12, 1.12 } }) -- of two values each
    assert.equal("plateau(2, 0.1)", tostring(plateau))
  end)
end)

describe("restarts", function()
  it("keep the best of runs whose seeds follow one another", function()
    local result = render { restarts = 3 }
    local best, highest
    for i = 1, 3 do
      local one = render { seed = i }
      assert.equal(i, result.restarts[i].seed)
      assert.equal(one.values[6], result.restarts[i].value)
      if not best or one.values[6] > highest then best, highest = one, one.values[6] end
    end
    assert.equal(best.seed, result.seed)
    assert.equal(best.seed, result.metadata.seed)
    assert.same(best.image:values(), result.image:values())
  end)

  it("are judged by the mean of their last tenth, or by the best value where it is kept", function()
    local last, best = render { restarts = 2, steps = 39 }, render { restarts = 2, steps = 39, keep = "best" }
    for i = 1, 2 do
      local values = render({ seed = i, steps = 39 }).values
      local mean, largest = (values[37] + values[38] + values[39]) / 3, math.max(table.unpack(values))
      assert.is_true(largest > mean + 1e-6)
      assert.near(mean, last.restarts[i].value, 1e-9)
      assert.equal(largest, best.restarts[i].value)
    end
  end)

  it("end where Ctrl-C is pressed, with the best so far", function()
    local result = render { restarts = 3, on_step = function(step, _, run)
      if run.seed == 2 and step == 2 then io.popen("kill -s INT $PPID"):close() end
    end }
    assert.equal(2, #result.restarts)
    assert.is_true(result.interrupted)
    assert.error_matches(render, "interrupted$")
    assert.equal(math.max(result.restarts[1].value, result.restarts[2].value),
      result.restarts[result.seed].value)
  end)

  it("write the best run's checkpoint", function()
    local path = os.tmpname() .. ".safetensors"
    local result = render { restarts = 2, checkpoint = path }
    local rest = render { steps = 7, seed = result.seed, resume = path }
    os.remove(path)
    assert.equal(1, #rest.values)
  end)
end)

describe("a seed that was chosen by the clock", function()
  local function run(options)
    local all = { net, "mixed4a:3", steps = 1, size = 32 }
    for key, value in pairs(options) do all[key] = value end
    return overheard(ph.render, all)
  end

  it("is told, once", function()
    for _, options in ipairs { {}, { restarts = 2 } } do
      local text, result = run(options)
      local first = result.restarts and result.restarts[1].seed or result.seed
      assert.equal(("phosphene: seed %d\n"):format(first), text)
    end
    local text, next_step = overheard(ph.steps, { net, "mixed4a:3", steps = 1, size = 32 })
    local _, state = next_step()
    assert.equal(("phosphene: seed %d\n"):format(state.seed), text)
  end)

  it("is not, where it was given or nothing is to be said", function()
    assert.equal("", (run { seed = 3 }))
    assert.equal("", (run { restarts = 2, seed = 3 }))
    assert.equal("", (run { progress = false }))
  end)
end)

describe("Lucid's counting", function()
  it("has made t + 1 updates at threshold t", function()
    local lucid, ours = render { counting = "lucid", snapshots = { 0, 6 } }, render { steps = 7, snapshots = { 1 } }
    assert.equal(7, lucid.steps)
    assert.same(ours.snapshots[1]:values(), lucid.snapshots[0]:values())
    assert.same(ours.image:values(), lucid.snapshots[6]:values())
    assert.is_nil(lucid.snapshots[1])
  end)
end)

describe("misuse of run control", function()
  local cases = {
    { "a stop that is none", { stop = 12 }, "stop: a function of the run" },
    { "what is not to be kept", { keep = "bets" }, "keep: 'last' or 'best' expected, got 'bets'" },
    { "another counting", { counting = "keras" }, "counting: 'updates' or 'lucid' expected" },
    { "no restarts", { restarts = 0 }, "restarts: a whole number of at least 1" },
    { "one optimiser for several starts", { restarts = 2, optimiser = ph.optimiser "adam" },
      "restarts: optimiser: each start needs its own" },
    { "restarts of a resumed run", { restarts = 2, resume = "x.safetensors" }, "resumed run" },
  }
  for _, case in ipairs(cases) do
    it("points to the recipe's line for " .. case[1], function()
      local ok, problem = pcall(function() return (render(case[2])) end)
      assert.is_false(ok)
      assert.matches("^tests/spec/run/run_control_spec%.lua:%d+: .*" .. case[3], problem)
    end)
  end

  it("is noticed in a plateau's options", function()
    assert.error_matches(function() ph.plateau { step = 3 } end, "did you mean 'steps'")
    assert.error_matches(function() ph.plateau { gain = -1 } end, "plateau: gain")
    assert.error_matches(function() ph.plateau { steps = 0 } end, "plateau: steps")
  end)
end)
