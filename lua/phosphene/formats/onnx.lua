-- SPDX-License-Identifier: MIT
-- Networks from ONNX files. This file decides which part of a graph is the network: which input is the picture, at
-- which size shapes are computed, which outputs are the classes, and what may be left out. Operators are in
-- onnx/operators.

local core = require "phosphene.core"
local build = require "phosphene.formats.onnx.build"
local construction = require "phosphene.formats.construction"
local document = require "phosphene.formats.onnx.document"
local graph = require "phosphene.formats.onnx.graph"
local labels = require "phosphene.network.labels"
local patterns = require "phosphene.formats.onnx.patterns"
local preprocessing = require "phosphene.network.preprocessing"
local refuse = require "phosphene.formats.refuse"

local onnx = {}

-- ---- the picture ----

-- Where the file leaves the picture's size open.
local usual_size = 224

-- The graph's only input, as { name, channels, height, width, images, is_last } (is_last: channels are its last axis).
local function picture_of(doc)
  if #doc.inputs ~= 1 then
    local names = {}
    for i, input in ipairs(doc.inputs) do names[i] = ("'%s'"):format(input.name) end
    refuse.raise("it has %d inputs (%s); only one, a picture, is supported", #names, table.concat(names, ", "))
  end
  local input = doc.inputs[1]
  local dims = input.dims or { false, 3, false, false }
  if #dims ~= 4 then refuse.raise("its input '%s' has %d dimensions; a picture has four", input.name, #dims) end
  if input.type and input.type ~= 1 and input.type ~= 10 and input.type ~= 11 and input.type ~= 16 then
    refuse.raise("its input '%s' is not of floating-point numbers", input.name)
  end
  local function is_colour(channels) return channels == 3 or channels == 1 end
  local is_last = not is_colour(dims[2]) and is_colour(dims[4])
  local picture = { name = input.name, images = dims[1] or 1, is_last = is_last }
  picture.channels = dims[is_last and 4 or 2] or 3
  picture.height, picture.width = dims[is_last and 2 or 3] or usual_size, dims[is_last and 3 or 4] or usual_size
  if picture.height > 1 << 14 or picture.width > 1 << 14 then
    refuse.raise("its input '%s' is too large, %d by %d", input.name, picture.height, picture.width)
  end
  return picture
end

-- A network's beginning: the picture, with the preprocessing of the graph's input.
local function begin(path, doc, picture, options)
  local net = core.network { backend = options.backend, channels = picture.channels }
  local g = graph.new(net, picture.channels, { picture.height, picture.width })
  g.images = picture.images
  local name = g:free_name(picture.name)
  refuse.guard(preprocessing.add, net, {
    options = options, metadata = doc.metadata, format = "onnx", channels = picture.channels, name = name,
    names = { path:match "([^/]*)%.%w+$" or path },
  })
  g:measure(name)
  g:measure_elsewhere(name)
  if picture.is_last then
    name = g:add("transpose", g:free_name(name .. "/channels_last"), { name }, { axes = { 0, 2, 3, 1 } })
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

-- The file's document; or nil and a message.
local function read(path)
  local doc, problem = document.read(path)
  if doc then patterns.replace(doc) end
  return doc, problem
end

local function build_graph(path, doc, options)
  local picture = picture_of(doc)
  local g = begin(path, doc, picture, options)
  local failures, blocked = build.run(g, doc, {})
  if #failures == 0 then return g end
  local skipped, told = leave_out(failures, blocked)
  g.net:close()
  g = begin(path, doc, picture, options)
  -- Building took the tensors out of the first document.
  build.run(g, read(path) or refuse.raise "it cannot be read again", skipped)
  if #g.net:layers() <= 2 then refuse.raise("%s", told) end
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
  local g, told = build_graph(path, doc, options)
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
