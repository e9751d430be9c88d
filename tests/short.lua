-- SPDX-License-Identifier: MIT
-- Makes runs short: `phosphene -l short …` takes a few steps where a recipe asks for many, so that what documents show
-- can be run as it stands there. Only the loop is changed (`steps.new`); everything else is the program itself. Must
-- not know what is run.

local steps = require "phosphene.run.steps"

local most = 3

local new = steps.new

--- A run like the one that is asked for, but short. One that goes on from a checkpoint takes as many steps again.
function steps.new(options)
  local short = {}
  for name, value in pairs(options) do short[name] = value end
  short.steps = math.min(options.steps or most, most * (options.resume and 2 or 1))
  return new(short)
end

return steps
