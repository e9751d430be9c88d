-- SPDX-License-Identifier: MIT
-- ONNX operators whose results are known before any picture is there.

local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local values = require "phosphene.formats.onnx.values"

local constants = {}

--- A shape, whose lengths may be formulas of the picture's size. From version 15 a part of it can be asked for.
function constants.Shape(node)
  local list = node:lengths(1)
  local start, stop = node:integer("start", 0), node:integer("end", #list)
  if start < 0 then start = math.max(0, start + #list) end
  if stop < 0 then stop = stop + #list end
  local part = table.move(list, start + 1, math.min(stop, #list), 1, {})
  node:give(values.list(part, { #part }, false))
end

function constants.Size(node)
  node:give(values.list({ lists.product(node:lengths(1)) }, {}, false))
end

-- These two come here only where how many numbers there are follows from the picture's size.

function constants.Range(node)
  local function only(i) return node:elements(i)[1] or node:refuse("has an empty input %d", i) end
  local start, limit, step = only(1), only(2), only(3)
  local count = formulas.apply("ceil", formulas.apply("/", formulas.apply("-", limit, start), step))
  node:add("range", {}, { start = start, step = step, count = count })
end

function constants.ConstantOfShape(node)
  local fill = node:has_attribute "value" and node:constant "value" or values.list({ 0.0 }, { 1 }, true)
  node:add("expand", node:constant_layer(fill), { shape = node:elements(1) })
end

function constants.Constant(node)
  local value = node:constant "value"
  if not value and node:has_attribute "value_float" then value = values.list({ node:real "value_float" }, {}, true) end
  if not value and node:has_attribute "value_int" then value = values.list({ node:integer "value_int" }, {}, false) end
  if not value and node:has_attribute "value_floats" then
    local list = node:reals "value_floats"
    value = values.list(list, { #list }, true)
  end
  if not value and node:has_attribute "value_ints" then
    local list = node:integers "value_ints"
    value = values.list(list, { #list }, false)
  end
  node:give(value or node:refuse "holds a constant of a type that is not read")
end

return constants
