-- SPDX-License-Identifier: MIT
-- bfloat16 against float32: a step at 224x224, and what whole runs reach (STEPS shortens them), as the mean of the last
-- sixteenth of their steps over SEEDS seeds: with another seed a run alone ends some per cent higher or lower.
local core = require "phosphene.core"
local network = require "phosphene.formats.loading"
local ph = require "phosphene"
local measure = require "measure"

local net = assert(network.load "googlenet")
local rounds = measure.rounds(30)
local steps, seeds = tonumber(os.getenv "STEPS") or 512, tonumber(os.getenv "SEEDS") or 3
local f32, bf16 = { precision = "f32" }, { precision = "bf16" }

if not pcall(net.forward, net, core.tensor { 1, 3, 32, 32 }, "conv2d0", bf16) then
  print "this processor does not compute in bfloat16"
  return
end

local results = { network = network.name(net), steps = steps, seeds = seeds }
measure.title(network.name(net) .. ", bfloat16 against float32, 224x224")
for _, tap in ipairs { "mixed4a", "softmax2_pre_activation" } do
  local half, whole, ratio =
    measure.pair(measure.step(net, tap, 1, 224, bf16), measure.step(net, tap, 1, 224, f32), rounds)
  measure.print("bfloat16 to " .. tap, half)
  measure.print("float32 to " .. tap, whole)
  measure.print("bfloat16 / float32", ratio, "ratio")
  results[tap] = { bf16 = half, f32 = whole, ratio = ratio }
end

local function reached(objective, precision)
  local sum, count = 0, 0
  for seed = 1, seeds do
    local values = ph.render({
      net, objective, size = 128, steps = steps, seed = seed, precision = precision, progress = false,
    }).values
    for i = #values - #values // 16 + 1, #values do sum, count = sum + values[i], count + 1 end
  end
  return sum / count
end

local ratios = {}
for _, objective in ipairs { "mixed4a:11", "mixed4a:97", "mixed4c:33" } do
  local half, whole = reached(objective, "bf16"), reached(objective, "f32")
  ratios[#ratios + 1] = half / whole
  print(("  %-44s %10.2f, float32's %.2f"):format(("%s after %d steps"):format(objective, steps), half, whole))
end
results.reached = measure.summary(ratios)
measure.print("what runs reach, bfloat16 / float32", results.reached, "ratio")
measure.write("precision", results)
