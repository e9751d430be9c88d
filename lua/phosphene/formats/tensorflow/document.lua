-- SPDX-License-Identifier: MIT
-- A TensorFlow graph, prepared for importing: nodes by name, their inputs without control dependencies, attributes as
-- plain values; which nodes depend on the picture, and the order in which they and their inputs can be built. Must not
-- know what operations compute.

local core = require "phosphene.core"
local dropout = require "phosphene.formats.tensorflow.dropout"
local pictures = require "phosphene.formats.tensorflow.pictures"
local refuse = require "phosphene.formats.refuse"

local document = {}

-- ---- nodes ----

-- The inputs of a node, as { name =, output = }; and the names of nodes that it only waits for.
local function inputs_of(node)
  local inputs, waits = {}, {}
  for _, text in ipairs(node.input) do
    if text:sub(1, 1) == "^" then
      waits[#waits + 1] = text:sub(2)
    else
      local name, output = text:match "^(.*):(%d+)$"
      inputs[#inputs + 1] = { name = name or text, output = tonumber(output) or 0 }
    end
  end
  return inputs, waits
end

-- The value that an attribute holds: whichever of the fields is there.
local function value_of(value)
  if value.list then return #value.list.i > 0 and value.list.i or #value.list.f > 0 and value.list.f or value.list.s end
  for _, field in ipairs { "s", "i", "f", "b", "tensor", "shape", "type" } do
    if value[field] ~= nil then return value[field] end
  end
end

local function attributes_of(node)
  local attributes = {}
  for _, entry in ipairs(node.attr) do
    if entry.key and entry.value then attributes[entry.key] = value_of(entry.value) end
  end
  return attributes
end

local function nodes_of(message)
  local nodes = { list = {}, by_name = {} }
  for i, entry in ipairs(message.node) do
    local node = { name = entry.name or "", op = entry.op or "", attributes = attributes_of(entry), readers = {} }
    node.inputs, node.waits = inputs_of(entry)
    if nodes.by_name[node.name] then refuse.raise("two nodes are called '%s'", node.name) end
    nodes.list[i], nodes.by_name[node.name] = node, node
  end
  return nodes
end

-- Finds the nodes that inputs name. Of those that are waited for, only what tells that a branch is taken is kept. Gives
-- the nodes that read what is not there.
local function link(nodes)
  local broken = {}
  for _, node in ipairs(nodes.list) do
    for _, input in ipairs(node.inputs) do
      input.node = nodes.by_name[input.name]
      if not input.node then node.problem = ("it reads '%s', which is not there"):format(input.name) end
    end
    if node.problem then
      node.inputs = {}
      broken[#broken + 1] = node
    end
  end
  for _, node in ipairs(nodes.list) do
    local kept = {}
    for _, name in ipairs(node.waits) do
      local other = nodes.by_name[name]
      local from = other and other.op == "Identity" and other.inputs[1]
      if from and from.node.op == "Switch" then kept[#kept + 1] = { node = other, output = 0 } end
    end
    node.waits = kept
  end
  return broken
end

-- Notes for each node which nodes read it, without those that served dropout.
local function note_readers(nodes)
  for _, node in ipairs(nodes.list) do
    for _, input in ipairs(node.is_dropped and {} or node.inputs) do table.insert(input.node.readers, node) end
  end
end

-- ---- types of attributes ----

local function is_integers(value)
  if type(value) ~= "table" or value.dims or value.dim then return false end
  for _, number in ipairs(value) do
    if math.type(number) ~= "integer" then return false end
  end
  return true
end

local function is_of(wanted) return function(value) return type(value) == wanted end end
local function is_integer(value) return math.type(value) == "integer" end

-- What the attributes of the operations that are run have to be.
local kinds = {
  { "a list of whole numbers", is_integers, { "strides", "ksize", "dilations", "explicit_paddings", "squeeze_dims" } },
  { "a whole number", is_integer, { "depth_radius", "block_size", "axis", "batch_dims", "num_split", "num",
    "begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask", "SrcT", "DstT" } },
  { "a number", is_of "number", { "epsilon", "variance_epsilon", "alpha", "beta", "bias", "min", "max" } },
  { "a text", is_of "string", { "data_format", "padding", "mode" } },
  { "true or false", is_of "boolean", { "is_training", "keep_dims", "transpose_a", "transpose_b", "adj_x", "adj_y",
    "align_corners", "half_pixel_centers", "scale_after_normalization" } },
}

--- Refuses a node of an operation that is run whose attributes are of wrong types.
function document.check_attributes(node)
  for _, kind in ipairs(kinds) do
    local text, is_right, names = table.unpack(kind)
    for _, name in ipairs(names) do
      local value = node.attributes[name]
      if value ~= nil and not is_right(value) then refuse.raise("its attribute '%s' is not %s", name, text) end
    end
  end
end

-- ---- what is built, in which order ----

-- Everything that a node needs before it is built: what it reads, what says whether its branch is taken, and the bias
-- that it takes in.
local function needs_of(node)
  local needs = table.move(node.inputs, 1, #node.inputs, 1, {})
  table.move(node.waits, 1, #node.waits, #needs + 1, needs)
  if node.bias then needs[#needs + 1] = { node = node.bias } end
  return needs
end

-- Visits what a node needs before the node, without recursion, since graphs are deep.
local function visit(node, is_given, state, order)
  local function entry(of) return { node = of, next = 1, needs = is_given[of] and {} or needs_of(of) } end
  local stack = { entry(node) }
  state[node] = "open"
  while #stack > 0 do
    local top = stack[#stack]
    local input = top.needs[top.next]
    top.next = top.next + 1
    if not input then
      state[top.node] = "done"
      order[#order + 1] = top.node
      stack[#stack] = nil
    elseif state[input.node] == "open" then
      top.node.problem = "it depends on its own results"
    elseif not state[input.node] then
      state[input.node] = "open"
      stack[#stack + 1] = entry(input.node)
    end
  end
end

local takes_bias = { Conv2D = true, DepthwiseConv2dNative = true, MatMul = true, Conv2DBackpropInput = true }

-- A constant that is added to what a node with weights makes, and to nothing else, is that node's bias: they become one
-- layer, under the name of the node that adds.
local function note_bias(node, flows)
  local reader = #node.readers == 1 and node.readers[1]
  if not takes_bias[node.op] or not reader or #reader.inputs ~= 2 or not flows[reader] then return end
  if reader.op ~= "BiasAdd" and reader.op ~= "Add" and reader.op ~= "AddV2" then return end
  local first, second = reader.inputs[1].node, reader.inputs[2].node
  local other = first == node and second or first
  if flows[other] or (reader.op == "BiasAdd" and other == first) then return end
  node.bias, node.adds_bias = other, reader
end

-- The node that a name of the options stands for.
local function named(nodes, name, option)
  return nodes.by_name[(name:gsub(":0$", ""))] or refuse.raise("it has no node '%s' (the option %s)", name, option)
end

local function find(nodes, name, option) return name and named(nodes, name, option) end

-- Values that the options give to nodes.
local function given_values(nodes, inputs)
  local given = {}
  for name, value in pairs(inputs or {}) do given[named(nodes, name, "inputs")] = value end
  return given
end

-- So many nodes that read what is not there are told of.
local most_broken = 100

--- A file's graph: { picture = what is known of the picture and its node (pictures.lua), order = nodes to build,
--- flows = { [node] = true } for those that the picture flows through, given = { [node] = value from the options } };
--- or nil and a message. A node is { name =, op =, inputs = { { name =, output =, node = }, … }, attributes = { … },
--- readers = nodes }, with `problem` where it cannot be built. Respects the options `input`, `inputs` and `output`.
function document.read(path, options)
  local message, problem = core.load_tensorflow(path)
  if not message then return nil, problem end
  local nodes = nodes_of(message)
  if #nodes.list == 0 then refuse.raise "it has no nodes" end
  local broken = link(nodes)
  dropout.remove(nodes.list)
  note_readers(nodes)
  local given = given_values(nodes, options.inputs)
  local picture = pictures.find(nodes.list, find(nodes, options.input, "input"), given)
  local output = find(nodes, options.output, "output")
  -- What comes after a broken node counts as the picture's, so that it is told as missing.
  local flows, state, order = pictures.flow_from { picture.node, table.unpack(broken, 1, most_broken) }, {}, {}
  if output and not flows[output] then
    refuse.raise("its node '%s' (the option output) does not depend on the input '%s'", output.name, picture.node.name)
  end
  local is_given = setmetatable({ [picture.node] = true }, { __index = given })
  for _, node in ipairs(output and {} or nodes.list) do note_bias(node, flows) end
  for _, node in ipairs(output and { output } or nodes.list) do
    if flows[node] and not state[node] then visit(node, is_given, state, order) end
  end
  return { picture = picture, order = order, flows = flows, given = given }
end

return document
