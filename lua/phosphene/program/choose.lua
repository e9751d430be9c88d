-- SPDX-License-Identifier: MIT
-- Options that a recipe leaves to the network: their declarations, ph.auto, and filling them in, net:choose. They are
-- the layer, several layers, a class, a unit to start from, the size, and units of the layer, which is what all others
-- are. Must not know how networks choose: that is run/choices.lua's.

local choices = require "phosphene.run.choices"
local core = require "phosphene.core"
local misuse = require "phosphene.base.misuse"
local option = require "phosphene.program.option_kind"

local choose = { auto = {} }

-- ---- declarations ----

local function auto(text, type, least, more)
  local declared = { "auto", text, type = type, least = least }
  for key, value in pairs(more or {}) do declared[key] = value end
  return declared
end

--- Pixels of a side: of the size that the network's file states, or else so many.
function choose.auto.size(otherwise, text)
  misuse.check_count(otherwise, 1, "size: otherwise")
  return auto(text or "pixels; auto: the network's own, or " .. otherwise, "integer", 1, { otherwise = otherwise })
end

--- A unit of the layer, and several of them.
function choose.auto.unit(text) return auto(text or "a channel of the layer", "integer", 0) end
function choose.auto.units(count, text) return auto(text, "integers", 0, { count = count }) end

--- A layer: this one where the network has it, and otherwise the one that the network begins with.
function choose.auto.layer(name) return auto(nil, "text", nil, { otherwise = name }) end

--- Several layers, from shallow to deep.
function choose.auto.layers(count, text) return auto(text, "texts", nil, { count = count }) end

-- ---- filling in ----

-- A unit far up, as "layer:unit".
local function start_of(net)
  local layers = choices.layers(net, 4)
  local layer = layers[math.max(1, #layers - 1)]
  return ("%s:%d"):format(layer, choices.units(net, layer, 1)[1])
end

-- By the name of an option, what a network chooses for it.
local by_name = {
  layer = function(net, declared) return choices.layer(net, declared.otherwise) end,
  layers = function(net, declared) return choices.layers(net, declared.count or 4) end,
  class = function(net) return choices.class(net) end,
  start = start_of,
  size = function(net, declared) return choices.size(net, declared.otherwise or core.picture_side) end,
}

-- What is left open, by name, so that the same is chosen each time.
local function open_options(options)
  local declared = option.declarations[options]
  if not declared then misuse.raise "choose: the table that ph.options gave expected" end
  local open = {}
  for _, o in ipairs(declared) do
    if o.is_auto and options[o.name] == "auto" then open[#open + 1] = o end
  end
  table.sort(open, function(a, b) return a.name < b.name end)
  return open
end

--- See meta/network.lua.
function choose.fill(net, options)
  local units = {}
  for _, o in ipairs(open_options(options)) do
    if by_name[o.name] then options[o.name] = by_name[o.name](net, o) else units[#units + 1] = o end
  end
  local count = 0
  for _, o in ipairs(units) do count = count + (o.count or 1) end
  if count == 0 then return net end
  local chosen, at = choices.units(net, options.layer, count), 1
  for _, o in ipairs(units) do
    options[o.name] = o.count and table.move(chosen, at, at + o.count - 1, 1, {}) or chosen[at]
    at = at + (o.count or 1)
  end
  return net
end

return choose
