-- SPDX-License-Identifier: MIT
-- ONNX operators that rearrange: shapes, axes, parts and wholes.

local formulas = require "phosphene.formats.formulas"
local rearranging = require "phosphene.formats.onnx.rearranging"
local values = require "phosphene.formats.onnx.values"

local shapes = {}

-- ---- nothing changes ----

function shapes.Identity(node) node:pass(1) end

function shapes.Dropout(node)
  if node:is_read(2) then node:refuse "outputs its mask, which is not supported" end
  node:pass(1)
end

-- Among floating-point types: all are float32 here. Truth values are 0 and 1.
local floats = { [1] = true, [10] = true, [11] = true, [16] = true }
function shapes.Cast(node)
  local to = node:integer "to"
  if to == 9 then
    local is_zero = node:step("binary", { node:layer(1), node:number_layer(0) }, { operation = "equal" })
    return node:add("binary", { is_zero, node:number_layer(0) }, { operation = "equal" })
  end
  if not floats[to] then node:refuse "converts activations to integers" end
  node:pass(1)
end

function shapes.CastLike(node)
  local like = node:input(2)
  if not like.layer and not like.is_float then node:refuse "makes whole numbers of activations" end
  node:pass(1)
end

-- ---- shapes ----

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
  local own, target = node:lengths(1), node:elements(2)
  local settings, lead, changes = {}, #target - #own, #target > #own
  for i, length in ipairs(target) do
    settings[i] = formulas.same(length, own[i - lead] or 1) and 1 or length
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

-- How long the parts are, where the file does not say so: all alike, but for the last.
local function equal_parts(node, length, count)
  local each = formulas.apply("ceil", formulas.apply("/", length, count))
  if not formulas.is(length) and each * (count - 1) >= length then node:refuse "makes an empty output" end
  local lengths = {}
  for j = 1, count do lengths[j] = each end
  return lengths
end

function shapes.Split(node)
  local own, count = node:lengths(1), #node.description.outputs
  local axis = node:axis(node:integer("axis", 0), #own)
  local lengths
  if node.opset < 13 then
    lengths = node:has_attribute "split" and node:integers "split"
  else
    lengths = node:has(2) and node:elements(2)
  end
  lengths = lengths or equal_parts(node, own[axis + 1], count)
  local start = 0
  for j = 1, count do
    if not lengths[j] then node:refuse("has no length for output %d", j) end
    local stop = formulas.apply("+", start, lengths[j])
    if formulas.at(stop) <= formulas.at(start) and node:is_read(j) then node:refuse("makes an empty output %d", j) end
    if node:is_read(j) then
      node:add("slice", node:layer(1), { axes = { axis }, starts = { start }, ends = { stop } }, j)
    end
    start = stop
  end
end

function shapes.Slice(node)
  local own = node:lengths(1)
  local all = rearranging.slice_settings(node, #own, function(i) return node:elements(i) end)
  if #all == 0 then return node:pass(1) end
  local settings = { axes = {}, starts = {}, ends = {}, steps = {} }
  for i, s in ipairs(all) do
    -- Files say "to the end" by the largest number of 64 bits.
    local function clamp(index)
      return formulas.is(index) and index or math.max(-(1 << 30), math.min(1 << 30, index))
    end
    settings.axes[i], settings.steps[i] = s.axis, s.step
    settings.starts[i], settings.ends[i] = clamp(s.start), clamp(s.stop)
  end
  node:add("slice", node:layer(1), settings)
end

function shapes.Gather(node)
  local axis, dims = node:axis(node:integer("axis", 0), node:rank(1)), node:input(2).dims
  if dims and #dims == 0 then
    local index = node:elements(2)[1]
    local stop = index == -1 and 1 << 30 or formulas.apply("+", index, 1)
    local part = node:step("slice", node:layer(1), { axes = { axis }, starts = { index }, ends = { stop } })
    return node:add("squeeze", part, { axes = { axis } })
  end
  local indices = values.to_tensor(values.list(node:numbers(2), dims, false))
  node:add("gather", node:layer(1), { indices = indices, axis = axis })
end

-- An axis of length 1 is broadcast; a longer one is put behind itself.
function shapes.Tile(node)
  local own, repeats = node:lengths(1), node:elements(2)
  local result, wanted, broadcast, broadcasts = node:layer(1), {}, {}, false
  for i, length in ipairs(own) do
    local count = repeats[i] or node:refuse("repeats %d axes of %d", #repeats, #own)
    broadcast[i] = 1
    if length == 1 then
      broadcast[i] = count
      broadcasts = broadcasts or count ~= 1
    elseif formulas.is(count) or count < 1 or count > 64 then
      node:refuse("repeats an axis %s times", formulas.is(count) and "so many" or count)
    elseif count > 1 then
      wanted[#wanted + 1] = { axis = i - 1, count = count }
    end
  end
  if broadcasts then result = node:step("expand", result, { shape = broadcast }) end
  for _, w in ipairs(wanted) do
    local copies = {}
    for k = 1, w.count do copies[k] = result end
    result = node:step("concat", copies, { axis = w.axis })
  end
  node:give(node.graph:activation(result))
end

return shapes
