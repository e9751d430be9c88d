-- SPDX-License-Identifier: MIT
-- Removes dropout as TensorFlow writes it out: the input, divided by the probability of keeping a value, times a mask
-- of random numbers. At inference it is the identity, and its other inputs (the probability, often a placeholder) are
-- not needed. Must not know anything of a node but its operation and its inputs.

local dropout = {}

local is_random = { RandomUniform = true, StatelessRandomUniform = true, StatelessRandomUniformV2 = true }
local passes_random = {}
for operation in ("Add AddV2 Sub Mul Floor Cast GreaterEqual Greater Less Identity"):gmatch "%S+" do
  passes_random[operation] = true
end

-- Operations whose result a mask is.
local is_mask = { Floor = true, Cast = true, GreaterEqual = true, Greater = true, Less = true, Identity = true }

-- The longest way from random numbers to a mask.
local most_steps = 8

-- f(node, steps), which asks itself of the node's inputs with a step less; each answer is found once.
local function remembered(f)
  local known = setmetatable({}, { __mode = "k" })
  return function(node, steps)
    local answers = known[node] or {}
    known[node] = answers
    if answers[steps] == nil then answers[steps] = f(node, steps) end
    return answers[steps]
  end
end

local is_made_of_random
is_made_of_random = remembered(function(node, steps)
  if is_random[node.op] then return true end
  if not passes_random[node.op] or steps == 0 then return false end
  for _, input in ipairs(node.inputs) do
    if is_made_of_random(input.node, steps - 1) then return true end
  end
  return false
end)

local function is_mask_of_random(node) return is_mask[node.op] and is_made_of_random(node, most_steps) end

-- Whether a node is a single number as far as can be seen: a constant or a placeholder, or computed from such.
local is_number
is_number = remembered(function(node, steps)
  local a = node.attributes
  if node.op == "Const" then
    local count = 1
    for _, dim in ipairs(type(a.value) == "table" and a.value.dims or {}) do count = count * dim end
    return count == 1
  elseif node.op == "Placeholder" or node.op == "PlaceholderWithDefault" then
    return type(a.shape) ~= "table" or #(a.shape.dim or {}) == 0
  end
  if steps == 0 or #node.inputs == 0 then return false end
  for _, input in ipairs(node.inputs) do
    if not is_number(input.node, steps - 1) then return false end
  end
  return true
end)

-- What was there before it was scaled to make up for what is dropped.
local function unscaled(input)
  local node = input.node
  local scales = (node.op == "RealDiv" or node.op == "Div" or node.op == "Mul") and #node.inputs == 2
  if not scales or not is_number(node.inputs[2].node, most_steps) then return input end
  node.is_dropped = true
  return node.inputs[1]
end

-- Marks the nodes from random numbers to a mask.
local function drop(node, steps)
  if node.is_dropped then return end
  node.is_dropped = true
  for _, input in ipairs(steps > 0 and node.inputs or {}) do
    if is_made_of_random(input.node, steps - 1) then drop(input.node, steps - 1) end
  end
end

-- The input that is dropped from and that of the mask, if the node is the end of a dropout.
local function dropped_input(node)
  local a, b, c = table.unpack(node.inputs)
  if node.op == "Mul" and b then
    if is_mask_of_random(b.node) then return a, b end
    if is_mask_of_random(a.node) then return b, a end
  elseif (node.op == "Select" or node.op == "SelectV2") and c and is_mask_of_random(a.node) then
    return b, a
  end
end

--- Makes the last node of each dropout give what the dropout reads. Nodes that served only that get `is_dropped`.
function dropout.remove(list)
  for _, node in ipairs(list) do
    local input, mask = dropped_input(node)
    if input then
      node.op, node.inputs = "Identity", { unscaled(input) }
      drop(mask.node, most_steps)
    end
  end
end

return dropout
