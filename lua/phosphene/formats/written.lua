-- SPDX-License-Identifier: MIT
-- Lengths that a file wrote down as numbers. Exporters that are not told which axes are free write down all of them;
-- where the picture's go over as they are, or merged, they are still free. Must not know any operator.

local formulas = require "phosphene.formats.formulas"

local written = {}

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

--- What a target that was written down is at every size, of an input with these lengths. nil where axes are split:
--- which of the parts would be longer is not to be known.
function written.carried(target, lengths)
  local shape, result, i, j = formulas.nominal(lengths), {}, 1, 1
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

return written
