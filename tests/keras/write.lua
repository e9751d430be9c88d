-- SPDX-License-Identifier: MIT
-- Writes the models of model.lua as files: Keras 2's HDF5, Keras 3's archive, and TensorFlow.js's pair.

local hdf5 = require "keras.hdf5"
local json = require "phosphene.base.json"
local zip = require "keras.zip"

local write = {}

-- ---- descriptions ----

local function old_call(layer)
  if layer.call then return layer.call.old(layer.inputs) end
  local call = {}
  for i, input in ipairs(layer.inputs) do call[i] = { input.name, 0, 0, "@object@" } end
  return call
end

local function tensor(input)
  return { class_name = "__keras_tensor__", config = { dtype = "float32", shape = { "@null@", 1 },
    keras_history = { input.name, 0, 0 } } }
end

local function new_call(layer)
  if layer.call then return layer.call.new(layer.inputs, tensor) end
  local args = {}
  for i, input in ipairs(layer.inputs) do args[i] = tensor(input) end
  return { args = #args > 1 and { args } or args, kwargs = "@object@" }
end

local function config_of(model, is_new)
  local layers = {}
  for i, layer in ipairs(model.layers) do
    local config, module = {}, nil
    for key, value in pairs(layer.model and config_of(layer.model, is_new) or layer.config) do
      config[is_new and key == "batch_input_shape" and "batch_shape" or key] = value
    end
    if layer.call and is_new then module = "keras.src.ops.numpy" end
    layers[i] = { class_name = layer.call and is_new and layer.call.class or layer.class, config = config,
      name = layer.name, module = module, registered_name = module and layer.call.class,
      inbound_nodes = #layer.inputs > 0 and { is_new and new_call(layer) or old_call(layer) } or {} }
  end
  return { name = model.name, layers = layers, input_layers = { { model.input.name, 0, 0 } },
    output_layers = { { model.last.name, 0, 0 } } }
end

local function encode(value) return (json.encode(value):gsub('"@null@"', "null"):gsub('"@object@"', "{}")) end

-- A sequence lists its layers alone.
local function document_of(model, is_new)
  local config = config_of(model, is_new)
  if not model.is_sequential then return { class_name = is_new and "Functional" or "Model", config = config } end
  for _, layer in ipairs(config.layers) do layer.inbound_nodes = nil end
  return { class_name = "Sequential", config = { name = config.name, layers = config.layers } }
end

--- The JSON of a model, in Keras 3's form or Keras 2's.
function write.description(model, is_new) return encode(document_of(model, is_new)) end

-- ---- variables ----

local function bytes_of(numbers)
  local parts = {}
  for i, number in ipairs(numbers) do parts[i] = string.pack("<f", number) end
  return table.concat(parts)
end

-- All variables of a layer, with models' inside: first those that are trained, as Keras lists them.
local function variables_of(layer, list, is_trained)
  for _, inner in ipairs(layer.model and layer.model.layers or {}) do variables_of(inner, list, is_trained) end
  for _, variable in ipairs(layer.variables) do
    if (not variable.name:find "^moving") == is_trained then
      list[#list + 1] = { name = ("%s/%s"):format(layer.name, variable.name), variable = variable }
    end
  end
  return list
end

local function all_variables(layer) return variables_of(layer, variables_of(layer, {}, true), false) end

local function dataset(variable) return { dims = variable.dims, data = bytes_of(variable) } end

--- The bytes of a .h5 of Keras 2.
function write.h5(model, is_new_hdf5)
  local objects, attributes, layer_names = {}, {}, {}
  for i, layer in ipairs(model.layers) do
    local names = {}
    for j, entry in ipairs(all_variables(layer)) do
      names[j] = entry.name .. ":0"
      objects[("model_weights/%s/%s"):format(layer.name, names[j])] = dataset(entry.variable)
    end
    attributes["model_weights/" .. layer.name] = { weight_names = names }
    layer_names[i] = layer.name
  end
  attributes.model_weights = { layer_names = layer_names }
  attributes[""] = { backend = "tensorflow", keras_version = "2.9.0", model_config = write.description(model, false) }
  return hdf5.file(hdf5.tree(objects, attributes), is_new_hdf5)
end

-- Where Keras 3 has the classes of these tests.
local snake = { Conv2D = "conv2d", DepthwiseConv2D = "depthwise_conv2d", SeparableConv2D = "separable_conv2d",
  Conv2DTranspose = "conv2d_transpose", Dense = "dense", BatchNormalization = "batch_normalization",
  LayerNormalization = "layer_normalization", Functional = "functional", PReLU = "p_re_lu", LayerScale = "layer_scale",
  Normalization = "normalization", GroupNormalization = "group_normalization" }

local function place(model, prefix, objects)
  local used = {}
  for _, layer in ipairs(model.layers) do
    local name = snake[layer.class]
    if name then
      used[name] = (used[name] or -1) + 1
      local path = ("%slayers/%s%s"):format(prefix, name, used[name] > 0 and "_" .. used[name] or "")
      for i, variable in ipairs(layer.variables) do
        objects[("%s/vars/%d"):format(path, i - 1)] = dataset(variable)
      end
      if layer.model then place(layer.model, path .. "/", objects) end
    end
  end
  return objects
end

--- The bytes of a .keras of Keras 3, its weights stored, as Keras does, or deflated.
function write.keras(model, is_deflated)
  return zip.archive {
    { "metadata.json", '{"keras_version": "3.3.3"}' },
    { "config.json", write.description(model, true), deflated = true },
    { "model.weights.h5", hdf5.file(hdf5.tree(place(model, "", {}), {})), deflated = is_deflated },
  }
end

-- Numbers as 8 or 16 bits between the least and the most of them, or float16 by way of their bytes.
local function quantised(variable, bits)
  local least, most = math.min(table.unpack(variable)), math.max(table.unpack(variable))
  local scale, parts = (most - least) / ((1 << bits) - 1), {}
  if scale == 0 then scale = 1 end
  for i, number in ipairs(variable) do
    local q = math.floor((number - least) / scale + 0.5)
    parts[i] = string.pack(bits == 8 and "<I1" or "<I2", q)
    variable[i] = q * scale + least
  end
  return table.concat(parts), { dtype = "uint" .. bits, scale = scale, min = least }
end

--- The bytes of a TensorFlow.js model.json and of its two files of weights, a.bin and b.bin. With `bits` the weights
--- are quantised, and the model's numbers become what they then are.
function write.tensorflowjs(model, bits)
  local weights, parts = {}, {}
  for _, layer in ipairs(model.layers) do
    for _, entry in ipairs(all_variables(layer)) do
      local data, how = bytes_of(entry.variable), nil
      if bits then data, how = quantised(entry.variable, bits) end
      weights[#weights + 1] = { name = entry.name, shape = entry.variable.dims, dtype = "float32", quantization = how }
      parts[#parts + 1] = data
    end
  end
  local all = table.concat(parts)
  local document = { format = "layers-model", weightsManifest = { { paths = { "a.bin", "b.bin" }, weights = weights } },
    modelTopology = { keras_version = "2.9.0", model_config = document_of(model, false) } }
  return encode(document), all:sub(1, #all // 3), all:sub(#all // 3 + 1)
end

return write
