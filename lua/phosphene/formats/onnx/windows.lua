-- SPDX-License-Identifier: MIT
-- Sliding windows: the settings that ONNX's convolutions and pools share, and the mapping of one or three spatial axes
-- to the two that our layers have. Must not know any operator.

local windows = {}

-- Padding that is left to the operator: ceil(length / stride) outputs.
local padding_modes = { SAME_UPPER = "same", SAME_LOWER = "same_lower" }

-- Of three axes, windows may slide along the first: the others are then as good as one. (PyTorch's local response norm
-- is such a pool, of channels.)
local function check_first_only(node, kernel, strides, pads, mode)
  local is_still = mode == "NOTSET" or mode == "VALID" or mode == ""
  for i = 2, 3 do
    local is_padded = (pads[i] or 0) ~= 0 or (pads[i + 3] or 0) ~= 0
    is_still = is_still and kernel[i] == 1 and (strides[i] or 1) == 1 and not is_padded
  end
  if not is_still then node:refuse "works on 3 spatial axes; one and two are run, and the first of three" end
end

--- Stride, dilation and padding of a node as settings of a layer, and its kernel, a length for each spatial axis, as
--- { height, width }. Of three axes the last two become one.
function windows.settings(node, kernel)
  local spatial = node:rank(1) - 2
  if spatial < 1 or spatial > 3 then
    node:refuse("works on %d spatial axes; one and two are run", math.max(0, spatial))
  end
  local strides, dilations = node:integers("strides", {}), node:integers("dilations", {})
  local pads, mode = node:integers("pads", {}), node:text("auto_pad", "NOTSET")
  if spatial == 3 then check_first_only(node, kernel, strides, pads, mode) end
  local settings = { stride = { 1, 1 }, dilation = { 1, 1 }, padding = { 0, 0, 0, 0 } }
  local window = spatial == 1 and { 1, kernel[1] } or { kernel[1], kernel[2] }
  for i = 1, math.min(spatial, 2) do
    local at = spatial == 1 and 2 or i
    settings.stride[at], settings.dilation[at] = strides[i] or 1, dilations[i] or 1
    settings.padding[at], settings.padding[at + 2] = pads[i] or 0, pads[i + spatial] or 0
  end
  for at = 1, 2 do
    if settings.stride[at] < 1 or settings.dilation[at] < 1 then node:refuse "has a stride or dilation below 1" end
  end
  if padding_modes[mode] then
    settings.padding, settings.padding_mode = nil, padding_modes[mode]
  elseif mode ~= "NOTSET" and mode ~= "VALID" and mode ~= "" then
    node:refuse("has an unknown auto_pad '%s'", mode)
  end
  return settings, window
end

--- Adds the layer, which has two spatial axes, to one that has one, two or three: input 1, or `from`, which is shaped
--- like it. `add` is how the last one is added: as the node's output unless given.
function windows.add(node, type, settings, from, add)
  from, add = from or node:layer(1), add or node.add
  if node:rank(1) == 4 then return add(node, type, from, settings) end
  if node:rank(1) == 5 then
    local image = node:step("reshape", from, { shape = { 0, 0, 0, -1 } })
    return add(node, "reshape", node:step(type, image, settings), { shape = { 0, 0, 0, node:lengths(1)[4], -1 } })
  end
  local image = node:step("unsqueeze", from, { axes = { 2 } })
  return add(node, "squeeze", node:step(type, image, settings), { axes = { 2 } })
end

--- A convolution's weights with two spatial axes, of those that have one or two, for input 1.
function windows.kernel(node, weight)
  local dims = weight:shape()
  if #dims ~= node:rank(1) or #dims < 3 or #dims > 4 then
    node:refuse("has weights of shape %s for an input of %d axes; one or two spatial axes are supported",
      table.concat(dims, "x"), node:rank(1))
  end
  return #dims == 4 and weight or weight:reshape { dims[1], dims[2], 1, dims[3] }
end

--- Adds a convolution as `windows.add` does.
function windows.convolve(node, weight, bias, from, add)
  weight = windows.kernel(node, weight)
  local dims = weight:shape()
  local settings = windows.settings(node, node:rank(1) == 3 and { dims[4] } or { dims[3], dims[4] })
  settings.weight, settings.bias, settings.groups = weight, bias, node:integer("group", 1)
  return windows.add(node, "convolution", settings, from, add)
end

return windows
