-- SPDX-License-Identifier: MIT
-- Opening files to read from Lua, by paths as users write them. What the core opens is its own affair.

local core = require "phosphene.core"

local reading = {}

--- The file, or nil and what stands in the way, as from io.open.
function reading.open(path)
  local expanded, problem = core.expand_path(path)
  if not expanded then return nil, problem end
  return io.open(expanded, "rb")
end

-- ENOMEM, ENFILE and EMFILE say nothing of the file.
local is_for_now = { [12] = true, [23] = true, [24] = true }

--- Whether there is such a file or folder. Where too many are open to tell, there may be: who opens it learns why that
--- cannot be done.
function reading.exists(path)
  local file, _, reason = reading.open(path)
  if file then file:close() end
  return file ~= nil or is_for_now[reason] == true
end

return reading
