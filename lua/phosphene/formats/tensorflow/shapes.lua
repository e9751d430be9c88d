-- SPDX-License-Identifier: MIT
-- Operations that move elements or select some of them: concatenation, reshaping, slices, padding. Most reshaping and
-- transposing adds no layer (view.lua).

local core = require "phosphene.core"
local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local refuse = require "phosphene.formats.refuse"
local slices = require "phosphene.formats.tensorflow.slices"
local values = require "phosphene.formats.tensorflow.values"
local view = require "phosphene.formats.tensorflow.view"
local written = require "phosphene.formats.written"

local shapes = {}

-- ---- nothing ----

-- Nodes that give what they get.
function shapes.Identity(g, node, x)
  if x.layer then g:also_called(node, x.layer) end
  return x
end
for _, operation in ipairs { "StopGradient", "CheckNumerics", "PlaceholderWithDefault", "PreventGradient", "Snapshot",
  "Print", "EnsureShape" } do
  shapes[operation] = shapes.Identity
end

-- Numbers of types that are not float32 (1), float64 (2), bfloat16 (14) or float16 (19) would have to be rounded.
local is_float = { true, true, [14] = true, [19] = true }
function shapes.Cast(g, node, x)
  if not is_float[node.attributes.DstT or 1] then refuse.raise "it makes whole numbers of activations" end
  return shapes.Identity(g, node, x)
end

-- ---- what shapes are ----

local function lengths_of(g, x) return x.constant and x.dims or view.lengths(g, x) end

function shapes.Shape(g, _, x)
  local lengths = lengths_of(g, x)
  return values.list(lengths, { #lengths }, false)
end

function shapes.Size(g, _, x) return values.list({ lists.product(lengths_of(g, x)) }, {}, false) end
function shapes.Rank(_, _, x) return values.list({ #(x.dims or x.axes) }, {}, false) end

-- ---- concatenation ----

local function concatenate(g, node, axis, inputs)
  local first, from = nil, {}
  for _, value in ipairs(inputs) do first = first or value.layer and value end
  local t = view.axis(first, values.integers(axis, 1)[1])
  if not view.single(first, t) then first = view.usual(g, node, first) end
  local wanted = view.simple(g, node, first)
  for i, value in ipairs(inputs) do
    if value.layer then
      from[i] = view.arranged(g, node, value, wanted.axes)
    else
      local tensor = view.laid_out(values.tensor(value, g.account), wanted.axes)
      from[i] = g:put_for(node, { type = "constant", value = tensor }, "/constant")
    end
  end
  local at = wanted.axes[t][1]
  return values.activation(g:put_for(node, { type = "concat", from = from, axis = at ~= 1 and at or nil }), wanted.axes)
end

function shapes.Concat(g, node, axis, ...) return concatenate(g, node, axis, { ... }) end

function shapes.ConcatV2(g, node, ...)
  local inputs = { ... }
  return concatenate(g, node, table.remove(inputs), inputs)
end

-- The axes with one more of length 1, at a place that may be counted from the end.
local function expanded(x, at)
  local rank = #x.axes + 1
  if at < -rank or at >= rank then refuse.raise("axis %d of %d dimensions", at, rank) end
  local axes = table.move(x.axes, 1, #x.axes, 1, {})
  table.insert(axes, at % rank + 1, {})
  return values.activation(x.layer, axes)
end

function shapes.Pack(g, node, ...)
  local inputs, axis = { ... }, node.attributes.axis or 0
  for i, value in ipairs(inputs) do
    if not value.layer then refuse.raise "a constant between images" end
    inputs[i] = expanded(value, axis)
  end
  return concatenate(g, node, values.list({ axis }, {}), inputs)
end

-- ---- other dimensions ----

-- Lengths of which one may be -1, for an input of these lengths; nil where they do not fit.
local function resolved(target, lengths)
  local result, known, open = {}, 1, nil
  local count = lists.product(lengths)
  for t, length in ipairs(target) do
    local here = formulas.at(length)
    if here < -1 or here == 0 or (here == -1 and open) then return nil end
    result[t] = length
    if here == -1 then open = t else known = lists.product { known, length } end
  end
  if open then result[open] = lists.divide(count, known) end
  return formulas.at(lists.product(result)) == formulas.at(count) and result or nil
end

-- A graph for several images at once says so in its lengths; here it is one image's.
local function of_one_image(g, target)
  if target[1] ~= g.images then return target end
  return { 1, table.unpack(target, 2) }
end

-- Another view of the same elements, or, where they lie in another order, a layer that moves them. What becomes an
-- image again lies like one.
local function reshaped(g, node, x, lengths)
  local axes = view.regrouped(g, x, lengths)
  if axes then
    local value = values.activation(x.layer, axes)
    if #lengths == 4 and #g:shape(x.layer) ~= 4 then value = view.usual(g, node, value) end
    g:also_called(node, value.layer)
    return value
  end
  local is_image = #lengths == 4
  local from = view.arranged(g, node, x, view.plain_axes(#x.axes))
  local layer = g:put_for(node, { type = "reshape", from = from, shape = lengths }, is_image and "/reshaped" or nil)
  if not is_image then return values.activation(layer, view.plain_axes(#lengths)) end
  local usual, moves = view.usual_axes(g, 4), {}
  for t, at in ipairs(usual) do moves[at[1] + 1] = t - 1 end
  return values.activation(g:put_for(node, { type = "transpose", from = layer, axes = moves }), usual)
end

function shapes.Reshape(g, node, x, shape)
  local target, own = values.lengths(shape), view.lengths(g, x)
  local lengths = resolved(of_one_image(g, target), own)
  if not lengths then
    refuse.raise("an input of %s cannot become %s", table.concat(view.shape(g, x), "x"),
      table.concat(formulas.nominal(target), "x"))
  end
  local is_written = not formulas.any(target)
  return reshaped(g, node, x, is_written and written.carried(formulas.nominal(lengths), own) or lengths)
end

function shapes.Squeeze(g, node, x)
  local lengths, goes, axes = view.shape(g, x), {}, {}
  local listed = node.attributes.squeeze_dims or {}
  for _, axis in ipairs(listed) do goes[view.axis(x, axis)] = true end
  for t, own in ipairs(x.axes) do
    if goes[t] and lengths[t] ~= 1 then refuse.raise("axis %d of length %d", t - 1, lengths[t]) end
    if not goes[t] and (lengths[t] ~= 1 or #listed > 0) then axes[#axes + 1] = own end
  end
  if #axes == 0 then refuse.raise "nothing left" end
  g:also_called(node, x.layer)
  return values.activation(x.layer, axes)
end

function shapes.ExpandDims(g, node, x, axis)
  g:also_called(node, x.layer)
  return expanded(x, values.integers(axis, 1)[1])
end

function shapes.Transpose(g, node, x, order)
  local axes, seen = {}, {}
  for t, axis in ipairs(values.integers(order)) do
    local from = view.axis(x, axis)
    axes[t], seen[from] = x.axes[from], true
  end
  if #axes ~= #x.axes or #seen ~= #axes then refuse.raise "an order that does not name every axis once" end
  g:also_called(node, x.layer)
  return values.activation(x.layer, axes)
end

-- ---- parts ----

-- What is needed of an axis: all of it, or a slice, which must then be one axis of the layer.
local function cut(g, node, x, parts)
  local settings = { type = "slice", axes = {}, starts = {}, ends = {}, steps = {} }
  for t = 1, #x.axes do
    local part, at = parts[t], #settings.axes + 1
    if part then
      settings.axes[at] = view.single(x, t) or refuse.raise "a part of several axes at once"
      settings.starts[at], settings.ends[at], settings.steps[at] = part.start, part.stop, part.step or 1
    end
  end
  if #settings.axes == 0 then return x.layer end
  settings.from = x.layer
  return g:put_for(node, settings)
end

local beyond = 1 << 30

-- Whether a slice that ends at `stop` takes the rest of an axis, at every size.
local function is_end(stop, length)
  if formulas.is(stop) then return formulas.same(stop, length) end
  return stop >= formulas.at(length)
end

function shapes.StridedSlice(g, node, x, starts, stops, steps)
  local first, last, step = values.lengths(starts), values.lengths(stops), values.integers(steps)
  local parts, axes, lengths = {}, {}, view.lengths(g, x)
  for _, entry in ipairs(slices.parse(node, #x.axes, first, last, step)) do
    if entry.is_new then
      axes[#axes + 1] = {}
    else
      local t, stop = entry.axis, entry.stop
      local is_whole = entry.step == 1 and (entry.start or 0) == 0 and (not stop or is_end(stop, lengths[t]))
      if not is_whole then
        local back = entry.step < 0
        parts[t] = { step = entry.step, start = entry.start or (back and beyond or 0),
          stop = stop or (back and -beyond or beyond) }
      end
      if not entry.goes then axes[#axes + 1] = x.axes[t] end
    end
  end
  local layer = cut(g, node, x, parts)
  if layer == x.layer then g:also_called(node, layer) end
  return values.activation(layer, axes)
end

function shapes.Slice(g, node, x, starts, lengths)
  local first, count = values.lengths(starts), values.lengths(lengths)
  local own, parts = view.lengths(g, x), {}
  if #first ~= #own or #count ~= #own then refuse.raise "lists that are not as long as there are dimensions" end
  for t, start in ipairs(first) do
    local stop = count[t] == -1 and beyond or lists.calculate("+", false, start, count[t])
    if start ~= 0 or not is_end(stop, own[t]) then parts[t] = { start = start, stop = stop } end
  end
  local layer = cut(g, node, x, parts)
  if layer == x.layer then g:also_called(node, layer) end
  return values.activation(layer, x.axes)
end

-- Parts of these lengths, one for each output.
local function split(g, node, x, t, lengths)
  local outputs, start = {}, 0
  for i, length in ipairs(lengths) do
    local named = { name = i == 1 and node.name or ("%s:%d"):format(node.name, i - 1) }
    local stop = lists.calculate("+", false, start, length)
    outputs[i] = values.activation(cut(g, named, x, { [t] = { start = start, stop = stop } }), x.axes)
    start = stop
  end
  return { outputs = outputs }
end

local function equal_parts(g, x, t, count)
  local length, here, lengths = view.lengths(g, x)[t], view.shape(g, x)[t], {}
  if count < 1 or count > here or here % count ~= 0 then refuse.raise("%d parts of %d", count, here) end
  for i = 1, count do lengths[i] = lists.divide(length, count) end
  return lengths
end

function shapes.Split(g, node, axis, x)
  local t = view.axis(x, values.integers(axis, 1)[1])
  if not view.single(x, t) then x = view.usual(g, node, x) end
  return split(g, node, x, t, equal_parts(g, x, t, node.attributes.num_split or 1))
end

function shapes.SplitV(g, node, x, lengths, axis)
  local t = view.axis(x, values.integers(axis, 1)[1])
  if not view.single(x, t) then x = view.usual(g, node, x) end
  local list, rest, open = values.lengths(lengths), view.lengths(g, x)[t], nil
  for i, length in ipairs(list) do
    if length == -1 then open = i else rest = lists.calculate("-", false, rest, length) end
  end
  if open then list[open] = rest end
  return split(g, node, x, t, list)
end

function shapes.Unpack(g, node, x)
  local t = view.axis(x, node.attributes.axis or 0)
  local count = view.lengths(g, x)[t]
  if formulas.is(count) then refuse.raise "as many outputs as the picture's size says" end
  local parts = split(g, node, x, t, equal_parts(g, x, t, count))
  for _, part in ipairs(parts.outputs) do part.axes = table.move(part.axes, t + 1, #part.axes + 1, t,
    table.move(part.axes, 1, #part.axes, 1, {})) end
  return parts
end

function shapes.GatherV2(g, node, x, indices, axis)
  local t = view.axis(x, axis and values.integers(axis, 1)[1] or 0)
  if #indices.dims ~= 1 then refuse.raise "indices that are not a list" end
  local at = view.single(x, t) or refuse.raise "elements of several axes at once"
  local list = values.integers(indices, 65536)
  return values.activation(g:put_for(node, { type = "gather", from = x.layer, axis = at,
    indices = core.tensor({ #list }, list) }), x.axes)
end
shapes.Gather = shapes.GatherV2

-- ---- repeating, turning round ----

function shapes.Tile(g, node, x, multiples)
  local times = values.integers(multiples)
  local layer = x.layer
  if #times ~= #x.axes then refuse.raise "multiples that are not one for each dimension" end
  for t, count in ipairs(times) do
    local from = {}
    if count > 64 or count < 1 then refuse.raise("%d times", count) end
    for i = 1, count do from[i] = layer end
    local at = count > 1 and (view.single(x, t) or refuse.raise "several axes at once")
    if at then layer = g:put_for(node, { type = "concat", from = from, axis = at ~= 1 and at or nil }) end
  end
  return values.activation(layer, x.axes)
end

-- ---- around the edges, and between channels and blocks ----

local function padded(g, node, x, paddings, settings)
  local list = values.lengths(paddings, 16)
  if #list ~= 2 * #x.axes then refuse.raise "paddings that are not two numbers an axis" end
  settings.type, settings.from, settings.before, settings.after = "pad", x.layer, {}, {}
  for axis = 1, #g:shape(x.layer) do settings.before[axis], settings.after[axis] = 0, 0 end
  for t = 1, #x.axes do
    local before, after = list[2 * t - 1], list[2 * t]
    if before ~= 0 or after ~= 0 then
      local at = view.single(x, t) or refuse.raise "a border around several axes at once"
      settings.before[at + 1], settings.after[at + 1] = before, after
    end
  end
  return values.activation(g:put_for(node, settings), x.axes)
end

function shapes.Pad(g, node, x, paddings) return padded(g, node, x, paddings, {}) end

function shapes.PadV2(g, node, x, paddings, value)
  return padded(g, node, x, paddings, { value = values.number(value) })
end

function shapes.MirrorPad(g, node, x, paddings)
  if node.attributes.mode ~= "REFLECT" then refuse.raise("mode %s", tostring(node.attributes.mode)) end
  return padded(g, node, x, paddings, { mode = "reflect" })
end

local function blocks(type)
  return function(g, node, x)
    local from, axes = view.image(g, node, x)
    local layer = { type = type, from = from, block = node.attributes.block_size or 2 }
    return values.activation(g:put_for(node, layer), axes)
  end
end
shapes.DepthToSpace, shapes.SpaceToDepth = blocks "depth_to_space", blocks "space_to_depth"

return shapes
