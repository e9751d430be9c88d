-- SPDX-License-Identifier: MIT
-- ONNX operators whose results are known before any picture is there.

local values = require "phosphene.formats.onnx.values"

local constants = {}

-- What is known of input 1's shape: it depends on the picture's size where the other size says so, or is not known.
local function known(node, result)
  local input = node:input(1)
  result.is_sized = result.is_sized or (input.layer ~= nil and not input.other)
  result.sources = input.layer and { input.layer } or nil
  node:give(result)
end

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
  known(node, values.list(list, { #list }, false, other and part(other)))
end

function constants.Size(node)
  local shape, other = node:shape(1)
  known(node, values.list({ values.count(shape) }, {}, false, other and { values.count(other) }))
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
