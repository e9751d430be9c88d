-- SPDX-License-Identifier: MIT
-- One step (forward and input gradient) at 224x224, batch 1, against the floor: the same convolutions as bare oneDNN
-- primitives, in the same process, in turn. Uses the best GoogLeNet that is installed.
local network = require "phosphene.formats.loading"
local floor = require "floor"
local measure = require "measure"

local net = assert(network.load "googlenet")
local rounds = measure.rounds(30)

-- Names of the layers that `tap` depends on.
local function ancestors(tap)
  local needed, queue = { [tap] = true }, { tap }
  while #queue > 0 do
    for _, from in ipairs(net:layer(table.remove(queue)).from) do
      if not needed[from] then
        needed[from] = true
        queue[#queue + 1] = from
      end
    end
  end
  return needed
end

local function convolutions(tap, size)
  local needed, shapes, list = ancestors(tap), net:shapes(size, size), {}
  for _, name in ipairs(net:layers()) do
    local layer = net:layer(name)
    if needed[name] and layer.type == "convolution" then
      local input, output, weight = shapes[layer.from[1]], shapes[name], layer.parameters.weight
      list[#list + 1] = { inputs = input[1], height = input[2], width = input[3], outputs = output[1],
        out_height = output[2], out_width = output[3], kernel = weight[3], stride = layer.settings.stride[1],
        padding = layer.settings.padding[1] }
    end
  end
  return list
end

local function floor_to(tap)
  local bare = floor.new(convolutions(tap, 224))
  return function()
    local forward, backward = bare:run()
    return forward + backward
  end
end

local results = { network = network.name(net) }
measure.title(network.name(net) .. ", 224x224, batch 1")
for _, tap in ipairs { "mixed4a", "softmax2_pre_activation" } do
  local step, bare, ratio = measure.pair(measure.step(net, tap, 1, 224), floor_to(tap), rounds)
  measure.print("step to " .. tap, step)
  measure.print("bare convolutions to " .. tap, bare)
  measure.print("step / bare convolutions", ratio, "ratio")
  results[tap] = { step = step, bare = bare, ratio = ratio }
end
measure.write("step", results)
