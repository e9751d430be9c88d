-- SPDX-License-Identifier: MIT
-- Triangular matrices of ones as layers, whose lengths may be formulas of the picture's size: for parts of matrices,
-- running sums, and attention that does not look ahead. Must not know any operator.

local triangle = {}

--- A layer (rows, columns) that is 1 where column > row + k, and 0 elsewhere.
function triangle.above(node, rows, columns, k)
  local row = node:step("range", {}, { start = k, count = rows })
  local column = node:step("range", {}, { start = 0, count = columns })
  return node:step("binary", { node:step("unsqueeze", row, { axes = { 1 } }), column }, { operation = "less" })
end

--- Its opposite: 1 where column <= row + k.
function triangle.below(node, rows, columns, k)
  local above = triangle.above(node, rows, columns, k)
  return node:step("binary", { above, node:number_layer(0) }, { operation = "equal" })
end

return triangle
