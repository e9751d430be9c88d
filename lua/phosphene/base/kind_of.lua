-- SPDX-License-Identifier: MIT
-- The kind of a value: its type(), or the name of one of our own types. Must not look into the value.

local function is_object(value) return type(value) == "userdata" or type(value) == "table" end

--- "tensor", "network", "result", …; "number", "table" and so on for all other values.
local function kind_of(value)
  local metatable = is_object(value) and debug.getmetatable(value)
  local name = type(metatable) == "table" and rawget(metatable, "__name")
  return type(name) == "string" and name:match "^ph%.(.*)$" or type(value)
end

return kind_of
