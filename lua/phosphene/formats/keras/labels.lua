-- SPDX-License-Identifier: MIT
-- Class names beside a Keras model, as Teachable Machine writes them: metadata.json for TensorFlow.js, labels.txt with
-- numbered lines for Keras. Its networks all take -1..1, which no file of it says.

local json = require "phosphene.base.json"
local names = require "phosphene.network.labels"
local reading = require "phosphene.base.reading"

local labels = {}

-- Longer files are no description of labels.
local most_bytes = 1 << 22

local function folder_of(path) return path:match "^(.*/)" or "" end

local function read_json(path)
  local file = reading.open(path)
  if not file then return nil end
  local text = file:read(most_bytes) or ""
  file:close()
  local value = json.decode(text, 16, true)
  return type(value) == "table" and value or nil
end

--- From metadata.json beside a file: a list of texts or nil, and whether Teachable Machine wrote it.
function labels.from_metadata(path)
  local metadata = read_json(folder_of(path) .. "metadata.json")
  if not metadata then return nil, false end
  local list = type(metadata.labels) == "table" and metadata.labels or nil
  for _, label in ipairs(list or {}) do
    if type(label) ~= "string" then return nil, false end
  end
  return list, metadata.tmVersion ~= nil or tostring(metadata.packageName):find("teachablemachine", 1, true) ~= nil
end

--- From labels.txt beside a file: a list of texts or nil, and whether Teachable Machine wrote it, which calls the model
--- keras_model.h5.
function labels.from_text(path)
  local list = names.read(folder_of(path) .. "labels.txt")
  return list, list ~= nil and path:match "[^/]*$" == "keras_model.h5"
end

return labels
