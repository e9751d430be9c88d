-- SPDX-License-Identifier: MIT
-- One call of a Keras layer while it is rebuilt: its settings, what it takes, and ways to add layers to the network.
-- Keras keeps an image's channels last, (n, h, w, c), unless a layer is told otherwise; Phosphene keeps them first. So
-- a value { layer =, is_moved = } may lie as (n, c, h, w) where Keras has (n, h, w, c), and is brought into the order
-- that a layer asks for. Must not know any layer.

local core = require "phosphene.core"
local fields = require "phosphene.formats.keras.fields"
local refuse = require "phosphene.formats.refuse"
local variables = require "phosphene.formats.keras.variables"

local node = {}
node.__index = node

--- `g` is the construction, `layer` of model.lua; `args` and `named` what the call takes, `inputs` the values among it.
function node.new(g, layer, args, named, inputs)
  return setmetatable({ g = g, layer = layer, name = layer.name, config = layer.config, args = args, named = named,
    inputs = inputs }, node)
end

for _, kind in ipairs { "text", "flag", "number", "table", "count", "pair" } do
  node[kind] = function(self, key, ...) return fields[kind](self.config, key, ...) end
end

--- Its variables, as variables.pick gives them.
function node:variables(wanted) return variables.pick(self.g.variables(self.layer), wanted) end

--- An argument by its place, or else by one of its names.
function node:argument(place, ...)
  if self.args[place] ~= nil then return self.args[place] end
  for _, name in ipairs { ... } do
    if self.named[name] ~= nil then return self.named[name] end
  end
end

-- ---- adding layers ----

--- Adds what the call gives, reading these layers, and gives the layer's name.
function node:add(added, from)
  added.name, added.from = self.g:free_name(self.name), from
  return self.g:put(added)
end

--- The same for a step on the way there, which is called after it.
function node:step(suffix, added, from)
  added.name, added.from = self.g:free_name(self.name .. "/" .. suffix), from
  return self.g:put(added)
end

-- ---- orders of axes ----

--- A value's shape as Keras has it, the batch included.
function node:shape(value)
  local shape = self.g:shape(value.layer)
  return value.is_moved and { shape[1], shape[3], shape[4], shape[2] } or shape
end

--- A layer that has the value's axes as Keras has them.
function node:plain(value)
  if not value.is_moved then return value.layer end
  value.plain = value.plain or self:step("channels_last", { type = "transpose", axes = { 0, 2, 3, 1 } }, value.layer)
  return value.plain
end

local function channels_first(self, value)
  if value.is_moved then return value.layer end
  value.first = value.first or self:step("channels_first", { type = "transpose", axes = { 0, 3, 1, 2 } }, value.layer)
  return value.first
end

--- Whether the call works on images whose channels are last in Keras.
function node:is_channels_last()
  local format = self:text("data_format", "channels_last")
  if format ~= "channels_last" and format ~= "channels_first" then refuse.raise("data_format '%s'", format) end
  return format == "channels_last"
end

--- A layer that has an image's channels first; and the value that a layer so computed is.
function node:image(value, is_last)
  if is_last == nil then is_last = self:is_channels_last() end
  local shape = self.g:shape(value.layer)
  if #shape ~= 4 then refuse.raise("an input of %d dimensions; an image has four", #shape) end
  local function wrap(layer) return { layer = layer, is_moved = is_last } end
  return is_last and channels_first(self, value) or self:plain(value), wrap
end

--- Adds a layer whose axes are as Keras has them, and gives the value. An image of a model whose images have their
--- channels last becomes one of ours under the call's name.
function node:add_plain(added, from, is_image)
  if not is_image then return { layer = self:add(added, from) } end
  local plain = self:step("channels_last", added, from)
  return { layer = self:add({ type = "transpose", axes = { 0, 3, 1, 2 } }, plain), is_moved = true, plain = plain }
end

--- An axis of a value, as Keras counts them, as an axis of its layer.
function node:axis(value, axis)
  local rank = #self.g:shape(value.layer)
  axis = fields.whole(axis, "axis", -rank)
  if axis < 0 then axis = axis + rank end
  if axis >= rank then refuse.raise("axis %d of %d dimensions", axis, rank) end
  return value.is_moved and ({ [0] = 0, 2, 3, 1 })[axis] or axis
end

--- The value that a function of each element makes of one.
function node.like(_, value, layer) return { layer = layer, is_moved = value.is_moved } end

--- The last value, which is what most layers take.
function node:input()
  if #self.inputs ~= 1 then refuse.raise("%d inputs", #self.inputs) end
  return self.inputs[1]
end

-- ---- arithmetic with numbers ----

local function repeated(count, value)
  local list = {}
  for i = 1, count do list[i] = value end
  return list
end

-- One number for each of `count` channels, from a list or a tensor.
local function per_channel(value, count)
  if type(value) == "userdata" then return value:reshape { count } end
  local list = #value == 1 and repeated(count, value[1]) or value
  if #list ~= count then refuse.raise("%d numbers for %d channels", #list, count) end
  return core.tensor({ count }, list)
end

local function is_one(value) return type(value) == "table" and #value == 1 end

-- The layer that has the channels of an image or a list in axis 1, and the value that a layer like it is. One number
-- for all can be applied in any order of axes.
local function channels_at_1(self, value, is_one_for_all)
  local rank = #self.g:shape(value.layer)
  if rank ~= 2 and rank ~= 4 then return nil end
  if rank == 2 or is_one_for_all then return value.layer, function(layer) return self:like(value, layer) end end
  return self:image(value, true)
end

--- scale * x + shift, each a list of one number or of one for each channel, which are last in Keras, or a tensor of
--- such.
function node:affine(value, scale, shift)
  local from, wrap = channels_at_1(self, value, is_one(scale) and is_one(shift))
  if from then
    local channels = self.g:shape(from)[2]
    return wrap(self:add({ type = "batch_norm", epsilon = 0, mean = core.tensor({ channels }, 0),
      variance = core.tensor({ channels }, 1), weight = per_channel(scale, channels),
      bias = per_channel(shift, channels) }, from))
  end
  local shape = self.g:shape(value.layer)
  local function constant(name, numbers)
    return self:step(name, { type = "constant", value = per_channel(numbers, shape[#shape]) }, {})
  end
  local scaled = self:step("scaled", { type = "binary", operation = "multiply" },
    { value.layer, constant("scale", scale) })
  return { layer = self:add({ type = "binary", operation = "add" }, { scaled, constant("shift", shift) }) }
end

return node
