-- SPDX-License-Identifier: MIT
-- The keys of a table in order, for what must not change from run to run, as `pairs` does. Must not know what they are
-- for.

--- The keys, which are all texts or all numbers, in rising order.
return function(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end
