-- SPDX-License-Identifier: MIT
-- The name that a mistyped one probably stands for, for the end of a message. The core decides which names are near.

local core = require "phosphene.core"

--- "did you mean 'x'?" for the nearest of the names; `otherwise`, or nil, where none is near or `name` is no text.
local function suggest(name, names, otherwise)
  local nearest = type(name) == "string" and core.nearest(name, names)
  return nearest and ("did you mean '%s'?"):format(nearest) or otherwise
end

return suggest
