-- SPDX-License-Identifier: MIT
-- Networks from TensorFlow graphs (GraphDef, .pb), frozen: their weights are constants among the nodes. This file
-- decides which part of a graph is the network and which layers are its classes; operations are in tensorflow/*.lua.

local core = require "phosphene.core"
local document = require "phosphene.formats.tensorflow.document"
local elementwise = require "phosphene.formats.tensorflow.elementwise"
local graph = require "phosphene.formats.tensorflow.graph"
local preprocessing = require "phosphene.network.preprocessing"
local refuse = require "phosphene.formats.refuse"
local shapes = require "phosphene.formats.tensorflow.shapes"
local values = require "phosphene.formats.tensorflow.values"
local windows = require "phosphene.formats.tensorflow.windows"

local tensorflow = {}

-- ---- the picture ----

-- Where the file leaves the picture's size open.
local usual_size = 224

local function dimension(shape, axis)
  local dim = shape and #shape.dim == 4 and shape.dim[axis].size
  return dim and dim > 0 and dim <= 1 << 14 and dim or nil
end

-- Channels that the first convolution of the picture has weights for.
local function channels_of(picture)
  local node = picture
  for _ = 1, 8 do -- past nodes that do nothing to channels
    local reader = node.readers[1]
    if not reader then break end
    local kernel = reader.op == "Conv2D" and reader.inputs[2] and reader.inputs[2].node
    while kernel and kernel.op == "Identity" and kernel.inputs[1] do kernel = kernel.inputs[1].node end
    local tensor = kernel and kernel.attributes.value
    if type(tensor) == "table" and tensor.dims and #tensor.dims == 4 then return tensor.dims[3] end
    node = reader
  end
  return 3
end

-- What the picture's node says of its size.
local function picture_of(node)
  local shape = node.attributes.shape
  if type(shape) ~= "table" or not shape.dim then shape = nil end
  return {
    channels = dimension(shape, 4) or channels_of(node),
    size = { dimension(shape, 2) or usual_size, dimension(shape, 3) or usual_size },
  }
end

-- The network of the Distill article, under whatever file name: these nodes are in it, and in no other.
local function names_for(path, doc)
  local seen = {}
  for _, node in ipairs(doc.order) do seen[node.name] = true end
  local is_inception5h = seen.conv2d0_pre_relu and seen.localresponsenorm1 and seen.softmax2_pre_activation
  return { path:match "([^/]*)%.%w+$" or path, is_inception5h and "inception5h" or nil }
end

local function begin(path, doc, options)
  local picture = picture_of(doc.picture)
  if picture.channels ~= 1 and picture.channels ~= 3 then
    refuse.raise("its input '%s' has %d channels; a picture has 3 or 1", doc.picture.name, picture.channels)
  end
  local net = core.network { backend = options.backend, channels = picture.channels }
  local g = graph.new(net, picture.channels, picture.size, doc.flows)
  local name = g:free_name(doc.picture.name)
  refuse.guard(preprocessing.add, net, {
    options = options, format = "tensorflow", channels = picture.channels, name = name, names = names_for(path, doc),
  })
  g:measure(name)
  return g, values.activation(name, 4, picture.channels)
end

-- ---- nodes ----

local operations = {}
for _, set in ipairs { windows, elementwise, shapes } do
  for operation, f in pairs(set) do
    if operation:match "^%u" then operations[operation] = f end
  end
end

-- Operations that take a bias into the layer before them.
local takes_bias = { BiasAdd = true, Add = true, AddV2 = true }
local has_weights = { Conv2D = true, DepthwiseConv2dNative = true, MatMul = true }

-- The values that a node reads; or nil and the problem of one that could not be had.
local function inputs_of(g, node, known)
  local inputs = {}
  for i, input in ipairs(node.inputs) do
    local value = known[input.node]
    if value.problem then return nil, value.problem end
    if input.output ~= 0 then refuse.raise("node '%s' reads output %d of '%s'", node.name, input.output, input.name) end
    inputs[i] = takes_bias[node.op] and value or windows.settle(g, value)
  end
  return inputs
end

-- Constants are taken as they are.
local function constant_of(node)
  local tensor = node.attributes.value
  if type(tensor) ~= "table" or not tensor.dims then refuse.raise("node '%s' has no value", node.name) end
  return values.constant(tensor)
end

-- How many inputs the nodes of an operation have at least; one where this does not say.
local least_inputs = { FusedBatchNorm = 5, FusedBatchNormV2 = 5, FusedBatchNormV3 = 5,
  BatchNormWithGlobalNormalization = 5, PadV2 = 3 }
for operation in ([[Conv2D DepthwiseConv2dNative MatMul BiasAdd Add AddV2 Sub Mul RealDiv Div Maximum Minimum Pow Concat
  ConcatV2 Reshape Mean Sum Max Min Pad MirrorPad]]):gmatch "%S+" do least_inputs[operation] = 2 end

-- Operations that can take a constant first, of which the others want an activation.
local may_take_constant = { Concat = true }
for operation in ([[Identity Reshape Rsqrt Sqrt Neg Reciprocal Square Exp Add AddV2 Sub Mul RealDiv Div Maximum Minimum
  Pow]]):gmatch "%S+" do may_take_constant[operation] = true end

local function not_run(node, text)
  return { problem = ("operation '%s'%s (node '%s') is not supported"):format(node.op, text, node.name) }
end

local function build_node(g, node, known)
  if node.op == "Const" then return constant_of(node) end
  if not operations[node.op] then return not_run(node, "") end
  local inputs, problem = inputs_of(g, node, known)
  if not inputs and has_weights[node.op] then refuse.raise("%s", problem) end
  if not inputs then return { problem = problem } end
  if #inputs < (least_inputs[node.op] or 1) then refuse.raise("node '%s' has too few inputs", node.name) end
  if inputs[1].constant and not may_take_constant[node.op] then return not_run(node, " of a constant") end
  local ok, result = refuse.catch(function()
    document.check_attributes(node)
    return operations[node.op](g, node, table.unpack(inputs))
  end)
  if not ok then refuse.raise("node '%s': %s cannot be built: %s", node.name, node.op, result) end
  return result
end

-- Builds all nodes. Gives the last value, and what could not be built: a text for the user, or nil.
local function build(g, doc, picture)
  local known, told, last = { [doc.picture] = picture }, nil, picture
  for _, node in ipairs(doc.order) do
    if node ~= doc.picture then
      local value = build_node(g, node, known)
      known[node] = value
      if value.layer and g.flows[node] then last = value end
      if value.problem and g.flows[node] then told = told or value.problem end
    end
  end
  for _, node in ipairs(doc.order) do windows.settle(g, known[node]) end
  if #g.net:layers() <= 2 then refuse.raise("%s", told or "no layer depends on its input") end
  return last, told
end

-- ---- classes ----

-- How many layers deep each layer lies.
local function depths_of(net)
  local depths = {}
  for _, name in ipairs(net:layers()) do
    local depth = 0
    for _, from in ipairs(net:layer(name).from) do depth = math.max(depth, depths[from] + 1) end
    depths[name] = depth
  end
  return depths
end

-- The deepest softmax gives the classes: the others are auxiliary. Without one, the last list of elements.
local function classes_of(g, last)
  local depths, best = depths_of(g.net), nil
  for _, softmax in ipairs(g.softmaxes) do
    if not best or depths[softmax.layer] >= depths[best.layer] then best = softmax end
  end
  if best then return { logits = best.logits, probabilities = not best.is_log and best.layer or nil } end
  return last.rank == 2 and { logits = last.layer } or {}
end

-- ---- opening ----

local function open(path, options)
  local doc, problem = document.read(path, options.input)
  if not doc then return nil, problem end
  local g, picture = begin(path, doc, options)
  local last, told = build(g, doc, picture)
  g.net:set_classes(classes_of(g, last))
  refuse.guard(g.net.fold, g.net)
  if told then
    io.stderr:write(("phosphene: '%s': left out the nodes after %s\n"):format(path, (told:gsub("%c", "?"))))
  end
  return g.net
end

--- A network from a file, or nil and a message.
function tensorflow.open(path, options)
  local ok, net, problem = refuse.catch(open, path, options)
  if not ok then return nil, ("'%s': %s"):format(path, net) end
  return net, problem
end

return tensorflow
