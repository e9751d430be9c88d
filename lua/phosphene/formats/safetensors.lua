-- Networks from safetensors files: the metadata say which model script builds the graph, the tensors are its weights.
-- Must not know any architecture from inside, nor where files are looked for.

local core = require "phosphene.core"
local googlenet = require "phosphene.models.googlenet"
local labels = require "phosphene.labels"

local safetensors = {}

-- Which model builds which `architecture` of a weights file's metadata.
local models = {}
for architecture in pairs(googlenet.variants) do models[architecture] = googlenet end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

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
local function build(net, model, metadata, weights, class_labels, options)
  local classes = model.build(net, weights, metadata.architecture, options)
  classes.labels = class_labels
  net:set_classes(classes)
  local shapes = net:shapes(224, 224)
  for _, name in ipairs(net:layers()) do
    if not shapes[name] then error(("the weights of layer '%s' do not fit its input"):format(name), 0) end
  end
end

--- A network from a file, or nil and a message.
function safetensors.open(path, options)
  local tensors, metadata = core.load_safetensors(path)
  if not tensors then return nil, metadata end
  local model, list = read_metadata(metadata)
  if not model then return nil, ("'%s': %s"):format(path, list) end

  local net = core.network { backend = options.backend }
  -- A graph that its weights do not fit is a corrupt file, not a mistake of the recipe.
  local ok, problem = pcall(build, net, model, metadata, weights_of(tensors), list, options)
  if not ok then return nil, ("'%s': %s"):format(path, (tostring(problem):gsub("^[^:]*:%d+: ", ""))) end
  return net
end

return safetensors
