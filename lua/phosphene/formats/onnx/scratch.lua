-- SPDX-License-Identifier: MIT
-- Computes with constants as large as weights: the layers that compute with activations are run once, in a separate
-- network whose picture does not matter. Must not know any operator.

local core = require "phosphene.core"
local graph = require "phosphene.formats.onnx.graph"
local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.onnx.values"

local scratch = {}

--- A graph to put constants and layers into.
function scratch.graph()
  return graph.new(core.network { channels = 1 }, 1, { 1, 1 })
end

--- What a layer of such a graph computes, as a tensor.
function scratch.run(g, layer)
  refuse.guard(g.net.forward, g.net, core.tensor { 1, 1, 1, 1 }, layer, { backward = false })
  local result = g.net:value(layer)
  return values.same(result:shape(), g.shapes[layer]) and result or result:reshape(g.shapes[layer])
end

return scratch
