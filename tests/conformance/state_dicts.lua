-- SPDX-License-Identifier: MIT
-- State dicts of torchvision's networks with random weights, as tests/peers/state_dicts.py writes them, against what
-- PyTorch makes of a picture. TAP on stdout. Arguments: the folder of the files, and networks by name (without any:
-- those below). What is not there yet is written first.
local core = require "phosphene.core"
local ph = require "phosphene"

local folder = arg[1] or "build/state-dicts"
local bound = 1e-4 -- of the relative L2 difference
local networks = { "resnet18", "resnet50", "resnext50_32x4d", "wide_resnet50_2", "vgg11", "vgg13_bn", "densenet121",
  "googlenet", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0", "efficientnet_b5",
  "efficientnet_v2_s", "vit_b_16", "vit_b_32" }
if arg[2] then networks = table.move(arg, 2, #arg, 1, {}) end

local function exists(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

-- |a - b| / |b|
local function distance(a, b)
  local difference = a:reshape(b:shape()):clone():add(b, -1)
  return math.sqrt(difference:dot(difference) / b:dot(b))
end

local function compare(name)
  local path = ("%s/%s"):format(folder, name)
  if not exists(path .. ".sample.safetensors") then
    local command = "mkdir -p '%s' && /usr/bin/python3 tests/peers/state_dicts.py '%s' %s"
    assert(os.execute(command:format(folder, folder, name)))
  end
  local net = assert(ph.network(path .. ".safetensors"))
  local sample, logits = assert(core.load_safetensors(path .. ".sample.safetensors")), net:classes()
  net:forward(sample.input, logits, { backward = false })
  return distance(net:activation(logits), sample.output)
end

local failed = 0
for i, name in ipairs(networks) do
  local ok, result = pcall(compare, name)
  local holds = ok and result <= bound
  if not holds then failed = failed + 1 end
  local text = ok and ("differs by %.2g"):format(result) or result
  print(("%s %d - %s: %s"):format(holds and "ok" or "not ok", i, name, text))
  collectgarbage()
end
print("1.." .. #networks)
os.exit(failed == 0)
