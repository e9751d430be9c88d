-- SPDX-License-Identifier: MIT
-- How the prompt shows values: what prints itself does, plain tables are laid out with their entries, whose own tables
-- are shown small. Must not know where values come from.

local kind_of = require "phosphene.base.kind_of"
local show_tensor = require "phosphene.program.print_tensor"

local most_entries = 200 -- of a table
local few_entries = 8 -- of a table within it
local line_width = 100

-- What there is to a float: tensors hold seven digits. Whole ones stay recognisable as floats.
local function of_number(value)
  if math.type(value) == "integer" or value ~= value or value % 1 == 0 then return tostring(value) end
  return ("%.7g"):format(value)
end

-- Numbers, strings, booleans, … within a table.
local function plain(value)
  if type(value) == "number" then return of_number(value) end
  if type(value) == "string" then return ("%q"):format(value):gsub("\\\n", "\\n") end
  return tostring(value)
end

local function has_own_text(value)
  local metatable = debug.getmetatable(value)
  return type(metatable) == "table" and (metatable.__tostring or metatable.__name)
end

local function by_text(a, b)
  if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
  return tostring(a) < tostring(b)
end

-- Keys beyond the list part, in a fixed order.
local function other_keys(t, count)
  local keys = {}
  for key in next, t do
    if not (math.type(key) == "integer" and key >= 1 and key <= count) then keys[#keys + 1] = key end
  end
  table.sort(keys, by_text)
  return keys
end

local function key_text(key)
  if type(key) == "string" and key:match "^[%a_][%w_]*$" then return key end
  return "[" .. plain(key) .. "]"
end

local small

-- Texts of a table's entries, the list first; the last one says how many more there are.
local function entries_of(t, most)
  local count = rawlen(t)
  local keys = other_keys(t, count)
  local texts = {}
  for i = 1, math.min(count, most) do texts[i] = small(rawget(t, i)) end
  for _, key in ipairs(keys) do
    if #texts >= most then break end
    texts[#texts + 1] = key_text(key) .. " = " .. small(rawget(t, key))
  end
  local left = count + #keys - #texts
  if left > 0 then texts[#texts + 1] = ("… %d more"):format(left) end
  return texts
end

-- A value within a table: of tables, a few plain entries.
function small(value)
  if type(value) ~= "table" or has_own_text(value) then return (plain(value)) end
  if next(value) == nil then return "{}" end
  local texts = {}
  for _, entry in next, value do
    if type(entry) == "table" or #texts == few_entries then return "{…}" end
    texts[#texts + 1] = true
  end
  return "{ " .. table.concat(entries_of(value, few_entries), ", ") .. " }"
end

-- Entries in as many lines as they take.
local function in_lines(texts)
  local lines, line = {}, "  "
  for i, text in ipairs(texts) do
    if i < #texts then text = text .. "," end
    if #line + #text >= line_width and line ~= "  " then
      lines[#lines + 1] = line
      line = "  "
    end
    line = line .. (line == "  " and "" or " ") .. text
  end
  lines[#lines + 1] = line
  return "{\n" .. table.concat(lines, "\n") .. "\n}"
end

--- The text for a value that was typed at the prompt.
local function show(value)
  if type(value) == "number" then return of_number(value) end
  if kind_of(value) == "tensor" then return show_tensor(value) end
  if type(value) ~= "table" or has_own_text(value) then return tostring(value) end
  local texts = entries_of(value, most_entries)
  if #texts == 0 then return "{}" end
  local line = "{ " .. table.concat(texts, ", ") .. " }"
  return #line <= line_width and line or in_lines(texts)
end

return show
