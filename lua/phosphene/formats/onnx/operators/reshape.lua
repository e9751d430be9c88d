-- SPDX-License-Identifier: MIT
-- ONNX's Reshape, whose target exporters compute from the picture's size, or write down.

local formulas = require "phosphene.formats.onnx.formulas"
local rearranging = require "phosphene.formats.onnx.rearranging"
local values = require "phosphene.formats.onnx.values"

-- ---- batches ----

-- A batch size that an exporter baked into a target: where the first axis is a multiple of the number of images that
-- the graph was exported for, and only one image's numbers are there, it is one image's.
local function one_image(node, target, shape)
  local images, first = node.graph.images, target[1]
  if images == 1 or #target == 0 or shape[1] ~= 1 or formulas.is(first) then return target end
  if first <= 0 or first % images ~= 0 then return target end
  local known, inferred = 1, false
  for _, length in ipairs(formulas.nominal(target)) do
    if length > 0 then known = known * length else inferred = true end
  end
  if not inferred and known ~= values.count(shape) * images then return target end
  if inferred and first ~= images then return target end
  local result = table.move(target, 1, #target, 1, {})
  result[1] = first // images
  return result
end

-- ---- lengths that were written down ----

-- What the target's lengths from `to` to `last` become of axes that hold `count` elements, where that follows from the
-- picture's size: of one of them it is the length; nil where it is split among several.
local function carry(count, target, to, last, result)
  local taken = false
  for k = to, last do
    if target[k] ~= 1 and taken then return nil end
    result[k] = target[k] ~= 1 and count or 1
    taken = taken or target[k] ~= 1
  end
  return result
end

-- What a target that was written down as numbers is at every size. Exporters that are not told which axes are free
-- write down all lengths; where the picture's go over as they are, or merged, they are still free. nil where they are
-- split: which of the parts would be longer is not to be known.
local function carried(target, shape, lengths)
  local result, i, j = {}, 1, 1
  while j <= #target do
    -- A run of the input's axes, and one of the target's that holds as many elements.
    local from, to, have, want, count = i, j, 1, target[j], 1
    j = j + 1
    while have ~= want or i == from do
      if have <= want then
        if i > #shape and have ~= want then return nil end
        have, count, i = have * (shape[i] or 1), formulas.apply("*", count, lengths[i] or 1), i + 1
      else
        if j > #target then return nil end
        want, j = want * target[j], j + 1
      end
    end
    if not formulas.is(count) then
      table.move(target, to, j - 1, to, result)
    elseif not carry(count, target, to, j - 1, result) then
      return nil
    end
  end
  return result
end

-- ---- the layer ----

-- Whether a target leaves the input as it is.
local function changes_nothing(target, lengths, zero_is_own)
  if #target ~= #lengths then return false end
  local inferred = 0
  for i, length in ipairs(target) do
    if length == -1 then
      inferred = inferred + 1
    elseif not (length == 0 and zero_is_own) and not formulas.same(length, lengths[i]) then
      return false
    end
  end
  return inferred <= 1
end

local function reshape(node)
  local shape, lengths = node:shape(1), node:lengths(1)
  local target = one_image(node, node.opset < 5 and node:integers "shape" or node:elements(2), shape)
  local resolved = rearranging.reshaped(node, shape, formulas.nominal(target))
  if changes_nothing(target, lengths, node:integer("allowzero", 0) == 0) then return node:pass(1) end
  if #target == 0 then target = { 1 } end
  -- An inferred first axis is the batch's.
  if target[1] == -1 and resolved[1] == 1 and shape[1] == 1 then
    target = table.move(target, 2, #target, 2, { 1 })
  end
  local is_written = not formulas.any(target)
  for _, length in ipairs(target) do is_written = is_written and length ~= -1 end
  if is_written and formulas.any(lengths) then target = carried(resolved, shape, lengths) or target end
  node:add("reshape", node:layer(1), { shape = target })
end

return { Reshape = reshape }
