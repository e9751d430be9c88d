-- SPDX-License-Identifier: MIT
-- Networks from Caffe: a description (.prototxt, the deploy form or the one for training, layers in the old form or the
-- newer) and weights (.caffemodel). This file decides which two files belong together and which layers are the classes;
-- layers are in caffe/layers.lua and caffe/shapes.lua.

local construction = require "phosphene.formats.construction"
local core = require "phosphene.core"
local document = require "phosphene.formats.caffe.document"
local graph = require "phosphene.formats.caffe.graph"
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
    if (other:match "%.(%w+)$" or ""):lower() == suffix then
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
  if path:lower():match "%.prototxt$" then return path, options.caffemodel or companion(path, "caffemodel") end
  return options.prototxt or companion(path, "prototxt"), path
end

-- ---- the network ----

-- A blob that the options give: a tensor, or a number for all elements of what it is computed with.
local function add_input(g, blob, value)
  if type(value) == "boolean" then value = value and 1 or 0 end
  local name = g:free_name(blob)
  return g:put { type = "constant", name = name, from = {},
    value = type(value) == "number" and core.tensor({ 1 }, value) or value }
end

local function begin(path, doc, options)
  local picture = doc.picture
  local is_colour = picture.channels == 1 or picture.channels == 3 or picture.channels == 4
  if not is_colour and not options.input then
    refuse.raise("its input '%s' has %d channels; a picture has 3, 1 or 4", picture.blob, picture.channels)
  end
  local net = core.network { backend = options.backend, channels = picture.channels }
  if picture.is_sized then refuse.guard(net.set_input_size, net, table.unpack(picture.size)) end
  local g = graph.new(net, doc)
  local name = g.taken[picture.blob] and "input" or picture.blob
  g.taken[name] = true
  refuse.guard(preprocessing.add, net, {
    options = options, metadata = picture.metadata, format = "caffe", channels = picture.channels, name = name,
    names = { stem(path:match "[^/]*$"), doc.name },
  })
  g.blobs[picture.blob] = g:measure(name)
  for blob, value in pairs(options.inputs or {}) do g.blobs[blob] = add_input(g, blob, value) end
  return g
end

-- ---- layers ----

local types = {}
for _, set in ipairs { "layers", "shapes" } do
  for type_name, f in pairs(require("phosphene.formats.caffe." .. set)) do types[type_name] = f end
end

-- How a layer's results are called: its tops, its own name, and `x_pre_relu` for what comes before ReLU `x`.
local function note_results(g, layer, inputs, results)
  for i, name in ipairs(results) do
    g.blobs[layer.tops[i] or layer.name] = name
    if layer.tops[i] then g:also_called(layer.tops[i], name) end
  end
  g:also_called(layer.name, results[1])
  if layer.type == "ReLU" then g:also_called(layer.name .. "_pre_relu", inputs[1]) end
end

-- Builds one layer of these inputs.
local function build_layer(g, layer, inputs)
  if layer.problem then refuse.raise("%s", layer.problem) end
  if not types[layer.type] then refuse.raise "not supported" end
  if not inputs[1] then refuse.raise "it reads nothing" end
  g.layer = layer
  note_results(g, layer, inputs, { types[layer.type](g, layer, table.unpack(inputs)) })
end

-- Layers that only serve training or testing; leaving them out is worth no word.
local is_judge = { Accuracy = true }

-- Losses, whose second input is labels.
local reads_first_only = { SoftmaxWithLoss = true }

-- What a layer reads, as names of the network's layers; or nil where one of them is missing, for a reason that was
-- told.
local function inputs_of(g, layer)
  local inputs = {}
  for i, bottom in ipairs(layer.bottoms) do
    if i > 1 and reads_first_only[layer.type] then break end
    if g.missing[bottom] then return nil end
    inputs[i] = g.blobs[bottom]
    if not inputs[i] then
      layer.problem = ("it reads '%s', which nothing before it writes; the option inputs of ph.network gives it a "
        .. "value"):format(bottom)
    end
  end
  return inputs
end

local function build(g, doc)
  g.blocked, g.missing = 0, {}
  for _, layer in ipairs(doc.layers) do
    local inputs, ok = inputs_of(g, layer), is_judge[layer.type]
    if not inputs and not ok then
      g:block()
    elseif not ok then
      ok = g:attempt(layer, layer.name, layer.type, build_layer, g, layer, inputs)
    end
    for _, top in ipairs(layer.tops) do g.missing[top] = not ok or nil end
  end
  g:finish()
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
  local doc, problem = document.read(description, weights, options)
  if not doc then return nil, problem end
  local g = construction.complete(function() return begin(path, doc, options) end, function(g) build(g, doc) end)
  refuse.guard(g.net.set_classes, g.net, classes_of(g))
  refuse.guard(g.net.fold, g.net)
  g:tell(path)
  return g.net
end

--- A network from its description or its weights, or nil and a message.
function caffe.open(path, options)
  local ok, net, problem = refuse.catch(open, path, options)
  if not ok then return nil, ("'%s': %s"):format(path, net) end
  return net, problem
end

return caffe
