-- SPDX-License-Identifier: MIT
-- How soon the program is of use, and how much memory it takes: from its start to the end of the first step, with the
-- weights in the page cache, and the most memory that it ever had, against the size of the weights.
local network = require "phosphene.formats.loading"
local measure = require "measure"
local program = require "program"

local rounds = measure.rounds(10)

local net = assert(network.load "googlenet")
local parameters = 0
for _, name in ipairs(net:layers()) do
  for _, shape in pairs(net:layer(name).parameters) do
    local count = 1
    for _, n in ipairs(shape) do count = count * n end
    parameters = parameters + count
  end
end
local results = { network = network.name(net), weights = parameters * 4 }
net:close()

local function measure_start(key, name, options)
  local run, peak = program.recipe(options), 0
  run() -- the weights into the page cache
  local seconds = measure.repeated(function()
    local s, bytes = run()
    peak = math.max(peak, bytes)
    return s
  end, rounds)
  measure.print(name, seconds)
  print(("  %-44s %10.1f MiB, %.2f times the weights (%.1f MiB as float32)"):format("memory at most", peak / 2 ^ 20,
    peak / results.weights, results.weights / 2 ^ 20))
  results[key] = { seconds = seconds, peak = peak, weights_ratio = peak / results.weights }
end

measure.title(results.network .. ", the program")
measure_start("mixed4a_128", "start to first step, 128x128, mixed4a",
  [["googlenet", "mixed4a:11", size = 128, steps = 1, seed = 1]])
measure_start("all_224", "start to first step, 224x224, all layers",
  [["googlenet", ph.logit(0), size = 224, steps = 1, seed = 1, transforms = "none"]])
measure.write("start", results)
