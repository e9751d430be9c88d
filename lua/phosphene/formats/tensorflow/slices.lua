-- SPDX-License-Identifier: MIT
-- The settings of TensorFlow's StridedSlice: its masks, each bit of which applies to one entry of its lists, decoded.
-- Used for constants and for activations.

local lists = require "phosphene.formats.lists"
local refuse = require "phosphene.formats.refuse"

local slices = {}

local function has(node, mask, i) return (node.attributes[mask] or 0) & (1 << (i - 1)) ~= 0 end

-- How many of the input's axes the entries after i take.
local function taken_after(node, i, count)
  local taken = 0
  for j = i + 1, count do taken = taken + (has(node, "new_axis_mask", j) and 0 or 1) end
  return taken
end

--- The slice of an input of this rank, one entry for each axis of the output and for each that goes: { is_new = true },
--- or { axis = of the input, from 1, start =, stop =, step =, goes = whether the axis goes }; start and stop are nil
--- where the slice goes to the end, and may be formulas of the picture's size.
function slices.parse(node, rank, starts, stops, steps)
  local entries, axis = {}, 0
  local function add(entry)
    axis = axis + 1
    if axis > rank then refuse.raise("a slice of more than %d dimensions", rank) end
    entry.axis = axis
    entries[#entries + 1] = entry
  end
  if #starts ~= #stops or #starts ~= #steps then refuse.raise "lists of different lengths" end
  for i, start in ipairs(starts) do
    if has(node, "ellipsis_mask", i) then
      while axis < rank - taken_after(node, i, #starts) do add { step = 1 } end
    elseif has(node, "new_axis_mask", i) then
      entries[#entries + 1] = { is_new = true }
    elseif has(node, "shrink_axis_mask", i) then
      add { start = start, stop = start ~= -1 and lists.calculate("+", false, start, 1) or nil, step = 1, goes = true }
    else
      if steps[i] == 0 then refuse.raise "a step of 0" end
      add { start = not has(node, "begin_mask", i) and start or nil, step = steps[i],
        stop = not has(node, "end_mask", i) and stops[i] or nil }
    end
  end
  while axis < rank do add { step = 1 } end
  return entries
end

return slices
