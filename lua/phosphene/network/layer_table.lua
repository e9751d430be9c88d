-- SPDX-License-Identifier: MIT
-- The table of a network, as papers print it: layers, shapes, parameters, multiplications. Must not know any
-- architecture.

local columns = require "phosphene.base.columns"
local expect = require "phosphene.base.expect"
local input_size = require "phosphene.network.input_size"
local preprocessing = require "phosphene.network.preprocessing"

local function product(list)
  local count = 1
  for _, value in ipairs(list) do count = count * value end
  return count
end

-- "1.7M" for humans.
local function short(count)
  for _, unit in ipairs { { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } } do
    if count >= unit[1] then return ("%.3g%s"):format(count / unit[1], unit[2]) end
  end
  return tostring(count)
end

-- The whole shape of every layer that such a picture is large enough for, the axis of the image included: where images
-- have become something else, such as a transformer's tokens, that axis counts too.
local function whole_shapes(net, height, width)
  local shapes, channels = {}, net:shapes(height, width)[net:layers()[1]][1]
  for index, name in ipairs(net:layers()) do
    local layer, inputs, fits = net:layer(name), {}, true
    for i, from in ipairs(layer.from) do
      inputs[i] = shapes[from]
      fits = fits and inputs[i] ~= nil
    end
    if index == 1 then
      shapes[name] = { 1, channels, height, width }
    elseif fits then
      local ok, shape = pcall(net.infer, net, name, inputs)
      shapes[name] = ok and shape or nil
    end
  end
  return shapes
end

-- As papers write it: without the image's axis where there is one image.
local function shape_text(shape)
  return table.concat(shape, "x", shape[1] == 1 and #shape > 1 and 2 or 1)
end

-- Multiplications of a product of two activations: as many for each element as its row is long.
local function of_product(layer, shapes)
  local rows = shapes[layer.from[1]]
  return product(shapes[layer.name]) * rows[layer.settings.transpose_a and #rows - 1 or #rows]
end

-- One row: name, type, shape, parameters, multiplications, inputs. A weight is used once for each position of the
-- output.
local function row(layer, shapes)
  local shape = shapes[layer.name]
  local parameters, multiplications = 0, 0
  for name, extents in pairs(layer.parameters) do
    parameters = parameters + product(extents)
    if name == "weight" and shape then
      multiplications = product(extents) * shape[1] * (shape[3] or 1) * (shape[4] or 1)
    end
  end
  if layer.type == "matmul" and shape then multiplications = of_product(layer, shapes) end
  return {
    text = {
      layer.name, layer.type, shape and shape_text(shape) or "(does not fit)",
      parameters > 0 and short(parameters) or "", multiplications > 0 and short(multiplications) or "",
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
local usual_side = 224 -- what the field trains on

-- What the pictures of the table are, and whether the network takes others.
local function size_line(net, height, width)
  local rule, others = input_size.rule(net, net:layers()), "takes any size that is large enough"
  if rule then others = "takes " .. (rule.multiple and "" or "only pictures ") .. input_size.text(rule) end
  if not input_size.of(net) then others = "none of the usual sizes fits all layers" end
  return ("size: %d high and %d wide here; %s"):format(height, width, others)
end

--- The table as text, for pictures of this size: by default that which the network is made for, or else 224.
local function describe(net, height, width)
  local own_height, own_width = input_size.of(net)
  width = width or height or own_width or usual_side
  height = height or own_height or usual_side
  expect.value(height, a_side, "describe: height")
  expect.value(width, a_side, "describe: width")
  local shapes = whole_shapes(net, height, width)
  local rows = { { "layer", "type", "shape", "parameters", "multiplications", "from" } }
  local parameters, multiplications = 0, 0
  for _, name in ipairs(net:layers()) do
    local line = row(net:layer(name), shapes)
    parameters, multiplications = parameters + line.parameters, multiplications + line.multiplications
    rows[#rows + 1] = line.text
  end
  rows[#rows + 1] = { "total", "", "", short(parameters), short(multiplications), "" }
  return input_line(net) .. "\n" .. size_line(net, height, width) .. "\n\n" .. columns(rows, { [4] = true, [5] = true })
end

return describe
