-- SPDX-License-Identifier: MIT
-- ONNX's Reshape, whose target exporters compute from the picture's size, or write down.

local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local rearranging = require "phosphene.formats.onnx.rearranging"
local written = require "phosphene.formats.written"

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
  if not inferred and known ~= lists.count(shape) * images then return target end
  if inferred and first ~= images then return target end
  local result = table.move(target, 1, #target, 1, {})
  result[1] = first // images
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
  if is_written and formulas.any(lengths) then target = written.carried(resolved, lengths) or target end
  node:add("reshape", node:layer(1), { shape = target })
end

return { Reshape = reshape }
