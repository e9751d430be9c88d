-- SPDX-License-Identifier: MIT
-- Maps TensorFlow's axes to those of layers. TensorFlow has an image's channels last, (n, h, w, c); the layers here
-- have them first, (n, c, h, w). Transposing, squeezing and flattening only change this mapping: elements are not moved
-- until an operation needs its input in a certain layout. Must not know any operation.

local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.tensorflow.values"

local view = {}

-- ---- looking ----

local image_axes = { NHWC = { { 0 }, { 2 }, { 3 }, { 1 } }, NCHW = { { 0 }, { 1 }, { 2 }, { 3 } } }

--- The axes of an image in a `data_format`.
function view.image_axes(format) return image_axes[format] or refuse.raise("data_format %s", format) end

--- The axes of a layer of this rank that lies as TensorFlow has it.
function view.plain_axes(rank)
  local axes = {}
  for t = 1, rank do axes[t] = { t - 1 } end
  return axes
end

--- The axes that an activation of this rank has when it is free to choose: images have their channels first.
function view.usual_axes(g, rank) return rank == 4 and image_axes[g.format] or view.plain_axes(rank) end

local function product(lengths, axes)
  local chosen = {}
  for i, axis in ipairs(axes) do chosen[i] = lengths[axis + 1] end
  return lists.product(chosen)
end

--- The lengths of an activation's axes, as TensorFlow sees them: numbers, and formulas of the picture's size.
function view.lengths(g, x)
  local own, lengths = g:lengths(x.layer), {}
  for t, axes in ipairs(x.axes) do lengths[t] = product(own, axes) end
  return lengths
end

--- The same at the size that the graph was made for.
function view.shape(g, x)
  local shape = formulas.nominal(view.lengths(g, x))
  for t, length in ipairs(shape) do shape[t] = math.tointeger(length) end
  return shape
end

--- An axis of an activation, which may be counted from the end, counted from 1.
function view.axis(x, axis)
  local rank = #x.axes
  if axis < -rank or axis >= rank then refuse.raise("axis %d of %d dimensions", axis, rank) end
  return axis % rank + 1
end

--- The axis of the layer that one of TensorFlow's is; nil where that is none or several.
function view.single(x, t)
  local axes = x.axes[t]
  return axes and #axes == 1 and axes[1] or nil
end

-- The layer's axes in TensorFlow's order. Those that TensorFlow does not see have length 1; the batch stays in front.
local function in_order(x, rank)
  local order, seen = {}, {}
  for _, axes in ipairs(x.axes) do
    for _, axis in ipairs(axes) do
      order[#order + 1], seen[axis] = axis, true
    end
  end
  if not seen[0] then table.insert(order, 1, 0) end
  for axis = 1, rank - 1 do
    if not seen[axis] then order[#order + 1] = axis end
  end
  return order
end

-- ---- arranging ----

-- Whether the layer's axes are as wanted already, but for some of length 1 that TensorFlow has only just put there.
local function is_arranged(x, rank, wanted)
  if rank ~= #wanted then return false end
  local seen = {}
  for _, axes in ipairs(x.axes) do
    for _, axis in ipairs(axes) do seen[axis] = true end
  end
  for t, axes in ipairs(x.axes) do
    local is_there = #axes == 1 and axes[1] == wanted[t][1]
    if not is_there and (#axes > 0 or seen[wanted[t][1]]) then return false end
  end
  return true
end

local function transposed(g, node, layer, axes, name)
  local moves = false
  for i, axis in ipairs(axes) do moves = moves or axis ~= i - 1 end
  return moves and g:put_for(node, { type = "transpose", from = layer, axes = axes }, name or "/transposed") or layer
end

-- A layer whose axes are TensorFlow's, in their order.
local function plain(g, node, x, rank)
  local order = in_order(x, rank)
  local layer = transposed(g, node, x.layer, order)
  local is_same = #order == #x.axes
  for _, axes in ipairs(x.axes) do is_same = is_same and #axes == 1 end
  if is_same then return layer end
  return g:put_for(node, { type = "reshape", from = layer, shape = view.lengths(g, x) }, "/reshaped")
end

--- A layer of the same elements that has the axes `wanted`, one for each of TensorFlow's.
function view.arranged(g, node, x, wanted)
  local rank, moves = #g:shape(x.layer), {}
  if #x.axes ~= #wanted then refuse.raise("an input of %d dimensions, not %d", #x.axes, #wanted) end
  if #wanted == 0 then refuse.raise "a single number that is computed from the picture" end
  if is_arranged(x, rank, wanted) then return x.layer end
  local is_permutation = rank == #wanted
  for t, axes in ipairs(x.axes) do
    is_permutation = is_permutation and #axes == 1
    moves[wanted[t][1] + 1] = axes[1]
  end
  if is_permutation then return transposed(g, node, x.layer, moves) end
  for t, axes in ipairs(wanted) do moves[axes[1] + 1] = t - 1 end
  return transposed(g, node, plain(g, node, x, rank), moves)
end

--- The layer of an image as the node's `data_format` says how it lies, and its axes.
function view.image(g, node, x)
  local axes = view.image_axes(node.attributes.data_format or "NHWC")
  if #x.axes ~= 4 then refuse.raise("an input of %d dimensions; an image has four", #x.axes) end
  return view.arranged(g, node, x, axes), axes
end

--- The activation with its axes as layers are usually laid out.
function view.usual(g, node, x)
  local axes = view.usual_axes(g, #x.axes)
  return values.activation(view.arranged(g, node, x, axes), axes)
end

--- The same with each of the layer's axes one of TensorFlow's; as it is where it is so already.
function view.simple(g, node, x)
  local is_simple = #g:shape(x.layer) == #x.axes
  for _, axes in ipairs(x.axes) do is_simple = is_simple and #axes == 1 end
  return is_simple and x or view.usual(g, node, x)
end

--- The activation with as many axes of length 1 in front as make it of this rank.
function view.led(x, rank)
  local axes = table.move(x.axes, 1, #x.axes, rank - #x.axes + 1, {})
  for t = 1, rank - #x.axes do axes[t] = {} end
  return values.activation(x.layer, axes)
end

local function same_axes(a, b)
  for t, axes in ipairs(a.axes) do
    if table.concat(axes, ",") ~= table.concat(b.axes[t], ",") then return false end
  end
  return true
end

--- Two activations as layers that broadcast as TensorFlow broadcasts them, and the axes of what comes of them.
function view.together(g, node, a, b)
  local rank = math.max(#a.axes, #b.axes)
  local x, y = view.led(a, rank), view.led(b, rank)
  if #g:shape(x.layer) == #g:shape(y.layer) and same_axes(x, y) then return x.layer, y.layer, x.axes end
  x = view.simple(g, node, x)
  return x.layer, view.arranged(g, node, y, x.axes), x.axes
end

-- ---- other axes over the same layer ----

--- The axes under which the layer's elements have these lengths, at every size; nil where elements would have to be
--- moved, or an axis split.
function view.regrouped(g, x, lengths)
  local shape, own = g:shape(x.layer), g:lengths(x.layer)
  local order, at, result = {}, 1, {}
  for _, axes in ipairs(x.axes) do table.move(axes, 1, #axes, #order + 1, order) end
  local function is_one(axis) return own[axis + 1] == 1 end
  for t, length in ipairs(lengths) do
    local group = {}
    if length == 1 then
      if order[at] and is_one(order[at]) then group[1], at = order[at], at + 1 end
    end
    while order[at] and length ~= 1 and product(shape, group) < formulas.at(length) do
      if not is_one(order[at]) then group[#group + 1] = order[at] end
      at = at + 1
    end
    if not formulas.same(product(own, group), length) then return nil end
    result[t] = group
  end
  for i = at, #order do
    if not is_one(order[i]) then return nil end
  end
  return result
end

-- ---- constants beside activations ----

--- A constant's lengths along the axes of an activation that it is combined with; nil where it is longer than that.
local function aligned(g, value, x)
  local lengths, dims = view.shape(g, x), {}
  local lead = #x.axes - #value.dims
  if lead < 0 then return nil end
  for t = 1, #x.axes do
    dims[t] = t <= lead and 1 or value.dims[t - lead]
    if dims[t] ~= 1 and dims[t] ~= lengths[t] then return nil end
  end
  return dims
end

--- A constant's numbers as one for each of the layer's channels, a list; nil where it varies in another way.
function view.per_channel(g, value, x)
  local shape, dims, list = g:shape(x.layer), aligned(g, value, x), {}
  if not dims or #shape < 2 or not values.is_short(value) then return nil end
  for t, length in ipairs(dims) do
    if length ~= 1 and view.single(x, t) ~= 1 then return nil end
  end
  local numbers = values.numbers(value)
  for c = 1, shape[2] do list[c] = numbers[#numbers == 1 and 1 or c] end
  return list
end

--- A constant as a tensor that broadcasts to the layer as TensorFlow broadcasts the one to the other; nil where the
--- constant is the larger.
function view.tensor(g, value, x)
  local shape, dims = g:shape(x.layer), aligned(g, value, x)
  if not dims then return nil end
  local lengths, places, all = {}, {}, {}
  for t, axes in ipairs(x.axes) do
    for _, axis in ipairs(axes) do
      lengths[#lengths + 1] = dims[t] == 1 and 1 or shape[axis + 1]
      places[axis] = #lengths - 1
    end
  end
  local moves = {}
  for axis = 0, #shape - 1 do
    moves[#moves + 1] = places[axis]
    all[axis + 1] = places[axis] and lengths[places[axis] + 1] or 1
  end
  local tensor = values.tensor(value, g.account)
  if #lengths > 1 then tensor = tensor:reshape(lengths):transpose(moves) end
  return tensor:reshape(all)
end

--- A tensor that lies as TensorFlow has it, laid out for a layer whose axes are these.
function view.laid_out(tensor, axes)
  local dims, moves = tensor:shape(), {}
  while #dims < #axes do table.insert(dims, 1, 1) end
  for t, layer_axes in ipairs(axes) do moves[layer_axes[1] + 1] = t - 1 end
  tensor = tensor:reshape(dims)
  return #dims > 1 and tensor:transpose(moves) or tensor
end

return view
