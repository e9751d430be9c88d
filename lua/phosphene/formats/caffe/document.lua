-- SPDX-License-Identifier: MIT
-- A Caffe network, prepared for importing: layers in the newer form, whichever the file has, with settings from the
-- description (.prototxt) and blobs from the weights (.caffemodel); and the input. Must not know what layers compute.

local core = require "phosphene.core"
local fields = require "phosphene.formats.caffe.fields"
local prototxt = require "phosphene.formats.caffe.prototxt"
local refuse = require "phosphene.formats.refuse"

local document = {}

-- ---- layers ----

-- V1LayerParameter.LayerType in caffe.proto, as the types are called since; others are the same in capitals.
local newer = {
  CONVOLUTION = "Convolution", DECONVOLUTION = "Deconvolution", POOLING = "Pooling", RELU = "ReLU", LRN = "LRN",
  INNER_PRODUCT = "InnerProduct", DROPOUT = "Dropout", CONCAT = "Concat", SOFTMAX = "Softmax",
  SOFTMAX_LOSS = "SoftmaxWithLoss", ELTWISE = "Eltwise", SIGMOID = "Sigmoid", TANH = "TanH", FLATTEN = "Flatten",
  SPLIT = "Split", SLICE = "Slice", POWER = "Power", DATA = "Data", IMAGE_DATA = "ImageData", HDF5_DATA = "HDF5Data",
  MEMORY_DATA = "MemoryData", DUMMY_DATA = "DummyData", ACCURACY = "Accuracy", SILENCE = "Silence", ABSVAL = "AbsVal",
  BNLL = "BNLL", EXP = "Exp", LOG = "Log",
}

-- Whether a layer is there when a network is used rather than trained.
local function is_used(message)
  for _, rule in ipairs(fields.all(message, "include", "table")) do
    if fields.text(rule, "phase") == "TRAIN" then return false end
  end
  for _, rule in ipairs(fields.all(message, "exclude", "table")) do
    if fields.text(rule, "phase") == "TEST" then return false end
  end
  return true
end

-- A layer as { name =, type =, bottoms =, tops =, settings = the message }.
local function layer_of(message)
  local type_name = fields.text(message, "type", "")
  return {
    name = fields.text(message, "name", ""), type = newer[type_name] or type_name, settings = message,
    bottoms = fields.all(message, "bottom", "string"), tops = fields.all(message, "top", "string"),
  }
end

-- ---- the picture ----

-- Where a description leaves the picture's size open.
local usual_size = 224

-- The longest side of a picture that a network is described for.
local most_length = 1 << 14

-- A picture of these dimensions; nil where they are none's.
local function picture_from(blob, dims)
  if not blob or #dims ~= 4 or dims[3] > most_length or dims[4] > most_length then return nil end
  return { blob = blob, channels = dims[2], size = { dims[3], dims[4] }, is_sized = true }
end

local is_data = { Data = true, ImageData = true, HDF5Data = true, MemoryData = true, DummyData = true }

-- What a layer that reads training data says of its pictures.
local function picture_from_data(layer)
  local transform = fields.message(layer.settings, "transform_param")
  local size, stated = fields.count(transform, "crop_size", nil, 1), nil
  local means = fields.all(transform, "mean_value", "number")
  if #means > 0 then
    local scale = fields.number(transform, "scale", 1)
    stated = { range = "0 255", mean = table.concat(means, " "), order = "BGR", std = scale ~= 1 and 1 / scale or nil }
  end
  return { blob = layer.tops[1] or "data", channels = 3, size = { size or usual_size, size or usual_size },
    is_sized = size ~= nil, metadata = stated }
end

-- What a description names as inputs, each with its dimensions, in order: layers, and the fields that stood for them.
-- Layers that are inputs are taken out.
local function inputs_of(net, layers)
  local found, kept = {}, {}
  for _, layer in ipairs(layers) do
    if layer.type == "Input" then
      local shapes = fields.all(fields.message(layer.settings, "input_param"), "shape", "table")
      for i, top in ipairs(layer.tops) do
        found[#found + 1] = { blob = top, dims = fields.counts(shapes[i] or shapes[1] or {}, "dim", 1) }
      end
    elseif is_data[layer.type] then
      found[#found + 1] = { blob = layer.tops[1] or "data", picture = picture_from_data(layer) }
    else
      kept[#kept + 1] = layer
    end
  end
  local shapes, dims = fields.all(net, "input_shape", "table"), fields.counts(net, "input_dim", 1)
  for i, blob in ipairs(fields.all(net, "input", "string")) do
    found[#found + 1] = { blob = blob, dims = shapes[i] and fields.counts(shapes[i], "dim", 1)
      or table.move(dims, 4 * i - 3, 4 * i, 1, {}) }
  end
  return found, kept
end

-- How many channels a blob in the middle has: as many as the first convolution that reads it has weights for.
local function picture_within(blob, layers)
  for _, layer in ipairs(layers) do
    local weight = layer.bottoms[1] == blob and layer.type == "Convolution" and layer.blobs[1]
    if weight then
      local groups = fields.count(fields.message(layer.settings, "convolution_param"), "group", 1, 1)
      return { blob = blob, channels = (weight:shape()[2] or 1) * groups, size = { usual_size, usual_size } }
    end
  end
  for _, layer in ipairs(layers) do
    for _, bottom in ipairs(layer.bottoms) do
      if bottom == blob then return { blob = blob, channels = 3, size = { usual_size, usual_size } } end
    end
  end
  refuse.raise("it has no blob '%s' (the option input)", blob)
end

-- The picture, which is the blob that the option names, or the first input that has four dimensions.
local function picture_of(inputs, layers, asked)
  local last
  for _, input in ipairs(inputs) do
    local picture = input.picture or picture_from(input.blob, input.dims)
    if picture and (not asked or asked == input.blob) then return picture end
    last = input
  end
  if asked then return picture_within(asked, layers) end
  if not last then refuse.raise "it does not say what its input is" end
  refuse.raise("its input '%s' is %s; a picture has four dimensions", last.blob, table.concat(last.dims, "x"))
end

-- ---- the part that is asked for ----

-- Whether a layer writes a blob, or is called like it.
local function makes(layer, name)
  for _, top in ipairs(layer.tops) do
    if top == name then return true end
  end
  return layer.name == name
end

-- The layers that what is asked for needs, up to the last that makes it.
local function cut(layers, output)
  local last
  for i, layer in ipairs(layers) do last = makes(layer, output) and i or last end
  if not last then refuse.raise("it has no layer or blob '%s' (the option output)", output) end
  local needed, kept = { [layers[last].tops[1] or ""] = true }, {}
  for i = last, 1, -1 do
    local is_needed = i == last
    for _, top in ipairs(layers[i].tops) do is_needed = is_needed or needed[top] end
    if is_needed then
      table.insert(kept, 1, layers[i])
      for _, bottom in ipairs(layers[i].bottoms) do needed[bottom] = true end
    end
  end
  return kept
end

-- Without the layers that only write blobs that are there already.
local function without(layers, is_there)
  local kept = {}
  for _, layer in ipairs(layers) do
    local writes = #layer.tops == 0
    for i, top in ipairs(layer.tops) do writes = writes or not is_there[top] or layer.bottoms[i] == top end
    if writes then kept[#kept + 1] = layer end
  end
  return kept
end

-- ---- weights ----

local function blobs_of(path)
  local message, problem = core.load_caffe(path)
  if not message then return nil, problem end
  local blobs = {}
  for _, list in ipairs { message.layers, message.layer } do
    for _, layer in ipairs(list) do
      if layer.name and #layer.blobs > 0 then blobs[layer.name] = layer.blobs end
    end
  end
  return blobs
end

-- Layers beyond this belong to no network.
local most_layers = 10000

--- A network: { name =, layers =, picture = { blob =, channels =, size =, is_sized = whether the file states the size,
--- metadata = } }, each layer with its `blobs`; or nil and a message. The options `input`, `output` and `inputs` are
--- heeded.
function document.read(description_path, weights_path, options)
  local net, problem = prototxt.read(description_path)
  if not net then return nil, problem end
  local blobs
  blobs, problem = blobs_of(weights_path)
  if not blobs then return nil, problem end
  local layers = {}
  for _, field in ipairs { "layers", "layer" } do
    for _, message in ipairs(fields.all(net, field, "table")) do
      local layer = layer_of(message)
      layer.blobs = blobs[layer.name] or {}
      if is_used(message) then layers[#layers + 1] = layer end
    end
  end
  if #layers == 0 then refuse.raise "it describes no layers" end
  if #layers > most_layers then refuse.raise("it has more than %d layers", most_layers) end
  local inputs, is_there
  inputs, layers = inputs_of(net, layers)
  local picture = picture_of(inputs, layers, options.input)
  is_there = { [picture.blob] = true }
  for blob in pairs(options.inputs or {}) do is_there[blob] = true end
  layers = without(layers, is_there)
  if options.output then layers = cut(layers, options.output) end
  return { name = fields.text(net, "name", ""), picture = picture, layers = layers }
end

return document
