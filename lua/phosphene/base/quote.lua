-- SPDX-License-Identifier: MIT
-- How a message shows the value that was given: short, on one line, with text in quotes. Must not know what was
-- expected.

local kind_of = require "phosphene.base.kind_of"

local most_characters = 40

local function quoted(text)
  text = text:gsub("%c", " ")
  if #text > most_characters then
    local cut = utf8.len(text) and utf8.offset(text, most_characters) or most_characters
    text = cut and text:sub(1, cut - 1) .. "…" or text
  end
  return ("'%s'"):format(text)
end

local function of_number(value)
  if value ~= value then return "nan" end -- whose sign depends on the machine
  return math.type(value) == "integer" and ("%d"):format(value) or ("%.9g"):format(value)
end

--- 'text', 5, nil, true, "a table", "a network", "a tensor 1x3x32x32".
local function shown(value)
  local kind = kind_of(value)
  if kind == "string" then return quoted(value) end
  if kind == "number" then return of_number(value) end
  if kind == "nil" or kind == "boolean" then return tostring(value) end
  if kind == "tensor" then
    local is_open, shape = pcall(value.shape, value)
    if is_open then return "a tensor of shape " .. table.concat(shape, "x") end
  end
  return (kind:match "^[aeiou]" and "an " or "a ") .. kind
end

return shown
