-- ONNX operators whose results are known before any picture is there.

local values = require "phosphene.formats.onnx.values"

local constants = {}

--- A shape as numbers. From version 15 a part of it can be asked for.
function constants.Shape(node)
  local shape, other = node:shape(1)
  local function part(list)
    local start, stop = node:integer("start", 0), node:integer("end", #list)
    if start < 0 then start = math.max(0, start + #list) end
    if stop < 0 then stop = stop + #list end
    return table.move(list, start + 1, math.min(stop, #list), 1, {})
  end
  local list = part(shape)
  local result = values.list(list, { #list }, false, other and part(other))
  result.is_sized = result.is_sized or not other
  node:give(result)
end

function constants.Size(node)
  local shape, other = node:shape(1)
  local result = values.list({ values.count(shape) }, {}, false, other and { values.count(other) })
  result.is_sized = result.is_sized or not other
  node:give(result)
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
