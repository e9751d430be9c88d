-- SPDX-License-Identifier: MIT
-- Rearranges known lists: slices, elements, other shapes; and reads the settings of such operators, which apply to
-- activations too. Elements may follow from the picture's size; which of them are chosen must not. Must not know
-- layers.

local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local values = require "phosphene.formats.onnx.values"

local operators = {}
local rearranging = { operators = operators }

-- ---- parts and wholes ----

function operators.Transpose(node, a)
  local rank, reversed = #a.dims, {}
  for i = 1, rank do reversed[i] = rank - i end
  local axes, dims, steps, list = node:integers("perm", reversed), {}, {}, {}
  if #axes ~= rank then node:refuse("turns %d axes of %d", #axes, rank) end
  for i, axis in ipairs(axes) do
    axis = node:axis(axis, rank)
    dims[i], steps[i] = a.dims[axis + 1], lists.strides(a.dims)[axis + 1]
  end
  local own = lists.strides(dims)
  for i = 0, #a.list - 1 do
    local at = 0
    for d = 1, rank do at = at + i // own[d] % dims[d] * steps[d] end
    list[i + 1] = a.list[at + 1]
  end
  return values.list(list, dims, a.is_float)
end

function operators.Gather(node, a, indices)
  if #a.dims == 0 then return nil end
  local axis, chosen, dims = node:axis(node:integer("axis", 0), #a.dims), {}, {}
  local length = a.dims[axis + 1]
  for i, index in ipairs(indices.list) do
    chosen[i] = index < 0 and index + length or index
    if chosen[i] < 0 or chosen[i] >= length then node:refuse("reads element %d of %d", index, length) end
  end
  table.move(a.dims, 1, axis, 1, dims)
  table.move(indices.dims, 1, #indices.dims, #dims + 1, dims)
  table.move(a.dims, axis + 2, #a.dims, #dims + 1, dims)
  local taken = lists.choose(a, axis + 1, chosen)
  return taken and values.list(taken.list, dims, a.is_float)
end

--- Slices as ONNX has them, before version 10 in attributes: lists of starts, ends, axes and steps, complete.
function rearranging.slice_settings(node, rank, numbers)
  local starts, ends, axes, steps
  if node.opset < 10 then
    starts, ends = node:integers "starts", node:integers "ends"
    axes = node:has_attribute "axes" and node:integers "axes"
  else
    starts, ends = numbers(2), numbers(3)
    axes, steps = node:has(4) and numbers(4), node:has(5) and numbers(5)
  end
  local all = {}
  for i, start in ipairs(starts) do
    local axis = node:axis(axes and axes[i] or i - 1, rank)
    local step, stop = steps and steps[i] or 1, ends[i]
    if not stop or step == 0 then node:refuse "has a slice without an end or a step" end
    all[i] = { axis = axis, start = start, stop = stop, step = step }
  end
  return all
end

function operators.Slice(node, a, ...)
  local inputs, result = { a, ... }, a
  local function numbers(i) return inputs[i] and inputs[i].list or node:refuse("has no input %d", i) end
  for _, s in ipairs(rearranging.slice_settings(node, #a.dims, numbers)) do
    result = lists.choose(result, s.axis + 1, lists.sliced(s.start, s.stop, s.step, result.dims[s.axis + 1]))
    if not result then return nil end
  end
  return result
end

-- Rows of `a` are put in place of others: how exporters write assignments to slices.
function operators.ScatterND(node, a, indices, updates)
  if node:text("reduction", "none") ~= "none" or #indices.dims == 0 then return nil end
  local depth, list = indices.dims[#indices.dims], table.move(a.list, 1, #a.list, 1, {})
  local steps, length = lists.strides(a.dims), 1
  if depth == 0 or depth > #a.dims then return nil end
  for d = depth + 1, #a.dims do length = length * a.dims[d] end
  for i = 0, #indices.list // depth - 1 do
    local at = 0
    for d = 1, depth do
      local index = indices.list[i * depth + d]
      index = index < 0 and index + a.dims[d] or index
      if index < 0 or index >= a.dims[d] then node:refuse("writes to element %d of %d", index, a.dims[d]) end
      at = at + index * steps[d]
    end
    if (i + 1) * length > #updates.list then return nil end
    table.move(updates.list, i * length + 1, (i + 1) * length, at + 1, list)
  end
  return values.list(list, a.dims, a.is_float)
end

function operators.Concat(node, ...)
  local inputs, list = { ... }, {}
  if #inputs[1].dims ~= 1 then return #inputs == 1 and inputs[1] or nil end
  if node:axis(node:integer("axis", 1), 1) ~= 0 then return nil end
  for _, input in ipairs(inputs) do
    if #input.dims ~= 1 or #list + #input.list > lists.longest then return nil end
    table.move(input.list, 1, #input.list, #list + 1, list)
  end
  return values.list(list, { #list }, inputs[1].is_float)
end

-- What only changes the shape: the new shape comes from shapes.lua's functions, which layers use too.
local function reshaped(dims_of)
  return function(node, a, ...)
    local dims = dims_of(node, a.dims, ...)
    return dims and lists.count(dims) == #a.list and values.list(a.list, dims, a.is_float) or nil
  end
end

-- Axes as an attribute (before version 13) or a second input.
local function axes_of(node, axes) return axes and axes.list or node:integers("axes", {}) end

operators.Unsqueeze = reshaped(function(node, dims, axes)
  return rearranging.unsqueezed(node, dims, axes_of(node, axes))
end)

operators.Squeeze = reshaped(function(node, dims, axes)
  return rearranging.squeezed(node, dims, axes_of(node, axes))
end)

operators.Reshape = reshaped(function(node, dims, shape)
  return rearranging.reshaped(node, dims, shape and shape.list or node:integers "shape")
end)

operators.Flatten = reshaped(function(node, dims)
  local axis, before = node:integer("axis", 1), 1
  axis = axis == #dims and axis or node:axis(axis, #dims)
  for d = 1, axis do before = before * dims[d] end
  return { before, lists.count(dims) // before }
end)

--- A shape with axes of length 1 put in, which count in the result.
function rearranging.unsqueezed(node, dims, axes)
  local added, result, at = {}, {}, 0
  for _, axis in ipairs(axes) do added[node:axis(axis, #dims + #axes)] = true end
  for axis = 0, #dims + #axes - 1 do
    if not added[axis] then at = at + 1 end
    result[axis + 1] = added[axis] and 1 or dims[at] or 1
  end
  return result
end

--- A shape without these axes, which are of length 1; without all such, where there are none.
function rearranging.squeezed(node, dims, axes)
  local removed, result = {}, {}
  for _, axis in ipairs(axes) do removed[node:axis(axis, #dims)] = true end
  for axis = 0, #dims - 1 do
    local remove = removed[axis] or (#axes == 0 and dims[axis + 1] == 1)
    if remove and dims[axis + 1] ~= 1 then node:refuse("takes away an axis of length %d", dims[axis + 1]) end
    if not remove then result[#result + 1] = dims[axis + 1] end
  end
  return result
end

--- The shape that a Reshape asks for: 0 (unless allowzero) as in the input, -1 inferred.
function rearranging.reshaped(node, dims, target)
  local result, known, unknown = {}, 1, nil
  local keep_zero = node:integer("allowzero", 0) ~= 0
  for i, length in ipairs(target) do
    if length == 0 and not keep_zero then length = dims[i] or node:refuse("keeps axis %d of %d", i - 1, #dims) end
    result[i] = length
    if length == -1 and not unknown then
      unknown = i
    elseif length < 0 then
      node:refuse "asks for a shape that cannot be"
    else
      known = known * length
    end
  end
  if unknown then result[unknown] = known > 0 and lists.count(dims) // known or 0 end
  return result
end

for op, operator in pairs(operators) do
  operators[op] = function(node, a, ...)
    for i = 1, op == "Concat" and 0 or select("#", ...) do
      local list = (select(i, ...) or {}).list
      if list and formulas.any(list) and not (op == "ScatterND" and i == 2) then return nil end
    end
    return operator(node, a, ...)
  end
end

return rearranging
