-- SPDX-License-Identifier: MIT
-- ONNX operators that combine values element by element, broadcast as NumPy does, and those that reduce along axes.

local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local values = require "phosphene.formats.onnx.values"

local arithmetic = {}

-- ---- two or more inputs ----

-- Whether two inputs are activations of one shape, at every size that is known.
local function are_alike(node, i, j)
  return node:input(i).layer and node:input(j).layer and formulas.all_same(node:lengths(i), node:lengths(j))
end

-- Before version 7 the second input was only broadcast where `broadcast` said so, from an axis on.
local function second(node)
  if node.opset >= 7 or node:integer("broadcast", 0) == 0 or not node:has_attribute "axis" then return node:layer(2) end
  local rank, own = node:rank(1), node:rank(2)
  local after = rank - own - node:axis(node:integer "axis", rank)
  if after <= 0 then return node:layer(2) end
  local axes = {}
  for i = 1, after do axes[i] = own + i - 1 end
  return node:step("unsqueeze", node:layer(2), { axes = axes })
end

-- `whole`: the layer type for inputs that are alike, which runs faster where there is one.
local function binary(operation, whole)
  return function(node)
    if whole and are_alike(node, 1, 2) then return node:add(whole, node:layers()) end
    node:add("binary", { node:layer(1), second(node) }, { operation = operation })
  end
end

arithmetic.Add = binary("add", "sum")
arithmetic.Sub = binary "subtract"
arithmetic.Mul = binary("multiply", "product")
arithmetic.Div = binary "divide"
arithmetic.Pow = binary "power"

function arithmetic.Mod(node)
  local operation = node:integer("fmod", 0) ~= 0 and "remainder" or "modulo"
  node:add("binary", { node:layer(1), node:layer(2) }, { operation = operation })
end

-- Truth values are 0 and 1. `swapped`: of the second and the first; `negated`: whether it is not so.
local function comparison(operation, swapped, negated)
  return function(node)
    local a, b = node:layer(1), second(node)
    if swapped then a, b = b, a end
    if not negated then return node:add("binary", { a, b }, { operation = operation }) end
    local opposite = node:step("binary", { a, b }, { operation = operation })
    node:add("binary", { opposite, node:number_layer(0) }, { operation = "equal" })
  end
end

arithmetic.Less, arithmetic.Greater = comparison "less", comparison("less", true)
arithmetic.LessOrEqual, arithmetic.GreaterOrEqual = comparison("less", true, true), comparison("less", false, true)
arithmetic.Equal, arithmetic.Xor = comparison "equal", comparison("equal", false, true)
arithmetic.And, arithmetic.Or = comparison "minimum", comparison "maximum"

-- What is no number is not equal to itself.
function arithmetic.IsNaN(node)
  local own = node:step("binary", { node:layer(1), node:layer(1) }, { operation = "equal" })
  node:add("binary", { own, node:number_layer(0) }, { operation = "equal" })
end

function arithmetic.Not(node)
  node:add("binary", { node:layer(1), node:number_layer(0) }, { operation = "equal" })
end

-- Any number of inputs, two by two; `finish` says what comes after the last.
local function several(operation, whole, finish)
  return function(node)
    local layers, alike = node:layers(), #node:layers() > 1
    if #layers == 0 then node:refuse "has no inputs" end
    for i = 2, #layers do alike = alike and are_alike(node, 1, i) end
    if #layers == 1 then return node:pass(1) end
    if whole and alike and #layers <= 64 and not finish then return node:add(whole, layers) end
    local result = layers[1]
    for i = 2, #layers do
      local add = (i < #layers or finish) and node.step or node.add
      result = add(node, "binary", { result, layers[i] }, { operation = operation })
    end
    if finish then finish(node, result, #layers) end
  end
end

arithmetic.Sum = several("add", "sum")
arithmetic.Max = several "maximum"
arithmetic.Min = several "minimum"
arithmetic.Mean = several("add", nil, function(node, sum, count)
  node:add("binary", { sum, node:number_layer(1 / count) }, { operation = "multiply" })
end)

-- ---- choices ----

-- Where a condition is an activation, it is a mask: x * c + y * (1 - c).
local function masked_by_layer(node)
  local condition = node:layer(1)
  local opposite = node:step("binary", { condition, node:number_layer(0) }, { operation = "equal" })
  local chosen = node:step("binary", { node:layer(2), condition }, { operation = "multiply" })
  local rest = node:step("binary", { node:layer(3), opposite }, { operation = "multiply" })
  node:add("binary", { chosen, rest }, { operation = "add" })
end

-- A condition that is known chooses whole values, or is a mask.
function arithmetic.Where(node)
  if node:input(1).layer then return masked_by_layer(node) end
  local condition = node:elements(1)
  local ones = 0
  for _, c in ipairs(condition) do ones = ones + (formulas.is(c) and 0.5 or c ~= 0 and 1 or 0) end
  local dims = node:input(1).dims
  local result = lists.broadcast(lists.broadcast(dims, node:shape(2)) or {}, node:shape(3)) or {}
  local function whole(i) return values.same(node:shape(i), result) end
  if ones == #condition and whole(2) then return node:pass(2) end
  if ones == 0 and whole(3) then return node:pass(3) end
  local mask, opposite = {}, {}
  for i, c in ipairs(condition) do
    opposite[i] = formulas.apply("=", c, 0)
    mask[i] = formulas.apply("=", opposite[i], 0)
  end
  local function masked(i, list)
    return node:step("binary", { node:layer(i), node:constant_layer(values.list(list, dims, true)) },
      { operation = "multiply" })
  end
  local chosen, rest = masked(2, mask), masked(3, opposite)
  node:add("binary", { chosen, rest }, { operation = "add" })
end

-- ---- reductions ----

-- Axes are an attribute, or an input from the version on that is given; absent or empty means all, or with
-- noop_with_empty_axes none.
local function axes_of(node, since)
  local axes = {}
  if node.opset < since then
    axes = node:integers("axes", {})
  elseif node:has(2) then
    axes = node:numbers(2)
  end
  local counted = {}
  for i, axis in ipairs(axes) do counted[i] = node:axis(axis, node:rank(1)) end
  table.sort(counted)
  return counted
end

local function is_spatial(node, axes) return node:rank(1) == 4 and #axes == 2 and axes[1] == 2 and axes[2] == 3 end

local function all_axes(rank)
  local axes = {}
  for i = 1, rank do axes[i] = i - 1 end
  return axes
end

-- Reduces and keeps the axes, then takes them away where the node says so. A single number stays a list of one.
local function reduction(operation, since, finish)
  return function(node)
    local axes, keep = axes_of(node, since), node:integer("keepdims", 1) ~= 0
    if #axes == 0 and node:integer("noop_with_empty_axes", 0) ~= 0 then return node:pass(1) end
    if #axes == 0 then axes = all_axes(node:rank(1)) end
    local type, settings = "reduce", { operation = operation, axes = axes, keep = true }
    if operation == "mean" and is_spatial(node, axes) then type, settings = "global_average_pool", nil end
    if operation == "max" and is_spatial(node, axes) then type, settings = "global_max_pool", nil end
    local last = keep and not finish and node.add or node.step
    local result = last(node, type, node:layer(1), settings)
    if finish then result = (keep and node.add or node.step)(node, "unary", result, { operation = finish }) end
    if not keep and #axes < node:rank(1) then
      node:add("squeeze", result, { axes = axes })
    elseif not keep then
      node:add("reshape", result, { shape = { 1 } })
    end
  end
end

arithmetic.ReduceMean = reduction("mean", 18)
arithmetic.ReduceSum = reduction("sum", 13)
arithmetic.ReduceMax = reduction("max", 18)
arithmetic.ReduceMin = reduction("min", 18)
arithmetic.ReduceL1 = reduction("l1", 18)
arithmetic.ReduceL2 = reduction("l2", 18)
arithmetic.ReduceSumSquare = reduction("sum_square", 18)
arithmetic.ReduceLogSumExp = reduction("log_sum_exp", 18)
arithmetic.ReduceLogSum = reduction("sum", 18, "log")
arithmetic.ReduceProd = reduction("product", 18)

return arithmetic
