-- SPDX-License-Identifier: MIT
-- How alike two lists of numbers are: their cosine, and Spearman's correlation of ranks. Must not know what they are
-- of.

local similarity = {}

--- a . b / (|a| |b|); 0 where one of them is zero.
function similarity.cosine(a, b)
  local product, square_a, square_b = 0, 0, 0
  for i = 1, #a do
    product, square_a, square_b = product + a[i] * b[i], square_a + a[i] * a[i], square_b + b[i] * b[i]
  end
  return square_a > 0 and square_b > 0 and product / math.sqrt(square_a * square_b) or 0
end

-- Ranks, less their mean; numbers that are equal share the mean of theirs.
local function centred_ranks(values)
  local order, ranks = {}, {}
  for i = 1, #values do order[i] = i end
  table.sort(order, function(a, b) return values[a] < values[b] end)
  local first = 1
  while first <= #order do
    local last = first
    while last < #order and values[order[last + 1]] == values[order[first]] do last = last + 1 end
    for i = first, last do ranks[order[i]] = (first + last) / 2 - (#order + 1) / 2 end
    first = last + 1
  end
  return ranks
end

--- Spearman's correlation: Pearson's, of the ranks. 0 where all numbers of a list are equal.
function similarity.spearman(a, b) return similarity.cosine(centred_ranks(a), centred_ranks(b)) end

return similarity
