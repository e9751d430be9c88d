-- SPDX-License-Identifier: MIT
-- What a Keras model says of its picture: which input it is, its channels and size, and which values it wants, as far
-- as the layers that read it first tell. Must not know how layers are built.

local fields = require "phosphene.formats.keras.fields"
local models = require "phosphene.formats.keras.model"
local refuse = require "phosphene.formats.refuse"

local picture = {}

-- Where the file leaves the picture's size open; and the longest side.
local usual_size, most_length = 224, 1 << 14

-- ---- which input, and its shape ----

local function is_picture_channels(count) return count == 1 or count == 3 end

-- The first data_format that a layer states, in models inside as well; nil where none does.
local function stated_format(model)
  for _, layer in ipairs(model.layers) do
    local format = layer.model and stated_format(layer.model) or layer.config.data_format
    if type(format) == "string" then return format end
  end
end

-- The size along one axis.
local function length_of(value)
  local whole = type(value) == "number" and math.tointeger(value)
  return whole and whole > 0 and whole <= most_length and whole or usual_size
end

-- Of a shape of three axes: channels, size and where Keras has the channels.
local function of_shape(shape, format)
  local is_last = format ~= "channels_first"
  if is_last and not is_picture_channels(shape[3]) and is_picture_channels(shape[1]) then is_last = false end
  local channels = is_last and shape[3] or shape[1]
  local height, width = shape[is_last and 1 or 2], shape[is_last and 2 or 3]
  return { channels = channels or 3, is_last = is_last, size = { length_of(height), length_of(width) },
    is_stated = height and width and true or false }
end

--- The model's picture: { layer = name of its input, channels =, size = { height, width }, is_stated = whether the
--- model states the size, is_last = whether Keras has its channels last }.
function picture.of(model)
  local format = stated_format(model)
  for _, input in ipairs(model.inputs) do
    local layer = model.by_name[input.layer]
    local shape = layer and layer.shape
    if layer and (shape == nil or #shape == 3) then
      local result = of_shape(shape or {}, format)
      if not is_picture_channels(result.channels) then
        refuse.raise("its input '%s' has %s channels; a picture has 3 or 1", layer.name, tostring(result.channels))
      end
      result.layer = layer.name
      return result
    end
  end
  refuse.raise "none of its inputs is a picture"
end

-- ---- its values ----

-- The layers of a model that read this one, each with the call that does.
local function readers_of(model, name)
  local list = {}
  for _, layer in ipairs(model.layers) do
    for _, call in ipairs(layer.calls) do
      local reads = false
      models.each_input(call, function(input) reads = reads or input.layer == name end)
      if reads then list[#list + 1] = { layer, call } end
    end
  end
  return list
end

-- Bytes are what is brought down by a large factor, or has a large mean taken off.
local function range_of_factor(factor) return math.abs(factor) < 1 / 16 and "0 255" or "0 1" end
local function range_of_mean(mean) return math.abs(mean) > 1 and "0 255" or "0 1" end

local function first_number(value)
  local ok, list = refuse.catch(fields.numbers, value, "a constant")
  return ok and list[1] or nil
end

-- The range that a layer tells of what it reads; nil where it tells nothing.
local tells = {}

function tells.Rescaling(layer)
  local scale = first_number(layer.config.scale)
  return scale and range_of_factor(scale)
end

function tells.Normalization(layer, _, variables)
  local mean = first_number(layer.config.mean or nil)
  local list = not mean and variables(layer) or {}
  if list[1] then mean = list[1].read():values()[1] end
  return mean and range_of_mean(mean)
end

local function told_by_operation(layer, call)
  local name = (fields.text(layer.config, "function", layer.class):match "[^.]*$"):lower()
  local constant = call.args[2] or call.named.y or call.named.x2
  local number = constant and first_number(constant)
  if not number or number == 0 then return nil end
  if name:find "div" then return range_of_factor(1 / number) end
  if name == "multiply" or name == "mul" then return range_of_factor(number) end
  if name:find "^sub" then return range_of_mean(number) end
end
tells.TFOpLambda = told_by_operation

-- Layers that are nothing at inference, or say nothing of values, are looked past.
local function is_passed(layer) return layer.class:find "^Random" or layer.class == "Resizing" end

local function range_after(model, name, variables, depth)
  if depth == 0 then return nil end
  for _, reader in ipairs(readers_of(model, name)) do
    local layer, call = table.unpack(reader)
    local tell = tells[layer.class] or layer.is_operation and told_by_operation
    local range
    if tell then
      range = tell(layer, call, variables)
    elseif layer.model and layer.model.inputs[1] then
      range = range_after(layer.model, layer.model.inputs[1].layer, variables, depth - 1)
    elseif is_passed(layer) or layer.class == "InputLayer" then
      range = range_after(model, layer.name, variables, depth - 1)
    end
    if range then return range end
  end
end

--- The range of the picture's values, as metadata state it, "0 255" for example, if its first layers bring them from
--- there to something else; else nil.
function picture.range(model, name, variables)
  local ok, range = refuse.catch(range_after, model, name, variables, 12)
  return ok and range or nil
end

return picture
