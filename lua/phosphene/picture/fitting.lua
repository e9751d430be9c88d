-- SPDX-License-Identifier: MIT
-- Fits parameters to a picture, for kinds without an inverse: from noise, by gradient ascent on minus the squared
-- difference. Must not know of networks.

local core = require "phosphene.core"
local progress = require "phosphene.base.progress"

local fitting = {}

local most_steps = 500
-- Fitting ends when this many steps have not reduced the mean squared difference by this fraction of it.
local patience, worthwhile = 25, 0.01

--- Brings `parameters` to show `image`, (1, c, h, w) for the whole batch or (n, c, h, w), as nearly as they can.
--- `title` begins the line of progress; `shown`, false: there is none.
function fitting.fit(parameters, image, title, shown)
  local optimiser = core.optimiser "lbfgs"
  local bar = progress.new { on = shown, title = "difference of " .. title .. " from the image", steps = most_steps }
  local errors, count = {}, parameters:forward():count()
  for step = 1, most_steps do
    local missing = image - parameters:forward()
    errors[step] = missing:dot(missing) / count
    local before = errors[step - patience]
    if before and errors[step] > (1 - worthwhile) * before then break end
    optimiser:step(parameters:values(), parameters:backward(missing))
    bar:update(step, math.sqrt(errors[step]))
  end
  bar:finish(#errors, math.sqrt(errors[#errors]), "done")
end

return fitting
