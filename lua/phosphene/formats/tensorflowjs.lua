-- SPDX-License-Identifier: MIT
-- Networks from TensorFlow.js: model.json, whose model is Keras's, and beside it the files of weights that it lists,
-- one after the other, of 8 or 16 bits where they were quantised. Must not know what layers compute.

local core = require "phosphene.core"
local json = require "phosphene.base.json"
local keras = require "phosphene.formats.keras"
local labels = require "phosphene.formats.keras.labels"
local reading = require "phosphene.base.reading"
local refuse = require "phosphene.formats.refuse"
local variables = require "phosphene.formats.keras.variables"

local tensorflowjs = {}

-- A model's JSON may be so long, and as deep as models are in models.
local most_bytes, most_depth = 1 << 26, 100

-- ---- weights ----

-- The name of a file in the model's own folder.
local function is_plain_name(name) return type(name) == "string" and name ~= "" and not name:find "[/\\%z]" end

-- The bytes of the files that a group of weights is kept in, end to end.
local function read_group(folder, paths)
  local parts = {}
  for i, name in ipairs(paths) do
    if not is_plain_name(name) then refuse.raise "its weights are not in files beside it" end
    local file, problem = reading.open(folder .. name)
    parts[i] = file and file:read "a" or refuse.raise("cannot read its weights: %s", problem or name)
    file:close()
  end
  return table.concat(parts)
end

local sizes = { float32 = 4, float16 = 2, int32 = 4, uint8 = 1, uint16 = 2, bool = 1 }

-- How many numbers a shape has, at most 2^40.
local function count_of(shape)
  local count = 1
  for _, length in ipairs(shape) do
    if math.type(length) ~= "integer" or length < 1 or length > (1 << 40) // count then return nil end
    count = count * length
  end
  return #shape <= 6 and count or nil
end

-- One entry of the manifest as a variable, and how many bytes are its own. What was quantised is scale * q + min.
local function variable_of(entry, bytes, offset)
  local quantised = type(entry.quantization) == "table" and entry.quantization or {}
  local type_name, shape = quantised.dtype or entry.dtype, entry.shape
  local count = type(shape) == "table" and count_of(shape)
  if type(entry.name) ~= "string" or not count or not sizes[type_name] then
    refuse.raise("its weight '%s' has type '%s', which is not read, or no shape", tostring(entry.name),
      tostring(type_name))
  end
  local scale, least = quantised.scale, quantised.min
  local function read()
    local tensor = core.parse_numbers(bytes, offset, type_name, shape)
    if type(scale) == "number" then tensor:scale(scale) end
    return type(least) == "number" and tensor + least or tensor
  end
  local size = count * sizes[type_name]
  if size > #bytes - offset then refuse.raise("its weights end before '%s' does", entry.name) end
  return { name = entry.name, read = read }, size
end

local function read_manifest(manifest, folder)
  local list = {}
  if type(manifest) ~= "table" then refuse.raise "it lists no weights" end
  for _, group in ipairs(manifest) do
    if type(group) ~= "table" or type(group.paths) ~= "table" or type(group.weights) ~= "table" then
      refuse.raise "its list of weights is damaged"
    end
    local bytes, offset = read_group(folder, group.paths), 0
    for _, entry in ipairs(group.weights) do
      if type(entry) ~= "table" then refuse.raise "its list of weights is damaged" end
      local size
      list[#list + 1], size = variable_of(entry, bytes, offset)
      offset = offset + size
    end
  end
  return list
end

-- ---- opening ----

-- The model in its JSON, which has been put into one, two or three wrappings.
local function find_model(document)
  local model = type(document) == "table" and document.modelTopology
  if type(model) ~= "table" then refuse.raise "it is not a model of TensorFlow.js" end
  if document.format == "graph-model" or model.node then
    refuse.raise "it is a graph model of TensorFlow.js, which is not read; layers models are"
  end
  return type(model.model_config) == "table" and model.model_config or model, model.keras_version
end

local function open(path, options)
  local file, problem = reading.open(path)
  local text = file and file:read(most_bytes + 1)
  if file then file:close() end
  if not text then return nil, ("cannot read '%s': %s"):format(path, (problem or "it is empty"):gsub("^.*: ", "")) end
  if #text > most_bytes then refuse.raise "it is too long for a model" end
  local document, at = json.decode(text, most_depth, true)
  if document == nil then refuse.raise("it is not JSON, or is damaged (at character %d)", at) end
  local model, version = find_model(document)
  local names, is_teachable = labels.from_metadata(path)
  return keras.finish(path, {
    document = model, is_keras3 = tostring(version):match "^[3-9]" ~= nil, labels = names, is_teachable = is_teachable,
    variables = variables.from_list(read_manifest(document.weightsManifest, path:match "^.*/" or "")),
  }, options)
end

--- A network from a file, or nil and a message.
function tensorflowjs.open(path, options)
  local ok, net, problem = refuse.catch(open, path, options)
  if not ok then return nil, ("'%s': %s"):format(path, net) end
  return net, problem
end

return tensorflowjs
