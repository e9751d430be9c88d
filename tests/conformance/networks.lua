-- SPDX-License-Identifier: MIT
-- Whole networks: torchvision's and a U-Net, exported to ONNX with random weights by scripts/export_networks.py,
-- against what PyTorch made of the same pictures, of several sizes where that is free: the output, an activation
-- halfway, and the gradient of that with respect to the picture. Each then renders a channel for a few steps, with the
-- default transforms where the size is free. TAP on stdout. Arguments: the folder of the exports, and
-- networks by name (without any: all of them). What is not there yet is exported first.
local core = require "phosphene.core"
local ph = require "phosphene"

local folder = arg[1] or "build/networks"
local bound = 1e-3 -- of relative L2 differences
-- Where rounding decides more of a gradient than that, so many times what it decides.
local allowance = 4
local steps = 3

local function run(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  assert(pipe:close(), "failed: " .. command)
  return text
end

local function names()
  if arg[2] then return table.move(arg, 2, #arg, 1, {}) end
  local list = {}
  for name in run("/usr/bin/python3 scripts/export_networks.py"):gmatch "%S+" do list[#list + 1] = name end
  return list
end

-- |a - b| / |b|
local function distance(a, b)
  local difference = a:reshape(b:shape()):clone():add(b, -1)
  return math.sqrt(difference:dot(difference) / b:dot(b))
end

-- How far output, middle and gradient are from PyTorch's.
local function differences(net, expected)
  net:forward(expected.input, { "middle", "output" })
  local output, middle = net:value "output", net:value "middle"
  net:inject_value("middle", expected.seed:reshape(middle:shape()))
  local gradient = net:backward()
  return { output = distance(output, expected.output), middle = distance(middle, expected.middle),
    gradient = distance(gradient, expected.gradient) }
end

-- A channel; tokens of a transformer have their features last.
local function objective_of(shape)
  if #shape == 4 then return ph.channel("middle", 3) end
  return ph.head("middle", function(a) return a:slice(2, 3):mean() end)
end

local function render(net, expected, is_free)
  -- Some networks are fixed to their size, so that transforms, which change it, are left out.
  local result = ph.render { net, objective_of(expected.middle:shape()), size = expected.input:shape()[3],
    steps = steps, seed = 1, transforms = not is_free and "none" or nil, progress = false }
  local seen = result.image:statistics()
  return #result.values == steps and seen.least >= 0 and seen.most <= 1 and seen.deviation > 0
end

local tests, failed = 0, 0
local function check(holds, text)
  tests = tests + 1
  if not holds then failed = failed + 1 end
  print(("%s %d - %s"):format(holds and "ok" or "not ok", tests, text))
  io.stdout:flush()
end

local function test(name)
  run(("/usr/bin/python3 scripts/export_networks.py '%s' %s"):format(folder, name))
  local net, problem = ph.network(("%s/%s.onnx"):format(folder, name), { range = { 0, 1 } })
  if not net then return check(false, ("%s: %s"):format(name, problem)) end
  local expected, sizes = nil, 0
  for path in run(("ls %s/%s.*.safetensors"):format(folder, name)):gmatch "[^\n]+" do
    expected, sizes = assert(core.load_safetensors(path)), sizes + 1
    local d, unsure = differences(net, expected), expected.unsure:values()[1]
    check(d.output <= bound and d.middle <= bound and d.gradient <= math.max(bound, allowance * unsure),
      ("%s: output differs by %.2g, middle by %.2g, gradient by %.2g (rounding decides %.2g)"):format(
        path:match "([^/]*)%.safetensors$", d.output, d.middle, d.gradient, unsure))
  end
  check(render(net, expected, sizes > 1), ("%s renders"):format(name))
end

for _, name in ipairs(names()) do
  local ok, problem = pcall(test, name)
  if not ok then check(false, ("%s: %s"):format(name, problem)) end
  collectgarbage()
end
print(("1..%d"):format(tests))
os.exit(failed == 0)
