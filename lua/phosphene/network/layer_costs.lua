-- SPDX-License-Identifier: MIT
-- What layers cost at some size of pictures: their whole shapes and multiplications. Must not know any architecture.

local costs = {}

local function product(list)
  local count = 1
  for _, value in ipairs(list) do count = count * value end
  return count
end
costs.product = product

--- "1.7M" for humans.
function costs.short(count)
  for _, unit in ipairs { { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } } do
    if count >= unit[1] then return ("%.3g%s"):format(count / unit[1], unit[2]) end
  end
  return ("%d"):format(count)
end

--- The whole shape of every layer that such a picture is large enough for, the axis of the image included: where images
--- have become something else, such as a transformer's tokens, that axis counts too.
function costs.shapes(net, height, width)
  local source = net:layers()[1]
  local shapes = { [source] = { 1, net:channels(), height, width } }
  for index, name in ipairs(net:layers()) do
    if index > 1 then
      local fits, shape = pcall(net.infer, net, name, shapes)
      shapes[name] = fits and shape or nil
    end
  end
  return shapes
end

--- As papers write it: without the image's axis where there is one image.
function costs.shape_text(shape) return table.concat(shape, "x", shape[1] == 1 and #shape > 1 and 2 or 1) end

--- How often a layer multiplies, in one image of these shapes. A weight is used once for each position of the output;
--- a product of two activations multiplies as often for each element as its row is long.
function costs.multiplications(layer, shapes)
  local shape, weight = shapes[layer.name], layer.parameters.weight
  if not shape then return 0 end
  if layer.type == "matmul" then
    local rows = shapes[layer.from[1]]
    return product(shape) * rows[layer.settings.transpose_a and #rows - 1 or #rows]
  end
  return weight and product(weight) * shape[1] * (shape[3] or 1) * (shape[4] or 1) or 0
end

return costs
