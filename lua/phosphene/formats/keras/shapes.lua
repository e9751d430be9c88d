-- SPDX-License-Identifier: MIT
-- Keras's layers that move elements: padding, cutting, resizing, reshaping; means over axes; and those that do nothing
-- once training is over.

local fields = require "phosphene.formats.keras.fields"
local refuse = require "phosphene.formats.refuse"

local layers, operations = {}, {}

-- ---- nothing ----

-- What is left out does not change the picture at inference; the layer's name stands for what it reads.
local function nothing(node)
  local value = node.inputs[1] or refuse.raise "it reads nothing"
  node.g:also_called(node.name, value.layer)
  return value
end
for name in ([[Dropout SpatialDropout2D GaussianNoise GaussianDropout AlphaDropout ActivityRegularization InputLayer
  RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness RandomHeight RandomWidth
  RandomColorJitter RandomGrayscale RandomHue RandomSaturation RandomSharpness RandomShear RandomPosterization
  RandomErasing RandomGaussianBlur RandomInvert RandomPerspective RandomElasticTransform RandAugment AutoContrast
  StochasticDepth FixedDropout Identity Masking]]):gmatch "%S+" do
  layers[name] = nothing
end
for _, name in ipairs { "cast", "identity", "stop_gradient" } do operations[name] = nothing end

-- ---- padding and cutting ----

-- { { top, bottom }, { left, right } }, of which one or two numbers may be all that is said.
local function margins(node, key)
  local value = node.config[key] or 0
  if type(value) ~= "table" then value = { value, value } end
  if #value ~= 2 then refuse.raise("'%s' of %d axes", key, #value) end
  local result = {}
  for axis, margin in ipairs(value) do
    result[axis] = fields.pair({ [key] = margin }, key, { 0, 0 }, 0)
  end
  return result[1], result[2]
end

function layers.ZeroPadding2D(node)
  local from, wrap = node:image(node:input())
  local height, width = margins(node, "padding")
  return wrap(node:add({ type = "pad", before = { 0, 0, height[1], width[1] }, after = { 0, 0, height[2], width[2] } },
    from))
end

-- Beyond any image's end.
local end_of_all = 1 << 30

function layers.Cropping2D(node)
  local from, wrap = node:image(node:input())
  local height, width = margins(node, "cropping")
  local function stop(margin) return margin > 0 and -margin or end_of_all end
  return wrap(node:add({ type = "slice", axes = { 2, 3 }, starts = { height[1], width[1] },
    ends = { stop(height[2]), stop(width[2]) } }, from))
end

-- Slices of an image or a list: { start =, stop =, step = } for each axis, an ellipsis for those between.
function operations.slice(node)
  local value, spec = node:input(), node:argument(2, "slice_spec")
  if type(spec) ~= "table" or spec.layer then refuse.raise "slices that are not listed" end
  local rank, added = #node:shape(value), { type = "slice", axes = {}, starts = {}, ends = {}, steps = {} }
  local axis = 0
  for _, part in ipairs(spec) do
    if type(part) ~= "table" then refuse.raise "an axis of one element" end
    if part.class_name or part.value == "Ellipsis" then
      axis = rank - #spec + axis
    elseif part.start or part.stop or part.step then
      local step = fields.integers(part.step or 1, "step")[1]
      local at = #added.axes + 1
      added.axes[at], added.steps[at] = node:axis(value, axis), step
      added.starts[at] = part.start or (step > 0 and 0 or end_of_all)
      added.ends[at] = part.stop or (step > 0 and end_of_all or -end_of_all)
    end
    axis = axis + 1
  end
  if #added.axes == 0 then return nothing(node) end
  return node:like(value, node:add(added, value.layer))
end

-- ---- resizing ----

-- Nearest takes the pixel that the middle of an output pixel falls into; of a whole factor, that is repeating.
local modes = {
  nearest = { mode = "nearest", coordinates = "tf_half_pixel_for_nn", rounding = "floor" },
  bilinear = { mode = "linear", coordinates = "half_pixel" },
}

local function resize(node, settings, mode)
  local from, wrap = node:image(node:input())
  local how = modes[mode] or refuse.raise("interpolation '%s'", tostring(mode))
  settings.type = "resize"
  for key, value in pairs(how) do settings[key] = value end
  return wrap(node:add(settings, from))
end

function layers.UpSampling2D(node)
  local factors = node:pair("size", { 2, 2 })
  return resize(node, { scales = { 1, 1, factors[1], factors[2] } }, node:text("interpolation", "nearest"))
end

function layers.Resizing(node)
  if node:flag("crop_to_aspect_ratio", false) or node:flag("pad_to_aspect_ratio", false) then
    refuse.raise "keeping the aspect ratio"
  end
  local height, width = node:count "height", node:count "width"
  if not height or not width then refuse.raise "no size" end
  local channels = node.g:shape((node:image(node:input())))[2]
  return resize(node, { sizes = { 1, channels, height, width } }, node:text("interpolation", "bilinear"))
end

-- ---- reshaping ----

local function has_one_pixel(shape) return #shape == 4 and shape[2] * shape[3] == 1 end

-- As Keras does, an image's elements in the order (h, w, c), even where its channels come first.
function layers.Flatten(node)
  local value = node:input()
  local shape = node:shape(value)
  local from = has_one_pixel(shape) and value.layer or node:plain(value)
  if #shape == 4 and not node:is_channels_last() then
    from = node:step("channels_last", { type = "transpose", axes = { 0, 2, 3, 1 } }, node:plain(value))
  end
  return { layer = node:add({ type = "flatten" }, from) }
end

local function reshape(node, value, target)
  local shape, dims = node:shape(value), { 0 }
  for i, length in ipairs(fields.integers(target, "target_shape")) do dims[i + 1] = length end
  if (#shape == 2 or has_one_pixel(shape)) and has_one_pixel(dims) then
    return { layer = node:add({ type = "reshape", shape = { 0, dims[4], 1, 1 } }, value.layer), is_moved = true }
  end
  return node:add_plain({ type = "reshape", shape = dims }, node:plain(value), #dims == 4 and node.g.is_channels_last)
end

function layers.Reshape(node) return reshape(node, node:input(), node:table("target_shape", {})) end

function operations.reshape(node)
  local target = node:argument(2, "shape", "newshape") or node.config.newshape
  if type(target) ~= "table" or target.layer then refuse.raise "a shape that is computed" end
  return reshape(node, node:input(), table.move(target, 2, #target, 1, {}))
end

-- The axes are counted from 1, the batch is not among them.
function layers.Permute(node)
  local axes = { 0 }
  for i, axis in ipairs(fields.integers(node:table("dims", {}), "dims")) do axes[i + 1] = axis end
  return node:add_plain({ type = "transpose", axes = axes }, node:plain(node:input()),
    #axes == 4 and node.g.is_channels_last)
end

-- ---- means and the like ----

local function reduction(operation, global)
  return function(node)
    local value = node:input()
    local axes = node:argument(2, "axis")
    if axes == nil then axes = node.config.axis end
    local keep = node:argument(3, "keepdims", "keep_dims") or node.config.keepdims or false
    if not axes then refuse.raise "over all axes" end
    local list, own = fields.integers(axes, "axis"), {}
    for i, axis in ipairs(list) do own[i] = node:axis(value, axis) end
    table.sort(own)
    if global and value.is_moved and table.concat(own, " ") == "2 3" then
      if keep then return node:like(value, node:add({ type = global }, value.layer)) end
      return { layer = node:add({ type = "flatten" }, node:step("pool", { type = global }, value.layer)) }
    end
    if value.is_moved and not keep then
      for i, axis in ipairs(list) do own[i] = axis < 0 and axis + 4 or axis end
      value = { layer = node:plain(value) }
    end
    return node:like(value, node:add({ type = "reduce", operation = operation, axes = own,
      keep = keep and true or false }, value.layer))
  end
end
operations.mean = reduction("mean", "global_average_pool")
operations.max = reduction("max", "global_max_pool")
operations.sum, operations.min = reduction "sum", reduction "min"
for _, name in ipairs { "mean", "max", "sum", "min" } do operations["reduce_" .. name] = operations[name] end

return { layers = layers, operations = operations }
