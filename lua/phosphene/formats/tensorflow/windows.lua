-- SPDX-License-Identifier: MIT
-- Operations with a sliding window: convolutions and pools; and resizing. Each takes the graph, the node and its
-- inputs, and gives the node's value.

local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.tensorflow.values"
local view = require "phosphene.formats.tensorflow.view"

local windows = {}

-- ---- settings ----

-- Height and width of an attribute that lists all four axes.
local function pair(node, attribute, default)
  local list, first = node.attributes[attribute], node.attributes.data_format == "NCHW"
  if not list then return default end
  local rest = first and list[2] or list[4]
  if #list ~= 4 or list[1] ~= 1 or rest ~= 1 then refuse.raise("%s along images or channels", attribute) end
  return first and { list[3], list[4] } or { list[2], list[3] }
end

-- Settings that convolutions and pools share.
local function settings_of(node, type)
  local a = node.attributes
  local settings = { type = type, stride = pair(node, "strides", { 1, 1 }) }
  if a.padding == "SAME" then
    settings.padding_mode = "same"
  elseif a.padding == "EXPLICIT" then
    local p, at = a.explicit_paddings or {}, a.data_format == "NCHW" and 5 or 3
    if #p ~= 8 then refuse.raise "explicit_paddings that are not eight numbers" end
    settings.padding = { p[at], p[at + 2], p[at + 1], p[at + 3] }
  elseif a.padding ~= "VALID" then
    refuse.raise("padding '%s'", tostring(a.padding))
  end
  return settings
end

-- ---- weights ----

--- Adds a layer with weights, and gives the value that an activation on these axes is. A constant that is only added to
--- it (document.lua) becomes its bias, if it is one number for each channel, and the layer then has the name of the
--- node that adds: nothing else reads what was before.
function windows.weighted(g, node, layer, axes, channels, bias)
  local adds = node.adds_bias
  if bias and bias.constant and (bias.count == channels and bias.dims[#bias.dims] == channels) then
    layer.bias = values.tensor(bias, g.account):reshape { channels }
    local value = values.activation(g:put_for(adds, layer), axes)
    value.biased = adds
    return value
  end
  return values.activation(g:put_for(node, layer), axes)
end

-- A layer with a border of so many pixels, { top, left, bottom, right }, that depend on the picture's size.
local function bordered(g, node, from, p)
  return g:put_for(node, { type = "pad", from = from, before = { 0, 0, p[1], p[2] }, after = { 0, 0, p[3], p[4] } },
    "/border")
end

-- A convolution of an image, dilated where it stands between SpaceToBatchND and BatchToSpaceND: there it slides over
-- every block-th pixel, which is what a dilation is.
local function convolve(g, node, x, layer, channels, bias)
  local axes
  layer.from, axes = view.image(g, node, x)
  layer.dilation = pair(node, "dilations", { 1, 1 })
  if x.blocks then
    local still = layer.stride[1] == 1 and layer.stride[2] == 1 and layer.dilation[1] == 1 and layer.dilation[2] == 1
    if not still or layer.padding_mode or layer.padding or x.blocks.is_convolved then
      refuse.raise "another convolution of blocks than a dilated one"
    end
    layer.dilation, layer.padding = x.blocks.dilation, x.blocks.padding
    if formulas.any(layer.padding) then
      layer.from, layer.padding = bordered(g, node, layer.from, layer.padding), nil
    end
  end
  local value = windows.weighted(g, node, layer, axes, channels, bias)
  value.blocks = x.blocks and { is_convolved = true, dilation = x.blocks.dilation }
  return value
end

local function channels_of(g, node, x)
  if #x.axes ~= 4 then refuse.raise("an input of %d dimensions; an image has four", #x.axes) end
  return view.lengths(g, x)[node.attributes.data_format == "NCHW" and 2 or 4]
end

function windows.Conv2D(g, node, x, kernel, bias)
  local weight, inputs = values.tensor(kernel, g.account), channels_of(g, node, x)
  local shape = weight:shape()
  if #shape ~= 4 or inputs % shape[3] ~= 0 then refuse.raise "a kernel that does not fit the image's channels" end
  local layer = settings_of(node, "convolution")
  layer.weight, layer.groups = weight:transpose { 3, 2, 0, 1 }, inputs // shape[3]
  return convolve(g, node, x, layer, shape[4], bias)
end

-- The kernel is (h, w, channels, multiplier); each channel makes `multiplier` neighbouring ones.
function windows.DepthwiseConv2dNative(g, node, x, kernel, bias)
  local weight, inputs = values.tensor(kernel, g.account), channels_of(g, node, x)
  local shape = weight:shape()
  if #shape ~= 4 or inputs ~= shape[3] then refuse.raise "a kernel that does not fit the image's channels" end
  local layer, outputs = settings_of(node, "convolution"), shape[3] * shape[4]
  layer.weight = weight:transpose({ 2, 3, 0, 1 }):reshape { outputs, 1, shape[1], shape[2] }
  layer.groups = inputs
  return convolve(g, node, x, layer, outputs, bias)
end

-- How a transposed convolution along one axis comes to a length: padding before and after, and what is added at the
-- end, which are formulas where what was lost on the way down depends on the picture's size. As with the convolution
-- that it goes back through, an odd pixel of SAME's padding comes last.
local function fit(node, from, to, kernel, stride)
  local function plus(x, y) return lists.calculate("+", false, x, y) end
  local function minus(x, y) return lists.calculate("-", false, x, y) end
  local full = plus(lists.product { minus(from, 1), stride }, kernel)
  local total = node.attributes.padding == "SAME" and lists.calculate("max", false, minus(full, to), 0) or 0
  local before = lists.divide(total, 2)
  return { before, minus(total, before), minus(to, minus(full, total)) }
end

-- Where that is the same at every size, or was written down for one, it is settings of the layer. Otherwise the layer
-- gives all that it can, and the part that is asked for is cut out: the layer for that, still without what it reads.
local function fitted(g, node, layer, from, to, kernel)
  local fits, full, numbers = {}, {}, {}
  for axis = 1, 2 do
    local stride = layer.stride[axis]
    local length = formulas.is(to[axis]) and g:length(from, axis + 2) or g:shape(from)[axis + 2]
    fits[axis] = fit(node, length, to[axis], kernel[axis], stride)
    numbers[axis] = formulas.nominal(fits[axis])
    full[axis] = node.attributes.padding == "SAME" and math.max(0, stride - kernel[axis]) or stride - 1
  end
  layer.from, layer.padding_mode, layer.padding, layer.output_padding = from, nil, {}, {}
  if formulas.all_same(fits[1], numbers[1]) and formulas.all_same(fits[2], numbers[2]) then
    for axis = 1, 2 do
      layer.padding[axis], layer.padding[axis + 2], layer.output_padding[axis] = table.unpack(numbers[axis])
    end
    return nil
  end
  layer.padding, layer.output_padding = { 0, 0, 0, 0 }, full
  local starts, ends = { fits[1][1], fits[2][1] }, {}
  for axis = 1, 2 do ends[axis] = lists.calculate("+", false, starts[axis], to[axis]) end
  return { type = "slice", axes = { 2, 3 }, starts = starts, ends = ends }
end

-- Its inputs are the shape that comes out, the kernel (h, w, outputs, inputs) and the image.
function windows.Conv2DBackpropInput(g, node, shape, kernel, x, bias)
  local weight = values.tensor(kernel, g.account)
  local layer, dims = settings_of(node, "transposed_convolution"), weight:shape()
  if #dims ~= 4 or channels_of(g, node, x) ~= dims[4] then
    refuse.raise "a kernel that does not fit the image's channels"
  end
  if layer.padding then refuse.raise "explicit paddings" end
  local wanted = values.lengths(shape, 4)
  local at = #wanted == 2 and 1 or node.attributes.data_format == "NCHW" and 3 or 2
  local to = { wanted[at] or 1, wanted[at + 1] or 1 }
  local from, axes = view.image(g, node, x)
  local part = fitted(g, node, layer, from, to, dims)
  layer.weight = weight:transpose { 3, 2, 0, 1 }
  layer.dilation = pair(node, "dilations", { 1, 1 })
  if not part then return windows.weighted(g, node, layer, axes, dims[3], bias) end
  part.from = g:put_for(node, layer, "/whole")
  return values.activation(g:put_for(node, part), axes)
end

-- ---- blocks for dilation ----

-- The two pairs of an input of paddings or crops, as { top, left, bottom, right }.
local function sides(value)
  local list = values.lengths(value, 4)
  if #list ~= 4 then refuse.raise "blocks along other axes than height and width" end
  return { list[1], list[3], list[2], list[4] }
end

function windows.SpaceToBatchND(g, node, x, block, paddings)
  local dilation = values.integers(block, 2)
  if #dilation ~= 2 or x.blocks then refuse.raise "blocks along other axes than height and width" end
  local from, axes = view.image(g, node, x)
  return { layer = from, axes = axes, blocks = { dilation = dilation, padding = sides(paddings) } }
end

function windows.BatchToSpaceND(g, node, x, block, crops)
  local dilation, cut = values.integers(block, 2), sides(crops)
  if not x.blocks or not x.blocks.is_convolved or dilation[1] ~= x.blocks.dilation[1]
    or dilation[2] ~= x.blocks.dilation[2] then
    refuse.raise "blocks of another kind than a dilated convolution's"
  end
  local layer = view.image(g, node, x)
  if cut[1] ~= 0 or cut[2] ~= 0 or cut[3] ~= 0 or cut[4] ~= 0 then
    local ends = {}
    for axis = 1, 2 do ends[axis] = lists.calculate("-", false, g:length(layer, axis + 2), cut[axis + 2]) end
    layer = g:put_for(node, { type = "slice", from = layer, axes = { 2, 3 }, starts = { cut[1], cut[2] }, ends = ends })
  else
    g:also_called(node, layer)
  end
  return values.activation(layer, view.image_axes(node.attributes.data_format or "NHWC"))
end

-- ---- pools ----

function windows.MaxPool(g, node, x)
  local layer = settings_of(node, "max_pool")
  local from, axes = view.image(g, node, x)
  layer.from, layer.kernel = from, pair(node, "ksize", { 1, 1 })
  return values.activation(g:put_for(node, layer), axes)
end

-- One window over the whole image, at the graph's own size, is a mean at every size: so classes can be had of pictures
-- of any size.
function windows.AvgPool(g, node, x)
  local layer = settings_of(node, "average_pool")
  local from, axes = view.image(g, node, x)
  layer.from, layer.kernel = from, pair(node, "ksize", { 1, 1 })
  local shape = g:shape(from)
  if node.attributes.padding == "VALID" and shape[3] == layer.kernel[1] and shape[4] == layer.kernel[2] then
    layer = { type = "global_average_pool", from = from }
  end
  return values.activation(g:put_for(node, layer), axes)
end

-- ---- other sizes ----

local function resized(g, node, x, value, layer)
  local to = values.lengths(value, 2)
  if #to ~= 2 then refuse.raise "a size that is not two numbers" end
  local from, axes = view.image(g, node, x)
  local shape = g:shape(from)
  layer.type, layer.from, layer.sizes = "resize", from, { shape[1], shape[2], to[1], to[2] }
  return values.activation(g:put_for(node, layer), axes)
end

function windows.ResizeBilinear(g, node, x, size)
  local a = node.attributes
  return resized(g, node, x, size, { mode = "linear", coordinates = a.align_corners and "align_corners"
    or a.half_pixel_centers and "half_pixel" or "asymmetric" })
end

-- The nearest pixel is the one below, but where corners are aligned: there it is rounded, halves upwards.
function windows.ResizeNearestNeighbor(g, node, x, size)
  local a = node.attributes
  return resized(g, node, x, size, { mode = "nearest", rounding = a.align_corners and "round_prefer_ceil" or "floor",
    coordinates = a.align_corners and "align_corners" or a.half_pixel_centers and "tf_half_pixel_for_nn"
      or "asymmetric" })
end

return windows
