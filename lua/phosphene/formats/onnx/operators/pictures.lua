-- SPDX-License-Identifier: MIT
-- ONNX operators that change the size of images: borders, scaling, blocks of pixels.

local pictures = {}

-- ---- borders ----

-- (before, after) for all axes of the input, from a list of the ends of `axes` (nil: of all).
local function both_ends(node, pads, axes)
  local rank, before, after = node:rank(1), {}, {}
  for i = 1, rank do before[i], after[i] = 0, 0 end
  local count = #pads // 2
  if axes and #axes ~= count then node:refuse("pads %d axes of %d", count, #axes) end
  for i = 1, count do
    local axis = axes and node:axis(axes[i], rank) or i - 1
    if axis >= rank then node:refuse("pads %d axes of %d", count, rank) end
    before[axis + 1], after[axis + 1] = pads[i], pads[i + count]
  end
  return before, after
end

function pictures.Pad(node)
  local pads, value, axes
  if node.opset < 11 then
    pads = node:integers(node.opset < 2 and "paddings" or "pads")
    value = node:real("value", 0.0)
  else
    pads = node:elements(2)
    value = node:has(3) and node:number(3) or 0.0
    axes = node:has(4) and node:numbers(4)
  end
  local before, after = both_ends(node, pads, axes)
  local changes, mode = false, node:text("mode", "constant")
  for _, length in ipairs(pads) do changes = changes or length ~= 0 end
  if not changes then return node:pass(1) end
  node:add("pad", node:layer(1),
    { before = before, after = after, mode = mode, value = mode == "constant" and value or nil })
end

-- ---- scaling ----

local coordinates = {
  half_pixel = true, asymmetric = true, align_corners = true, pytorch_half_pixel = true, half_pixel_symmetric = true,
  tf_half_pixel_for_nn = true,
}

-- Lists over some axes become lists over all.
local function over_all(node, list, axes, fill)
  if not list or not axes then return list end
  local all = {}
  for i = 1, node:rank(1) do all[i] = fill[i] end
  for i, axis in ipairs(axes) do all[node:axis(axis, node:rank(1)) + 1] = list[i] end
  return all
end

-- The setting of a resize layer that says how large the output is.
local function target(node, scales, lengths)
  local rank = node:rank(1)
  if scales and #scales > 0 then
    if #scales ~= rank then node:refuse("scales %d axes of %d", #scales, rank) end
    return { scales = scales }
  end
  if not lengths or #lengths ~= rank then node:refuse "has neither scales nor sizes for every axis" end
  return { sizes = lengths }
end

function pictures.Resize(node)
  local settings
  if node.opset < 11 then
    settings = target(node, node:elements(2))
    settings.coordinates, settings.rounding = "asymmetric", "floor"
  else
    local own, ones = node:lengths(1), {}
    for i = 1, #own do ones[i] = 1.0 end
    local axes = node:has_attribute "axes" and node:integers "axes"
    settings = target(node, over_all(node, node:has(3) and node:elements(3), axes, ones),
      over_all(node, node:has(4) and node:elements(4), axes, own))
    settings.coordinates = node:text("coordinate_transformation_mode", "half_pixel")
    settings.rounding = node:text("nearest_mode", "round_prefer_floor")
  end
  if not coordinates[settings.coordinates] then node:refuse("maps coordinates by '%s'", settings.coordinates) end
  if node:integer("antialias", 0) ~= 0 then node:refuse "has antialiasing, which is not supported" end
  if node:text("keep_aspect_ratio_policy", "stretch") ~= "stretch" then node:refuse "keeps the aspect ratio" end
  settings.mode = node:text("mode", "nearest")
  if settings.mode == "cubic" then
    if node:real("cubic_coeff_a", -0.75) ~= -0.75 then node:refuse "has a cubic coefficient other than -0.75" end
    if node:integer("exclude_outside", 0) ~= 0 then node:refuse "excludes samples outside the image" end
  end
  if settings.mode ~= "nearest" then settings.rounding = nil end
  node:add("resize", node:layer(1), settings)
end

function pictures.Upsample(node)
  local scales
  if node.opset >= 9 then
    scales = node:elements(2)
  elseif node:has_attribute "scales" then
    scales = node:reals "scales"
  else
    scales = { 1.0, 1.0, node:real "height_scale", node:real "width_scale" }
  end
  local mode = node:text("mode", "nearest")
  if mode == "bilinear" then mode = "linear" end
  local settings = target(node, scales)
  settings.mode, settings.coordinates = mode, "asymmetric"
  if mode == "nearest" then settings.rounding = "floor" end
  node:add("resize", node:layer(1), settings)
end

-- ---- blocks ----

function pictures.DepthToSpace(node)
  node:add("depth_to_space", node:layer(1), { block = node:integer "blocksize", order = node:text("mode", "DCR") })
end

function pictures.SpaceToDepth(node)
  node:add("space_to_depth", node:layer(1), { block = node:integer "blocksize" })
end

return pictures
