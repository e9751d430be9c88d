-- SPDX-License-Identifier: MIT
-- Stops: when a run has come far enough. A stop is a function of the run, true where it should end, that knows how to
-- print itself; wherever one is taken, any such function is. Must not know how a run goes on.

local misuse = require "phosphene.base.misuse"

local stops = {}

local stop = { __name = "ph.stop" }

function stop:__call(run) return self.at(run) end
function stop:__tostring() return self.text end

local function mean(values, first, last)
  local sum = 0
  for i = first, last do sum = sum + values[i] end
  return sum / (last - first + 1)
end

local option_names = { "steps", "gain" }

--- Ends a run whose value no longer rises; see meta/render.lua. Means are compared, since each step's transforms make
--- its value higher or lower by chance.
function stops.plateau(options)
  options = options or {}
  misuse.check_keys(options, option_names, "plateau")
  local count = misuse.check_count(options.steps or 50, 1, "plateau: steps")
  local gain = options.gain or 0.01
  if math.type(gain) == nil or not (gain >= 0 and gain < math.huge) then
    misuse.raise("plateau: gain: a number of at least 0 expected, got %s", misuse.shown(gain))
  end
  local function at(run)
    local values = run.values
    local last = #values
    if last < 2 * count then return false end
    local now, before = mean(values, last - count + 1, last), mean(values, last - 2 * count + 1, last - count)
    return now - before <= gain * math.abs(before)
  end
  return setmetatable({ at = at, text = ("plateau(%d, %.9g)"):format(count, gain) }, stop)
end

--- A stop as options give it, or nil.
function stops.check(given)
  if given == nil or type(given) == "function" or getmetatable(given) == stop then return given end
  misuse.raise("stop: a function of the run or ph.plateau{…} expected, got %s", misuse.shown(given))
end

return stops
