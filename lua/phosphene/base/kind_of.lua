-- SPDX-License-Identifier: MIT
-- What kind of value something is: as type() says, except that our own types go by their names. Must not look into the
-- value.

local function is_object(value) return type(value) == "userdata" or type(value) == "table" end

--- "tensor", "network", "result", …; "number", "table" and so on for what is not of our types.
local function kind_of(value)
  local metatable = is_object(value) and debug.getmetatable(value)
  local name = type(metatable) == "table" and rawget(metatable, "__name")
  return type(name) == "string" and name:match "^ph%.(.*)$" or type(value)
end

return kind_of
