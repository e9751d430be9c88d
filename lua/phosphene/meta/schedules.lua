-- SPDX-License-Identifier: MIT
---@meta

--- A number that changes over a run: a function of the step, from 1, and the number of steps. `tostring` gives the Lua
--- expression that makes it. Any function of these two arguments may be used as a schedule:
--- `rate = function(step, steps) return step < 100 and 0.1 or 0.05 end`.
---@class ph.schedule
---@operator call(integer, integer): number

--- Schedules, as `ph.schedules`: `ph.render { net, "mixed4a:11", rate = ph.schedules.cosine(0.1) }`. The first step
--- gets the first value, the last step the last.
---@class ph.schedules
local schedules = {}

--- A constant value.
---@param value number
---@return ph.schedule
function schedules.constant(value) end

--- Linear from the first value to the last.
---@param first number
---@param last number? 0
---@return ph.schedule
function schedules.linear(first, last) end

--- Half a cosine, flat at both ends (Loshchilov and Hutter, 2017).
---@param first number
---@param last number? 0
---@return ph.schedule
function schedules.cosine(first, last) end

--- Multiplied by a constant factor at each step. DGN-AM goes from 8 to 1e-10.
---@param first number above 0
---@param last number above 0
---@return ph.schedule
function schedules.exponential(first, last) end

--- Rises linearly from 0 to the schedule's first value over `count` steps, then follows the schedule over the remaining
--- steps.
---@param count integer at least 1
---@param given ph.schedule|fun(step: integer, steps: integer): number|number
---@return ph.schedule
function schedules.warm_up(count, given) end

--- Whether a value is a schedule or a function that can serve as one.
---@param value any
---@return boolean
function schedules.is_schedule(value) end

--- The text of a schedule, as `tostring` gives it; "custom" for other functions.
---@param given ph.schedule|function
---@return string
function schedules.text_of(given) end
