-- SPDX-License-Identifier: MIT
-- Directions: random mixtures of all channels of a layer, one a picture. They are often as meaningful as single
-- channels, and less often clear.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", count = { 6, "pictures", least = 1 },
  power = { 2, "how much the angle counts, and not only the length", least = 0 },
  size = ph.auto.size(128), steps = 512, seed = 1, output = "out/directions.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local channels = net:units(opt.layer)
local random, objective, directions, labels = ph.random(opt.seed, "directions"), 0, {}, {}
for i = 1, opt.count do
  local vector = random:fill_normal(ph.tensor { channels }, 0, 1)
  directions[i] = vector:scale(1 / math.sqrt(vector:dot(vector)))
  objective = objective + ph.direction(opt.layer, directions[i], { cosine_power = opt.power }):on(i - 1)
  labels[i] = ("direction %d"):format(i)
end

local result = ph.render {
  net, objective, batch = opt.count, size = opt.size, steps = opt.steps, seed = opt.seed,
  title = ("%d directions"):format(opt.count),
}
local sheet = ph.montage(result.image, {
  columns = opt.count, labels = labels, title = ("Random directions of %s"):format(opt.layer),
})
assert(sheet:save(opt.output, result.metadata))
result.directions = directions
return result
