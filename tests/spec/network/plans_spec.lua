-- SPDX-License-Identifier: MIT
-- Plans are kept, and found again by all that they depend on: a request that differs from an earlier one in a single
-- thing gives what a network gives that was never asked for anything else.

local core = require "phosphene.core"

local random = core.random(1, "plans")
local function noise(...) return random:fill_normal(core.tensor { ... }, 0, 0.5) end

-- More channels than are computed at once.
local weight, last_weight = noise(48, 3, 3, 3), noise(8, 48, 1, 1)
local tall, wide, square = noise(1, 3, 12, 8), noise(1, 3, 8, 12), noise(1, 3, 8, 8)

local function network()
  local net = core.network { backend = "dnnl" }
  net:add { type = "convolution", name = "conv", from = "image", weight = weight, padding = 1 }
  net:add { type = "relu", name = "relu", from = "conv" }
  net:add { type = "max_pool", name = "pool", from = "relu", kernel = 2, stride = 2 }
  return net:add { type = "convolution", name = "last", from = "pool", weight = last_weight }
end

-- What a request gives: what its taps are, and where it goes back, the gradient of their squares. What is refused gives
-- the message.
local function outcome(net, request)
  local taps = request.taps or { "last" }
  local ok, problem = pcall(net.forward, net, request.image or square, taps, request.options)
  if not ok then return problem end
  local result = {}
  for i, name in ipairs(taps) do
    local activation = net:activation(name)
    result[i] = activation:values()
    net:inject(name, activation)
  end
  ok, problem = pcall(net.backward, net)
  result.gradient = ok and problem:values() or problem
  return result
end

describe("a plan", function()
  local plain = {}
  for what, pair in pairs {
    ["the height"] = { plain, { image = tall } },
    ["the width"] = { plain, { image = wide } },
    ["the number of taps"] = { { taps = { "relu" } }, { taps = { "relu", "last" } } },
    ["the taps"] = { { taps = { "conv" } }, { taps = { "relu" } } },
    ["the way back"] = { { options = { backward = false } }, plain },
    ["the ReLUs"] = { plain, { options = { relu = "deconvnet" } } },
    ["the pools"] = { plain, { options = { pool = "smooth" } } },
    ["the precision"] = { plain, { options = { precision = "bf16" } } },
  } do
    it("is for " .. what, function()
      local first, second = table.unpack(pair)
      local alone, other_alone = outcome(network(), first), outcome(network(), second)
      assert.not_same(alone, other_alone)
      local net = network()
      assert.same(alone, outcome(net, first))
      assert.same(other_alone, outcome(net, second))
      assert.same(alone, outcome(net, first))
    end)
  end

  it("is for what is read", function()
    local function value_of(net, unit) -- which is read alone
      local evaluation = core.evaluation(core.objective("relu:" .. unit), net):forward(square)
      return assert(evaluation:evaluate(square))
    end
    local net, values = network(), {}
    for unit = 0, 47 do
      values[unit] = value_of(network(), unit)
      assert.equal(values[unit], value_of(net, unit))
    end
    assert.not_equal(values[0], values[47])
  end)

  -- Results are the same however many threads there are: that there is a plan of its own shows in the memory.
  local function grows(net, images, threads)
    collectgarbage()
    local before = core.memory()
    net:set_threads(threads):forward(images, "last")
    collectgarbage()
    return core.memory() > before
  end

  it("is for as many threads, and for as many images at the same time", function()
    for _, images in ipairs { square, noise(2, 3, 8, 8) } do
      local net = network()
      for _, threads in ipairs { 1, 2, 3 } do
        assert.is_true(grows(net, images, threads))
        assert.is_false(grows(net, images, threads))
      end
      for _, threads in ipairs { 1, 2, 3 } do assert.is_false(grows(net, images, threads)) end
    end
  end)
end)
