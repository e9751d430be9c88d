-- SPDX-License-Identifier: MIT
-- How cost grows: seconds an image for batches of 1 to 16 against batch 1, seconds a pixel at 1024x1024 against
-- 224x224, and what an image costs in memory. The whole network, forward and input gradient.
local core = require "phosphene.core"
local network = require "phosphene.formats.loading"
local measure = require "measure"

local tap = "softmax2_pre_activation"
local rounds = measure.rounds(5)

-- A new network each time, so that the memory of one measurement is not part of the next.
local function load()
  collectgarbage()
  return assert(network.load "googlenet")
end

-- Bytes that the core holds after a step of this batch, beyond what the loaded network holds. What oneDNN allocates for
-- itself is not among them.
local function bytes_of_step(batch)
  local net <close> = load()
  local before = core.memory()
  measure.step(net, tap, batch, 224)()
  return core.memory() - before
end

-- Seconds of a step for one unit of work (an image, a pixel), in turn with that of the reference.
local function compare(batch, size, units, reference_units)
  local net <close> = load()
  local step = measure.settled(measure.step(net, tap, batch, size))
  local reference = measure.settled(measure.step(net, tap, 1, 224))
  local function unit() return step() / units end
  local function reference_unit() return reference() / reference_units end
  return measure.pair(unit, reference_unit, rounds, 1)
end

local name = network.name(load())
local results = { network = name, batch = {} }

measure.title(name .. ", 224x224, all layers")
for _, batch in ipairs { 1, 2, 4, 8, 16 } do
  local image, _, ratio = compare(batch, 224, batch, 1)
  measure.print(("batch %d, an image"):format(batch), image)
  measure.print(("batch %d / batch 1, an image"):format(batch), ratio, "ratio")
  results.batch[tostring(batch)] = { image = image, ratio = ratio, bytes = bytes_of_step(batch) }
end

local _, _, pixel = compare(1, 1024, 1024 * 1024, 224 * 224)
measure.print("1024x1024 / 224x224, a pixel", pixel, "ratio")
results.large = { ratio = pixel }

local one, sixteen = results.batch["1"].bytes, results.batch["16"].bytes
results.bytes_of_image = (sixteen - one) / 15
print(("  memory: %.1f MiB for batch 1, %.1f MiB for batch 16: %.1f MiB for each further image"):format(one / 2 ^ 20,
  sixteen / 2 ^ 20, results.bytes_of_image / 2 ^ 20))
measure.write("scaling", results)
