-- SPDX-License-Identifier: MIT
-- Other people's networks, read from ONNX files, against PyTorch with the same ones: a step of one picture of their own
-- size, forward through all layers and back. tests/conformance/networks.lua is where both must agree. Arguments: the
-- folder of the exports, and networks by name (without any: a list); what is not there yet is exported first.
local ph = require "phosphene"
local measure = require "measure"
local peer = require "peer"

local folder = arg[1] or "build/networks"
local names = { "resnet18", "resnext50_32x4d", "regnet", "densenet121", "mobilenet_v2", "mobilenet_v3_small",
  "efficientnet_b0", "shufflenet_v2", "convnext_tiny", "vit_b_16" }
if arg[2] then names = table.move(arg, 2, #arg, 1, {}) end
local rounds = measure.rounds(10)

local pytorch <close> = peer.start(nil, "peer_networks.py")
local results = { peer = pytorch.version }

local function compare(name)
  assert(os.execute(("/usr/bin/python3 scripts/export_networks.py '%s' %s"):format(folder, name)))
  print(("  %s: PyTorch is fastest %s"):format(name, pytorch:ask("variant %s", name)))
  local net = assert(ph.network(("%s/%s.onnx"):format(folder, name), { range = { 0, 1 } }))
  local step = measure.step(net, "output", 1, tonumber(pytorch:ask("size %s", name)))
  local theirs, ours, ratio = measure.pair(pytorch:measured("step %s", name), measure.settled(step), rounds, 1)
  measure.print(name .. ", PyTorch", theirs)
  measure.print(name .. ", Phosphene", ours)
  measure.print("PyTorch / Phosphene", ratio, "ratio")
  results[name] = { peer = theirs, ours = ours, ratio = ratio }
end

measure.title(results.peer)
for _, name in ipairs(names) do
  compare(name)
  collectgarbage()
end
measure.write("networks", results)
