-- SPDX-License-Identifier: MIT
-- What specs about Caffe's layers share: running small descriptions on a picture whose numbers say where they stand.

local ph = require "phosphene"
local core = require "phosphene.core"
local shared = require "tensorflow.harness"
local writer = require "caffe.writer"
local save = require("tensorflow.writer").save

local harness = { folder = shared.folder, setup = shared.setup, teardown = shared.teardown,
  assert_near = shared.assert_near }

--- Opens layers for caffe.writer after an input of (1, 3, height, width), with blobs by the layers' names.
function harness.open(described, blobs, height, width, options)
  local weighted = {}
  for layer, list in pairs(blobs) do weighted[#weighted + 1] = { name = layer, blobs = list } end
  local text = writer.prototxt(described, height):gsub("dim: %d+ }", ("dim: %d }"):format(width), 1)
  save(harness.folder .. "/x.caffemodel", writer.model(weighted))
  return ph.network(save(harness.folder .. "/x.prototxt", text), options or { range = { 0, 1 }, order = "RGB" })
end

--- What such layers make of a picture (1, 3, 3, 4), whose value at channel c, row y, column x is (100 c + 10 y + x) /
--- 100: numbers, shape, the network and the picture's numbers.
function harness.run(described, blobs, name)
  local net = assert(harness.open(described, blobs, 3, 4))
  local values = {}
  for c = 0, 2 do
    for y = 0, 2 do
      for x = 0, 3 do values[#values + 1] = (100 * c + 10 * y + x) / 100 end
    end
  end
  local activation = net:forward(core.tensor({ 1, 3, 3, 4 }, values), name):value(name)
  return activation:values(), activation:shape(), net, values
end

return harness
