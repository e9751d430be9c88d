-- SPDX-License-Identifier: MIT
-- Caffe's layer types with several inputs or outputs, and those that move elements; written like those of layers.lua.

local affine = require "phosphene.formats.caffe.affine"
local fields = require "phosphene.formats.caffe.fields"
local refuse = require "phosphene.formats.refuse"

local layers = {}

-- ---- several inputs, and shapes ----

function layers.Concat(g, layer, ...)
  local param = fields.message(layer.settings, "concat_param")
  local axis = fields.count(param, "axis", fields.count(param, "concat_dim", 1))
  return g:add({ type = "concat", axis = axis ~= 1 and axis or nil }, { ... })
end

function layers.Eltwise(g, layer, ...)
  local param = fields.message(layer.settings, "eltwise_param")
  local from, operation = { ... }, fields.text(param, "operation", "SUM")
  local coefficients = fields.all(param, "coeff", "number")
  if operation == "SUM" then
    for i, coefficient in ipairs(coefficients) do
      if from[i] and coefficient ~= 1 then from[i] = affine(g, from[i], coefficient, 0, "/coefficient_" .. i) end
    end
    return g:add({ type = "sum" }, from)
  elseif operation == "PROD" then
    return g:add({ type = "product" }, from)
  elseif operation ~= "MAX" then
    refuse.raise("operation %s", operation)
  end
  local result = from[1]
  for i = 2, #from do
    result = g:add({ type = "binary", operation = "maximum" }, { result, from[i] }, i < #from and "/" .. i or nil)
  end
  return result
end

function layers.Flatten(g, layer, from)
  local param = fields.message(layer.settings, "flatten_param")
  if fields.count(param, "axis", 1) ~= 1 or param.end_axis then refuse.raise "other axes" end
  return g:add({ type = "flatten" }, from)
end

function layers.Reshape(g, layer, from)
  local param = fields.message(layer.settings, "reshape_param")
  if param.axis or param.num_axes then refuse.raise "a part of the axes" end
  return g:add({ type = "reshape", shape = fields.all(fields.message(param, "shape"), "dim", "number") }, from)
end

-- Its parts, one for each top.
function layers.Slice(g, layer, from)
  local param = fields.message(layer.settings, "slice_param")
  local axis = fields.count(param, "axis", fields.count(param, "slice_dim", 1))
  local points, length = fields.counts(param, "slice_point", 1), g:shape(from)[axis + 1]
  if not length then refuse.raise("axis %d", axis) end
  local parts = #layer.tops
  for i = 1, #points == 0 and parts - 1 or 0 do points[i] = i * length // parts end
  if #points ~= parts - 1 then refuse.raise("%d points for %d parts", #points, parts) end
  local names = {}
  for i = 1, parts do
    local start, stop = points[i - 1] or 0, points[i] or length
    names[i] = g:add({ type = "slice", axes = { axis }, starts = { start }, ends = { stop } }, from, nil, i)
  end
  return table.unpack(names)
end

-- ---- parts, orders, repetitions ----

-- The part of the first input that is as large as the second.
function layers.Crop(g, layer, from, like)
  local param = fields.message(layer.settings, "crop_param")
  if not like then refuse.raise "one input" end
  return g:add({ type = "crop", axis = fields.count(param, "axis", 2), offsets = fields.counts(param, "offset") },
    { from, like })
end

function layers.Permute(g, layer, from)
  local order = fields.counts(fields.message(layer.settings, "permute_param"), "order")
  local axes, seen = {}, {}
  for i, axis in ipairs(order) do axes[i], seen[axis] = axis, true end
  for axis = 0, #g:shape(from) - 1 do
    if not seen[axis] then axes[#axes + 1] = axis end
  end
  return g:add({ type = "transpose", axes = axes }, from)
end

function layers.Tile(g, layer, from)
  local param, copies = fields.message(layer.settings, "tile_param"), {}
  local axis, count = fields.count(param, "axis", 1), fields.count(param, "tiles", 1, 1)
  if count > 64 then refuse.raise("%d tiles", count) end
  for i = 1, count do copies[i] = from end
  if count == 1 then return from end
  return g:add({ type = "concat", axis = axis ~= 1 and axis or nil }, copies)
end

-- Channels of several groups in turn (ShuffleNet).
function layers.ShuffleChannel(g, layer, from)
  local groups = fields.count(fields.message(layer.settings, "shuffle_channel_param"), "group", 1, 1)
  local channels = g:shape(from)[2]
  if channels % groups ~= 0 then refuse.raise("%d channels in %d groups", channels, groups) end
  local apart = g:add({ type = "reshape", shape = { 0, groups, channels // groups, -1 } }, from, "/groups")
  local turned = g:add({ type = "transpose", axes = { 0, 2, 1, 3 } }, apart, "/turned")
  return g:add({ type = "reshape", shape = { 0, channels, 1, 1 }, sized_by = { from },
    formulas = { { "shape", 3, "a2" }, { "shape", 4, "a3" } } }, turned)
end

local reductions = { SUM = "sum", ASUM = "l1", SUMSQ = "sum_square", MEAN = "mean" }

function layers.Reduction(g, layer, from)
  local param, axes = fields.message(layer.settings, "reduction_param"), {}
  local operation = fields.text(param, "operation", "SUM")
  local first, coefficient = fields.count(param, "axis", 0), fields.number(param, "coeff", 1)
  if first == 0 then refuse.raise "a reduction over images" end
  for axis = first, #g:shape(from) - 1 do axes[#axes + 1] = axis end
  local layer_type = { type = "reduce", operation = reductions[operation] or refuse.raise("operation %s", operation),
    axes = axes, keep = false }
  if coefficient == 1 then return g:add(layer_type, from) end
  if first == 1 then refuse.raise "a coefficient of one number" end
  return affine(g, g:add(layer_type, from, "/reduced"), coefficient, 0)
end

-- ---- other sizes ----

-- Between pixels, the corners staying where they are. Enlarged by a factor z, that is (n - 1) z + 1 pixels, of which
-- every z-th is an old one: the first so many of n z pixels that are read at multiples of 1 / z.
function layers.Interp(g, layer, from)
  local param, shape = fields.message(layer.settings, "interp_param"), g:shape(from)
  if fields.number(param, "pad_beg", 0) ~= 0 or fields.number(param, "pad_end", 0) ~= 0 then refuse.raise "padding" end
  local zoom, shrink = fields.count(param, "zoom_factor", 1, 1), fields.count(param, "shrink_factor", 1, 1)
  if param.height or param.width then
    return g:add({ type = "resize", mode = "linear", coordinates = "align_corners", sizes = { 1, shape[2],
      fields.count(param, "height", nil, 1) or shape[3], fields.count(param, "width", nil, 1) or shape[4] } }, from)
  elseif #layer.bottoms > 1 then
    refuse.raise "a second input for its size"
  end
  if shrink > 1 then
    if (shape[3] - 1) % shrink ~= 0 or (shape[4] - 1) % shrink ~= 0 then refuse.raise "a size between pixels" end
    from = g:add({ type = "slice", axes = { 2, 3 }, starts = { 0, 0 }, ends = { 1 << 30, 1 << 30 },
      steps = { shrink, shrink } }, from, zoom > 1 and "/shrunk" or nil)
  end
  if zoom == 1 then return from end
  local enlarged = g:add({ type = "resize", mode = "linear", coordinates = "asymmetric",
    scales = { 1, 1, zoom, zoom } }, from, "/enlarged")
  return g:add({ type = "slice", axes = { 2, 3 }, starts = { 0, 0 }, ends = { 1 - zoom, 1 - zoom } }, enlarged)
end

-- Pixels repeated. (SegNet's puts each value where its pool found it, which is not run.)
function layers.Upsample(g, layer, from)
  local param = fields.message(layer.settings, "upsample_param")
  if #layer.bottoms > 1 then refuse.raise "places where a pool found its values" end
  local scale = fields.count(param, "scale", 2, 1)
  return g:add({ type = "resize", mode = "nearest", coordinates = "asymmetric", rounding = "floor",
    scales = { 1, 1, scale, scale } }, from)
end

-- ---- nothing ----

-- Nothing, once training is over.
local function nothing(_, layer, from)
  if #layer.tops > 1 then
    local names = {}
    for i = 1, #layer.tops do names[i] = from end
    return table.unpack(names)
  end
  return from
end
layers.Dropout, layers.Split, layers.Silence = nothing, nothing, nothing

return layers
