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

-- Channels, height and width from a list of dimensions; nil where there are none.
local function picture_from(blob, dims)
  if not blob or #dims == 0 then return nil end
  if #dims ~= 4 or dims[3] > most_length or dims[4] > most_length then
    refuse.raise("its input '%s' is %s; a picture has four dimensions", blob, table.concat(dims, "x"))
  end
  return { blob = blob, channels = dims[2], size = { dims[3], dims[4] } }
end

local is_data = { Data = true, ImageData = true, HDF5Data = true, MemoryData = true, DummyData = true }

-- What a layer that reads training data says of its pictures.
local function picture_from_data(layer)
  local transform = fields.message(layer.settings, "transform_param")
  local size, stated = fields.count(transform, "crop_size", usual_size, 1), nil
  local means = fields.all(transform, "mean_value", "number")
  if #means > 0 then
    local scale = fields.number(transform, "scale", 1)
    stated = { range = "0 255", mean = table.concat(means, " "), order = "BGR", std = scale ~= 1 and 1 / scale or nil }
  end
  return { blob = layer.tops[1] or "data", channels = 3, size = { size, size }, metadata = stated }
end

-- The picture, from a layer or from the fields that stood for one.
local function picture_of(net, layers)
  for i, layer in ipairs(layers) do
    local picture
    if layer.type == "Input" then
      local shape = fields.message(fields.message(layer.settings, "input_param"), "shape")
      picture = picture_from(layer.tops[1], fields.counts(shape, "dim", 1))
    elseif is_data[layer.type] then
      picture = picture_from_data(layer)
    end
    if picture then
      table.remove(layers, i)
      return picture
    end
  end
  local dims = fields.counts(fields.message(net, "input_shape"), "dim", 1)
  if #dims == 0 then dims = fields.counts(net, "input_dim", 1) end
  return picture_from(fields.text(net, "input"), dims) or refuse.raise "it does not say what its input is"
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

-- Layers beyond this are no network's.
local most_layers = 10000

--- A network: { name =, layers =, picture = { blob =, channels =, size =, metadata = } }, each layer with its `blobs`;
--- or nil and a message.
function document.read(description_path, weights_path)
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
  return { name = fields.text(net, "name", ""), picture = picture_of(net, layers), layers = layers }
end

return document
