-- SPDX-License-Identifier: MIT
-- Runs small recipes in the program itself, as a process of their own: when they had done their first step, and how
-- much memory they had at most. Must not know what is made of that.
local core = require "phosphene.core"
local measure = require "measure"

local program = {}

-- The recipe's options are put in for %s. Both clocks are the system's, so that they can be subtracted.
local recipe = [[
local ph = require "phosphene"
local core = require "phosphene.core"
local first
for _ in ph.steps { %s } do first = first or core.clock() end
local status = assert(io.open "/proc/self/status"):read "a"
print(first, status:match "VmHWM:%%s*(%%d+)" * 1024)
]]

-- A function that runs the recipe with these options of `ph.steps`, and gives the seconds from the start of the
-- process to the end of the first step, and the most bytes of memory that it had.
function program.recipe(options)
  local path = measure.folder .. "recipe.lua"
  return function()
    local file = assert(io.open(path, "w"))
    file:write(recipe:format(options))
    file:close()
    local began = core.clock()
    local pipe = assert(io.popen("build/phosphene " .. path))
    local first, bytes = pipe:read("n", "n")
    assert(pipe:close() and first and bytes, "the recipe failed")
    return first - began, bytes
  end
end

return program
