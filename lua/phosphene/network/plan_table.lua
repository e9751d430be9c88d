-- SPDX-License-Identifier: MIT
-- What a network's backend will do for pictures of one size, as rows that print as a table. Must not know any backend.

local columns = require "phosphene.base.columns"
local costs = require "phosphene.network.layer_costs"
local expect = require "phosphene.base.expect"

local a_side = expect.whole(1, 65536)

local function sides(size)
  if type(size) ~= "table" then size = { size, size } end
  return expect.value(size[1], a_side, "plan: height"), expect.value(size[2], a_side, "plan: width")
end

-- Names of the taps; and, where some say so, as in "mixed4a:61", which channels {first, last + 1} of each are read.
local function split(net, taps)
  if taps == nil then return nil end
  local known, names, reads, partial = {}, {}, {}, false
  for _, name in ipairs(net:layers()) do known[name] = true end
  for i, tap in ipairs(type(taps) == "table" and taps or { taps }) do
    local name, unit = tostring(tap):match "^(.*):(%d+)$"
    if known[tap] or not name then name, unit = tap, nil end
    name, unit = net:layer(name).name, math.tointeger(tonumber(unit))
    local read = reads[name] or { math.maxinteger, 0 }
    reads[name] = { math.min(read[1], unit or 0), math.max(read[2], unit and unit + 1 or math.maxinteger) }
    names[i], partial = name, partial or unit ~= nil
  end
  return names, partial and reads or nil
end

-- As much of a layer's work as the row has of its channels.
local function multiplications(net, row, shapes)
  local whole, count = 0, 0
  for _, name in ipairs(row.layers) do
    whole = whole + (shapes[name] and (shapes[name][2] or 1) or 0)
    count = count + costs.multiplications(net:layer(name), shapes)
  end
  return whole == 0 and 0 or count * (row.last - row.first) // whole
end

local function shape_text(row)
  local text, channels = costs.shape_text(row.shape), row.shape[2] or 1
  if row.last - row.first == channels then return text end
  return ("%s, %d..%d"):format(text, row.first, row.last - 1)
end

local function count_text(count) return count > 0 and costs.short(count) or "" end

-- The first of several names stands for all.
local function names_text(names)
  return #names > 1 and ("%s and %d more"):format(names[1], #names - 1) or names[1] or ""
end

local function row_text(row)
  local ways = { row.forward or "", row.backward ~= row.forward and row.backward or nil }
  return {
    names_text(row.layers), names_text(row.fused), row.kind, table.concat(ways, " / "), shape_text(row),
    row.layout, count_text(row.weights), count_text(row.scratch), count_text(row.multiplications),
  }
end

-- "not needed: a, b, … (12 layers)"
local function list_line(what, names)
  if #names == 0 then return nil end
  local shown = table.concat(names, ", ", 1, math.min(#names, 8))
  return ("%s: %s%s"):format(what, shown, #names > 8 and (", … (%d layers)"):format(#names) or "")
end

local function text_of(plan)
  local totals, short = plan.totals, costs.short
  local rows = { { "layers", "fused", "kind", "by", "shape", "layout", "weights", "scratch", "multiplications" } }
  for _, row in ipairs(plan.rows) do rows[#rows + 1] = row_text(row) end
  rows[#rows + 1] = { "total", "", "", "", "", "", short(totals.weights), "", short(totals.multiplications) }
  local lines = { columns(rows, { [7] = true, [8] = true, [9] = true }), "" }
  for _, list in ipairs { { "computed in their place", plan.in_place }, { "known beforehand", plan.known },
    { "not read", plan.unread }, { "not needed", plan.unneeded } } do
    lines[#lines + 1] = list_line(list[1], list[2])
  end
  lines[#lines + 1] = ("memory: %sB for an image alone; else %sB an image and %sB a thread")
    :format(short(totals.together), short(totals.kept), short(totals.work))
  return table.concat(lines, "\n")
end

local plan_type = { __name = "ph.plan", __tostring = text_of }

--- The plan for pictures of this size, by the core's own `plan`.
local function plan_of(make, net, size, taps, options)
  local height, width = sides(size)
  local names, reads = split(net, taps)
  local made = make(net, height, width, names, options, reads)
  local shapes, totals = costs.shapes(net, height, width), { weights = 0, multiplications = 0 }
  for _, row in ipairs(made.rows) do
    row.multiplications = multiplications(net, row, shapes)
    totals.weights = totals.weights + row.weights
    totals.multiplications = totals.multiplications + row.multiplications
  end
  for _, name in ipairs { "kept", "work", "together" } do totals[name], made[name] = made[name], nil end
  made.totals = totals
  return setmetatable(made, plan_type)
end

return plan_of
