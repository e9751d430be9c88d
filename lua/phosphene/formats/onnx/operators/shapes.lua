-- SPDX-License-Identifier: MIT
-- ONNX operators that rearrange: shapes, axes, parts and wholes.

local rearranging = require "phosphene.formats.onnx.rearranging"
local sizes = require "phosphene.formats.onnx.sizes"
local values = require "phosphene.formats.onnx.values"

local shapes = {}

-- ---- nothing changes ----

function shapes.Identity(node) node:pass(1) end

function shapes.Dropout(node)
  if node:is_read(2) then node:refuse "outputs its mask, which is not supported" end
  node:pass(1)
end

-- Among floating-point types: all are float32 here.
local floats = { [1] = true, [10] = true, [11] = true, [16] = true }
function shapes.Cast(node)
  local to = node:integer "to"
  if not floats[to] then node:refuse "converts activations to integers" end
  node:pass(1)
end

-- ---- shapes ----

-- A batch size that an exporter baked into a target: where the first axis is a multiple of the number of images that
-- the graph was exported for, and only one image's numbers are there, it is one image's.
local function one_image(node, target, shape)
  local images = node.graph.images
  if images == 1 or #target == 0 or shape[1] ~= 1 or target[1] <= 0 or target[1] % images ~= 0 then return target end
  local known, inferred = 1, false
  for _, length in ipairs(target) do
    if length > 0 then known = known * length else inferred = true end
  end
  if not inferred and known ~= values.count(shape) * images then return target end
  if inferred and target[1] ~= images then return target end
  local result = table.move(target, 1, #target, 1, {})
  result[1] = target[1] // images
  return result
end

function shapes.Reshape(node)
  local shape, other = node:shape(1)
  local target, other_target
  local sources = {}
  if node.opset < 5 then
    target = node:integers "shape"
  else
    target, other_target = node:numbers(2)
    sources = node:input(2).sources or sources
  end
  target = one_image(node, target, shape)
  other_target = other_target and one_image(node, other_target, shape)
  local resolved = rearranging.reshaped(node, shape, target)
  local other_resolved
  if other then
    other_resolved = not other_target and sizes.carried(resolved, shape, other)
      or rearranging.reshaped(node, other, other_target or target)
  end
  if values.same(resolved, shape) and other_resolved and values.same(other_resolved, other) then return node:pass(1) end
  if #resolved == 0 then return node:add("reshape", node:layer(1), { shape = { 1 } }) end
  if not other_resolved then
    -- The graph does not run at the other size up to here. What is asked for may still be right for some.
    return node:add("reshape", node:layer(1), { shape = resolved })
  end
  for _, layer in ipairs { node:layer(1), table.unpack(sources) } do
    local like, other_like = node.graph:shape(layer)
    local settings = other_like and sizes.reshape(resolved, other_resolved, shape, other, like, other_like)
    if settings then
      local from = layer ~= node:layer(1) and { node:layer(1), layer } or node:layer(1)
      return node:add("reshape", from, { shape = settings })
    end
  end
  node:add("reshape", node:layer(1), { shape = resolved })
end

function shapes.Flatten(node)
  local rank = node:rank(1)
  local axis = node:integer("axis", 1)
  axis = axis == rank and axis or node:axis(axis, rank)
  if axis == 1 and rank == 2 then return node:pass(1) end
  node:add("flatten", node:layer(1), { axis = axis })
end

-- Axes are an attribute before version 13, then an input.
local function axes_of(node)
  if node.opset < 13 then return node:integers("axes", {}) end
  return node:has(2) and node:numbers(2) or {}
end

local function counted(node, axes, rank)
  local result = {}
  for i, axis in ipairs(axes) do result[i] = node:axis(axis, rank) end
  table.sort(result)
  return result
end

function shapes.Squeeze(node)
  local shape = node:shape(1)
  local axes = counted(node, axes_of(node), #shape)
  if #axes == 0 then
    for i, length in ipairs(shape) do
      if length == 1 then axes[#axes + 1] = i - 1 end
    end
  end
  if #axes == 0 then return node:pass(1) end
  if #axes == #shape then return node:add("reshape", node:layer(1), { shape = { 1 } }) end
  node:add("squeeze", node:layer(1), { axes = axes })
end

function shapes.Unsqueeze(node)
  local axes = axes_of(node)
  if #axes == 0 then return node:pass(1) end
  node:add("unsqueeze", node:layer(1), { axes = counted(node, axes, node:rank(1) + #axes) })
end

function shapes.Transpose(node)
  local rank, reversed = node:rank(1), {}
  for i = 1, rank do reversed[i] = rank - i end
  local axes, in_place = node:integers("perm", reversed), true
  for i, axis in ipairs(axes) do in_place = in_place and axis == i - 1 end
  if in_place then return node:pass(1) end
  local weights = node:input(1).tensor
  if weights then
    local turned = weights:transpose(axes)
    return node:give(values.tensor(turned, turned:shape()))
  end
  node:add("transpose", node:layer(1), { axes = axes })
end

-- The target is broadcast with the input: 1 keeps an axis.
function shapes.Expand(node)
  local shape, other = node:shape(1)
  local target, other_target = node:numbers(2)
  local settings, lead, changes = {}, #target - #shape, #target > #shape
  for i, length in ipairs(target) do
    local own, own_other = shape[i - lead] or 1, other and other[i - lead] or 1
    local stays = length == own and (other_target or target)[i] == own_other
    settings[i] = stays and 1 or length
    if settings[i] ~= 1 and other_target and other_target[i] ~= length then node:fix() end
    changes = changes or settings[i] ~= 1
  end
  if not changes then return node:pass(1) end
  node:add("expand", node:layer(1), { shape = settings })
end

-- ---- parts and wholes ----

function shapes.Concat(node)
  local axis = node.opset < 4 and node:integer("axis", 1) or node:integer "axis"
  local rank, layers = node:rank(1), node:layers()
  axis = node:axis(axis, rank)
  if #layers == 1 then return node:pass(1) end
  node:add("concat", layers, { axis = axis })
end

function shapes.Split(node)
  local shape, other = node:shape(1)
  local axis = node:axis(node:integer("axis", 0), #shape)
  local count, length = #node.description.outputs, shape[axis + 1]
  local lengths
  if node.opset < 13 then
    lengths = node:has_attribute "split" and node:integers "split"
  else
    lengths = node:has(2) and node:numbers(2)
  end
  if other and other[axis + 1] ~= length then node:fix() end
  local start, each = 0, (length + count - 1) // count
  for j = 1, count do
    local stop = start + (lengths and lengths[j] or each)
    if stop <= start and node:is_read(j) then node:refuse("makes an empty output %d", j) end
    if node:is_read(j) then
      node:add("slice", node:layer(1), { axes = { axis }, starts = { start }, ends = { stop } }, j)
    end
    start = stop
  end
end

function shapes.Slice(node)
  local shape, other = node:shape(1)
  local function at_other_size(i)
    local list, other_list = node:numbers(i)
    return other_list or list
  end
  local all = rearranging.slice_settings(node, #shape, function(i) return (node:numbers(i)) end)
  local others = rearranging.slice_settings(node, #shape, at_other_size)
  local settings = { axes = {}, starts = {}, ends = {}, steps = {} }
  for i, s in ipairs(all) do
    local length, other_length = shape[s.axis + 1], other and other[s.axis + 1]
    local start = sizes.index(s.start, others[i].start, length, other_length)
    local stop = sizes.index(s.stop, others[i].stop, length, other_length)
    if not start or not stop then node:fix() end
    -- Files say "to the end" by the greatest number of 64 bits.
    local function clamp(index) return math.max(-(1 << 30), math.min(1 << 30, index)) end
    settings.axes[i], settings.steps[i] = s.axis, s.step
    settings.starts[i], settings.ends[i] = clamp(start or s.start), clamp(stop or s.stop)
  end
  if #all == 0 then return node:pass(1) end
  node:add("slice", node:layer(1), settings)
end

function shapes.Gather(node)
  local axis, indices = node:axis(node:integer("axis", 0), node:rank(1)), node:input(2)
  local list, dims = node:numbers(2), indices.dims
  if #dims == 0 then
    local stop = list[1] == -1 and 1 << 30 or list[1] + 1
    local part = node:step("slice", node:layer(1), { axes = { axis }, starts = { list[1] }, ends = { stop } })
    return node:add("squeeze", part, { axes = { axis } })
  end
  local shape, other = node:shape(1)
  local counted_from_start = {}
  for i, index in ipairs(list) do
    if index < 0 and other and other[axis + 1] ~= shape[axis + 1] then node:fix() end
    counted_from_start[i] = index < 0 and index + shape[axis + 1] or index
  end
  local tensor = values.to_tensor(values.list(counted_from_start, dims, false))
  node:add("gather", node:layer(1), { indices = tensor, axis = axis })
end

function shapes.Tile(node)
  local shape, repeats = node:shape(1), node:numbers(2)
  local result, wanted = node:layer(1), {}
  for i, count in ipairs(repeats) do
    if count < 1 or count > 64 or i > #shape then node:refuse("repeats an axis %d times", count) end
    if count > 1 then wanted[#wanted + 1] = { axis = i - 1, count = count } end
  end
  if #wanted == 0 then return node:pass(1) end
  for i, w in ipairs(wanted) do
    local copies = {}
    for k = 1, w.count do copies[k] = result end
    result = (i < #wanted and node.step or node.add)(node, "concat", copies, { axis = w.axis })
  end
end

return shapes
