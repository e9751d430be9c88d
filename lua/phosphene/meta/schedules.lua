-- SPDX-License-Identifier: MIT
---@meta

--- How a number changes over a run: called with the step, from 1, and how many steps there are. `tostring` gives it as
--- Lua that makes it again. Where a schedule is taken, any function of these two will do:
--- `rate = function(step, steps) return step < 100 and 0.1 or 0.05 end`.
---@class ph.schedule
---@operator call(integer, integer): number

--- Schedules, as `ph.schedules`: `ph.render { net, "mixed4a:11", rate = ph.schedules.cosine(0.1) }`. The first step has
--- the first number, the last step the last.
---@class ph.schedules
local schedules = {}

--- Always the same.
---@param value number
---@return ph.schedule
function schedules.constant(value) end

--- Along a straight line.
---@param first number
---@param last number? 0
---@return ph.schedule
function schedules.linear(first, last) end

--- Along half a cosine, flat at both ends (Loshchilov and Hutter, 2017).
---@param first number
---@param last number? 0
---@return ph.schedule
function schedules.cosine(first, last) end

--- By the same factor at each step. DGN-AM goes from 8 to 1e-10.
---@param first number above 0
---@param last number above 0
---@return ph.schedule
function schedules.exponential(first, last) end

--- First a straight line from 0 over this many steps, up to where the schedule starts; then the schedule, over the
--- remaining steps.
---@param count integer at least 1
---@param given ph.schedule|fun(step: integer, steps: integer): number|number
---@return ph.schedule
function schedules.warm_up(count, given) end

--- Whether a value is a schedule, or a function that may be one.
---@param value any
---@return boolean
function schedules.is_schedule(value) end

--- What a schedule is called: as it prints itself; "custom" for other functions.
---@param given ph.schedule|function
---@return string
function schedules.text_of(given) end
