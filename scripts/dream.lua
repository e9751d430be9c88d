-- SPDX-License-Identifier: MIT
-- Dream: a photograph in which a layer finds more and more of what it knows (DeepDream), at growing sizes, so that
-- large structures come first and small ones settle in them. Without a photograph, a picture of a channel is used.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = ph.auto.layer "mixed4c", image = { "", "the photograph" },
  start = { "auto", "the unit whose picture is taken where there is no photograph" },
  octaves = { 3, "sizes that it is dreamt into", least = 1 }, scale = { 1.4, "from one size to the next", least = 1 },
  size = ph.auto.size(192), steps = { 96, "in all", least = 1 }, rate = 0.02, seed = 1, output = "out/dream.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local start = opt.image ~= "" and assert(net:photograph(opt.image, { size = opt.size }))
  or ph.render({ net, opt.start, size = opt.size, steps = 128, seed = opt.seed, title = "start" }).image

-- What was dreamt at one size is added to the photograph at the next, which keeps the photograph's own details.
local height, width = start:shape()[3], start:shape()[4]
local result, dream
for octave = opt.octaves - 1, 0, -1 do
  local h, w = math.floor(height / opt.scale ^ octave), math.floor(width / opt.scale ^ octave)
  local base = ph.resize_image(start, h, w)
  local picture = dream and base:clone():add(ph.resize_image(dream, h, w)) or base
  result = ph.render {
    net, ph.layer(opt.layer), image = picture, steps = math.max(1, opt.steps // opt.octaves), rate = opt.rate,
    seed = opt.seed, title = ("octave %d of %d"):format(opt.octaves - octave, opt.octaves),
    transforms = { ph.pad(8, { mode = "reflect" }), ph.jitter(16) },
  }
  dream = result.image:clone():add(base, -1)
  if result.interrupted then break end
end
local sheet = ph.montage({ start, ph.resize_image(result.image, height, width) }, {
  columns = 2, labels = { "before", "after" }, title = ("%s, dreamt into a picture"):format(opt.layer),
})
assert(sheet:save(opt.output, result.metadata))
result.before = start
return result
