-- SPDX-License-Identifier: MIT
-- Turns sizes that exporters computed from the picture's size into settings of layers that hold at any size. An
-- exported graph reads a shape and computes with it; here the result is two lists of numbers, for two sizes of the
-- picture. Their difference shows the intended rule. Must not know any operator.

local sizes = {}

-- The first axis that is as long as the target at both sizes.
local function equal_axis(target, other_target, shape, other)
  for axis, length in ipairs(shape) do
    if length == target and other[axis] == other_target then return axis end
  end
end

-- What the target's lengths from `to` on become of an axis of this length, or several merged, that differs between the
-- sizes: of one of them it is the length; nil where it is split among several.
local function carry(length, target, to, last, result)
  local taken = false
  for k = to, last do
    if target[k] ~= 1 and taken then return nil end
    result[k] = target[k] ~= 1 and length or 1
    taken = taken or target[k] ~= 1
  end
  return result
end

--- The target `shape`, stored as numbers, at the other size. Exporters that are not told which axes are free write down
--- all lengths; where the picture's go over as they are, or merged, they are still free. nil where they are split:
--- which of the parts would be longer is not to be known.
function sizes.carried(target, shape, other)
  local result, i, j = {}, 1, 1
  while j <= #target do
    -- A run of the input's axes, and one of the target's that holds as many elements.
    local from, to, have, want, elsewhere = i, j, 1, target[j], 1
    j = j + 1
    while have ~= want or i == from do
      if have <= want then
        if i > #shape and have ~= want then return nil end
        have, elsewhere, i = have * (shape[i] or 1), elsewhere * (other[i] or 1), i + 1
      else
        if j > #target then return nil end
        want, j = want * target[j], j + 1
      end
    end
    if elsewhere == have then
      table.move(target, to, j - 1, to, result)
    elseif not carry(elsewhere, target, to, j - 1, result) then
      return nil
    end
  end
  return result
end

--- The setting `shape` of a reshape layer that makes `shape` (and `other`, at the other size) into `target` (and
--- `other_target`): numbers, 0 for an axis as in the input at the same place, -2 - k for an axis as axis k of an
--- activation whose shapes are `like` and `other_like`, -1 for what is inferred. nil where there is no such list.
function sizes.reshape(target, other_target, shape, other, like, other_like)
  local settings, inferred = {}, 0
  for i, length in ipairs(target) do
    if length == other_target[i] then
      settings[i] = length
    elseif length == shape[i] and other_target[i] == other[i] then
      settings[i] = 0
    else
      local axis = equal_axis(length, other_target[i], like, other_like)
      settings[i] = axis and -1 - axis or -1
      if not axis then inferred = inferred + 1 end
    end
  end
  return inferred <= 1 and settings or nil
end

--- Factors from lengths to target lengths that hold at both sizes, or nil.
function sizes.scales(target, other_target, shape, other)
  local scales = {}
  for i, length in ipairs(target) do
    scales[i] = length / shape[i]
    if other and (other_target or target)[i] / other[i] ~= scales[i] then return nil end
  end
  return scales
end

--- An end of a slice (an index into an axis of `length`, `other` at the other size) as it holds at both sizes: as it
--- is, or counted from the axis's end; nil where neither does.
function sizes.index(index, other_index, length, other)
  if not other or index == other_index then return index end
  if index - length == other_index - other and index < length then return index - length end
  if index >= length and other_index >= other then return 1 << 30 end
  return nil
end

return sizes
