-- SPDX-License-Identifier: MIT
-- An ONNX model file, prepared for importing: names checked, attributes by name, nodes in topological order. Must not
-- know any operator.

local core = require "phosphene.core"
local functions = require "phosphene.formats.onnx.functions"
local refuse = require "phosphene.formats.refuse"

local document = {}

-- A name as it may stand in one line of a message, and be a layer's.
local function clean(name)
  name = (name or ""):gsub("%c", "?")
  if #name > 400 then refuse.raise("a name of %d bytes, '%s…', makes no sense", #name, name:sub(1, 40)) end
  return name
end

local function clean_all(names)
  local cleaned = {}
  for i, name in ipairs(names) do cleaned[i] = clean(name) end
  return cleaned
end

-- The types of attributes: AttributeProto.AttributeType. Files before version 2 of the format leave the type out, and
-- writers leave out numbers that are zero.
local readers = {
  [1] = function(a) return a.f or 0.0 end,
  [2] = function(a) return a.i or 0 end,
  [3] = function(a) return a.s or "" end,
  [4] = function(a) return a.t end,
  [5] = function(a) return a.g end,
  [6] = function(a) return a.floats end,
  [7] = function(a) return a.ints end,
  [8] = function(a) return a.strings end,
  [9] = function(a) return a.tensors end,
}

local function attribute_value(a)
  local read = readers[a.type or 0]
  if read then return read(a) end
  if (a.type or 0) ~= 0 then return nil end -- lists of graphs, and types that are newer than this
  for _, list in ipairs { a.floats, a.ints, a.strings, a.tensors } do
    if #list > 0 then return list end
  end
  return a.f or a.i or a.s or a.t
end

local function read_node(message, index)
  local node = {
    op = clean(message.op_type), domain = clean(message.domain), name = clean(message.name), index = index,
    inputs = clean_all(message.input), outputs = clean_all(message.output), attributes = {}, branches = {},
  }
  if node.domain == "ai.onnx" then node.domain = "" end
  for _, attribute in ipairs(message.attribute) do
    node.attributes[clean(attribute.name)] = attribute_value(attribute)
    if (attribute.ref_attr_name or "") ~= "" then
      node.references = node.references or {}
      node.references[clean(attribute.name)] = attribute.ref_attr_name
    end
  end
  for _, entry in ipairs(message.metadata_props or {}) do
    if entry.key == "pkg.torch.onnx.name_scopes" then node.scopes = clean(entry.value) end
  end
  return node
end

local function read_tensors(list)
  local tensors = {}
  for _, tensor in ipairs(list) do
    tensor.name = clean(tensor.name)
    if tensors[tensor.name] then refuse.raise("tensor '%s' occurs twice", tensor.name) end
    tensors[tensor.name] = tensor
  end
  return tensors
end

-- ---- branches ----

-- A graph within a node, which reads names of the graph around it.
local function read_branch(message, index)
  local branch = { nodes = {}, tensors = read_tensors(message.initializer), outputs = {} }
  for i, inner in ipairs(message.node) do branch.nodes[i] = read_node(inner, index) end
  for i, output in ipairs(message.output) do branch.outputs[i] = clean(output.name) end
  return branch
end

-- Calls visit(name) for the names that a branch reads of the graph around it.
local function each_captured(branch, visit)
  local own = { [""] = true }
  for name in pairs(branch.tensors) do own[name] = true end
  local function read(names)
    for _, name in ipairs(names) do
      if not own[name] then visit(name) end
    end
  end
  for _, inner in ipairs(branch.nodes) do
    read(inner.inputs)
    for _, name in ipairs(inner.outputs) do own[name] = true end
  end
  read(branch.outputs)
end

-- A node of the outermost graph. What its branches read is among its inputs, behind its own.
local function read_outer_node(message, index)
  local node = read_node(message, index)
  for _, name in ipairs { "then_branch", "else_branch" } do
    local branch = node.attributes[name]
    if type(branch) == "table" and branch.node then
      branch = read_branch(branch, index)
      node.branches[name] = branch
      each_captured(branch, function(read) node.inputs[#node.inputs + 1] = read end)
    end
  end
  return node
end

-- A graph's input or output. A dimension is a number, or false where it is free or only has a name.
local function read_port(message)
  local port = { name = clean(message.name) }
  local tensor = message.type and message.type.tensor_type
  if not tensor then return port end
  port.type = tensor.elem_type
  if not tensor.shape then return port end
  port.dims = {}
  for i, dim in ipairs(tensor.shape.dim) do
    local size = dim.dim_value
    if size and (size < 0 or size > 1 << 30) then
      refuse.raise("'%s' claims a dimension of %d", port.name, size)
    end
    port.dims[i] = size and size > 0 and size or false
  end
  return port
end

-- ---- order ----

-- The first node that makes an input of this one and that has not been come to yet.
local function next_before(node, maker, state)
  for _, name in ipairs(node.inputs) do
    local before = maker[name]
    if before and not state[before] then return before end
  end
end

-- The nodes in an order in which they can be computed: each after those that it reads, as far as there are no cycles;
-- else as they are.
local function sort(nodes, tensors)
  local maker, state, sorted = {}, {}, {}
  for _, node in ipairs(nodes) do
    for _, name in ipairs(node.outputs) do maker[name] = not tensors[name] and node or nil end
  end
  for _, first in ipairs(nodes) do
    local pending = { not state[first] and first or nil }
    while #pending > 0 do
      local node = pending[#pending]
      state[node] = true
      local before = next_before(node, maker, state)
      if not before then sorted[#sorted + 1] = node end
      pending[before and #pending + 1 or #pending] = before
    end
  end
  return sorted
end

-- Every name is made once, and before it is read: then there are no cycles either.
local function check_order(doc)
  local made = { [""] = true }
  local function make(name, what)
    if name == "" then return end
    if made[name] then refuse.raise("%s '%s' is made twice", what, name) end
    made[name] = true
  end
  for name in pairs(doc.tensors) do make(name, "tensor") end
  for _, input in ipairs(doc.inputs) do make(input.name, "input") end
  for _, node in ipairs(doc.nodes) do
    for _, name in ipairs(node.inputs) do
      if not made[name] then
        refuse.raise("%s reads '%s', which nothing before it makes", document.node_text(node), name)
      end
    end
    for _, branch in pairs(node.branches) do
      for name in pairs(branch.tensors) do make(name, "tensor") end
      for _, inner in ipairs(branch.nodes) do
        for _, name in ipairs(inner.outputs) do make(name, "value") end
      end
    end
    for _, name in ipairs(node.outputs) do make(name, "value") end
  end
  for _, output in ipairs(doc.outputs) do
    if not made[output.name] then refuse.raise("nothing makes its output '%s'", output.name) end
  end
end

--- "Conv", or with the domain of what is not ONNX's own: "com.microsoft.FusedConv".
function document.operator_name(node) return node.domain == "" and node.op or node.domain .. "." .. node.op end

--- A node's operator, and what the node is called.
function document.node_names(node)
  return document.operator_name(node), node.name ~= "" and node.name or node.outputs[1] or ""
end

--- "operator 'Conv' (node 'Conv_0')".
function document.node_text(node) return ("operator '%s' (node '%s')"):format(document.node_names(node)) end

local function read(message)
  local graph = message.graph
  if not graph or #graph.node == 0 then refuse.raise "it has no graph" end
  if #graph.sparse_initializer > 0 then refuse.raise "it has sparse tensors, which are not read" end
  local doc = { opset = 1, metadata = {}, nodes = {}, inputs = {}, outputs = {} }
  doc.tensors = read_tensors(graph.initializer)
  for _, set in ipairs(message.opset_import) do
    if (set.domain or "") == "" or set.domain == "ai.onnx" then doc.opset = set.version or 1 end
  end
  for _, entry in ipairs(message.metadata_props) do doc.metadata[entry.key or ""] = entry.value or "" end
  for _, input in ipairs(graph.input) do
    local port = read_port(input)
    -- Before version 4 of the format, tensors are listed among the inputs too.
    if not doc.tensors[port.name] then doc.inputs[#doc.inputs + 1] = port end
  end
  for i, output in ipairs(graph.output) do doc.outputs[i] = read_port(output) end
  for i, node in ipairs(graph.node) do doc.nodes[i] = read_outer_node(node, i) end
  doc.nodes = sort(functions.inline(doc.nodes, message.functions or {}, read_node), doc.tensors)
  for i, node in ipairs(doc.nodes) do node.index = i end
  if #doc.outputs == 0 then refuse.raise "its graph has no outputs" end
  check_order(doc)
  return doc
end

--- Reads a file: { opset, metadata, inputs, outputs, nodes, tensors }; or nil and a message. A node has branches by
--- name, { nodes, tensors, outputs }.
function document.read(path)
  local message, problem = core.load_onnx(path)
  if not message then return nil, problem end
  local ok, doc = refuse.catch(read, message)
  if not ok then return nil, ("'%s': %s"):format(path, doc) end
  return doc
end

return document
