-- SPDX-License-Identifier: MIT
-- Tables as text, in columns. Must not know what is in them.

local printable = require "phosphene.base.printable"

local widest = 200 -- characters of an entry

local function cleaned(rows)
  local clean = {}
  for i, row in ipairs(rows) do
    clean[i] = {}
    for k, text in ipairs(row) do clean[i][k] = printable(text, widest):gsub("\n", " ") end
  end
  return clean
end

--- Rows of texts as lines, columns as wide as their widest entry. `flush_right` names the columns of numbers, as
--- { [4] = true }.
local function columns(rows, flush_right)
  local widths = {}
  rows = cleaned(rows)
  for _, row in ipairs(rows) do
    for i, text in ipairs(row) do widths[i] = math.max(widths[i] or 0, utf8.len(text) or #text) end
  end
  local lines = {}
  for _, row in ipairs(rows) do
    local line = {}
    for i, text in ipairs(row) do
      local gap = (" "):rep(widths[i] - (utf8.len(text) or #text))
      line[i] = flush_right and flush_right[i] and gap .. text or text .. gap
    end
    lines[#lines + 1] = (table.concat(line, "  "):gsub("%s+$", ""))
  end
  return table.concat(lines, "\n")
end

return columns
