-- SPDX-License-Identifier: MIT
-- The differentiable operations on tensors and numbers, each with its derivatives. A row is `forward`, and for each
-- operand a function from the gradient of the result to that of the operand: by(gradient, result, first, second or
-- further arguments). Must not know of tapes, nor of heads.

local core = require "phosphene.core"

local operations = {}

local function map(name, x) return core.map(name, x) end
local function combine(name, a, b) return core.combine(name, a, b) end
local function add(a, b) return core.combine("add", a, b) end
local function subtract(a, b) return core.combine("subtract", a, b) end
local function multiply(a, b) return core.combine("multiply", a, b) end
local function divide(a, b) return core.combine("divide", a, b) end

-- The core's own, which tensors have by other ways of calling, too (tape.lua).
local methods = core.types["ph.tensor"].__index
local core_slice, core_transpose, core_sum = methods.slice, methods.transpose, methods.sum

local function is_tensor(x) return type(x) == "userdata" end

-- The shape of a tensor; of a number, {}.
local function shape_of(x) return is_tensor(x) and x:shape() or {} end

-- A gradient as the operand is shaped: spread where the result was smaller, added up where the operand was broadcast.
local function like(gradient, operand)
  if not is_tensor(operand) then return is_tensor(gradient) and core_sum(gradient) or gradient end
  local shape = operand:shape()
  if not is_tensor(gradient) then return core.tensor(shape, gradient) end
  local from = gradient:shape()
  local missing, axes, is_smaller = #from - #shape, {}, false
  for axis, length in ipairs(from) do
    local own = shape[axis - missing] or 1
    if own < length then axes[#axes + 1] = axis - 1 end
    if own > length then is_smaller = true end
  end
  if #axes > 0 then gradient = gradient:reduce("sum", axes) end
  if is_smaller then return add(core.tensor(shape, 0), gradient) end
  return missing > 0 and gradient:reshape(shape) or gradient
end

operations.like = like

-- ---- of one operand, element by element ----

local function elementwise(name, derivative)
  operations[name] = { function(x) return map(name, x) end, function(g, y, x) return multiply(g, derivative(x, y)) end }
end

elementwise("abs", function(x) return map("sign", x) end)
elementwise("negate", function() return -1 end)
elementwise("exp", function(_, y) return y end)
elementwise("log", function(x) return divide(1, x) end)
elementwise("sqrt", function(_, y) return divide(0.5, y) end)
elementwise("sin", function(x) return map("cos", x) end)
elementwise("cos", function(x) return map("negate", map("sin", x)) end)
elementwise("tanh", function(_, y) return subtract(1, multiply(y, y)) end)
elementwise("sigmoid", function(_, y) return multiply(y, subtract(1, y)) end)
elementwise("relu", function(x) return combine("greater", x, 0) end)

-- ---- of two, broadcast ----

local function binary(name, by_first, by_second)
  operations[name] = { function(a, b) return combine(name, a, b) end, by_first, by_second }
end

binary("add", function(g) return g end, function(g) return g end)
binary("subtract", function(g) return g end, function(g) return map("negate", g) end)
binary("multiply", function(g, _, _, b) return multiply(g, b) end, function(g, _, a) return multiply(g, a) end)
binary("divide", function(g, _, _, b) return divide(g, b) end,
  function(g, y, _, b) return map("negate", divide(multiply(g, y), b)) end)
binary("power",
  function(g, _, a, b) return multiply(g, multiply(b, combine("power", a, subtract(b, 1)))) end,
  function(g, y, a) return multiply(g, multiply(y, map("log", a))) end)

-- Where both are alike each gets half.
local function share(a, b) return add(combine("greater", a, b), multiply(0.5, combine("equal", a, b))) end
binary("maximum", function(g, _, a, b) return multiply(g, share(a, b)) end,
  function(g, _, a, b) return multiply(g, share(b, a)) end)
binary("minimum", function(g, _, a, b) return multiply(g, share(b, a)) end,
  function(g, _, a, b) return multiply(g, share(a, b)) end)

-- ---- reductions: over a list of axes, which remain with length 1, or over everything, to a number ----

local function reduce(name, x, axes)
  if not is_tensor(x) then return x end
  if not axes and name == "sum" then return core_sum(x) end
  return x:reduce(name, axes)
end

-- How many elements of x there are for one of the result y.
local function terms(x, y)
  return is_tensor(x) and x:count() // (is_tensor(y) and y:count() or 1) or 1
end

operations.sum = { function(x, axes) return reduce("sum", x, axes) end, function(g) return g end }

operations.mean = {
  function(x, axes)
    local sum = reduce("sum", x, axes)
    return divide(sum, terms(x, sum))
  end,
  function(g, y, x) return divide(g, terms(x, y)) end,
}

-- The largest or smallest elements; several that are alike share the gradient.
for _, name in ipairs { "max", "min" } do
  operations[name] = {
    function(x, axes) return reduce(name, x, axes) end,
    function(g, y, x, axes)
      local chosen = combine("equal", x, y)
      return multiply(divide(g, reduce("sum", chosen, axes)), chosen)
    end,
  }
end

-- The square root of the sum of squares; where that is 0 no direction is better than another.
operations.norm = {
  function(x, axes) return map("sqrt", reduce("sum", multiply(x, x), axes)) end,
  function(g, y, x) return multiply(g, divide(x, combine("maximum", y, 1e-30))) end,
}

-- ---- matrices, and moving elements ----

operations.matmul = {
  function(a, b) return a:matmul(b) end,
  function(g, _, _, b) return g:matmul(core_transpose(b)) end,
  function(g, _, a) return core_transpose(a):matmul(g) end,
}

operations.transpose = {
  function(x, axes) return core_transpose(x, axes) end,
  function(g, _, _, axes)
    if not axes then return core_transpose(g) end
    local back = {}
    for to, from in ipairs(axes) do back[from + 1] = to - 1 end
    return core_transpose(g, back)
  end,
}

operations.reshape = {
  function(x, shape) return x:reshape(shape) end,
  function(g, _, x) return g:reshape(x:shape()) end,
}

-- `size` elements from `first` on along one axis.
local function block(x, axis, first, size)
  local start, sizes = {}, shape_of(x)
  for d = 1, #sizes do start[d] = 0 end
  if not sizes[axis + 1] then error(("slice: axis %d out of range 0..%d"):format(axis, #sizes - 1)) end
  start[axis + 1], sizes[axis + 1] = first, size
  return start, sizes
end

operations.slice = {
  function(x, axis, first, size) return core_slice(x, block(x, axis, first, size)) end,
  function(g, _, x, axis, first, size) return g:place(x:shape(), (block(x, axis, first, size))) end,
}

operations.gather = {
  function(x, axis, indices) return x:gather(axis, indices) end,
  function(g, _, x, axis, indices) return g:scatter(axis, indices, x:shape()[axis + 1]) end,
}

-- Of any number of operands, of which each gets its part back.
operations.concatenate = setmetatable({
  function(...)
    local list = { ... }
    return core.concatenate(list, table.remove(list))
  end,
}, { __index = function(_, k)
  return function(g, _, ...)
    local list, first = { ... }, 0
    local axis = table.remove(list)
    for i = 1, k - 2 do first = first + list[i]:shape()[axis + 1] end
    return core_slice(g, block(g, axis, first, list[k - 1]:shape()[axis + 1]))
  end
end })

return operations
