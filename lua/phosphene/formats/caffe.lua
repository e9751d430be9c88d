-- SPDX-License-Identifier: MIT
-- Networks from Caffe: a description (.prototxt, the deploy form or the one for training, layers in the old form or the
-- newer) and weights (.caffemodel). This file decides which two files belong together and which layers are the classes;
-- layers are in caffe/layers.lua.

local core = require "phosphene.core"
local document = require "phosphene.formats.caffe.document"
local graph = require "phosphene.formats.caffe.graph"
local layers = require "phosphene.formats.caffe.layers"
local preprocessing = require "phosphene.network.preprocessing"
local refuse = require "phosphene.formats.refuse"

local caffe = {}

-- ---- two files ----

-- The name of a network in a file's name: "bvlc_googlenet" of "bvlc_googlenet.deploy.prototxt".
local function stem(name)
  local without = name:gsub("%.%w+$", ""):gsub("[._-]?deploy$", ""):gsub("[._-]?train_val$", "")
  return without
end

-- The file beside `path` with this suffix that belongs to it: of the same name, or, alone of its kind, of any.
local function companion(path, suffix)
  local folder, name = path:match "^(.*/)" or "./", path:match "[^/]*$"
  local found = {}
  for _, other in ipairs(core.list_folder(folder) or {}) do
    if other:match "%.(%w+)$" == suffix then
      if stem(other) == stem(name) then return folder .. other end
      found[#found + 1] = other
    end
  end
  if #found == 1 then return folder .. found[1] end
  refuse.raise("there is no .%s beside it called '%s'; the option %s of ph.network names one", suffix,
    stem(name) ~= "" and stem(name) or "deploy", suffix)
end

-- Description and weights, of which one is given and the other is beside it, or is an option.
local function both_files(path, options)
  if path:match "%.prototxt$" then return path, options.caffemodel or companion(path, "caffemodel") end
  return options.prototxt or companion(path, "prototxt"), path
end

-- ---- the network ----

local function begin(path, doc, options)
  local picture = doc.picture
  if picture.channels ~= 1 and picture.channels ~= 3 then
    refuse.raise("its input '%s' has %d channels; a picture has 3 or 1", picture.blob, picture.channels)
  end
  local net = core.network { backend = options.backend, channels = picture.channels }
  local g = graph.new(net, doc)
  local name = g.taken[picture.blob] and "input" or picture.blob
  g.taken[name] = true
  refuse.guard(preprocessing.add, net, {
    options = options, metadata = picture.metadata, format = "caffe", channels = picture.channels, name = name,
    names = { stem(path:match "[^/]*$"), doc.name },
  })
  g.blobs[picture.blob] = { name = g:measure(name) }
  return g
end

-- What a layer reads, as names of the network's layers; or nil and the problem of one that could not be had.
local function inputs_of(g, layer)
  local inputs = {}
  for i, bottom in ipairs(layer.bottoms) do
    local blob = g.blobs[bottom]
    if not blob and i == 1 then
      refuse.raise("layer '%s' reads '%s', which nothing before it writes", layer.name, bottom)
    end
    if blob and blob.problem then return nil, blob.problem end
    inputs[i] = blob and blob.name
  end
  return inputs
end

-- How a layer's results are called: its tops, its own name, and `x_pre_relu` for what comes before ReLU `x`.
local function note_results(g, layer, inputs, results)
  for i, name in ipairs(results) do
    g.blobs[layer.tops[i] or layer.name] = { name = name }
    if layer.tops[i] then g:also_called(layer.tops[i], name) end
  end
  g:also_called(layer.name, results[1])
  if layer.type == "ReLU" then g:also_called(layer.name .. "_pre_relu", inputs[1]) end
end

-- Builds one layer; the problem where that was not possible, and the layer can be left out.
local function build_layer(g, layer)
  local inputs, problem = inputs_of(g, layer)
  if inputs and not layers[layer.type] then
    problem = ("layer '%s': type %s is not supported"):format(layer.name, layer.type)
  end
  if problem then
    if #layer.blobs > 0 then refuse.raise("%s", problem) end
    for _, top in ipairs(layer.tops) do g.blobs[top] = { problem = problem } end
    return problem
  end
  if #inputs == 0 then refuse.raise("layer '%s' reads nothing", layer.name) end
  g.layer = layer
  local results = table.pack(refuse.catch(layers[layer.type], g, layer, table.unpack(inputs)))
  if not results[1] then
    refuse.raise("layer '%s': %s cannot be built: %s", layer.name, layer.type, results[2])
  end
  note_results(g, layer, inputs, table.move(results, 2, results.n, 1, {}))
end

-- Layers that only serve training or testing; leaving them out is worth no word.
local is_judge = { Accuracy = true }

local function build(g, doc)
  local told
  for _, layer in ipairs(doc.layers) do
    if not is_judge[layer.type] then
      local problem = build_layer(g, layer)
      told = told or problem
    end
  end
  if #g.net:layers() <= 2 then refuse.raise("%s", told or "it has no layers") end
  g:finish()
  return told
end

-- The last softmax gives the classes. Without one, the last layer, if it is a list of elements.
local function classes_of(g)
  if g.softmax then return g.softmax end
  local names = g.net:layers()
  local last = names[#names]
  return #g:shape(last) == 2 and { logits = last } or {}
end

-- ---- opening ----

local function open(path, options)
  local description, weights = both_files(path, options)
  local doc, problem = document.read(description, weights)
  if not doc then return nil, problem end
  local g = begin(path, doc, options)
  local told = build(g, doc)
  g.net:set_classes(classes_of(g))
  refuse.guard(g.net.fold, g.net)
  if told then io.stderr:write(("phosphene: '%s': left out %s\n"):format(path, (told:gsub("%c", "?")))) end
  return g.net
end

--- A network from its description or its weights, or nil and a message.
function caffe.open(path, options)
  local ok, net, problem = refuse.catch(open, path, options)
  if not ok then return nil, ("'%s': %s"):format(path, net) end
  return net, problem
end

return caffe
