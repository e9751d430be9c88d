-- SPDX-License-Identifier: MIT
-- The supported ONNX operators: for each a function that adds a node's (node.lua) layers. They are in operators/, by
-- family.

local operators = {}

for _, family in ipairs {
  "activations", "arithmetic", "attention", "constants", "convolutions", "einsum", "elements", "normalisations",
  "order", "pictures", "pools", "quantisation", "reshape", "shapes",
} do
  for op, build in pairs(require("phosphene.formats.onnx.operators." .. family)) do operators[op] = build end
end

return operators
