-- SPDX-License-Identifier: MIT
-- Functions that exporters decompose into smaller operators because their version of ONNX lacks them: GELU and layer
-- normalisation. The last node of such a group becomes the whole function; the others then have no readers, and are not
-- built. Must not know layers.

local lists = require "phosphene.formats.lists"
local values = require "phosphene.formats.onnx.values"

local patterns = {}

-- ---- looking around in a document ----

-- Who makes and reads which name, and the tensors that names are, if they are constants.
local function survey(doc)
  local makers, readers, constants = {}, {}, setmetatable({}, { __index = doc.tensors })
  for _, node in ipairs(doc.nodes) do
    for _, name in ipairs(node.outputs) do makers[name] = node end
    for _, name in ipairs(node.inputs) do
      readers[name] = readers[name] or {}
      table.insert(readers[name], node)
    end
    if node.op == "Constant" then constants[node.outputs[1]] = node.attributes.value end
    if node.op == "Identity" then constants[node.outputs[1]] = constants[node.inputs[1]] end
  end
  for _, output in ipairs(doc.outputs) do readers[output.name] = {} end -- never the only reader
  return { makers = makers, readers = readers, constants = constants }
end

-- The only node that reads the node's output, if its operator is `op`.
local function only_reader(s, node, op)
  local list = node and s.readers[node.outputs[1]]
  return list and #list == 1 and list[1].op == op and list[1] or nil
end

-- The tensor that a name is, if it is a constant with numbers.
local function constant(s, name)
  local t = s.constants[name]
  return type(t) == "table" and t.dims and not t.problem and t or nil
end

-- The number that a name is, if it is one.
local function number(s, name)
  local t = constant(s, name)
  return t and lists.count(t.dims) == 1 and values.numbers(values.read(t))[1] or nil
end

local function is_vector(s, name)
  local t = constant(s, name)
  return t and #t.dims == 1
end

-- The other input of a node with two, one of which is the number `x`.
local function with_number(s, node, x)
  if not node then return nil end
  for i = 1, 2 do
    local found = number(s, node.inputs[i])
    if found and math.abs(found - x) <= 1e-5 * math.abs(x) then return node.inputs[3 - i] end
  end
end

local function other_input(node, name)
  if not node then return nil end
  if node.inputs[1] == name then return node.inputs[2] end
  if node.inputs[2] == name then return node.inputs[1] end
end

local function become(node, op, inputs, attributes)
  node.op, node.domain, node.inputs, node.attributes = op, "", inputs, attributes
end

-- ---- GELU ----

-- x / sqrt(2) or x * sqrt(1/2), into the error function.
local function halved_input(s, erf)
  local before = s.makers[erf.inputs[1]]
  if before and before.op == "Div" and number(s, before.inputs[2]) then return with_number(s, before, 2 ^ 0.5) end
  if before and before.op == "Mul" then return with_number(s, before, 0.5 ^ 0.5) end
end

-- 0.5 * x * (1 + erf(x / sqrt(2))), halved first or last.
local function gelu(s, erf)
  local x = halved_input(s, erf)
  local plus = x and only_reader(s, erf, "Add")
  if not with_number(s, plus, 1) then return end
  local times = only_reader(s, plus, "Mul")
  local factor = other_input(times, plus.outputs[1])
  if not factor then return end
  if factor == x then
    local half = only_reader(s, times, "Mul")
    if with_number(s, half, 0.5) == times.outputs[1] then become(half, "Gelu", { x }, {}) end
  elseif s.makers[factor] and s.makers[factor].op == "Mul" and with_number(s, s.makers[factor], 0.5) == x then
    become(times, "Gelu", { x }, {})
  end
end

-- ---- layer normalisation ----

local function is_over_last_axis(node)
  local axes = node.attributes.axes
  return type(axes) == "table" and #axes == 1 and axes[1] == -1 and (node.attributes.keepdims or 1) == 1
end

-- (x - mean) / sqrt(mean of squares + epsilon) * scale + bias, from the node of the second mean on.
local function layer_norm(s, variance)
  if not is_over_last_axis(variance) then return end
  local square = s.makers[variance.inputs[1]]
  local centred = square and square.op == "Pow" and number(s, square.inputs[2]) == 2 and s.makers[square.inputs[1]]
  if not centred or centred.op ~= "Sub" then return end
  local x, mean = centred.inputs[1], s.makers[centred.inputs[2]]
  if not mean or mean.op ~= "ReduceMean" or mean.inputs[1] ~= x or not is_over_last_axis(mean) then return end
  local plus = only_reader(s, variance, "Add")
  local epsilon = plus and number(s, other_input(plus, variance.outputs[1]))
  local root = epsilon and only_reader(s, plus, "Sqrt")
  local ratio = root and only_reader(s, root, "Div")
  if not ratio or ratio.inputs[1] ~= centred.outputs[1] then return end
  local scaled = only_reader(s, ratio, "Mul")
  local shifted = scaled and only_reader(s, scaled, "Add")
  local scale = scaled and other_input(scaled, ratio.outputs[1])
  local bias = shifted and other_input(shifted, scaled.outputs[1])
  if not bias or not is_vector(s, scale) or not is_vector(s, bias) then return end
  become(shifted, "LayerNormalization", { x, scale, bias }, { axis = -1, epsilon = epsilon })
end

--- Puts whole functions in place of groups of nodes that compute them.
function patterns.replace(doc)
  local s = survey(doc)
  for _, node in ipairs(doc.nodes) do
    if node.domain == "" and node.op == "Erf" then gelu(s, node) end
    if node.domain == "" and node.op == "ReduceMean" then layer_norm(s, node) end
  end
end

return patterns
