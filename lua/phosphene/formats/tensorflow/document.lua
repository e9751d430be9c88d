-- SPDX-License-Identifier: MIT
-- A TensorFlow graph, prepared for importing: nodes by name, their inputs without control dependencies, attributes as
-- plain values; which nodes depend on the picture, and the order in which they and their inputs can be built. Must not
-- know any operation but those that stand for inputs.

local core = require "phosphene.core"
local refuse = require "phosphene.formats.refuse"

local document = {}

-- ---- nodes ----

-- The inputs of a node, as { name =, output = }.
local function inputs_of(node)
  local inputs = {}
  for _, text in ipairs(node.input) do
    if text:sub(1, 1) ~= "^" then
      local name, output = text:match "^(.*):(%d+)$"
      inputs[#inputs + 1] = { name = name or text, output = tonumber(output) or 0 }
    end
  end
  return inputs
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
    local node = { name = entry.name or "", op = entry.op or "", inputs = inputs_of(entry), at = i,
      attributes = attributes_of(entry), readers = {} }
    if nodes.by_name[node.name] then refuse.raise("two nodes are called '%s'", node.name) end
    nodes.list[i], nodes.by_name[node.name] = node, node
  end
  return nodes
end

-- Notes for each node which nodes read it.
local function connect(nodes)
  for _, node in ipairs(nodes.list) do
    for _, input in ipairs(node.inputs) do
      input.node = nodes.by_name[input.name]
        or refuse.raise("node '%s' reads '%s', which is not there", node.name, input.name)
      table.insert(input.node.readers, node)
    end
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
  { "a list of whole numbers", is_integers, { "strides", "ksize", "dilations", "explicit_paddings", "squeeze_dims",
    "axis" } },
  { "a whole number", is_integer, { "depth_radius", "block_size" } },
  { "a number", is_of "number", { "epsilon", "variance_epsilon", "alpha", "beta", "bias" } },
  { "a text", is_of "string", { "data_format", "padding", "mode" } },
  { "true or false", is_of "boolean", { "is_training", "keep_dims", "transpose_a", "transpose_b",
    "scale_after_normalization" } },
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

-- ---- the picture ----

local is_placeholder = { Placeholder = true, PlaceholderV2 = true, PlaceholderWithDefault = true }

-- The names of a list of nodes, in quotes.
local function names_of(list)
  local names = {}
  for i = 1, math.min(#list, 6) do names[i] = ("'%s'"):format(list[i].name) end
  return table.concat(names, ", ") .. (#list > 6 and ", …" or "")
end

-- The node that stands for the picture: the one that is asked for, or the only placeholder.
local function find_picture(nodes, asked)
  if asked then
    return nodes.by_name[asked:gsub(":0$", "")] or refuse.raise("it has no node '%s' to be the input", asked)
  end
  local found = {}
  for _, node in ipairs(nodes.list) do
    if is_placeholder[node.op] then found[#found + 1] = node end
  end
  if #found == 1 then return found[1] end
  if #found == 0 then
    refuse.raise "it has no placeholder for a picture; the option input of ph.network names a node to take its place"
  end
  refuse.raise("it has %d placeholders (%s); the option input of ph.network says which takes the picture", #found,
    names_of(found))
end

-- ---- what is built, in which order ----

-- Nodes that the picture flows into, the picture's own among them.
local function flow_from(picture)
  local reached, list = { [picture] = true }, { picture }
  local i = 1
  while list[i] do
    for _, reader in ipairs(list[i].readers) do
      if not reached[reader] then
        reached[reader] = true
        list[#list + 1] = reader
      end
    end
    i = i + 1
  end
  return reached
end

-- Visits what a node needs before the node, without recursion, since graphs are deep.
local function visit(node, picture, state, order)
  local stack = { { node = node, next = 1 } }
  state[node] = "open"
  while #stack > 0 do
    local top = stack[#stack]
    local inputs = top.node == picture and {} or top.node.inputs
    local input = inputs[top.next]
    top.next = top.next + 1
    if not input then
      state[top.node] = "done"
      order[#order + 1] = top.node
      stack[#stack] = nil
    elseif state[input.node] == "open" then
      refuse.raise("node '%s' reads its own results", input.node.name)
    elseif not state[input.node] then
      state[input.node] = "open"
      stack[#stack + 1] = { node = input.node, next = 1 }
    end
  end
end

--- A file's graph: { picture = node, order = nodes to build, flows = { [node] = true } for those that the picture
--- flows through }; or nil and a message. A node is { name =, op =, inputs = { { name =, output =, node = }, … },
--- attributes = { … }, readers = nodes }. `asked` names the node that stands for the picture, if it is not the only
--- placeholder.
function document.read(path, asked)
  local message, problem = core.load_tensorflow(path)
  if not message then return nil, problem end
  local nodes = nodes_of(message)
  if #nodes.list == 0 then refuse.raise "it has no nodes" end
  connect(nodes)
  local picture = find_picture(nodes, asked)
  local flows = flow_from(picture)
  local state, order = {}, {}
  for _, node in ipairs(nodes.list) do
    if flows[node] and not state[node] then visit(node, picture, state, order) end
  end
  return { picture = picture, order = order, flows = flows }
end

return document
