-- SPDX-License-Identifier: MIT
-- What fuzzing needs of each format, tests/fuzz/NAME.lua: a table of `suffix` (of the files), `seeds()` (a list of the
-- bytes of valid files) and `open(path)`, which raises when something is wrong with how the file was opened. Here:
-- writing the seeds, and seeing to it that opening leaves no memory behind.

local core = require "phosphene.core"

-- Notes to the user would only be noise here.
rawset(io, "stderr", { write = function() end })

local function write_seeds(folder, seeds)
  for i, bytes in ipairs(seeds) do assert(core.save_text(("%s/seed-%d"):format(folder, i), bytes)) end
end

-- For messages: one line that names the file.
local function check_problem(problem, path)
  assert(type(problem) == "string", "a message expected")
  assert(not problem:find "\n", "a message of several lines: " .. problem)
  assert(problem:find(path, 1, true), "a message without the file's name: " .. problem)
end

--- fuzz.c calls this with the format's name and the program's last argument, if any: the folder for the seeds, or a
--- file that is to be tried once more.
return function(name, folder)
  local format = require("fuzz." .. name)
  if folder and core.list_folder(folder) then write_seeds(folder, format.seeds()) end
  local before
  local function try(path)
    local result, problem = format.open(path)
    if not result then check_problem(problem, path) end
    result = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    local after = core.memory()
    assert(not before or after <= before, ("%d bytes are held afterwards, %d before"):format(after, before or 0))
    before = after
  end
  return try, format.suffix
end
