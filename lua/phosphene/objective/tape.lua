-- SPDX-License-Identifier: MIT
-- Tapes, for reverse-mode differentiation: a variable is a tensor or a number that records how it was computed.
-- Operators and methods on variables record each operation; traversing the record backwards gives the gradient of a
-- number with respect to the variables that it was computed from. On tensors the same methods compute and record
-- nothing. The operations and their derivatives are in operations.lua. Must not know of heads, networks or layers.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local kind_of = require "phosphene.base.kind_of"
local misuse = require "phosphene.base.misuse"
local operations = require "phosphene.objective.operations"
local strict = require "phosphene.base.strict"

local tape = {}

-- A variable: `value`, a tensor or a number; `record`, the list that its tape is; after going back, `gradient`.
local variable = { __name = "ph.variable" }
variable.__index = variable

local function is_variable(x) return getmetatable(x) == variable end
tape.is_variable = is_variable

local function value_of(x, what)
  if is_variable(x) then return x.value end
  if math.type(x) or kind_of(x) == "tensor" then return x end
  local hint = type(x) == "table" and "; ph.tensor(shape, list) makes a tensor of a list" or ""
  misuse.raise("%sa variable, a tensor or a number expected, got %s%s", what and what .. ": " or "", misuse.shown(x),
    hint)
end

--- A variable to begin with, on a tape of its own or on that of another variable.
function tape.variable(value, other)
  return setmetatable({ value = value, record = other and other.record or {} }, variable)
end

-- The result of an operation on operands and further arguments: recorded, if one of the operands is a variable.
local function apply(name, operands, ...)
  local operation, values, record = operations[name], {}, nil
  for i, operand in ipairs(operands) do
    values[i] = value_of(operand)
    record = record or is_variable(operand) and operand.record
  end
  for _, argument in ipairs { ... } do values[#values + 1] = argument end
  if not record then return operation[1](table.unpack(values)) end
  local result = setmetatable({ value = operation[1](table.unpack(values)), record = record }, variable)
  record[#record + 1] = { operation = operation, operands = operands, values = values, result = result }
  return result
end

--- A variable's gradient after going back, or nil. (A field that may be absent, where absent ones raise.)
function tape.gradient(of) return rawget(of, "gradient") end

--- Goes back from a variable of one element: afterwards every variable that it was made from has a gradient.
function tape.back(result)
  result.gradient = operations.like(1, result.value)
  for i = #result.record, 1, -1 do
    local entry = result.record[i]
    local gradient = tape.gradient(entry.result)
    for k, operand in ipairs(gradient and entry.operands or {}) do
      if is_variable(operand) then
        local by = entry.operation[k + 1]
        local more = operations.like(by(gradient, entry.result.value, table.unpack(entry.values)), operand.value)
        local so_far = tape.gradient(operand)
        operand.gradient = so_far and operations.add[1](so_far, more) or more
      end
    end
  end
end

-- ---- operators ----

-- Both of them, checked: a list would end before one that is nil.
local function operands(a, b, what)
  value_of(a, what)
  value_of(b, what)
  return { a, b }
end

local function operator(name)
  return function(a, b) return apply(name, operands(a, b)) end
end

--- What tensors need so that `tensor * variable` is recorded, and `tensor * tensor` computed.
tape.operators = {
  __add = operator "add",
  __sub = operator "subtract",
  __mul = operator "multiply",
  __div = operator "divide",
  __pow = operator "power",
  __unm = function(a) return apply("negate", { a }) end,
}
for event, method in pairs(tape.operators) do variable[event] = method end

function variable:__tostring()
  return "variable " .. tostring(self.value)
end

-- ---- methods, of variables and of tensors ----

local methods = {}

for _, name in ipairs { "abs", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu" } do
  methods[name] = function(self) return apply(name, { self }) end
end

for _, name in ipairs { "maximum", "minimum" } do
  methods[name] = function(self, other) return apply(name, operands(self, other, name)) end
end

-- `a:sum()` is of everything, `a:sum(2, 3)` over axes 2 and 3, which remain with length 1.
local function axes_of(name, self, ...)
  if select("#", ...) == 0 then return nil end
  local axes = { ... }
  if type(axes[1]) == "table" then axes = axes[1] end
  for _, axis in ipairs(axes) do expect.value(axis, expect.integer, name .. ": axis") end
  local rank = #self:shape()
  if #axes > rank then misuse.raise("%s: %d axes of %d", name, #axes, rank) end
  return axes
end

for _, name in ipairs { "sum", "mean", "max", "min", "norm" } do
  methods[name] = function(self, ...) return apply(name, { self }, axes_of(name, self, ...)) end
end

function methods:clip(least, most)
  operands(least, most, "clip")
  return self:maximum(least):minimum(most)
end

function methods:softmax(axis)
  axis = axis or 1
  local powers = (self - self:constant():max(axis)):exp()
  return powers / powers:sum(axis)
end

function methods:transpose(...) return apply("transpose", { self }, axes_of("transpose", self, ...)) end

-- A block of a tensor along all axes has no derivative here, and needs none.
local core_slice = core.types["ph.tensor"].__index.slice

function methods:slice(axis, first, size)
  if type(axis) == "table" and not is_variable(self) then return core_slice(self, axis, first) end
  expect.value(axis, expect.integer, "slice: axis")
  expect.value(first, expect.integer, "slice: first")
  return apply("slice", { self }, axis, first, expect.value(size or 1, expect.whole(1), "slice: size"))
end

function methods:channel(unit) return self:slice(1, expect.value(unit, expect.integer, "channel: unit")) end

function methods:constant() return value_of(self) end

--- What tensors get of these; the rest they have.
tape.methods = {}
for name, method in pairs(methods) do
  tape.methods[name] = method
  variable[name] = misuse.counted(method)
end

-- ---- methods of tensors, for variables ----

function variable:matmul(other) return apply("matmul", operands(self, other)) end
function variable:dot(other) return (self * other):sum() end
function variable:reshape(shape) return apply("reshape", { self }, shape) end
function variable:gather(axis, indices) return apply("gather", { self }, axis, indices) end
function variable:image(n) return self:slice(0, n) end

function variable:at(...)
  local element, rank, given = self, #self:shape(), select("#", ...)
  if given ~= rank then misuse.raise("at: a coordinate for each of %d axes expected, got %d", rank, given) end
  for axis, coordinate in ipairs { ... } do element = element:slice(axis - 1, coordinate) end
  return element:sum()
end

function variable:shape() return type(self.value) == "userdata" and self.value:shape() or {} end

for _, name in ipairs { "matmul", "dot", "reshape", "gather", "image", "shape" } do
  variable[name] = misuse.counted(variable[name])
end

-- ---- of lists ----

local a_tensor = { text = "a tensor or a variable of one", fits = function(x)
  return kind_of(is_variable(x) and x.value or x) == "tensor"
end }

-- The list, checked, and the axis among `rank` of them, from the end where negative.
local function joined(name, list, axis, more)
  if #expect.elements(list, a_tensor, name) == 0 then misuse.raise("%s: at least one tensor expected", name) end
  local rank = #list[1]:shape() + more
  axis = math.tointeger(expect.value(axis or 0, expect.whole(-rank, rank - 1), name .. ": axis"))
  return list, axis < 0 and axis + rank or axis
end

--- See meta/tensor.lua.
function tape.concatenate(list, axis)
  list, axis = joined("concatenate", list, axis, 0)
  return apply("concatenate", list, axis)
end

--- See meta/tensor.lua.
function tape.stack(list, axis)
  local alike, longer = nil, {}
  list, axis = joined("stack", list, axis, 1)
  for i, element in ipairs(list) do
    local shape = element:shape()
    local text = table.concat(shape, "x")
    alike = alike or text
    if text ~= alike then
      misuse.raise("stack: tensors of shapes %s and, number %d, %s are not alike", alike, i, text)
    end
    table.insert(shape, axis + 1, 1)
    longer[i] = element:reshape(shape)
  end
  return apply("concatenate", longer, axis)
end

strict(variable, "variable", 'help "variable"')
return tape
