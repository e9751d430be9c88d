-- SPDX-License-Identifier: MIT
-- Networks from TensorFlow graphs (GraphDef, .pb), frozen: their weights are constants among the nodes. This file
-- builds the nodes in order and decides which layers are the classes; operations are in tensorflow/*.lua.

local construction = require "phosphene.formats.construction"
local core = require "phosphene.core"
local document = require "phosphene.formats.tensorflow.document"
local folding = require "phosphene.formats.tensorflow.folding"
local graph = require "phosphene.formats.tensorflow.graph"
local preprocessing = require "phosphene.network.preprocessing"
local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.tensorflow.values"
local view = require "phosphene.formats.tensorflow.view"

local tensorflow = {}

-- ---- the picture ----

-- The network of the Distill article, under whatever file name: these nodes are in it, and in no other.
local function names_for(path, doc)
  local seen = {}
  for _, node in ipairs(doc.order) do seen[node.name] = true end
  local is_inception5h = seen.conv2d0_pre_relu and seen.localresponsenorm1 and seen.softmax2_pre_activation
  return { path:match "([^/]*)%.%w+$" or path, is_inception5h and "inception5h" or nil }
end

-- A network of the picture alone, and what the picture's node is.
local function begin(path, doc, options)
  local picture = doc.picture
  local net = core.network { backend = options.backend, channels = picture.channels }
  if picture.is_sized then refuse.guard(net.set_input_size, net, table.unpack(picture.size)) end
  local g = graph.new(net, picture)
  local name = g:free_name(picture.node.name)
  refuse.guard(preprocessing.add, net, {
    options = options, format = "tensorflow", channels = picture.channels, name = name, names = names_for(path, doc),
    metadata = picture.is_bytes and { range = "0 255" } or nil,
  })
  g:measure(name)
  local axes = view.image_axes(picture.is_first and "NCHW" or "NHWC")
  g.known = { [picture.node] = values.activation(name, picture.rank == 4 and axes or { table.unpack(axes, 2) }) }
  return g
end

-- ---- nodes ----

local operations = {}
for _, set in ipairs { "windows", "elementwise", "shapes", "matrices" } do
  for operation, f in pairs(require("phosphene.formats.tensorflow." .. set)) do
    if operation:match "^%u" then operations[operation] = f end
  end
end

-- How many inputs the nodes of an operation have at least; one where this does not say.
local least_inputs = { FusedBatchNorm = 5, FusedBatchNormV2 = 5, FusedBatchNormV3 = 5,
  BatchNormWithGlobalNormalization = 5 }
for count, names in pairs { [2] = [[Conv2D DepthwiseConv2dNative MatMul BiasAdd Add AddV2 Sub Mul RealDiv Div Maximum
  Minimum Pow Concat ConcatV2 Reshape Mean Sum Max Min Pad MirrorPad SquaredDifference ExpandDims Transpose Split Gather
  GatherV2 Tile ResizeBilinear ResizeNearestNeighbor BatchMatMul BatchMatMulV2 Switch FloorDiv FloorMod Equal NotEqual
  Less LessEqual Greater GreaterEqual LogicalAnd LogicalOr Prod Fill]], [3] = [[PadV2 Slice SplitV Conv2DBackpropInput
  SpaceToBatchND BatchToSpaceND FakeQuantWithMinMaxVars Range Select SelectV2 Dequantize]], [4] = "StridedSlice" } do
  for operation in names:gmatch "%S+" do least_inputs[operation] = count end
end

-- Operations that take constants as they take activations.
local on_constants = {}
for operation in ([[Identity StopGradient CheckNumerics PlaceholderWithDefault PreventGradient Snapshot Print
  EnsureShape Shape Size Rank FakeQuantWithMinMaxVars FakeQuantWithMinMaxArgs]]):gmatch "%S+" do
  on_constants[operation] = true
end

-- Operations that commute with taking an image apart into blocks and putting it together again.
local within_blocks = { Conv2D = true, DepthwiseConv2dNative = true, BatchToSpaceND = true }
for operation in ([[Identity BiasAdd Add AddV2 Sub Mul Relu Relu6 FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3
  BatchNormWithGlobalNormalization FakeQuantWithMinMaxVars]]):gmatch "%S+" do within_blocks[operation] = true end

-- Constants are taken as they are.
local function constant_of(node)
  local tensor = node.attributes.value
  if type(tensor) ~= "table" or not tensor.dims then refuse.raise "it has no value" end
  return values.constant(tensor)
end

-- What the options give a node.
local function given_value(value)
  if type(value) == "userdata" then return values.of_tensor(value) end
  if type(value) == "boolean" then value = value and 1 or 0 end
  return values.list({ value }, {}, math.type(value) == "float")
end

-- What a placeholder is that is not the picture: no network is in training, and nothing is dropped.
local function placeholder_value(node)
  if node.attributes.dtype == 10 then return values.list({ 0 }, {}, false) end
  if node.name:lower():find "keep" then return values.list({ 1.0 }, {}, true) end
  refuse.raise "its value is not known; the option inputs of ph.network gives it one"
end

-- Of two branches, the one that a known condition takes.
local function switch(x, condition)
  local takes = values.number(condition) ~= 0
  return { outputs = { takes and values.dead or x, takes and x or values.dead } }
end

local function merge(inputs)
  for _, value in ipairs(inputs) do
    if not value.dead then return value end
  end
  return values.dead
end

local function compute(g, node, inputs)
  document.check_attributes(node)
  if node.op == "Switch" then return switch(table.unpack(inputs)) end
  local is_constant = true
  for i, value in ipairs(inputs) do
    is_constant = is_constant and value.constant ~= nil
    if value.blocks and (i > 1 or not within_blocks[node.op]) then refuse.raise "it stands among blocks of an image" end
  end
  if is_constant and not on_constants[node.op] then return folding.fold(node, g.account, inputs) end
  inputs[#inputs + 1] = node.bias and g.known[node.bias]
  local operation = operations[node.op] or refuse.raise "supported for constants only"
  return operation(g, node, table.unpack(inputs))
end

-- The value of a node whose inputs are there.
local function build_node(g, doc, node, inputs)
  if node.problem then refuse.raise("%s", node.problem) end
  if doc.given[node] ~= nil then return given_value(doc.given[node]) end
  if node.op == "Const" then return constant_of(node) end
  if node.op == "Placeholder" or node.op == "PlaceholderV2" then return placeholder_value(node) end
  if node.op == "Merge" then return merge(inputs) end
  if not operations[node.op] and not folding.operations[node.op] and node.op ~= "Switch" then
    refuse.raise "not supported"
  end
  if #inputs < (least_inputs[node.op] or 1) then refuse.raise "too few inputs" end
  for _, value in ipairs(inputs) do
    if value.biased == node then return value end
  end
  return compute(g, node, inputs)
end

-- The value that an input is: nil where it is missing, `dead` where its branch is not taken; or nil and why it cannot
-- be.
local function value_of(g, input)
  local value = g.known[input.node]
  if not value or value.dead then return value end
  if value.missing then return nil, "it needs " .. value.missing end
  if not value.outputs and input.output == 0 then return value end
  local output = (value.outputs or {})[input.output + 1]
  return output, not output and ("it reads output %d of '%s'"):format(input.output, input.node.name) or nil
end

-- The values that a node reads; or nil and whether its branch is not taken. A node with a problem is tried and says so.
local function inputs_of(g, node)
  local inputs, is_missing, is_dead = {}, false, false
  for _, wait in ipairs(node.waits) do is_dead = is_dead or g.known[wait.node] == values.dead end
  for i, input in ipairs(node.inputs) do
    local value, problem = value_of(g, input)
    node.problem = node.problem or problem
    is_missing = is_missing or not (value or problem)
    is_dead = is_dead or (value and value.dead and node.op ~= "Merge")
    inputs[i] = value
  end
  if is_dead or (is_missing and not node.problem) then return nil, is_dead end
  return node.problem and {} or inputs
end

-- Builds a node that does not depend on the picture. What cannot be had is told by the node that needs it.
local function build_constant(g, doc, node, inputs)
  local ok, value = refuse.catch(build_node, g, doc, node, inputs)
  return ok and value or { missing = ("'%s' (%s: %s)"):format(node.name, node.op, value) }
end

-- Builds all nodes.
local function build(g, doc)
  g.blocked = 0
  for _, node in ipairs(doc.order) do
    local inputs, is_dead = inputs_of(g, node)
    if doc.given[node] ~= nil then inputs, is_dead = {}, false end
    if g.known[node] then -- the picture
      g.last = g.known[node]
    elseif is_dead then
      g.known[node] = values.dead
    elseif not doc.flows[node] then
      g.known[node] = build_constant(g, doc, node, inputs)
    elseif inputs then
      local ok, value = g:attempt(node, node.name, node.op, build_node, g, doc, node, inputs)
      if ok then g.known[node] = value end
      if ok and value.layer then g.last = value end
    else
      g:block()
    end
  end
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
local function classes_of(g)
  local depths, best = depths_of(g.net), nil
  for _, softmax in ipairs(g.softmaxes) do
    if not best or depths[softmax.layer] >= depths[best.layer] then best = softmax end
  end
  if best then return { logits = best.logits, probabilities = not best.is_log and best.layer or nil } end
  return #g.last.axes == 2 and { logits = g.last.layer } or {}
end

-- ---- opening ----

local function open(path, options)
  local doc, problem = document.read(path, options)
  if not doc then return nil, problem end
  local g = construction.complete(function() return begin(path, doc, options) end, function(g) build(g, doc) end)
  refuse.guard(g.net.set_classes, g.net, classes_of(g))
  refuse.guard(g.net.fold, g.net)
  g:tell(path)
  return g.net
end

--- A network from a file, or nil and a message.
function tensorflow.open(path, options)
  local ok, net, problem = refuse.catch(open, path, options)
  if not ok then return nil, ("'%s': %s"):format(path, net) end
  return net, problem
end

return tensorflow
