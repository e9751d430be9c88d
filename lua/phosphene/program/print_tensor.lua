-- SPDX-License-Identifier: MIT
-- How the prompt shows tensors: what they print as, and the numbers of small ones in rows and columns. Must not know
-- what the numbers mean.

local most_numbers = 400
local line_width = 100

-- Lengths of the axes that are longer than 1: what is left of (1, 256, 1, 1) is a row.
local function lengths_of(shape)
  local lengths = {}
  for _, length in ipairs(shape) do
    if length > 1 then lengths[#lengths + 1] = length end
  end
  return lengths
end

-- The numbers as texts of one width.
local function texts_of(values)
  local texts, width = {}, 0
  for i, value in ipairs(values) do
    texts[i] = ("%.4g"):format(value)
    width = math.max(width, #texts[i])
  end
  for i, text in ipairs(texts) do texts[i] = (" "):rep(width - #text) .. text end
  return texts, width
end

-- One row of so many numbers from `first` on, continued further in where it is too long for a line.
local function add_row(lines, texts, first, count, width)
  local room = math.max(1, (line_width - 4) // (width + 2))
  for start = first, first + count - 1, room do
    local last = math.min(start + room, first + count) - 1
    lines[#lines + 1] = (start == first and "  " or "    ") .. table.concat(texts, "  ", start, last)
  end
end

--- The text for a tensor that was typed at the prompt.
local function show_tensor(tensor)
  local text = tostring(tensor)
  local is_open, shape = pcall(tensor.shape, tensor)
  local lengths = is_open and lengths_of(shape) or {}
  if #lengths == 0 or tensor:count() > most_numbers then return text end

  local texts, width = texts_of(tensor:values())
  local columns, rows = lengths[#lengths], lengths[#lengths - 1] or 1
  local lines = { (text:gsub(" {.*", "")) }
  for row = 1, #texts // columns do
    if row > 1 and row % rows == 1 and rows > 1 then lines[#lines + 1] = "" end -- between planes
    add_row(lines, texts, (row - 1) * columns + 1, columns, width)
  end
  return table.concat(lines, "\n")
end

return show_tensor
