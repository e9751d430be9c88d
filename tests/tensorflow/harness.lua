-- SPDX-License-Identifier: MIT
-- What specs about TensorFlow graphs share: writing small graphs, and running them on a picture whose numbers say where
-- they stand.

local ph = require "phosphene"
local core = require "phosphene.core"
local writer = require "tensorflow.writer"

local harness = { folder = os.tmpname() }
os.remove(harness.folder)

function harness.setup() assert(os.execute("mkdir '" .. harness.folder .. "'")) end
function harness.teardown() os.execute("rm -r '" .. harness.folder .. "'") end

function harness.constant(name, dims, values, type)
  return { op = "Const", name = name, attributes = { value = { type = type, dims = dims, values = values } } }
end

function harness.integers(name, ...) return harness.constant(name, { select("#", ...) }, { ... }, "int32") end

function harness.node(op, name, inputs, attributes)
  return { op = op, name = name, inputs = inputs, attributes = attributes }
end

--- Pictures of two rows, three columns and three channels.
harness.placeholder = harness.node("Placeholder", "x", {}, { shape = { shape = { -1, 2, 3, 3 } } })

function harness.open(nodes, options)
  return ph.network(writer.save(harness.folder .. "/x.pb", writer.graph(nodes)), options or { range = { 0, 1 } })
end

--- A picture (1, channels, height, width), by default (1, 3, 2, 3), whose value at channel c, row y, column x is
--- (100 c + 10 y + x) / 100.
function harness.picture(channels, height, width)
  local values = {}
  for c = 0, (channels or 3) - 1 do
    for y = 0, (height or 2) - 1 do
      for x = 0, (width or 3) - 1 do values[#values + 1] = (100 * c + 10 * y + x) / 100 end
    end
  end
  return core.tensor({ 1, channels or 3, height or 2, width or 3 }, values)
end

--- What nodes after the placeholder make of that picture: numbers, shape and the network.
function harness.run(nodes, name)
  local all = table.move(nodes, 1, #nodes, 2, { harness.placeholder })
  local net = assert(harness.open(all))
  local activation = net:forward(harness.picture(), name):value(name)
  return activation:values(), activation:shape(), net
end

function harness.assert_near(expected, got, tolerance)
  assert(#expected == #got, ("%d numbers expected, got %d"):format(#expected, #got))
  for i, value in ipairs(expected) do
    local near = math.abs(value - got[i]) <= (tolerance or 1e-5) * (1 + math.abs(value))
    assert(near, ("number %d: %g expected, got %g"):format(i, value, got[i]))
  end
end

return harness
