-- SPDX-License-Identifier: MIT
-- Opening files to read from Lua, by paths as users write them. What the core opens is its own affair.

local core = require "phosphene.core"

--- The file, or nil and what stands in the way, as from io.open.
local function open_file(path)
  local expanded, problem = core.expand_path(path)
  if not expanded then return nil, problem end
  return io.open(expanded, "rb")
end

return open_file
