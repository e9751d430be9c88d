-- SPDX-License-Identifier: MIT
-- Class, two ways: the class's score before the softmax, and its probability after. The probability can also rise by
-- making all other classes unlikely, and its picture is usually the less clear one.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", class = { "auto", "label or number" }, size = ph.auto.size(128), steps = 512, seed = 1,
  output = "out/class.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local class = math.tointeger(tonumber(opt.class)) or opt.class
local images, labels, interrupted = {}, { "logit", "probability" }, false
for i, objective in ipairs { ph.logit(class), ph.probability(class) } do
  local result = ph.render { net, objective, size = opt.size, steps = opt.steps, seed = opt.seed }
  images[i] = result.image
  interrupted = result.interrupted
  if interrupted then break end
end
local sheet = ph.montage(images, { columns = 2, labels = labels, title = opt.class })
assert(sheet:save(opt.output))
return { image = sheet, images = images, labels = labels, interrupted = interrupted }
