-- SPDX-License-Identifier: MIT
-- The share of a step that is not the network: parameterisation, transforms, objective, optimiser and Lua, while a
-- 224x224 picture is optimised through Lucid's transforms. A round is some steps of `ph.steps`; within it the time
-- inside evaluation:forward and net:backward is counted by wrapping both.
local core = require "phosphene.core"
local network = require "phosphene.formats.loading"
local ph = require "phosphene"
local measure = require "measure"

local net = assert(network.load "googlenet")
local rounds, steps_of_round = measure.rounds(10), 20

-- Makes the network's two ways count their time; returns a function that gives the seconds since it was last called.
local function watch_network()
  local inside = 0
  for name, type in pairs { forward = "ph.evaluation", backward = "ph.network" } do
    local methods = core.types[type].__index
    local original = methods[name]
    methods[name] = function(...)
      local start = core.clock()
      local result = original(...)
      inside = inside + core.clock() - start
      return result
    end
  end
  return function()
    local seconds = inside
    inside = 0
    return seconds
  end
end

-- Random scales give the network eleven sizes to plan for: a run of this length has met them all.
local steps_to_warm = 150

local take_network_seconds = watch_network()
local results = { network = network.name(net) }

local function run(objective, steps)
  take_network_seconds()
  local whole = measure.seconds(function()
    for _ in ph.steps { net, objective, size = 224, steps = steps, seed = 1, relu = "plain" } do end
  end)
  return whole, take_network_seconds()
end

measure.title(network.name(net) .. ", 224x224, Lucid's transforms")
for _, layer in ipairs { "mixed4a", "mixed4e" } do
  local objective, steps, networks, shares = ph.channel(layer, 11), {}, {}, {}
  run(objective, steps_to_warm)
  for i = 1, rounds do
    local whole, inside = run(objective, steps_of_round)
    steps[i], networks[i], shares[i] = whole / steps_of_round, inside / steps_of_round, 1 - inside / whole
  end
  local step, inside, share = measure.summary(steps), measure.summary(networks), measure.summary(shares)
  measure.print("step, channel of " .. layer, step)
  measure.print("forward and backward of it", inside)
  measure.print("share of the rest", share, "percent")
  results[layer] = { step = step, network = inside, share = share }
end
measure.write("share", results)
