-- SPDX-License-Identifier: MIT
-- Examples that differ: of those that excite a unit most, some that the layer sees as unlike each other, to begin
-- optimisations at. Must not know how examples were found.

local answers_of = require "phosphene.data.answers"

--- See meta/examples.lua. `list` are the candidates, the strongest first.
return function(examples, list, count)
  local directions, problem = answers_of(examples, list, "starts")
  if not directions then return nil, problem end
  -- Of each candidate the cosine with the nearest of those that were taken: above 1 once it is one of them.
  local likeness, order = {}, {}
  for i = 1, #list do likeness[i] = -1 end
  local next_one = 1
  while #order < math.min(count, #list) do
    order[#order + 1] = next_one
    for i, direction in ipairs(directions) do
      likeness[i] = math.max(likeness[i], direction:dot(directions[next_one]))
    end
    likeness[next_one] = math.huge
    next_one = 1
    for i = 2, #list do
      if likeness[i] < likeness[next_one] then next_one = i end
    end
  end
  return order
end
