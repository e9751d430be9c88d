-- SPDX-License-Identifier: MIT
-- ONNX operators that pool windows or whole images.

local windows = require "phosphene.formats.onnx.windows"

local pools = {}

local function kernel_of(node)
  local kernel, spatial = node:integers "kernel_shape", node:rank(1) - 2
  if #kernel ~= spatial then node:refuse("has a kernel of %d axes for %d", #kernel, spatial) end
  for _, length in ipairs(kernel) do
    if length < 1 then node:refuse "has an empty kernel" end
  end
  return kernel
end

local function pool(type, more)
  return function(node)
    local settings, window = windows.settings(node, kernel_of(node))
    settings.kernel = window
    settings.ceil = node:integer("ceil_mode", 0) ~= 0 or nil
    if settings.dilation[1] == 1 and settings.dilation[2] == 1 then settings.dilation = nil end
    if more then more(node, settings) end
    windows.add(node, type, settings)
  end
end

pools.MaxPool = pool("max_pool", function(node)
  if (node.description.outputs[2] or "") ~= "" and node:is_read(2) then
    node:refuse "outputs the indices of its maxima, which are not supported"
  end
end)

pools.AveragePool = pool("average_pool", function(node, settings)
  settings.count_pad = node:integer("count_include_pad", 0) ~= 0 or nil
end)

-- Over all axes from the third on.
local function global(type, operation)
  return function(node)
    if node:rank(1) == 4 then return node:add(type, node:layer(1)) end
    local axes = {}
    for axis = 2, node:rank(1) - 1 do axes[#axes + 1] = axis end
    if #axes == 0 then return node:pass(1) end
    node:add("reduce", node:layer(1), { operation = operation, axes = axes, keep = true })
  end
end

pools.GlobalAveragePool = global("global_average_pool", "mean")
pools.GlobalMaxPool = global("global_max_pool", "max")

return pools
