-- SPDX-License-Identifier: MIT
-- The ONNX operators that can be imported: for each a function from a node (node.lua) to layers. By family, in
-- operators/.

local operators = {}

for _, family in ipairs {
  "activations", "arithmetic", "constants", "convolutions", "einsum", "normalisations", "pictures", "pools", "shapes",
} do
  for op, build in pairs(require("phosphene.formats.onnx.operators." .. family)) do operators[op] = build end
end

return operators
