-- SPDX-License-Identifier: MIT
-- Networks from safetensors files, and into them. The tensors are the weights; the metadata either describe the graph
-- (`network`, written by net:save), or name the model script that builds it (`architecture`), or neither: then the
-- tensors are a state dict of PyTorch's. Must not know the details of any architecture, nor where files are looked for.

local core = require "phosphene.core"
local googlenet = require "phosphene.network.models.googlenet"
local json = require "phosphene.base.json"
local labels = require "phosphene.network.labels"
local later = require "phosphene.base.later"
local misuse = require "phosphene.base.misuse"
local preprocessing = require "phosphene.network.preprocessing"
local refuse = require "phosphene.formats.refuse"
local sorted_keys = require "phosphene.base.sorted_keys"

local build_described = later("phosphene.network.serialisation", "build")
local describe = later("phosphene.network.serialisation", "of")
local from_state_dict = later("phosphene.formats.state_dict", "build")

local safetensors = {}

-- Which model builds which `architecture` of a weights file's metadata.
local models = {}
for architecture in pairs(googlenet.variants) do models[architecture] = googlenet end

-- What model scripts take tensors from.
local function weights_of(tensors)
  local weights = {}
  function weights.has(_, name) return tensors[name] ~= nil end
  function weights.get(_, name) return tensors[name] or error(("no tensor '%s'"):format(name), 0) end
  return weights
end

-- ---- reading ----

local function fail(message) error(message, 0) end

-- By a model script.
local function from_architecture(metadata, tensors, class_labels, options)
  local architecture = metadata.architecture
  local model = models[architecture] or fail(("unknown architecture '%s'; known are %s"):format(architecture,
    table.concat(sorted_keys(models), ", ")))
  local net = core.network { backend = options.backend }
  local classes = model.build(net, weights_of(tensors), architecture, options)
  classes.labels = class_labels
  net:set_classes(classes)
  local shapes = net:shapes(224, 224)
  for _, name in ipairs(net:layers()) do
    if not shapes[name] then fail(("the weights of layer '%s' do not fit its input"):format(name)) end
  end
  return net
end

-- By the description that net:save wrote.
local function from_description(metadata, tensors, class_labels, options)
  local all, at = json.decode(metadata.network)
  if all == nil then fail(("its description of the network is damaged (at character %d)"):format(at)) end
  return build_described(all, tensors, class_labels, options)
end

local function build(path, metadata, tensors, options)
  local list, problem = labels.parse(metadata.labels or "[]")
  if not list then fail(problem) end
  if metadata.network then return from_description(metadata, tensors, list, options) end
  if metadata.architecture then return from_architecture(metadata, tensors, list, options) end
  return from_state_dict(path, tensors, list, options)
end

-- Says which tensors no network is made of, if there are any: but for the counters that batch norms of PyTorch have.
local function tell_skipped(path, all)
  local skipped = {}
  for _, name in ipairs(all) do
    if not name:find "%.num_batches_tracked$" then skipped[#skipped + 1] = name end
  end
  if #skipped == 0 then return end
  io.stderr:write(("phosphene: '%s': skipped tensors of whole numbers: '%s'%s\n"):format(path,
    (skipped[1]:gsub("%c", "?")), #skipped > 1 and (" and %d more"):format(#skipped - 1) or ""))
end

--- A network from a file, or nil and a message.
function safetensors.open(path, options)
  local tensors, metadata, skipped = core.load_safetensors(path)
  if not tensors then return nil, metadata end
  -- A graph that its weights do not fit is a corrupt file, not a mistake of the recipe.
  local ok, result = pcall(build, path, metadata, tensors, options)
  if ok then
    tell_skipped(path, skipped)
    return result
  end
  refuse.unless_interrupted()
  return nil, ("'%s': %s"):format(path, (tostring(result):gsub("^[^:]*:%d+: ", "")))
end

-- ---- writing ----

local option_names = { "type", "metadata" }

--- See network:save in meta/network.lua.
function safetensors.save(net, path, options)
  options = options or {}
  misuse.check_keys(options, option_names, "save")
  if type(path) ~= "string" or not path:match "%.safetensors$" then
    misuse.raise("save: the path of a .safetensors file expected, got %s", tostring(path))
  end
  local all, tensors = describe(net)
  local metadata = { network = json.encode(all), labels = json.encode(net:labels()) }
  local input = preprocessing.of(net)
  if input then metadata.input = preprocessing.text(input, net:channels()) end -- for people
  for key, value in pairs(options.metadata or {}) do
    if metadata[key] then misuse.raise("save: the metadata '%s' are the file's own", key) end
    metadata[key] = value
  end
  return core.save_safetensors(path, tensors, metadata, { type = options.type })
end

return safetensors
