-- SPDX-License-Identifier: MIT
-- What recipes say in a few lines of their own: pictures kept within a ball, and styles compared on a moving average.

local ph = require "phosphene"

local net = assert(ph.network "googlenet-tiny")

describe("a picture kept within a ball, by on_step", function()
  local start = ph.random(1, "ball"):fill_normal(ph.tensor { 1, 3, 32, 32 }, 0.5, 0.1)

  local function render(project)
    return ph.render { net, "mixed4a:3", image = start, parameterisation = { "pixels", squash = "none" },
      decorrelate = false, transforms = "none", rate = 0.02, steps = 8, seed = 1, progress = false,
      on_step = project and function(_, _, run)
        local p = run.parameterisation
        p:values():copy(project(p:values()))
        p:forward()
      end or nil }
  end

  it("of the largest distance, Lucid's unit_ball_L_inf", function()
    local least, most = start - 0.03, start + 0.03
    local result = render(function(x) return x:combine("maximum", least):combine("minimum", most) end)
    local away = (result.image - start):statistics()
    assert.near(0.03, math.max(away.most, -away.least), 1e-6)
    assert.is_true(result.values[8] > result.values[1])
    local free = (render().image - start):statistics()
    assert.is_true(math.max(free.most, -free.least) > 0.05)
  end)

  it("of the L2 distance, Lucid's unit_ball_L2", function()
    local radius = 0.5
    local result = render(function(x)
      local away = x - start
      return start + away * math.min(1, radius / math.sqrt(away:dot(away)))
    end)
    local away = result.image - start
    assert.near(radius, math.sqrt(away:dot(away)), 1e-4)
    assert.is_true(result.values[8] > result.values[1])
  end)
end)

describe("a style compared on its moving average, as Lucid's StyleLoss with ema_decay", function()
  local decay, layer = 0.9, "mixed3a"
  local channels = net:shapes(32, 32)[layer][1]
  local target = ph.random(2, "style"):fill_normal(ph.tensor { channels, channels })

  -- The average follows the matrices that were, its bias taken out; the gradient is that of the one that is.
  local function averaged_style()
    local biased, count = 0, 0
    return function(a)
      local shape = a:shape()
      local positions = shape[3] * shape[4]
      local x = a:reshape { channels, positions }
      local gram = x:matmul(x:transpose()) / positions
      local now = gram:constant()
      count = count + 1
      biased = decay * biased + (1 - decay) * now
      return (gram + (biased / (1 - decay ^ count) - now) - target):abs():mean()
    end
  end

  it("has the average's value", function()
    local biased, step, worst = 0, 0, 0
    for _, run in ph.steps { net, -ph.head(layer, averaged_style()), size = 32, steps = 4, seed = 1,
      transforms = "none" } do
      step = step + 1
      biased = biased * decay + run.net:activation(layer):gram() * (1 - decay)
      local expected = -(biased / (1 - decay ^ step) - target):map("abs"):sum() / channels ^ 2
      worst = math.max(worst, math.abs(run.value - expected))
    end
    assert.near(0, worst, 1e-4)
  end)

  it("at its first step is ph.style", function()
    local function first(objective)
      return ph.render { net, objective, size = 32, steps = 1, seed = 1, transforms = "none", progress = false }
    end
    local own, known = first(-ph.head(layer, averaged_style())), first(-ph.style(layer, target))
    assert.near(known.value, own.value, 1e-4)
    local difference = (own.image - known.image):statistics()
    assert.near(0, math.max(difference.most, -difference.least), 1e-3)
  end)
end)
