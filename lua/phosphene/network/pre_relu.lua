-- SPDX-License-Identifier: MIT
-- Inputs of ReLUs, by Lucid's names: the input of a ReLU `x` is also called `x_pre_relu`, and if `x` concatenates
-- ReLUs, a layer `x_pre_relu` concatenates their inputs. Features are often clearer there, since inactive units have a
-- gradient. Must not know of file formats.

local expect = require "phosphene.base.expect"

local pre_relu = {}

-- The layer before a ReLU, found by name; nil for other layers.
local function before(net, name)
  local layer = net:layer(name)
  if layer.type == "relu" then return layer.from[1] end
end

local function concatenate_inputs(net, layer)
  local inputs = {}
  for i, from in ipairs(layer.from) do
    inputs[i] = before(net, from)
    if not inputs[i] then return end
  end
  assert(net:add { type = "concat", name = layer.name .. "_pre_relu", from = inputs, axis = layer.settings.axis })
end

-- Second names of ReLUs, and of what was called so, in an order that does not change: { name, layer }.
local function second_names(aliases)
  local list = {}
  for name, layer in pairs(aliases) do list[#list + 1] = { name, layer } end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return list
end

--- Adds these names and layers to a network, where they are not taken.
function pre_relu.offer(net)
  local taken = net:aliases()
  local names, others = net:layers(), second_names(taken)
  for _, name in ipairs(names) do taken[name] = name end
  for _, name in ipairs(names) do
    local layer = net:layer(name)
    if taken[name .. "_pre_relu"] then
      goto continue
    elseif layer.type == "relu" then
      net:alias(name .. "_pre_relu", layer.from[1])
    elseif layer.type == "concat" then
      concatenate_inputs(net, layer)
    end
    ::continue::
  end
  for _, other in ipairs(others) do
    local from = before(net, other[2])
    local name = other[1] .. "_pre_relu"
    if from and not taken[name] then net:alias(name, from) end
  end
end

--- The name of the point before a layer's ReLU, or, where there is none, the layer's own.
function pre_relu.name(net, layer)
  local name = expect.value(layer, expect.text, "pre_relu: layer") .. "_pre_relu"
  if net:aliases()[name] then return name end
  for _, other in ipairs(net:layers()) do
    if other == name then return name end
  end
  return layer
end

return pre_relu
