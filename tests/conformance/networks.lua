-- SPDX-License-Identifier: MIT
-- Whole networks: torchvision's and a U-Net, exported to ONNX with random weights by scripts/export_networks.py,
-- against what PyTorch made of the same pictures, of several sizes where that is free: the output, an activation
-- halfway, and the gradients of that and of a class with respect to the picture. A channel and a class of each are then
-- rendered for a few steps with the default transforms. TAP on stdout. Arguments: the folder of the
-- exports, and networks by name (without any: all of them). What is not there yet is exported first.
local core = require "phosphene.core"
local ph = require "phosphene"

local folder = arg[1] or "build/networks"
local bound = 1e-3 -- of relative L2 differences
-- Where rounding decides more of a gradient than that, so many times what it decides.
local allowance = 4
-- Steps of rendering; networks of a free size are small, and see a new size at every step.
local steps, free_steps, plain_rate = 6, 30, 0.005
local class = 3

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

-- |a - b| / |b|, or |a| where b is zero, as the gradient of a class under a silent ReLU is.
local function distance(a, b)
  local difference, scale = a:reshape(b:shape()):clone():add(b, -1), b:dot(b)
  return math.sqrt(difference:dot(difference) / (scale > 0 and scale or 1))
end

-- The share of a gradient that rounding decides, as the export has it; of none, none.
local function share(tensor)
  local value = tensor:values()[1]
  return value == value and value or 0
end

-- The gradient with respect to the picture where that of a layer is this.
local function gradient_of(net, picture, layer, seed)
  net:forward(picture, { "middle", "output" }):inject_value(layer, seed)
  return net:backward()
end

-- One for the class, wherever the output (1, classes, …) has it.
local function class_seed(shape)
  local start, one = {}, table.move(shape, 1, #shape, 1, {})
  for axis = 1, #shape do start[axis] = axis == 2 and class or 0 end
  one[2] = 1
  return core.tensor(one, 1):place(shape, start)
end

-- How far output, middle and gradients are from PyTorch's.
local function differences(net, expected)
  net:forward(expected.input, { "middle", "output" })
  local output, middle = net:value "output", net:value "middle"
  local from_middle = gradient_of(net, expected.input, "middle", expected.seed:reshape(middle:shape()))
  local from_class = gradient_of(net, expected.input, "output", class_seed(output:shape()))
  return { output = distance(output, expected.output), middle = distance(middle, expected.middle),
    gradient = distance(from_middle, expected.gradient), class = distance(from_class, expected.class_gradient) }
end

local tests, failed = 0, 0
local function check(holds, text)
  tests = tests + 1
  if not holds then failed = failed + 1 end
  print(("%s %d - %s"):format(holds and "ok" or "not ok", tests, text))
  io.stdout:flush()
end

-- The sum of a unit for a picture.
local function sum_of(net, picture, layer)
  local activation = net:forward(picture, layer, { backward = false }):activation(layer)
  local start, size = { 0, class, 0, 0 }, activation:shape()
  size[2] = 1
  return activation:slice(table.move(start, 1, #size, 1, {}), size):sum()
end

-- With the default transforms it has to come out as a picture: what it does to random weights, whose largest answers
-- may be to the noise that it began with, is chance. The true gradient of the picture itself has to raise what it is
-- of, where the steps are few and short.
local function test_render(net, name, expected, is_free)
  for _, layer in ipairs { "middle", "output" } do
    local function render(count, transforms, relu)
      return ph.render { net, ph.channel(layer, class), size = expected.input:shape()[3], transforms = transforms,
        relu = relu, rate = relu and plain_rate, steps = count, seed = 1, progress = false }.image
    end
    local seen = render(is_free and free_steps or steps):statistics()
    check(seen.least >= 0 and seen.most <= 1 and seen.deviation > 0,
      ("%s renders %s, from %.3g to %.3g around %.3g"):format(name, layer, seen.least, seen.most, seen.mean))
    local before, after = sum_of(net, render(0), layer), sum_of(net, render(steps, "none", "plain"), layer)
    check(after > before or (after == 0 and before == 0),
      ("%s raises %s, from %.4g to %.4g"):format(name, layer, before, after))
  end
end

local function test(name)
  run(("/usr/bin/python3 scripts/export_networks.py '%s' %s"):format(folder, name))
  local net, problem = ph.network(("%s/%s.onnx"):format(folder, name), { range = { 0, 1 } })
  if not net then return check(false, ("%s: %s"):format(name, problem)) end
  local expected, sizes = nil, 0
  for path in run(("ls %s/%s.*.safetensors"):format(folder, name)):gmatch "[^\n]+" do
    expected, sizes = assert(core.load_safetensors(path)), sizes + 1
    local d = differences(net, expected)
    local unsure, class_unsure = share(expected.unsure), share(expected.class_unsure)
    check(d.output <= bound and d.middle <= bound and d.gradient <= math.max(bound, allowance * unsure)
      and d.class <= math.max(bound, allowance * class_unsure),
      ("%s: output differs by %.2g, middle by %.2g, gradients by %.2g, %.2g (rounding: %.2g, %.2g)"):format(
        path:match "([^/]*)%.safetensors$", d.output, d.middle, d.gradient, d.class, unsure, class_unsure))
  end
  test_render(net, name, expected, sizes > 1)
end

for _, name in ipairs(names()) do
  local ok, problem = pcall(test, name)
  if not ok then check(false, ("%s: %s"):format(name, problem)) end
  collectgarbage()
end
print(("1..%d"):format(tests))
os.exit(failed == 0)
