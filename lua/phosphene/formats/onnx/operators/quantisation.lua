-- SPDX-License-Identifier: MIT
-- ONNX operators that go to whole numbers and back. Weights become what they stand for; activations stay as they are
-- between the two, but for what is out of a whole number's range. Rounding is not imitated: it has no gradient.

local lists = require "phosphene.formats.lists"
local values = require "phosphene.formats.onnx.values"

local quantisation = {}

local ranges = {
  uint8 = { 0, 255 }, int8 = { -128, 127 }, uint16 = { 0, 65535 }, int16 = { -32768, 32767 },
}

-- Input i, of one number, or one for each element of the axis, to be broadcast to input 1.
local function along_axis(node, i, axis)
  local dims = {}
  for d = 1, node:rank(1) do dims[d] = 1 end
  local count = lists.count(node:shape(i))
  if count ~= 1 then dims[node:axis(axis, #dims) + 1] = count end
  if #dims == 0 then dims[1] = 1 end
  return node:step("reshape", node:layer(i), { shape = dims })
end

-- Activations are what they stand for, between these operators too.
function quantisation.DequantizeLinear(node)
  if not values.is_constant(node:input(1)) then return node:pass(1) end
  if node:integer("block_size", 0) ~= 0 then node:refuse "scales blocks, which is not supported" end
  local axis, result = node:integer("axis", 1), node:layer(1)
  if node:has(3) then
    result = node:step("binary", { result, along_axis(node, 3, axis) }, { operation = "subtract" })
  end
  node:add("binary", { result, along_axis(node, 2, axis) }, { operation = "multiply" })
end

function quantisation.QuantizeLinear(node)
  local range = ranges[node:has(3) and node:input(3).type or "uint8"]
  local scales, zeros = node:numbers(2), node:has(3) and node:numbers(3) or { 0 }
  if not range or #scales ~= 1 or #zeros ~= 1 then return node:pass(1) end
  node:add("clip", node:layer(1), {
    least = (range[1] - zeros[1]) * scales[1], most = (range[2] - zeros[1]) * scales[1],
  })
end

return quantisation
