-- SPDX-License-Identifier: MIT
-- Examples: what a unit could answer to, beside what it does answer to among photographs: its picture, the nine that
-- excite it most, the nine that excite it least, and how its values are distributed.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), data = { "", "a folder of photographs" },
  store = { "", "a file that keeps what was found for the next time" },
  size = ph.auto.size(192), steps = 512, seed = 1, output = "out/examples.png",
}
assert(opt.data ~= "", "examples: name a folder of photographs (--data)")

local net = assert(ph.network(opt.net)):choose(opt)
-- Before the ReLU, so that what excites it least is more than silence.
local layer = net:pre_relu(opt.layer)
local examples = assert(ph.examples {
  net, assert(ph.dataset(opt.data)), layers = { layer }, store = opt.store,
})
local result = ph.render { net, ph.channel(layer, opt.unit), size = opt.size, steps = opt.steps, seed = opt.seed }
local top, bottom = examples:top(layer, opt.unit), examples:bottom(layer, opt.unit)

-- The counts as bars, dark where values are negative.
local function bars(histogram)
  local canvas, counts = ph.tensor({ 1, 3, opt.size, opt.size }, 1), histogram.counts
  local most, width = math.max(table.unpack(counts)), opt.size / #counts
  for i, count in ipairs(counts) do
    local height = math.ceil(count / math.max(most, 1) * opt.size)
    local left, right = math.floor((i - 1) * width), math.floor(i * width)
    if height > 0 and right > left then
      local bar = ph.tensor({ 1, 3, height, right - left }, histogram.edges[i + 1] > 0 and 0.65 or 0.3)
      canvas:paste(bar, opt.size - height, left)
    end
  end
  return canvas
end

local function range(name, list) return ("%s, %.3g to %.3g"):format(name, list[1].value, list[#list].value) end

local histogram = examples:histogram(layer, opt.unit, 32)
local sheet = ph.montage({
  result.image, examples:sheet(top, opt.size), examples:sheet(bottom, opt.size), bars(histogram),
}, {
  columns = 4, title = ("%s, channel %d"):format(layer, opt.unit),
  labels = { "optimised", range("strongest", top), range("weakest", bottom),
    ("values, %.3g to %.3g"):format(histogram.edges[1], histogram.edges[#histogram.edges]) },
})
assert(sheet:save(opt.output, result.metadata))
return { image = sheet, result = result, examples = examples, interrupted = result.interrupted }
