-- Layer: all units of a layer at once, each counting by its square (DeepDream). From noise, or from a photograph, which
-- is dreamt into at growing sizes, so that large structures come first and small ones settle in them.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "mixed4c", image = { "", "the photograph" },
  octaves = { 3, "sizes that it is dreamt into", least = 1 }, scale = { 1.4, "from one size to the next", least = 1 },
  size = 128, steps = 256, rate = 0.05, seed = 1, output = "out/layer.png",
}

local net = assert(ph.network(opt.net))
local start = opt.image ~= "" and assert(ph.load_image(opt.image, { size = opt.size })) or nil

local result
if start then
  local height, width = start:shape()[3], start:shape()[4]
  for octave = opt.octaves - 1, 0, -1 do
    local h, w = math.floor(height / opt.scale ^ octave), math.floor(width / opt.scale ^ octave)
    local picture = ph.resize_image(result and result.image or start, h, w)
    result = ph.render {
      net, ph.layer(opt.layer), image = picture, steps = opt.steps // opt.octaves, rate = opt.rate, seed = opt.seed,
    }
    if result.interrupted then break end
  end
else
  result = ph.render { net, ph.layer(opt.layer), size = opt.size, steps = opt.steps, rate = opt.rate, seed = opt.seed }
end
assert(result:save(opt.output))
return result
