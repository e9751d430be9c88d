-- SPDX-License-Identifier: MIT
-- Converts networks of any format to safetensors files: with the names of an architecture that Phosphene describes, if
-- the network has one of these, otherwise with its own description. Must not know where files come from or go.

local core = require "phosphene.core"
local googlenet = require "phosphene.network.models.googlenet"
local json = require "phosphene.base.json"
local names = require "phosphene.network.models.googlenet_names"
local safetensors = require "phosphene.formats.safetensors"

local conversion = {}

-- What an architecture's layers are called in the file that it was published as.
local translations = {
  inception5h = function(name) return name end,
  bvlc_googlenet = names.caffe,
}

-- ---- tensors by an architecture's names ----

-- Tensors that an architecture's description asks for as `get(layer, parameter)` has them: { name = tensor }; nil where
-- one is missing or does not fit.
local function gather(architecture, get)
  local tensors, weights = {}, {}
  function weights.get(_, name)
    tensors[name] = tensors[name] or get(name:match "^(.*)%.(%w+)$") or error(("no '%s'"):format(name), 0)
    return tensors[name]
  end
  function weights.has(_, name) return get(name:match "^(.*)%.(%w+)$") ~= nil end
  local net <close> = core.network { backend = "reference" }
  local built, problem = pcall(googlenet.build, net, weights, architecture)
  if not built then return nil, problem end
  return tensors
end

-- A layer's parameter in a network whose layers are called as published; the layer before a ReLU has the weights.
local function from_network(net, translate)
  local exists = net:aliases()
  for _, name in ipairs(net:layers()) do exists[name] = name end
  return function(layer, parameter)
    local name = translate(layer)
    name = exists[name .. "_pre_relu"] and name .. "_pre_relu" or name
    return exists[name] and net:parameter(name, parameter)
  end
end

-- Blobs of a Caffe model, in the shapes that the newer form would have them.
local function from_blobs(message, translate)
  local blobs = {}
  for _, list in ipairs { message.layers, message.layer } do
    for _, layer in ipairs(list) do blobs[layer.name or ""] = layer.blobs end
  end
  return function(layer, parameter)
    local tensor = (blobs[translate(layer)] or {})[parameter == "weight" and 1 or 2]
    if not tensor then return nil end
    local shape, is_dense = tensor:shape(), layer:match "^softmax" ~= nil
    if parameter == "bias" then return tensor:reshape { tensor:count() } end
    if is_dense and #shape == 4 then return tensor:reshape { shape[3], shape[4] } end
    return tensor
  end
end

--- The tensors of an architecture from a Caffe model alone: { name = tensor }, or nil and a message.
function conversion.from_caffemodel(path, architecture)
  local message, problem = core.load_caffe(path)
  if not message then return nil, problem end
  local tensors
  tensors, problem = gather(architecture, from_blobs(message, translations[architecture]))
  if not tensors then return nil, ("'%s' is no %s: %s"):format(path, architecture, problem) end
  return tensors
end

-- ---- which architecture a network is ----

local function largest_difference(a, b)
  local s = core.combine("subtract", a, b):statistics()
  return math.max(s.most, -s.least)
end

-- Whether tensors under an architecture's names compute what the network does, preprocessing included.
local function computes_the_same(net, tensors, architecture)
  local other <close> = core.network {}
  local weights = {}
  function weights.get(_, name) return tensors[name] end
  function weights.has(_, name) return tensors[name] ~= nil end
  local classes = googlenet.build(other, weights, architecture)
  local logits = net:classes()
  local image = core.random(1, "conversion"):fill_normal(core.tensor { 1, 3, 224, 224 }, 0.5, 0.2)
  net:forward(image, logits, { backward = false })
  other:forward(image, classes.logits, { backward = false })
  local expected = other:activation(classes.logits)
  return largest_difference(net:activation(logits):reshape(expected:shape()), expected)
    <= 1e-4 * expected:statistics().deviation
end

-- The architecture that a network is, and its tensors under that architecture's names; nil where it is none of ours.
local function recognise(net)
  if not net:classes() or net:shapes(224, 224)[net:classes()] == nil then return nil end
  for architecture, translate in pairs(translations) do
    local tensors = gather(architecture, from_network(net, translate))
    if tensors and computes_the_same(net, tensors, architecture) then return architecture, tensors end
  end
end

-- ---- writing ----

--- Writes tensors under an architecture's names, with labels and other metadata.
function conversion.save_architecture(path, tensors, architecture, labels, options)
  local metadata = { architecture = architecture, labels = json.encode(labels) }
  for key, value in pairs(options.metadata or {}) do metadata[key] = value end
  return core.save_safetensors(path, tensors, metadata, { type = options.type })
end

--- Writes a network as a safetensors file: true and the architecture, if it is one of ours, or nil and a message.
--- Options are those of network:save.
function conversion.save(net, path, options)
  local architecture, tensors = recognise(net)
  local ok, problem
  if architecture then
    ok, problem = conversion.save_architecture(path, tensors, architecture, net:labels(), options)
  else
    ok, problem = safetensors.save(net, path, options)
  end
  if not ok then return nil, problem end
  return true, architecture
end

return conversion
