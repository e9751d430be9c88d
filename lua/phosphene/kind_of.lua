-- What kind of value something is: as type() says, except that the core's types go by their own names. Must not look
-- into the value.

--- "tensor", "network", "objective", …; "number", "table" and so on for what is not the core's.
local function kind_of(value)
  local metatable = type(value) == "userdata" and debug.getmetatable(value)
  return metatable and metatable.__name and metatable.__name:match "^ph%.(.*)$" or type(value)
end

return kind_of
