-- SPDX-License-Identifier: MIT
-- How reading a file ends early: with a refusal, a message for the user that is not a fault of the program. Must not
-- know what is refused.

local core = require "phosphene.core"

local refuse = {}

local refusal = {}
refusal.__index = refusal
refusal.__tostring = function(self) return self.message end

-- Messages hold names from the file, which may hold anything.
local most_bytes = 600

--- Ends what refuse.catch called, with a formatted message: one line, and not too long.
function refuse.raise(format, ...)
  local message = format:format(...):gsub("%c", "?")
  if #message > most_bytes then message = message:sub(1, most_bytes) .. "…" end
  error(setmetatable({ message = message }, refusal), 0)
end

--- Calls f: true and its results, or false and the message of a refusal. Other errors pass through.
function refuse.catch(f, ...)
  local function finish(ok, ...)
    if ok then return true, ... end
    local problem = ...
    if getmetatable(problem) == refusal then return false, problem.message end
    error(problem, 0)
  end
  return finish(pcall(f, ...))
end

--- Where Ctrl-C came, what looks like a fault of the file is that, and is raised.
function refuse.unless_interrupted()
  local goes_on, interruption = pcall(core.refuse_interrupted)
  if not goes_on then error(interruption, 0) end
end

--- Calls f, which may raise what the core has to say of a layer; that becomes a refusal, without the source line.
function refuse.guard(f, ...)
  local function finish(ok, ...)
    if ok then return ... end
    local problem = ...
    refuse.unless_interrupted()
    if type(problem) ~= "string" then error(problem, 0) end
    refuse.raise("%s", (problem:gsub("^[^:]*:%d+: ", "")))
  end
  return finish(pcall(f, ...))
end

return refuse
