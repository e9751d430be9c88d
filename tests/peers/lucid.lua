-- SPDX-License-Identifier: MIT
-- Lucid's default run against its rebuilding in PyTorch (lucid.py): 128 px, Fourier, colours decorrelated, Lucid's
-- transforms and redirected ReLUs, Adam in TensorFlow's form, a channel of BVLC's mixed4a. Both begin with the same
-- spectrum and see it through the same draws. TAP on stdout; both pictures go into out/peers/, to be looked at.
local core = require "phosphene.core"
local network = require "phosphene.formats.loading"
local ph = require "phosphene"

local unit, seed, size = 97, 1, 128
local snapshots = { 1, 10, 100 }
local compared = 10 -- steps whose gradients are compared
-- The most that one gradient, for the median of the steps, may differ from the other, as a share of its length.
local gradient_bound = 1e-5
-- Mean absolute differences of pictures in [0, 1]. What differs is rounding, but it grows: in one step of three or so
-- it decides the winner of a pool, which is worth a thousandth of that gradient, and Adam makes as much of small
-- gradients as of large ones.
local bounds = { [1] = 1e-3, [10] = 1e-2 }
-- So after 100 steps the pictures have to look alike: the correlation of what is left of them at 32 pixels.
-- (Those of other seeds correlate by less than 0.2.)
local likeness = { [100] = 0.6 }
local folder = "out/peers/"

local weights, missing = require("phosphene.network.weights").find "bvlc_googlenet"
if not weights then
  print("1..0 # SKIP " .. missing)
  return
end

-- What ph.transforms.lucid draws in each step, in the order in which it draws: below(n) for one of n.
local function draws(steps)
  local random, rows = core.random(seed, "transforms"), {}
  local factors, degrees = {}, {}
  for i = 0, 10 do factors[#factors + 1] = 0.90 + 0.02 * i end
  for d = -10, 10 do degrees[#degrees + 1] = d end
  for _ = 1, 5 do degrees[#degrees + 1] = 0 end
  for _ = 1, steps do
    local top, left = random:below(9), random:below(9)
    local factor, angle = factors[1 + random:below(#factors)], degrees[1 + random:below(#degrees)]
    table.move({ top, left, factor, angle, random:below(5), random:below(5) }, 1, 6, #rows + 1, rows)
  end
  return core.tensor({ steps, 6 }, rows)
end

-- Pictures and values of our run, and what the other side has to know of it.
local function our_run(net)
  local made = { after = {}, gradients = {} }
  local told = { draws = draws(snapshots[#snapshots]), unit = core.tensor({ 1 }, unit),
    snapshots = core.tensor({ #snapshots }, snapshots) }
  local wanted = {}
  for _, step in ipairs(snapshots) do wanted[step] = true end
  local parameters = ph.parameterisation("fourier", { height = size, random = core.random(seed, "init") })
  told.spectrum = parameters:values():clone()
  told.spectrum_1 = told.spectrum

  for step, run in ph.steps { net, ("mixed4a:%d"):format(unit), size = size, steps = snapshots[#snapshots],
    seed = seed } do
    if step == 1 then made.first_value = run.value end
    if step <= compared then made.gradients[step] = run.parameterisation:gradient():clone() end
    if step < compared then told["spectrum_" .. step + 1] = run.parameterisation:values():clone() end
    if wanted[step] then made.after[step] = run.image:clone() end
  end
  return made, told
end

local function mean_difference(a, b)
  local values, sum = a:clone():add(b, -1):values(), 0
  for _, value in ipairs(values) do sum = sum + math.abs(value) end
  return sum / #values
end

-- A picture's colours at 32 pixels, less their mean.
local function sketch(image)
  local small = core.resize_image(image, 32, 32)
  return small:add(core.tensor(small:shape(), -small:statistics().mean))
end

local function correlation(a, b)
  a, b = sketch(a), sketch(b)
  return a:dot(b) / math.sqrt(a:dot(a) * b:dot(b))
end

-- |a - b| / |b|
local function distance(a, b)
  local difference = a:clone():add(b, -1)
  return math.sqrt(difference:dot(difference) / b:dot(b))
end

local function median(values)
  table.sort(values)
  return values[(#values + 1) // 2]
end

assert(os.execute("mkdir -p " .. folder))
local made, told = our_run(assert(network.load(weights)))
assert(core.save_safetensors(folder .. "run.safetensors", told, {}, { type = "F32" }))
assert(os.execute(("/usr/bin/python3 tests/peers/lucid.py '%s' %srun.safetensors %stheirs.safetensors")
  :format(weights, folder, folder)))
local theirs = assert(core.load_safetensors(folder .. "theirs.safetensors"))

print(("1..%d"):format(2 + #snapshots))
local tests, passed = 0, true
local function check(holds, text, ...)
  tests, passed = tests + 1, passed and holds
  print(("%s %d - %s"):format(holds and "ok" or "not ok", tests, text:format(...)))
end

local first = theirs.values:values()[1]
check(math.abs(made.first_value - first) <= 1e-5 * math.abs(first), "the first objective: %.7g, PyTorch's %.7g",
  made.first_value, first)

local distances = {}
for step, gradient in ipairs(made.gradients) do distances[step] = distance(gradient, theirs["gradient_" .. step]) end
local middle = median(distances)
check(middle <= gradient_bound, "gradients of %d steps differ by %.2g (median; the largest by %.2g)", compared, middle,
  distances[#distances])

for _, step in ipairs(snapshots) do
  local ours, other = made.after[step], theirs["after_" .. step]
  if bounds[step] then
    local difference = mean_difference(ours, other)
    check(difference <= bounds[step], "after %d: pictures differ by %.2g", step, difference)
  else
    local alike = correlation(ours, other)
    check(alike >= likeness[step], "after %d: pictures correlate by %.2f", step, alike)
  end
  assert(ph.montage({ ours, other }, { columns = 2 }):save(("%safter-%d.png"):format(folder, step)))
end
os.exit(passed)
