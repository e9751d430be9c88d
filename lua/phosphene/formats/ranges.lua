-- SPDX-License-Identifier: MIT
-- Between which bounds a formula lies whatever the picture's size, as { least, most }: lengths are 1 or more. What can
-- only be one number need not be a formula, so that conditions which exporters write around every division vanish.
-- Must not know what the numbers are for.

local core = require "phosphene.core"

local ranges = {}

local anything = { -math.huge, math.huge }
local truth = { 0, 1 }

--- Of a length, and of a number.
ranges.length = { 1, math.huge }
function ranges.of(number) return { number, number } end

-- What is the greater, the greater its operand is.
local function rising(operation)
  return function(x)
    local function bound(b) return math.abs(b) == math.huge and b or core.calculate(operation, b) end
    return { bound(x[1]), bound(x[2]) }
  end
end

-- Of two that are not negative; of 0 * infinity the bound is not known.
local function product(x, y)
  if x[1] < 0 or y[1] < 0 then return anything end
  return { x[1] * y[1], x[2] == 0 and 0 or y[2] == 0 and 0 or x[2] * y[2] }
end

local by_operation = {
  ["+"] = function(x, y) return { x[1] + y[1], x[2] + y[2] } end,
  ["-"] = function(x, y) return { x[1] - y[2], x[2] - y[1] } end,
  ["*"] = product,
  ["/"] = function(x, y)
    if x[1] < 0 or y[1] <= 0 or y[2] == math.huge then return anything end
    return { x[1] / y[2], x[2] / y[1] }
  end,
  ["%"] = function(_, y) return y[1] > 0 and { 0, y[2] } or anything end,
  min = function(x, y) return { math.min(x[1], y[1]), math.min(x[2], y[2]) } end,
  max = function(x, y) return { math.max(x[1], y[1]), math.max(x[2], y[2]) } end,
  ["<"] = function(x, y) return x[2] < y[1] and { 1, 1 } or x[1] >= y[2] and { 0, 0 } or truth end,
  ["="] = function(x, y) return (x[2] < y[1] or y[2] < x[1]) and { 0, 0 } or truth end,
  ["?"] = function(_, x, y) return { math.min(x[1], y[1]), math.max(x[2], y[2]) } end,
  neg = function(x) return { -x[2], -x[1] } end,
  floor = rising "floor", ceil = rising "ceil", trunc = rising "trunc", round = rising "round", float = rising "float",
}

--- Of an operation's result, from its operands' ranges.
function ranges.apply(operation, ...)
  local range = by_operation[operation] and by_operation[operation](...) or anything
  return range[1] <= range[2] and range or anything -- infinity less infinity
end

return ranges
