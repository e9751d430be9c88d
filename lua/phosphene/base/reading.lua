-- SPDX-License-Identifier: MIT
-- Opening files to read from Lua, by paths as users write them. What the core opens is its own affair.

local core = require "phosphene.core"

local reading = {}

--- The file, or nil and what stands in the way, as from io.open. A pipe, socket or device is refused: opening it might
--- wait for ever, and what is read from it is gone when it is opened again, as files of networks are. Where
--- `may_be_special`, as recipes are, it is opened.
function reading.open(path, may_be_special)
  local expanded, problem = core.expand_path(path)
  if not expanded then return nil, problem end
  if not may_be_special and core.is_special(expanded) then return nil, path .. ": it is not a regular file" end
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
