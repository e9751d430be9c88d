-- SPDX-License-Identifier: MIT
-- Walks an ONNX graph: each node that the outputs need becomes numbers, if its inputs are known, or layers. Nodes that
-- cannot be built are recorded, with those that depend on them. Must not know of files, pictures or uses of networks.

local document = require "phosphene.formats.onnx.document"
local folding = require "phosphene.formats.onnx.folding"
local lists = require "phosphene.formats.lists"
local node = require "phosphene.formats.onnx.node"
local operators = require "phosphene.formats.onnx.operators"
local refuse = require "phosphene.formats.refuse"
local scratch = require "phosphene.formats.onnx.scratch"
local values = require "phosphene.formats.onnx.values"

local build = {}

-- Their results are known from their inputs' shapes, or without inputs.
local needs_no_numbers = { Shape = true, Size = true, Constant = true }

-- ---- constants ----

-- How many numbers constants may have that are computed rather than read, all together with what they are computed
-- from: these, and so many for each number that the file holds.
local least_computed, computed_per_number = 1 << 24, 16

local function numbers_in(tensors)
  local count = 0
  for _, tensor in pairs(tensors) do count = count + lists.count(tensor.dims) end
  return count
end

-- Counts the numbers in computed constants, within bounds.
local function spend(graph, count)
  graph.computed = graph.computed + count
  if graph.computed > graph.most_computed then
    refuse.raise("its constants take more than %d numbers to compute", graph.most_computed)
  end
end

-- The inputs as values (nil where absent) and their number, whether all of them are constants, and whether any of those
-- follows from the picture's size.
local function inputs_of(n)
  local inputs, count, constant, is_sized = {}, n:input_count(), true, false
  for i = 1, count do
    local value = n:has(i) and n:input(i) or nil
    inputs[i] = value
    constant = constant and (not value or values.is_constant(value))
    is_sized = is_sized or value ~= nil and values.is_sized(value)
  end
  return inputs, count, constant, is_sized
end

-- Computes a node of constants that are too large for lists, by its layers.
local function compute(graph, description, opset, operator)
  local g = scratch.graph()
  for _, name in ipairs(description.inputs) do
    if name ~= "" then spend(graph, lists.count(graph.values[name].dims)) end
  end
  g.is_read, g.values = graph.is_read, setmetatable({}, { __index = graph.values })
  operator(node.new(description, g, opset))
  for _, output in ipairs(description.outputs) do
    local value = rawget(g.values, output)
    if value and value.layer then
      spend(graph, lists.count(value.shape))
      value = values.tensor(scratch.run(g, value.layer), value.shape)
    end
    graph.values[output] = value
  end
  g.net:close()
end

-- ---- nodes ----

local function unknown(description)
  refuse.raise("%s is not supported", document.node_text(description))
end

-- Exporters call a node "/layer1/relu/Relu" and its output "/layer1/relu/Relu_output_0": people mean the former.
local function name_layer(graph, description)
  local value = graph.values[description.outputs[1]]
  if value and value.layer and description.name ~= "" then graph:also_called(description.name, value.layer) end
end

local apply

-- The nodes of the branch that a known condition chooses, in place of the node. (Exporters make conditions of what a
-- shape is not known to be, such as whether there is an axis of length 1 to take away.)
local function choose(n, description, opset)
  local graph, condition = n.graph, n:number(1)
  if n.is_fixed then n:refuse "depends on the picture's size" end
  local branch = description.branches[condition ~= 0 and "then_branch" or "else_branch"]
  if not branch then n:refuse "lacks the branch that its condition selects" end
  for name, tensor in pairs(branch.tensors) do graph.values[name] = values.read(tensor) end
  for _, inner in ipairs(branch.nodes) do
    for _, name in ipairs(inner.outputs) do graph.is_read[name] = true end
  end
  for _, inner in ipairs(branch.nodes) do apply(graph, inner, opset) end
  for j, name in ipairs(branch.outputs) do
    n:give(graph.values[name] or n:refuse("has a branch without its output '%s'", name), j)
  end
end

-- Makes the outputs of a node whose inputs are all there.
function apply(graph, description, opset)
  local n = node.new(description, graph, opset)
  if n.op == "If" and description.domain == "" then return choose(n, description, opset) end
  local operator = operators[document.operator_name(description)]
  if operator and needs_no_numbers[n.op] then return operator(n) end
  local inputs, count, constant, is_sized = inputs_of(n)
  if constant and count > 0 and description.domain == "" then
    local result = folding.fold(n, inputs, count)
    if result then
      spend(graph, #result.list * 4) -- a number of a list takes more memory
      return n:give(result)
    end
  end
  if not operator then unknown(description) end
  if not constant or is_sized then return operator(n) end
  compute(graph, description, opset, operator)
end

-- Whether all inputs of a node are there.
local function is_ready(graph, description)
  for _, name in ipairs(description.inputs) do
    if name ~= "" and not graph.values[name] then return false end
  end
  return true
end

--- Names that the outputs depend on.
function build.needed_names(doc)
  local needed = {}
  for _, output in ipairs(doc.outputs) do needed[output.name] = true end
  for i = #doc.nodes, 1, -1 do
    local is_needed = false
    for _, name in ipairs(doc.nodes[i].outputs) do is_needed = is_needed or needed[name] end
    if is_needed then
      for _, name in ipairs(doc.nodes[i].inputs) do needed[name] = true end
    end
  end
  return needed
end

-- ---- letting go ----

-- How often nodes that are built read each name; more often where it is an output.
local function count_reads(doc, is_built)
  local reads = {}
  for _, description in ipairs(doc.nodes) do
    if is_built(description) then
      for _, name in ipairs(description.inputs) do reads[name] = (reads[name] or 0) + 1 end
    end
  end
  for _, output in ipairs(doc.outputs) do reads[output.name] = (reads[output.name] or 0) + 1 end
  return reads
end

-- Numbers that are let go of before they are collected.
local most_garbage = 1 << 22

-- Lets go of the tensors that the node was the last to read: where weights became others, such as transposed ones, they
-- would take as much memory again.
local function let_go(graph, doc, description, reads)
  for _, name in ipairs(description.inputs) do
    reads[name] = reads[name] - 1
    local value = graph.values[name]
    if reads[name] == 0 and value and value.tensor then
      graph.garbage = (graph.garbage or 0) + lists.count(value.dims)
      graph.values[name], doc.tensors[name] = nil, nil
    end
  end
  if (graph.garbage or 0) < most_garbage then return end
  graph.garbage = 0
  collectgarbage()
end

--- Builds all that the document's outputs need into a graph whose inputs are in graph.values. Nodes for which
--- `is_skipped[node.index]` holds are left out. Tensors leave the document once nothing needs them. Returns what could
--- not be built, a list of { node =, problem = }, and what only depends on that, a list of nodes.
function build.run(graph, doc, is_skipped)
  local failures, blocked = {}, {}
  graph.is_read = build.needed_names(doc)
  for _, description in ipairs(doc.nodes) do graph:reserve(description.outputs) end
  graph.computed, graph.most_computed = 0, least_computed + computed_per_number * numbers_in(doc.tensors)
  for name, tensor in pairs(doc.tensors) do
    graph.values[name] = values.read(tensor)
  end
  local function is_built(description)
    if is_skipped[description.index] then return false end
    for _, name in ipairs(description.outputs) do
      if graph.is_read[name] then return true end
    end
    return false
  end
  local reads = count_reads(doc, is_built)
  for _, description in ipairs(doc.nodes) do
    if not is_built(description) then
      goto continue
    elseif not is_ready(graph, description) then
      blocked[#blocked + 1] = description
    else
      local ok, problem = refuse.catch(apply, graph, description, doc.opset)
      if ok then
        name_layer(graph, description)
      else
        failures[#failures + 1] = { node = description, problem = problem }
      end
      let_go(graph, doc, description, reads)
    end
    ::continue::
  end
  return failures, blocked
end

return build
