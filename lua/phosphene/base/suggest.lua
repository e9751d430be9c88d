-- SPDX-License-Identifier: MIT
-- What a mistyped name was probably meant to be, for the end of a message. What counts as near is the core's decision.

local core = require "phosphene.core"

--- "did you mean 'x'?" for the nearest of the names; `otherwise`, or nil, where none is near or `name` is no text.
local function suggest(name, names, otherwise)
  local nearest = type(name) == "string" and core.nearest(name, names)
  return nearest and ("did you mean '%s'?"):format(nearest) or otherwise
end

return suggest
