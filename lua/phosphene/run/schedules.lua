-- SPDX-License-Identifier: MIT
-- Schedules: how a number, such as the optimiser's rate, changes over a run. A schedule is a function of the step (from
-- 1) and of how many there will be, that knows how to print itself; wherever one is taken, any such function is. Must
-- not know what the number is for.

local misuse = require "phosphene.base.misuse"

local schedules = {}

local schedule = { __name = "ph.schedule" }

function schedule:__call(step, steps) return self.at(step, steps) end
function schedule:__tostring() return self.text end

local function check_number(value, what)
  if math.type(value) == nil or value ~= value or math.abs(value) == math.huge then
    misuse.raise("%s: a finite number expected, got %s", what, misuse.shown(value))
  end
  return value
end

-- The schedule of this name and numbers; `at` is its function.
local function make(at, name, ...)
  local numbers = table.pack(...)
  for i = 1, numbers.n do numbers[i] = ("%.9g"):format(numbers[i]) end
  return setmetatable({ at = at, text = ("%s(%s)"):format(name, table.concat(numbers, ", ")) }, schedule)
end

-- 0 at the first step, 1 at the last.
local function progress(step, steps)
  return steps > 1 and math.min((step - 1) / (steps - 1), 1) or 0
end

-- What goes from `first` to `last` (which is `fallback` where not given) by a curve from 0 to 1.
local function from_to(name, fallback, curve)
  return misuse.guard(function(first, last)
    check_number(first, name)
    last = check_number(last or fallback, name)
    return make(function(step, steps) return curve(first, last, progress(step, steps)) end, name, first, last)
  end)
end

schedules.linear = from_to("linear", 0, function(first, last, t) return first + (last - first) * t end)

schedules.cosine = from_to("cosine", 0, function(first, last, t)
  return last + (first - last) * (1 + math.cos(math.pi * t)) / 2
end)

schedules.constant = misuse.guard(function(value)
  check_number(value, "constant")
  return make(function() return value end, "constant", value)
end)

schedules.exponential = misuse.guard(function(first, last)
  if check_number(first, "exponential") <= 0 or check_number(last, "exponential") <= 0 then
    misuse.raise("exponential: two numbers above 0 expected, got %s and %s", misuse.shown(first), misuse.shown(last))
  end
  local function at(step, steps) return first * (last / first) ^ progress(step, steps) end
  return make(at, "exponential", first, last)
end)

--- Whether this is a function of the step, or acts like one.
function schedules.is_schedule(value)
  return type(value) == "function" or getmetatable(value) == schedule
end

-- "schedule" where nothing better is known.
local function text_of(given)
  return type(given) == "function" and "custom" or tostring(given)
end

--- A name for a number or a schedule.
schedules.text_of = text_of

schedules.warm_up = misuse.guard(function(count, given)
  misuse.check_count(count, 1, "warm_up")
  if math.type(given) then given = schedules.constant(given) end
  if not schedules.is_schedule(given) then
    misuse.raise("warm_up: a schedule or a number expected after the steps, got %s", misuse.shown(given))
  end
  -- What follows has the remaining steps to itself.
  local function at(step, steps)
    if step <= count then return given(1, math.max(steps - count, 1)) * step / count end
    return given(step - count, math.max(steps - count, 1))
  end
  return setmetatable({ at = at, text = ("warm_up(%d, %s)"):format(count, text_of(given)) }, schedule)
end)

return schedules
