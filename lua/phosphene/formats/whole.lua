-- SPDX-License-Identifier: MIT
-- Whole numbers of untrusted files. Must not know any format.

local refuse = require "phosphene.formats.refuse"

--- The value of a field as an integer; refuses what is not a whole number from `least` to `most`.
return function(value, name, least, most)
  local whole = type(value) == "number" and math.tointeger(value)
  if not whole or whole < least or whole > most then
    refuse.raise("'%s' is %s, not a whole number from %d to %d", name, tostring(value), least, most)
  end
  return whole
end
