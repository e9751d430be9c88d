-- SPDX-License-Identifier: MIT
-- Networks from Keras's own files: .keras, a zip archive with the model as JSON and its variables as HDF5 (Keras 3),
-- and .h5, one HDF5 file with both (Keras 2). Here is decided where in the files things are; the network is built by
-- keras/build.lua.

local build = require "phosphene.formats.keras.build"
local core = require "phosphene.core"
local json = require "phosphene.base.json"
local labels = require "phosphene.formats.keras.labels"
local refuse = require "phosphene.formats.refuse"
local variables = require "phosphene.formats.keras.variables"

local keras = {}

-- Models in models, each a few levels of brackets deep.
local most_depth = 100

local function decode(text, what)
  local value, at = json.decode(text, most_depth, true)
  if value == nil then refuse.raise("%s is damaged (at character %d)", what, at) end
  return value
end

local function is_early_keras(text) return text:match "^[12]%." ~= nil end

-- What the core says of a file begins with its name, as ours will.
local function fail(problem) refuse.raise("%s", (problem:gsub("^'.-':? ", ""))) end

-- ---- the files ----

-- Keras 3, and the form that later versions of Keras 2 can write: config.json, metadata.json, model.weights.h5.
local function read_archive(path)
  local archive <close>, problem = core.open_zip(path)
  if not archive then return nil, problem end
  local config = archive:text "config.json" or fail("it has no config.json; it is not a Keras model")
  local metadata = decode(archive:text "metadata.json" or "{}", "metadata.json in it")
  local file
  file, problem = archive:hdf5 "model.weights.h5"
  if not file then fail(problem) end
  local version = type(metadata) == "table" and tostring(metadata.keras_version) or ""
  return { document = decode(config, "config.json in it"), variables = variables.from_places(file),
    is_keras3 = not is_early_keras(version) }
end

local function read_hdf5(path)
  local file, problem = core.open_hdf5(path)
  if not file then return nil, problem end
  local config
  config, problem = file:texts("", "model_config")
  if problem then fail(problem) end
  if not config then
    refuse.raise "it holds weights without a model; model.save writes both, model.save_weights weights alone"
  end
  local version = (file:texts("", "keras_version") or {})[1] or "2"
  local names, is_teachable = labels.from_text(path)
  return { document = decode(config[1] or "", "its model_config"), variables = variables.from_groups(file),
    is_keras3 = not is_early_keras(version), labels = names, is_teachable = is_teachable }
end

-- ---- opening ----

--- The network of what a file gave, for keras/build.lua; tells what was left out.
function keras.finish(path, source, options)
  source.name = path:match "([^/]*)%.%w+$" or path
  if source.is_teachable then source.range = "-1 1" end
  local net, told = build(source, options)
  if told then io.stderr:write(("phosphene: '%s': left out %s\n"):format(path, (told:gsub("%c", "?")))) end
  return net
end

local function open(path, options)
  local source, problem = (path:match "%.keras$" and read_archive or read_hdf5)(path)
  if not source then return nil, problem end
  return keras.finish(path, source, options)
end

--- A network from a file, or nil and a message.
function keras.open(path, options)
  local ok, net, problem = refuse.catch(open, path, options)
  if not ok then return nil, ("'%s': %s"):format(path, net) end
  return net, problem
end

return keras
