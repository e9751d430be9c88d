-- SPDX-License-Identifier: MIT
-- The table of a network, as papers print it: layers, shapes, parameters, multiplications. Must not know any
-- architecture.

local columns = require "phosphene.base.columns"
local expect = require "phosphene.base.expect"
local input_size = require "phosphene.network.input_size"
local costs = require "phosphene.network.layer_costs"
local preprocessing = require "phosphene.network.preprocessing"

-- The shape, and of what does not lie as a map does what units and places it has: "197x768: 768 units, 14x14 and class
-- token". Numbers that do not depend on the picture have neither.
local function shape_text(layer, shape, map)
  local text = costs.shape_text(shape)
  local is_plain = text == ("%dx%dx%d"):format(map.units, map.rows, map.columns) or map.rows * map.columns == 1
  if layer.type == "constant" or is_plain and map.others == 0 then return text end
  local tokens = map.others == 0 and "" or " and class token"
  if map.others > 1 then tokens = ("%s, %d others"):format(tokens, map.others - 1) end
  return ("%s: %d units, %dx%d%s"):format(text, map.units, map.rows, map.columns, tokens)
end

-- One row: name, type, shape, parameters, multiplications, inputs.
local function row(layer, shapes, maps)
  local shape, multiplications, parameters = shapes[layer.name], costs.multiplications(layer, shapes), 0
  for _, extents in pairs(layer.parameters) do parameters = parameters + costs.product(extents) end
  return {
    text = {
      layer.name, layer.type, shape and shape_text(layer, shape, maps[layer.name]) or "(does not fit)",
      parameters > 0 and costs.short(parameters) or "", multiplications > 0 and costs.short(multiplications) or "",
      table.concat(layer.from, " "),
    },
    parameters = parameters,
    multiplications = multiplications,
  }
end

-- What the input is made of, and who said so.
local function input_line(net)
  local input = preprocessing.of(net)
  if not input then return "input: pictures as they are" end
  local source = input.source and "from " .. input.source or "assumed"
  return ("input: %s (%s)"):format(preprocessing.text(input, net:channels()), source)
end

local a_side = expect.whole(1, 65536)

-- What the pictures of the table are, and whether the network takes others.
local function size_line(net, height, width)
  local rule, others = input_size.rule(net, net:layers()), "takes any size that is large enough"
  if rule then others = "takes " .. (rule.multiple and "" or "only pictures ") .. input_size.text(rule) end
  if not input_size.of(net) then others = "none of the usual sizes fits all layers" end
  return ("size: %d high and %d wide here; %s"):format(height, width, others)
end

--- The table as text, for pictures of this size: by default that which the network is made for, or else 224.
local function describe(net, height, width)
  height, width = input_size.given_or_own(net, height, width)
  expect.value(height, a_side, "describe: height")
  expect.value(width, a_side, "describe: width")
  local shapes, maps = costs.shapes(net, height, width), net:maps(height, width)
  local rows = { { "layer", "type", "shape", "parameters", "multiplications", "from" } }
  local parameters, multiplications = 0, 0
  for _, name in ipairs(net:layers()) do
    local line = row(net:layer(name), shapes, maps)
    parameters, multiplications = parameters + line.parameters, multiplications + line.multiplications
    rows[#rows + 1] = line.text
  end
  rows[#rows + 1] = { "total", "", "", costs.short(parameters), costs.short(multiplications), "" }
  return input_line(net) .. "\n" .. size_line(net, height, width) .. "\n\n" .. columns(rows, { [4] = true, [5] = true })
end

return describe
