-- SPDX-License-Identifier: MIT
-- PyTorch against Phosphene, with the same weights (BVLC's GoogLeNet), on the same machine, in turn: steps, whole runs,
-- memory. First of all the two must agree, since otherwise they would not have done the same work. STEPS shortens the
-- whole runs.
local core = require "phosphene.core"
local network = require "phosphene.formats.loading"
local ph = require "phosphene"
local measure = require "measure"
local peer = require "peer"
local program = require "program"

local whole = "softmax2_pre_activation"
local rounds = measure.rounds(20)
local steps_of_run = tonumber(os.getenv "STEPS") or 512

local weights = assert(require("phosphene.network.weights").find "bvlc_googlenet")
local net = assert(network.load(weights))
local pytorch <close> = peer.start(weights)
local results = { network = network.name(net), peer = pytorch.version, steps_of_run = steps_of_run }

-- ---- agreement ----

-- Raises unless both have the same activation of the tap, and the same gradient of it. Gradients may differ more: where
-- a ReLU or a pool has a close call, rounding decides which way they go.
local function agree(tap)
  local images = core.random(2, "bench"):fill_normal(core.tensor { 1, 3, 224, 224 }, 0.5, 0.2)
  net:forward(images, tap)
  local activation = net:activation(tap)
  local seed = core.random(3, "bench"):fill_normal(core.tensor(activation:shape()), 0, 1)
  net:inject(tap, seed)
  local tensors = { images = images, activation = activation, seed = seed, gradient = net:backward() }
  assert(core.save_safetensors(peer.file, tensors, {}, { type = "F32" }))

  local activations, gradients = pytorch:ask("compare %s %s", tap, peer.file):match "(%S+) (%S+)"
  print(("  %-44s %s of the largest, gradient %s of its length"):format(tap .. " differs by", activations, gradients))
  assert(tonumber(activations) < 1e-4 and tonumber(gradients) < 0.03, "PyTorch and Phosphene do not agree")
end

-- ---- comparisons ----

local function report(key, name, theirs, ours, ratio, unit)
  measure.print(name .. ", PyTorch", theirs, unit)
  measure.print(name .. ", Phosphene", ours, unit)
  measure.print("PyTorch / Phosphene", ratio, "ratio")
  results[key] = { peer = theirs, ours = ours, ratio = ratio }
end

local function compare_steps(tap, batch)
  local name = ("%s, batch %d"):format(tap == whole and "all layers" or tap, batch)
  print(("  %s: PyTorch is fastest %s"):format(name, pytorch:ask("variant %s %d", tap, batch)))
  local theirs = pytorch:measured("step %s %d", tap, batch)
  local ours = measure.settled(measure.step(net, tap, batch, 224))
  report(("%s_%d"):format(tap, batch), name, measure.pair(theirs, ours, rounds))
end

-- Unit 485 fires on noise, so that its gradient needs no redirected ReLUs, which PyTorch's end does without.
local function our_run()
  return measure.seconds(function()
    local steps = ph.steps { net, "mixed4a:485", size = 128, steps = steps_of_run, seed = 1, relu = "plain" }
    for _ in steps do end
  end)
end

local function compare_runs(way, name)
  local their_run = pytorch:measured("run %s %d", way, steps_of_run)
  local theirs, ours, ratio = measure.pair(their_run, our_run, (rounds + 9) // 10, 0)
  report("run_" .. way, name, theirs, ours, ratio, "s")
end

-- Processes that do nothing else than the step.
local function compare_memory()
  local fresh <close> = peer.start(weights)
  fresh:ask("use %s", pytorch:ask("variant %s 1", whole))
  fresh:ask("step %s 1", whole)
  local theirs = tonumber(fresh:ask "peak")
  local options = ([["%s", ph.logit(0), size = 224, steps = 3, seed = 1, transforms = "none"]]):format(weights)
  local _, ours = program.recipe(options)()
  local function only(value) return measure.summary { value } end
  report("peak", "peak memory, all layers, batch 1", only(theirs), only(ours), only(theirs / ours), "MiB")
end

measure.title(("%s; %s"):format(results.peer, results.network))
agree "mixed4a"
agree(whole)
compare_steps("mixed4a", 1)
compare_steps(whole, 1)
compare_steps(whole, 8)
compare_memory()
compare_runs("same", ("%d steps, same work"):format(steps_of_run))
compare_runs("lucent", ("%d steps, Lucent's way"):format(steps_of_run))
measure.write("peers", results)
