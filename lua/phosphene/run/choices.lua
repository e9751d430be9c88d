-- SPDX-License-Identifier: MIT
-- What a recipe leaves to the network at hand. Networks that are known have layers, units and classes that are worth
-- looking at, chosen by looking; any other is asked, and gives the units of a layer that answer most to noise. Must not
-- know what recipes do with them.

local blocks = require "phosphene.network.blocks"
local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local input_size = require "phosphene.network.input_size"
local loading = require "phosphene.formats.loading"
local misuse = require "phosphene.base.misuse"

local choices = {}

-- ---- networks that are known ----

-- GoogLeNet's layers from edges to objects.
local depths = { "conv2d0", "mixed3a", "mixed4a", "mixed4b", "mixed4c", "mixed4d", "mixed4e" }

-- By the name of their file: a layer to begin with, layers from shallow to deep, units by layer, and a class.
local known = {
  ["googlenet-tiny"] = {
    layer = "mixed4a", layers = depths, class = "basketball",
    units = {
      conv2d0 = { 1, 5, 12, 26, 2, 23 }, conv2d2 = { 28, 7, 16, 24, 18, 0 }, mixed3a = { 28, 26, 40, 18, 19, 5 },
      mixed3b = { 59, 38, 51, 31, 56, 49 }, mixed4a = { 61, 71, 57, 68, 49, 24 }, mixed4b = { 22, 26, 51, 14, 41, 65 },
      mixed4c = { 1, 33, 4, 14, 40, 26 }, mixed4d = { 2, 63, 49, 16, 67, 17 }, mixed4e = { 35, 18, 24, 28, 9, 14 },
      mixed5a = { 13, 46, 6, 4, 20, 42 },
    },
  },
  bvlc_googlenet = {
    layer = "mixed4a", layers = depths, class = "goldfish",
    units = {
      conv2d0 = { 33, 32, 4, 19, 26, 12 }, mixed3a = { 52, 34, 43, 16, 38, 11 }, mixed4a = { 11, 22, 43, 46, 7, 58 },
      mixed4b = { 14, 8, 33, 12, 24, 48 }, mixed4c = { 9, 13, 15, 19, 29, 43 }, mixed4d = { 9, 42, 13, 5, 45, 40 },
      mixed4e = { 6, 18, 25, 31, 38, 42 },
    },
  },
  -- The numbers of Olah, Mordvintsev and Schubert, "Feature Visualization", Distill, 2017.
  inception5h = {
    layer = "mixed4a", layers = depths, class = "goldfish", units = { mixed4a = { 11, 476, 460, 240, 453, 492 } },
  },
}

-- ---- networks that are not ----

-- The units of a layer, most active first: the mean over the places of a picture of noise.
local function by_activity(net, layer)
  local height, width = input_size.of(net, { layer })
  if not height then misuse.raise("layer '%s': none of the usual sizes of pictures fits; give the unit", layer) end
  local random = core.random(1, "choices")
  local noise = random:fill_normal(core.tensor { 1, net:channels(), height, width }, 0.5, 0.2)
  local activation = net:forward(noise, layer, { backward = false }):activation(layer)
  local shape, means = activation:shape(), {}
  for unit = 0, shape[2] - 1 do
    local start, size = { 0, unit }, { 1, 1 }
    for axis = 3, #shape do start[axis], size[axis] = 0, shape[axis] end
    means[unit + 1] = { unit = unit, mean = activation:slice(start, size):sum() }
  end
  table.sort(means, function(a, b)
    if a.mean ~= b.mean then return a.mean > b.mean end
    return a.unit < b.unit
  end)
  local units = {}
  for i, entry in ipairs(means) do units[i] = entry.unit end
  return units
end

--- How many units a layer has.
function choices.count(net, layer)
  local height, width = input_size.of(net, { layer })
  if not height then misuse.raise("layer '%s': none of the usual sizes of pictures fits", layer) end
  return net:maps(height, width)[net:layer(layer).name].units
end

local function known_of(net) return known[loading.name(net)] or { units = {} } end

-- Layers to begin with, for a message.
local function some_layers(net) return table.concat(blocks(net), ", ") end

-- ---- what may be asked for ----

--- The layer to begin with: `preferred` where the network has it, or that of a network that is known.
function choices.layer(net, preferred)
  local layer = preferred and pcall(net.layer, net, preferred) and preferred or known_of(net).layer
  return layer or misuse.raise("name a layer of this network; one would begin with %s", some_layers(net))
end

--- `count` units of a layer: those that are known, or the most active on noise. A name with "_pre_relu" is known by the
--- layer's own.
function choices.units(net, layer, count)
  expect.value(layer, expect.text, "show: layer")
  count = misuse.check_count(count or 1, 1, "show: count")
  local chosen = known_of(net).units[layer] or known_of(net).units[(layer:gsub("_pre_relu$", ""))]
  if not chosen or #chosen < count then chosen = by_activity(net, layer) end
  if #chosen < count then misuse.raise("layer '%s' has %d units; %d are asked for", layer, #chosen, count) end
  return table.move(chosen, 1, count, 1, {})
end

--- A class: a label, or a number where there are no labels.
function choices.class(net)
  local class = known_of(net).class
  local logits, probabilities = net:classes()
  if class or not (logits or probabilities) then
    return class or misuse.raise "this network does not say which of its layers has classes"
  end
  return by_activity(net, logits or probabilities)[1]
end

--- `count` layers from shallow to deep.
function choices.layers(net, count)
  local all, some = known_of(net).layers or blocks(net), {}
  for i = 1, math.min(count, #all) do some[i] = all[math.ceil(i * #all / math.min(count, #all))] end
  return some
end

--- Pixels of a side: of the size that the network's file states, or `otherwise`.
function choices.size(net, otherwise)
  local height, width = net:input_size()
  return height and math.max(height, width) or otherwise
end

return choices
