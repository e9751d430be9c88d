-- Finding and loading networks: from a name, through the weights path, to a file; from the file's metadata to the
-- model script that builds its graph. Must not know any architecture from inside, nor what a network is run for.

local core = require "phosphene.core"
local googlenet = require "phosphene.models.googlenet"
local labels = require "phosphene.labels"
local misuse = require "phosphene.misuse"
local paths = require "phosphene.paths"
local suggest = require "phosphene.suggest"

local network = {}

-- Which model builds which `architecture` of a weights file's metadata.
local models = {}
for architecture in pairs(googlenet.variants) do models[architecture] = googlenet end

-- Names, and the files that may stand for them, best first.
local files = {
  ["googlenet"] = { "bvlc_googlenet", "inception5h", "googlenet-tiny" },
  ["bvlc_googlenet"] = { "bvlc_googlenet" },
  ["inception5h"] = { "inception5h" },
  ["googlenet-tiny"] = { "googlenet-tiny" },
  ["googlenet-tiny-plain"] = { "googlenet-tiny-plain" },
}

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- ---- the weights path ----

--- Folders and files where weights are looked for, in order: PHOSPHENE_WEIGHTS (entries separated by ':'), the
--- user's data folder, the bundled weights.
function network.path()
  local path = {}
  for entry in (os.getenv "PHOSPHENE_WEIGHTS" or ""):gmatch "[^:]+" do path[#path + 1] = entry end
  local data = os.getenv "XDG_DATA_HOME"
  if not data or data == "" then data = (os.getenv "HOME" or "") .. "/.local/share" end
  path[#path + 1] = data .. "/phosphene/weights"
  path[#path + 1] = paths.weights
  return path
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local function stem(path) return path:match "([^/]*)%.safetensors$" end

local told -- whether this process was told that it gets the embedded network

-- "googlenet" may have to be the small embedded one, which is not what the papers' unit numbers are about.
local function tell_if_embedded(name, candidate)
  if told or name ~= "googlenet" or candidate ~= "googlenet-tiny" then return end
  told = true
  io.stderr:write("phosphene: no weights of the full GoogLeNet found; using the embedded googlenet-tiny\n")
end

-- The file for a name: the best of its stand-ins that lies anywhere on the path. A file that the path names outright
-- serves "googlenet" whatever it is called.
local function find(name)
  for _, candidate in ipairs(files[name]) do
    for _, entry in ipairs(network.path()) do
      if stem(entry) then
        if not exists(entry) then return nil, ("PHOSPHENE_WEIGHTS names '%s', which cannot be read"):format(entry) end
        if stem(entry) == candidate or name == "googlenet" then return entry end
      elseif exists(("%s/%s.safetensors"):format(entry, candidate)) then
        tell_if_embedded(name, candidate)
        return ("%s/%s.safetensors"):format(entry, candidate)
      end
    end
  end
  return nil, ("no weights for '%s' (%s.safetensors); looked in %s"):format(name,
    table.concat(files[name], ".safetensors, "), table.concat(network.path(), ", "))
end

-- ---- loading ----

-- What model scripts take tensors from.
local function weights_of(tensors)
  local weights = {}
  function weights.has(_, name) return tensors[name] ~= nil end
  function weights.get(_, name) return tensors[name] or error(("no tensor '%s'"):format(name), 0) end
  return weights
end

-- The model and the class labels that a file's metadata ask for; nil and a message where they cannot be had.
local function read_metadata(metadata)
  local architecture = metadata.architecture
  if not architecture then return nil, "its metadata name no architecture" end
  if not models[architecture] then
    return nil, ("unknown architecture '%s'; known are %s"):format(architecture,
      table.concat(sorted_keys(models), ", "))
  end
  local list, problem = labels.parse(metadata.labels or "[]")
  if not list then return nil, problem end
  return models[architecture], list
end

-- Builds the graph; raises where the weights do not fit it.
local function build(net, model, architecture, weights, class_labels)
  local classes = model.build(net, weights, architecture)
  classes.labels = class_labels
  net:set_classes(classes)
  local shapes = net:shapes(224, 224)
  for _, name in ipairs(net:layers()) do
    if not shapes[name] then error(("the weights of layer '%s' do not fit its input"):format(name), 0) end
  end
end

local function open(path, options)
  local tensors, metadata = core.load_safetensors(path)
  if not tensors then return nil, metadata end
  local model, list = read_metadata(metadata)
  if not model then return nil, ("'%s': %s"):format(path, list) end

  local net = core.network { backend = options.backend }
  if options.threads then net:set_threads(options.threads) end
  -- A graph that its weights do not fit is a corrupt file, not a mistake of the recipe.
  local ok, problem = pcall(build, net, model, metadata.architecture, weights_of(tensors), list)
  if not ok then return nil, ("'%s': %s"):format(path, (tostring(problem):gsub("^[^:]*:%d+: ", ""))) end
  return net
end

-- Names of the networks that were loaded, for progress lines and metadata.
local names = setmetatable({}, { __mode = "k" })

--- The name that a network was loaded under: its file's name without folder and suffix.
function network.name(net) return names[net] or "unnamed" end

--- A network in one line; net:describe() tells more.
function network.text(net) return ("network %s of %d layers"):format(network.name(net), #net:layers()) end

local option_names = { "backend", "threads" }

--- A network by name or by path; see meta/network.lua.
function network.load(name, options)
  options = options or {}
  if type(name) ~= "string" then
    misuse.raise("network: a name or the path of a .safetensors file expected, got a %s", type(name))
  end
  misuse.check_keys(options, option_names, "network")
  if options.threads then misuse.check_count(options.threads, 0, "network: threads") end

  local path, problem = name
  if not stem(name) then
    if not files[name] then
      local known = sorted_keys(files)
      misuse.raise("no network '%s'; %s", name, suggest(name, known,
        "there are " .. table.concat(known, ", ") .. ", and paths of .safetensors files"))
    end
    path, problem = find(name)
    if not path then return nil, problem end
  end

  local net
  net, problem = open(path, options)
  if not net then return nil, problem end
  names[net] = stem(path)
  return net
end

return network
