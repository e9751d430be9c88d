-- SPDX-License-Identifier: MIT
-- What a whole layer answers to the places that examples are about: by this examples are alike or differ. Must not know
-- what for.

local crops = require "phosphene.data.crops"
local progress = require "phosphene.base.progress"

-- All units of the layer at an example's place, as a vector of length 1, (1, units); or nil and a message.
local function answer_of(examples, example)
  local image, problem = crops.seen(examples, example)
  if not image then return nil, problem end
  local map = examples.net:forward(image, example.layer, { backward = false }):activation(example.layer)
  local shape = map:shape()
  if #shape == 4 then map = map:slice({ 0, 0, example.y, example.x }, { 1, shape[2], 1, 1 }) end
  return map:scale(1 / math.max(map:norm(), 1e-30)):reshape { 1, shape[2] }
end

--- The answers to a list of examples, a list; or nil and a message. `title` is what progress is shown of.
return function(examples, list, title)
  local answers = {}
  local bar = progress.new { title = title, steps = #list, on = examples.progress, unit = "pictures" }
  for i, example in ipairs(list) do
    local answer, problem = answer_of(examples, example)
    if not answer then
      bar:finish(i - 1, nil, "stopped")
      return nil, problem
    end
    answers[i] = answer
    bar:update(i)
  end
  bar:finish(#list, nil, "done")
  return answers
end
