-- What the benchmarks share: repeated measurements of two things in turn, medians, ratios pair by pair, a JSON file.
local core = require "phosphene.core"

local measure = {}

local function summary(values)
  local sorted = table.move(values, 1, #values, 1, {})
  table.sort(sorted)
  return { least = sorted[1], median = sorted[(#sorted + 1) // 2], most = sorted[#sorted] }
end

-- Seconds that f() takes.
function measure.seconds(f)
  local start = core.clock()
  f()
  return core.clock() - start
end

-- Runs a() and b() in turn, `rounds` times after `warm` rounds that do not count. Each returns its seconds. Gives three
-- summaries: of a, of b, and of a / b taken pair by pair.
function measure.pair(a, b, rounds, warm)
  local as, bs, ratios = {}, {}, {}
  for i = 1 - (warm or 3), rounds do
    local x, y = a(), b()
    if i > 0 then as[i], bs[i], ratios[i] = x, y, x / y end
  end
  return summary(as), summary(bs), summary(ratios)
end

local function milliseconds(s)
  return ("%8.2f %8.2f %8.2f ms"):format(s.least * 1e3, s.median * 1e3, s.most * 1e3)
end

function measure.print(name, s, unit)
  print(("%-44s %s"):format(name, unit == "ratio" and ("%8.3f %8.3f %8.3f"):format(s.least, s.median, s.most)
    or milliseconds(s)))
end

local function json(value)
  if type(value) == "number" then return ("%.6g"):format(value) end
  if type(value) == "string" then return ("%q"):format(value) end
  local keys, parts = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  for i, key in ipairs(keys) do parts[i] = ("%q: %s"):format(key, json(value[key])) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- Writes build/bench/NAME.json.
function measure.write(name, results)
  local path = "build/bench/" .. name .. ".json"
  local file = assert(io.open(path, "w"))
  file:write(json(results), "\n")
  file:close()
  print("written to " .. path)
end

return measure
