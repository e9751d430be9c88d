-- SPDX-License-Identifier: MIT
-- Fuzzing zip archives: every entry is read.

local core = require "phosphene.core"
local zip = require "keras.zip"

local function seeds()
  local text = ("hello "):rep(40)
  return { zip.archive { { "a.txt", text }, { "folder/b.txt", text, deflated = true } }, zip.archive { { "", "" } },
    zip.archive({ { "a", text } }, { method = 12, flags = 1 }) }
end

local function open(path)
  local archive, problem = core.open_zip(path)
  if not archive then return nil, problem end
  for _, name in ipairs(archive:names()) do
    local text
    text, problem = archive:text(name)
    if not text then return nil, problem end
    local file
    file, problem = archive:hdf5(name)
    if not file then return nil, problem end
  end
  archive:close()
  return true
end

return { suffix = ".zip", seeds = seeds, open = open }
