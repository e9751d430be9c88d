-- SPDX-License-Identifier: MIT
-- Operations that slide a window over an image: convolutions and pools. Each takes the graph, the node and its inputs,
-- and gives the node's value.

local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.tensorflow.values"

local windows = {}

-- Height and width of an attribute that lists all four axes, channels last.
local function pair(node, attribute, default)
  local list = node.attributes[attribute]
  if not list then return default end
  if #list ~= 4 or list[1] ~= 1 or list[4] ~= 1 then refuse.raise("%s along images or channels", attribute) end
  return { list[2], list[3] }
end

-- Settings that convolutions and pools share.
local function settings_of(node, type)
  local a = node.attributes
  if a.data_format and a.data_format ~= "NHWC" then refuse.raise("data_format %s; NHWC can be read", a.data_format) end
  local settings = { type = type, stride = pair(node, "strides", { 1, 1 }) }
  if a.padding == "SAME" then
    settings.padding_mode = "same"
  elseif a.padding == "EXPLICIT" then
    local p = a.explicit_paddings or {}
    if #p ~= 8 then refuse.raise "explicit_paddings that are not eight numbers" end
    settings.padding = { p[3], p[5], p[4], p[6] }
  elseif a.padding ~= "VALID" then
    refuse.raise("padding '%s'", tostring(a.padding))
  end
  return settings
end

local function expect_image(x)
  if x.rank ~= 4 then refuse.raise("an input of %d dimensions; an image has four", x.rank) end
end

-- Whether the node's results go nowhere but into a bias: then the bias becomes the layer's own, and the layer has the
-- name of the node that adds it.
local function awaits_bias(g, node)
  local reader = #node.readers == 1 and node.readers[1]
  if not reader or #reader.inputs ~= 2 or not g.flows[reader] then return false end
  if reader.op == "BiasAdd" then return reader.inputs[1].node == node and not g.flows[reader.inputs[2].node] end
  if reader.op ~= "Add" and reader.op ~= "AddV2" then return false end
  local other = reader.inputs[reader.inputs[1].node == node and 2 or 1].node
  return other ~= nil and not g.flows[other]
end

--- Adds a layer with weights now, or when its bias comes.
function windows.weighted(g, node, layer, value)
  if awaits_bias(g, node) then
    value.pending, value.pending_node = layer, node
  else
    value.layer = g:add(node, layer)
  end
  return value
end

--- The value with its layer added, if that had waited for a bias that is none.
function windows.settle(g, value)
  if value.pending then
    value.layer = g:add(value.pending_node, value.pending)
    value.pending = nil
  end
  return value
end

function windows.Conv2D(g, node, x, kernel)
  expect_image(x)
  local weight = values.tensor(kernel, g.account)
  local shape = weight:shape()
  if #shape ~= 4 or x.channels % shape[3] ~= 0 then refuse.raise "a kernel that does not fit the image's channels" end
  local layer = settings_of(node, "convolution")
  layer.from = x.layer
  layer.weight = weight:transpose { 3, 2, 0, 1 }
  layer.groups = x.channels // shape[3]
  layer.dilation = pair(node, "dilations", { 1, 1 })
  return windows.weighted(g, node, layer, values.activation(nil, 4, shape[4]))
end

-- The kernel is (h, w, channels, multiplier); each channel makes `multiplier` neighbouring ones.
function windows.DepthwiseConv2dNative(g, node, x, kernel)
  expect_image(x)
  local weight = values.tensor(kernel, g.account)
  local shape = weight:shape()
  if #shape ~= 4 or x.channels ~= shape[3] then refuse.raise "a kernel that does not fit the image's channels" end
  local layer = settings_of(node, "convolution")
  layer.from = x.layer
  layer.weight = weight:transpose({ 2, 3, 0, 1 }):reshape { shape[3] * shape[4], 1, shape[1], shape[2] }
  layer.groups = shape[3]
  layer.dilation = pair(node, "dilations", { 1, 1 })
  return windows.weighted(g, node, layer, values.activation(nil, 4, shape[3] * shape[4]))
end

function windows.MaxPool(g, node, x)
  expect_image(x)
  local layer = settings_of(node, "max_pool")
  layer.kernel, layer.from = pair(node, "ksize", { 1, 1 }), x.layer
  return values.activation(g:add(node, layer), 4, x.channels)
end

-- One window over the whole image, at the graph's own size, is a mean at every size: so classes can be had of pictures
-- of any size.
function windows.AvgPool(g, node, x)
  expect_image(x)
  local layer = settings_of(node, "average_pool")
  layer.kernel, layer.from = pair(node, "ksize", { 1, 1 }), x.layer
  local shape = g:shape(x.layer)
  if node.attributes.padding == "VALID" and shape[3] == layer.kernel[1] and shape[4] == layer.kernel[2] then
    layer = { type = "global_average_pool", from = x.layer }
  end
  return values.activation(g:add(node, layer), 4, x.channels)
end

return windows
