-- SPDX-License-Identifier: MIT
-- ONNX operators that go by the order of elements along an axis: triangles, running sums, the largest and where they
-- are.

local triangle = require "phosphene.formats.onnx.triangle"

local order = {}

-- ---- triangles ----

-- Of matrices, what is above a diagonal, or below.
function order.Trilu(node)
  local lengths, k = node:lengths(1), node:has(2) and node:number(2) or 0
  local rows, columns = lengths[#lengths - 1], lengths[#lengths]
  if not rows then node:refuse "takes a triangle of a list" end
  local is_upper = node:integer("upper", 1) ~= 0
  local mask = is_upper and triangle.above(node, rows, columns, k - 1) or triangle.below(node, rows, columns, k)
  node:add("binary", { node:layer(1), mask }, { operation = "multiply" })
end

-- A running sum of a layer along an axis, each element included or not, from the front or the back: a product with a
-- triangle.
local function running_sum(node, layer, axis, is_exclusive, is_reverse)
  local length, last = node.graph:length(layer, axis + 1), #node.graph:shape(layer) - 1
  local sums = is_reverse and triangle.below(node, length, length, is_exclusive and -1 or 0)
    or triangle.above(node, length, length, is_exclusive and 0 or -1)
  if axis == last then return node:step("matmul", { layer, sums }) end
  local axes = {}
  for d = 0, last do axes[d + 1] = d end
  axes[axis + 1], axes[last + 1] = last, axis
  local summed = node:step("matmul", { node:step("transpose", layer, { axes = axes }), sums })
  return node:step("transpose", summed, { axes = axes })
end

function order.CumSum(node)
  local axis = node:axis(node:number(2), node:rank(1))
  node:give(node.graph:activation(running_sum(node, node:layer(1), axis, node:integer("exclusive", 0) ~= 0,
    node:integer("reverse", 0) ~= 0)))
end

-- Ones on a diagonal of a matrix that is as long as the input.
function order.EyeLike(node)
  local lengths, k = node:lengths(1), node:integer("k", 0)
  if #lengths ~= 2 then node:refuse "makes a matrix of what is not one" end
  local below = triangle.below(node, lengths[1], lengths[2], k)
  node:add("binary", { below, triangle.above(node, lengths[1], lengths[2], k - 1) }, { operation = "multiply" })
end

-- A layer that is 1 for the largest (or smallest) along an axis, the first of them or the last, and 0 elsewhere.
local function extreme(node, operation, axis, is_last)
  local best = node:step("reduce", node:layer(1), { operation = operation, axes = { axis }, keep = true })
  local all = node:step("binary", { node:layer(1), best }, { operation = "equal" })
  local before = running_sum(node, all, axis, true, is_last)
  local is_only = node:step("binary", { before, node:number_layer(0) }, { operation = "equal" })
  return node:step("product", { all, is_only })
end

function order.Hardmax(node)
  local rank = node:rank(1)
  local axis = node:axis(node:integer("axis", node.opset < 13 and 1 or -1), rank)
  if node.opset < 13 and axis ~= rank - 1 then node:refuse "is over several axes" end
  node:give(node.graph:activation(extreme(node, "max", axis, false)))
end

-- Places have no gradient.
local function place_of(operation)
  return function(node)
    local axis, rank = node:axis(node:integer("axis", 0), node:rank(1)), node:rank(1)
    local one = extreme(node, operation, axis, node:integer("select_last_index", 0) ~= 0)
    local place = node:step("range", {}, { count = node:lengths(1)[axis + 1] })
    local behind = {}
    for d = 1, rank - axis - 1 do behind[d] = d end
    if #behind > 0 then place = node:step("unsqueeze", place, { axes = behind }) end
    local placed = node:step("binary", { one, place }, { operation = "multiply" })
    local keep = node:integer("keepdims", 1) ~= 0
    node:add("reduce", placed, { operation = "sum", axes = { axis }, keep = keep })
  end
end
order.ArgMax, order.ArgMin = place_of "max", place_of "min"

-- How many is an attribute before version 10; its second output, the places, is not computed.
function order.TopK(node)
  if node:is_read(2) then node:refuse "outputs places, which are not supported" end
  local count = node.opset < 10 and node:integer "k" or node:elements(2)[1]
  node:add("top_k", node:layer(1), {
    axis = node:axis(node:integer("axis", -1), node:rank(1)), count = count,
    smallest = node:integer("largest", 1) == 0 or nil,
  })
end

return order
