-- SPDX-License-Identifier: MIT
-- Inception 5h in full size, with random weights: a file as Google's is written, opened, and each layer compared with
-- what PyTorch computes (inception5h.py), at 224 px and at an uneven size. TAP on stdout. Run by
-- `make conformance-tensorflow`.

local core = require "phosphene.core"
local network = require "phosphene.formats.loading"
local writer = require "tensorflow.writer"

local most = 1e-4 -- the largest difference, relative to the layer's largest value
local folder = os.tmpname()
os.remove(folder)
assert(os.execute("mkdir '" .. folder .. "'"))

local nodes = require "tensorflow.inception5h"(1, 1008)
local constants, pictures = {}, {}
for _, node in ipairs(nodes) do
  local value = node.attributes and node.attributes.value
  if value and value.tensor then constants[node.name] = value.tensor end
end
for name, size in pairs { square = { 224, 224 }, uneven = { 225, 241 } } do
  pictures[name] = core.random(7, name):fill_normal(core.tensor { 1, 3, size[1], size[2] }, 0.5, 0.2)
end

local net = assert(network.load(writer.save(folder .. "/graph.pb", writer.graph(nodes))))
assert(core.save_safetensors(folder .. "/constants.safetensors", constants))
assert(core.save_safetensors(folder .. "/pictures.safetensors", pictures))
local command = ("/usr/bin/python3 tests/tensorflow/inception5h.py %s/constants.safetensors %s/pictures.safetensors "
  .. "%s/layers.safetensors"):format(folder, folder, folder)
assert(os.execute(command))
local expected = assert(core.load_safetensors(folder .. "/layers.safetensors"))

local tests, failed = 0, 0
local function report(ok, format, ...)
  tests, failed = tests + 1, failed + (ok and 0 or 1)
  print(("%sok %d - %s"):format(ok and "" or "not ", tests, format:format(...)))
end

local function largest(tensor)
  local s = tensor:statistics()
  return math.max(s.most, -s.least)
end

for name, picture in pairs(pictures) do
  local layers = {}
  for key in pairs(expected) do layers[#layers + 1] = key:match("^" .. name .. "/(.*)") end
  table.sort(layers)
  net:forward(picture, layers, { backward = false })
  local worst = 0
  for _, layer in ipairs(layers) do
    local theirs = expected[name .. "/" .. layer]
    local difference = largest(net:value(layer):reshape(theirs:shape()):add(theirs, -1)) / largest(theirs)
    worst = math.max(worst, difference)
    if difference >= most then report(false, "%s of the %s picture differs by %.2g", layer, name, difference) end
  end
  report(worst < most, "%d layers of the %s picture differ by at most %.2g", #layers, name, worst)
end
report(expected["square/softmax0"] and expected["square/softmax1"] and expected["uneven/softmax2"],
  "all three heads were compared")
print("1.." .. tests)
os.execute("rm -r '" .. folder .. "'")
os.exit(failed == 0)
