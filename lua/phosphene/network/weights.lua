-- SPDX-License-Identifier: MIT
-- Finds the files of networks: the format of each suffix, and the weights path, on which names are looked up. Must not
-- know what is in the files.

local catalogue = require "phosphene.network.catalogue"
local core = require "phosphene.core"
local paths = require "phosphene.base.paths"
local reading = require "phosphene.base.reading"

local weights = {}

-- ---- formats ----

-- Suffixes and the modules of phosphene.formats that open such files, best first where one name has several.
local suffixes = { "safetensors", "onnx", "pb", "prototxt", "caffemodel", "keras", "h5", "hdf5" }
local modules = {
  safetensors = "safetensors", onnx = "onnx", pb = "tensorflow", prototxt = "caffe", caffemodel = "caffe",
  keras = "keras", h5 = "keras", hdf5 = "keras", json = "tensorflowjs",
}

local function suffix(path) return (path:match "%.(%w+)$" or ""):lower() end

--- Which module of phosphene.formats opens a file of this path; nil where its suffix belongs to no network.
function weights.format(path) return modules[suffix(path)] end

-- Whether a name may stand for the file. Those of TensorFlow.js are all called model.json; only a path opens them.
local function may_be_named(file) return weights.format(file) ~= nil and suffix(file) ~= "json" end

--- What a network from a file of this path is called: the file's name without folder and suffix.
function weights.stem(path) return path:match "([^/]*)%.%w+$" or path:match "[^/]*$" end

--- "files of type .safetensors, .onnx, …", for messages.
function weights.known_files() return "files of type ." .. table.concat(suffixes, ", .") .. ", .json" end

-- ---- the weights path ----

-- Names, and the files that may stand for them, best first. Any other name stands for the files called so.
local stand_ins = { googlenet = { "bvlc_googlenet", "inception5h", "googlenet-tiny" } }

--- The folder that weights of this user are put into.
function weights.home()
  local data = os.getenv "XDG_DATA_HOME"
  if not data or data == "" then data = (os.getenv "HOME" or "") .. "/.local/share" end
  return data .. "/phosphene/weights"
end

-- The entries of PHOSPHENE_WEIGHTS, separated by ':'.
local function named_entries()
  local entries = {}
  for entry in (os.getenv "PHOSPHENE_WEIGHTS" or ""):gmatch "[^:]+" do entries[#entries + 1] = entry end
  return entries
end

--- Folders and files where weights are looked for, in order: PHOSPHENE_WEIGHTS (entries separated by ':'), the
--- user's data folder, the bundled weights.
function weights.path()
  local path = named_entries()
  path[#path + 1] = weights.home()
  path[#path + 1] = paths.weights
  return path
end

local told -- whether the message about the embedded network was printed

-- "googlenet" may be the small embedded network, to which the unit numbers in papers do not apply.
local function tell_if_embedded(name, candidate)
  if told or name ~= "googlenet" or candidate ~= "googlenet-tiny" then return end
  told = true
  io.stderr:write("phosphene: no weights of the full GoogLeNet found; using the embedded googlenet-tiny\n")
end

-- The file of that name in a folder, in the best of its formats.
local function file_in(folder, name)
  for _, ending in ipairs(suffixes) do
    local path = ("%s/%s.%s"):format(folder, name, ending)
    if reading.exists(path) then return path end
  end
end

--- The file for a name: the best of the files that it may stand for, anywhere on the path; or nil and a message. A file
--- listed in the path itself is used for "googlenet" whatever its name.
function weights.find(name)
  for _, entry in ipairs(named_entries()) do
    if not reading.exists(entry) then
      return nil, ("PHOSPHENE_WEIGHTS names '%s', which cannot be read"):format(entry)
    end
  end
  local candidates = stand_ins[name] or { name }
  for _, candidate in ipairs(candidates) do
    for _, entry in ipairs(weights.path()) do
      if weights.format(entry) then
        if weights.stem(entry) == candidate or name == "googlenet" then return entry end
      else
        local path = file_in(entry, candidate)
        if path then
          tell_if_embedded(name, candidate)
          return path
        end
      end
    end
  end
  local advice = catalogue[name] and ("; `phosphene weights fetch %s` gets them"):format(name) or ""
  return nil, ("no weights for '%s' (%s.safetensors); looked in %s%s"):format(name,
    table.concat(candidates, ".safetensors, "), table.concat(weights.path(), ", "), advice)
end

--- Every name that stands for a network: those whose weights can be fetched and those of files on the path; sorted.
function weights.names()
  local seen, names = {}, {}
  local function add(name)
    if name and not seen[name] then names[#names + 1] = name end
    seen[name or ""] = true
  end
  add "googlenet"
  for name in pairs(catalogue) do add(name) end
  for _, entry in ipairs(weights.path()) do
    for _, file in ipairs(weights.format(entry) and { entry } or core.list_folder(entry) or {}) do
      if may_be_named(file) then add(weights.stem(file)) end
    end
  end
  table.sort(names)
  return names
end

return weights
