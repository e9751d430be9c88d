-- SPDX-License-Identifier: MIT
-- Networks from ONNX files. This file decides which part of a graph is the network: which input is the picture, at
-- which size shapes are computed, which outputs are the classes, and what may be left out. Operators are in
-- onnx/operators.

local core = require "phosphene.core"
local build = require "phosphene.formats.onnx.build"
local construction = require "phosphene.formats.construction"
local document = require "phosphene.formats.onnx.document"
local graph = require "phosphene.formats.onnx.graph"
local input_size = require "phosphene.network.input_size"
local inputs = require "phosphene.formats.onnx.inputs"
local labels = require "phosphene.network.labels"
local modules = require "phosphene.formats.onnx.modules"
local patterns = require "phosphene.formats.onnx.patterns"
local preprocessing = require "phosphene.network.preprocessing"
local refuse = require "phosphene.formats.refuse"

local onnx = {}

-- ---- the picture ----

-- A network's beginning: the picture, of this size, with the preprocessing of the graph's input.
local function begin(path, doc, picture, size, options)
  local net = core.network { backend = options.backend, channels = picture.channels }
  local g = graph.new(net, picture.channels, size)
  g.images = picture.images
  -- What a picture of bytes goes from and to is known.
  if picture.is_bytes then
    local key = "Image.NominalPixelRange"
    doc.metadata[key] = doc.metadata[key] or "NominalRange_0_255"
  end
  local name = g:free_name(picture.name)
  refuse.guard(preprocessing.add, net, {
    options = options, metadata = doc.metadata, format = "onnx", channels = picture.channels, name = name,
    names = { path:match "([^/]*)%.%w+$" or path },
  })
  g:measure(name)
  g.bytes = picture.is_bytes and name or nil
  if picture.is_last then
    name = g:add("transpose", g:free_name(name .. "/channels_last"), { name }, { axes = { 0, 2, 3, 1 } })
  end
  if not picture.has_batch then
    name = g:add("squeeze", g:free_name(name .. "/image"), { name }, { axes = { 0 } })
  end
  g.values[picture.name] = g:activation(name)
  return g
end

-- ---- what cannot be built ----

-- The indices of the nodes to leave out, what could not be built and what needs it, and a text for the user.
local function leave_out(failures, blocked)
  local skipped, list = {}, {}
  for i, failure in ipairs(failures) do
    local op, name = document.node_names(failure.node)
    local _, own = failure.problem:find(document.node_text(failure.node) .. " ", 1, true)
    skipped[failure.node.index] = true
    list[i] = { type = op, text = ("'%s' (%s: %s)"):format(name, op, failure.problem:sub((own or 0) + 1)) }
  end
  for _, node in ipairs(blocked) do skipped[node.index] = true end
  return skipped, construction.left_out { failures = list, blocked = #blocked }
end

-- Makes a value, or a node's first one, the only output, where the options ask for that.
local function cut(doc, options)
  local wanted = options.output
  if not wanted then return doc end
  for _, node in ipairs(doc.nodes) do
    for _, name in ipairs(node.outputs) do
      if name == wanted or node.name == wanted then
        doc.outputs = { { name = name } }
        return doc
      end
    end
  end
  refuse.raise("it has no value '%s'", wanted)
end

-- The file's document; or nil and a message.
local function read(path)
  local doc, problem = document.read(path)
  if doc then patterns.replace(doc) end
  return doc, problem
end

-- The longest side that metadata may state.
local most_side = 1 << 14

-- Where the file leaves the picture's size open: the one that its metadata state ("height width"), or that most
-- networks are for; and, for those that are made for another one without saying so, the others.
local function sizes_for(picture, metadata)
  if picture.height and picture.width then return { { picture.height, picture.width } } end
  local height, width = (metadata.size or ""):match "^(%d+) (%d+)$"
  local sizes = { math.tointeger(tonumber(height)), math.tointeger(tonumber(width)) }
  if #sizes == 2 and math.min(sizes[1], sizes[2]) > 0 and math.max(sizes[1], sizes[2]) <= most_side then
    return { { picture.height or sizes[1], picture.width or sizes[2] } }
  end
  sizes = {}
  for i, size in ipairs(input_size.usual) do sizes[i] = { picture.height or size, picture.width or size } end
  return sizes
end

-- Whether layers did not fit together, at this size: what the core says then begins with a layer, what is said of nodes
-- with an operator.
local function are_misfits(failures)
  for _, failure in ipairs(failures) do
    if not failure.problem:find "^operator " then return true end
  end
  return false
end

-- The document again: building takes the tensors out of it.
local function reread(path, options)
  local doc, problem = read(path)
  if not doc then refuse.raise("it cannot be read again: %s", problem) end
  return cut(doc, options)
end

local function build_at(path, doc, picture, size, others, options, skipped)
  local g = begin(path, doc, picture, size, options)
  for name, value in pairs(others) do g.values[name] = value end
  return g, build.run(g, doc, skipped)
end

local function build_graph(path, doc, options)
  local picture, others, told = inputs.read(doc, build.needed_names(doc), options)
  local sizes = sizes_for(picture, doc.metadata)
  local g, failures, blocked = build_at(path, doc, picture, sizes[1], others, options, {})
  local fits, first = 1, failures
  while #failures > 0 and are_misfits(failures) and sizes[fits + 1] do
    fits = fits + 1
    g.net:close()
    g, failures, blocked = build_at(path, reread(path, options), picture, sizes[fits], others, options, {})
  end
  if fits == #sizes and fits > 1 and #failures > 0 then failures = first end
  if #failures > 0 then
    local skipped, left_out = leave_out(failures, blocked)
    g.net:close()
    g = build_at(path, reread(path, options), picture, sizes[fits], others, options, skipped)
    if #g.net:layers() <= 2 then refuse.raise("%s", left_out) end
    told = told and told .. "; " .. left_out or left_out
  end
  if #sizes == 1 or fits > 1 then g.net:set_input_size(sizes[fits][1], sizes[fits][2]) end
  return g, told
end

-- ---- classes ----

-- Layers that only change the shape, or nothing, at one image.
local passes = { flatten = true, reshape = true, squeeze = true, unsqueeze = true, dropout = true, identity = true }

-- The layers with the class scores before and after softmax: the first output's, if there is one that is a vector.
local function classes_of(g, doc)
  local value = g.values[doc.outputs[1].name]
  if not value or not value.layer then return {} end
  local shape, count = g.shapes[value.layer], 1
  for _, length in ipairs(shape) do count = count * length end
  if count ~= (shape[2] or 1) then return {} end
  local layer = g.net:layer(value.layer)
  while passes[layer.type] and #layer.from == 1 do layer = g.net:layer(layer.from[1]) end
  if layer.type == "softmax" then return { logits = layer.from[1], probabilities = layer.name } end
  if layer.type == "log_softmax" then return { logits = layer.from[1] } end
  return { logits = value.layer }
end

-- ---- opening ----

local function open(path, options)
  local doc, problem = read(path)
  if not doc then return nil, problem end
  local list
  list, problem = labels.parse(doc.metadata.labels or "[]")
  if not list then refuse.raise("%s", problem) end
  local g, told = build_graph(path, cut(doc, options), options)
  modules.name(g, doc.nodes)
  local classes = classes_of(g, doc)
  classes.labels = list
  refuse.guard(g.net.set_classes, g.net, classes)
  refuse.guard(g.net.fold, g.net)
  if told then io.stderr:write(("phosphene: '%s': %s\n"):format(path, told)) end
  return g.net
end

--- A network from a file, or nil and a message.
function onnx.open(path, options)
  local ok, net, problem = refuse.catch(open, path, options)
  if not ok then return nil, ("'%s': %s"):format(path, net) end
  return net, problem
end

return onnx
