-- SPDX-License-Identifier: MIT
-- The attack: damaged files, random calls, kills while files are written, interrupts, and allocations that fail, for
-- SECONDS in all, on the program that is given. Arguments, with whole paths: the source tree, the program, the library
-- that makes allocations fail; then SECONDS and, to have the same attack again, SEED. Each part prints a line of
-- figures; what should not have happened is printed with how to repeat it, and the exit status is 1. Must not know how
-- the program works.

local core = require "phosphene.core"

local tree, program, failing = arg[1], arg[2], arg[3]
local seconds, seed = tonumber(arg[4]), math.tointeger(tonumber(arg[5])) or os.time()
math.randomseed(seed)

local folder = os.tmpname()
os.remove(folder)
assert(os.execute("mkdir " .. folder))

local failures = 0

-- Runs a command with our search path: what it said and its exit status, which is above 128 for a signal.
local function run(command)
  local pipe = assert(io.popen(("{ %s; } 2>&1"):format(command)))
  local said = pipe:read "a"
  local _, how, code = pipe:close()
  return said, how == "signal" and 128 + code or code
end

local function fail(part, command, said, status)
  failures = failures + 1
  print(("%s FAILED with %s: %s\n  again: %s"):format(part, status, (said:sub(-300):gsub("\n+", " | ")), command))
end

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

-- Calls `once` until its part of the time is over; gives how often.
local function part(name, once)
  local ends, rounds, tally = core.clock() + seconds / 5, 0, {}
  while core.clock() < ends do
    rounds = rounds + 1
    local result = once(math.random(1 << 30))
    tally[result] = (tally[result] or 0) + 1
  end
  local results = {}
  for result, times in pairs(tally) do results[#results + 1] = ("%d %s"):format(times, result) end
  table.sort(results)
  print(("%-12s %5d rounds: %s"):format(name, rounds, table.concat(results, ", ")))
end

-- ---- children that must end well ----

-- They run in the folder, since random calls write files of random names.
local function child(name, own_seed, count, more)
  local command = ("cd %s && timeout -k 1 120 %s %s/tests/attack/%s.lua %d %d %s %s"):format(folder, program, tree,
    name, own_seed, count, folder, more or "")
  local said, status = run(command)
  if status == 0 then return "well" end
  local kept = ("%s-kept-%d"):format(folder, failures)
  os.execute(("cp -r %s %s"):format(folder, kept))
  fail(name, ("%s # the file or call is in %s"):format(command, kept), said, status)
  return "badly"
end

local files_each, calls_each = 100, 1000
local formats = { "image", "safetensors", "onnx", "tensorflow", "keras", "caffe", "prototxt", "hdf5", "zip",
  "tensorflowjs" }

local next_format = 0
local function files(own_seed)
  next_format = next_format % #formats + 1
  return child("files", own_seed, files_each, formats[next_format])
end

local function calls(own_seed) return child("calls", own_seed, calls_each) end

-- ---- a picture, weights and a checkpoint that are written over and over, and one run ----

-- Each of the two contents of each file; what they are follows from the number that is given.
local writing = [[
local ph, core = require "phosphene", require "phosphene.core"
local folder, number = arg[1], 0
local net = assert(ph.network "googlenet-tiny")
while true do
  number = number % 2 + 1
  local t = core.tensor({ 1, 3, 200, 200 }, number / 2)
  assert(core.save_image(t, folder .. "/it.png", { number = tostring(number) }))
  assert(core.save_safetensors(folder .. "/it.safetensors", { t = t }, { number = tostring(number) }))
  for _, state in ph.steps { net, "mixed3a:1", size = 24, steps = number, seed = number } do
    assert(state:save(folder .. "/it.checkpoint"))
  end
end]]

local rendering = [[
local ph = require "phosphene"
local net = assert(ph.network "googlenet-tiny")
local result = ph.render { net, "mixed4a:61", size = 40, steps = tonumber(arg[2]), seed = 1, progress = false,
  output = arg[1] }]]

local function script(name, text)
  local path = ("%s/%s.lua"):format(folder, name)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
  return path
end

local writer, renderer = script("writing", writing), script("rendering", rendering)

local function is_whole()
  local image = not read(folder .. "/it.png") or core.load_image(folder .. "/it.png")
  local weights = not read(folder .. "/it.safetensors") or core.load_safetensors(folder .. "/it.safetensors")
  local checkpoint = not read(folder .. "/it.checkpoint") or core.load_safetensors(folder .. "/it.checkpoint")
  return image and weights and checkpoint
end

local function kills()
  local command = ("timeout -s KILL %.2f %s %s %s"):format(0.1 + 1.5 * math.random(), program, writer, folder)
  local said, status = run(command)
  if status == 137 and is_whole() then return "whole" end
  fail("kills", command, said, status)
  return "not whole"
end

local function interrupts()
  local path = folder .. "/run.interrupted.png"
  os.remove(path)
  local command = ("timeout --preserve-status -s %s -k 20 %.2f %s %s %s/run.png 1000000"):format(
    ({ "INT", "TERM", "HUP" })[math.random(3)], 0.02 + 3 * math.random(), program, renderer, folder)
  local said, status = run(command)
  local picture = read(path)
  if (status == 129 or status == 130 or status == 143) and (not picture or core.load_image(path)) then
    return picture and "with a picture" or "before the first step"
  end
  fail("interrupts", command, said, status)
  return "badly"
end

-- ---- allocations ----

local whole, made = nil, {} -- the pixels, and how many allocations of at least so many bytes there are

-- Of the picture of the last run, nil where it has none; its metadata may say that memory was short.
local function pixels()
  local image = read(folder .. "/run.png") and assert(core.load_image(folder .. "/run.png"))
  return image and image:fingerprint()
end

local function render(before) return ("%s %s %s %s/run.png 2"):format(before, program, renderer, folder) end

local function allocations()
  local least, later = ({ 1, 1024, 65536 })[math.random(3)], math.random(0, 1)
  if not made[least] then
    run(render(("FAILING_LEAST=%d FAILING_COUNT=%s/count LD_PRELOAD=%s"):format(least, folder, failing)))
    made[least] = assert(tonumber(read(folder .. "/count")))
    whole = pixels()
  end
  os.remove(folder .. "/run.png")
  local command = render(("FAILING_LEAST=%d FAILING_LATER=%d FAILING_AT=%d LD_PRELOAD=%s timeout 60"):format(least,
    later, math.random(made[least]), failing))
  local said, status = run(command)
  local picture = pixels()
  if status == 0 and picture == whole then return "as always" end
  if status == 1 and said:lower():find "memory" and (not picture or picture == whole) then return "said so" end
  fail("allocations", command, said, status)
  return "badly"
end

-- ---- all of it ----

print(("seed %d, %d s"):format(seed, seconds))
part("files", files)
part("calls", calls)
part("kills", kills)
part("interrupts", interrupts)
part("allocations", allocations)
os.execute("rm -r " .. folder)
os.exit(failures == 0 and 0 or 1, true)
