-- SPDX-License-Identifier: MIT
-- What the benchmarks share: repeated measurements of two things in turn, medians, ratios pair by pair, tables, a JSON
-- file, and the step that most of them measure. Must not know what a benchmark compares.
local core = require "phosphene.core"

local measure = {}

-- How often to measure: ROUNDS, or the benchmark's default, which is meant to be quick.
function measure.rounds(default)
  return tonumber(os.getenv "ROUNDS") or default
end

-- ---- time ----

-- Seconds that f() takes.
function measure.seconds(f)
  local start = core.clock()
  f()
  return core.clock() - start
end

-- One step at size x size: forward to the tap, and back to the pictures' gradient. Returns a function that takes the
-- step and gives its seconds. What the first step alone does (planning, allocating) has been done. `options` are those
-- of net:forward.
function measure.step(net, tap, batch, size, options)
  local images = core.random(1, "bench"):fill_normal(core.tensor { batch, 3, size, size }, 0.5, 0.1)
  local image_gradient = core.tensor(images:shape())
  net:forward(images, tap, options)
  local gradient = core.tensor(net:activation(tap):shape(), 1e-3)
  local function step()
    net:forward(images, tap, options)
    net:inject(tap, gradient)
    net:backward(image_gradient)
  end
  step()
  return function() return measure.seconds(step) end
end

-- The second of two steps, for measurements in turn with something else: the first fills the caches and wakes the
-- threads, and gives another process's threads the time to fall asleep.
function measure.settled(step)
  return function()
    step()
    return step()
  end
end

-- ---- statistics ----

function measure.summary(values)
  local sorted = table.move(values, 1, #values, 1, {})
  table.sort(sorted)
  return { least = sorted[1], median = sorted[(#sorted + 1) // 2], most = sorted[#sorted] }
end

-- The summary of `rounds` calls of f.
function measure.repeated(f, rounds)
  local values = {}
  for i = 1, rounds do values[i] = f() end
  return measure.summary(values)
end

-- Runs a() and b() in turn, `rounds` times after `warm` rounds that do not count. Each returns its seconds. Gives three
-- summaries: of a, of b, and of a / b taken pair by pair.
function measure.pair(a, b, rounds, warm)
  local as, bs, ratios = {}, {}, {}
  for i = 1 - (warm or 3), rounds do
    local x, y = a(), b()
    if i > 0 then as[i], bs[i], ratios[i] = x, y, x / y end
  end
  return measure.summary(as), measure.summary(bs), measure.summary(ratios)
end

-- ---- tables ----

-- Format of a number, and what it is multiplied by to be in this unit.
local units = {
  ratio = { "%10.3f %10.3f %10.3f", 1 },
  s = { "%10.3f %10.3f %10.3f s", 1 },
  ms = { "%10.2f %10.2f %10.2f ms", 1e3 },
  percent = { "%10.2f %10.2f %10.2f %%", 100 },
  MiB = { "%10.1f %10.1f %10.1f MiB", 1 / 2 ^ 20 },
}

function measure.title(text)
  print(("%-46s %10s %10s %10s"):format(text, "least", "median", "most"))
end

-- One line of the table; milliseconds by default.
function measure.print(name, s, unit)
  local format, factor = table.unpack(units[unit or "ms"])
  print(("  %-44s " .. format):format(name, s.least * factor, s.median * factor, s.most * factor))
end

-- ---- files ----

local function json(value)
  if type(value) == "number" then return ("%.6g"):format(value) end
  if type(value) == "string" then return ("%q"):format(value) end
  local keys, parts = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  for i, key in ipairs(keys) do parts[i] = ("%q: %s"):format(key, json(value[key])) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- Where benchmarks write.
measure.folder = "build/bench/"

-- Writes build/bench/NAME.json.
function measure.write(name, results)
  local path = measure.folder .. name .. ".json"
  local file = assert(io.open(path, "w"))
  file:write(json(results), "\n")
  file:close()
  print("written to " .. path .. "\n")
end

return measure
