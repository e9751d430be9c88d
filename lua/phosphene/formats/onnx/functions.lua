-- SPDX-License-Identifier: MIT
-- Operators that a model brings along, written out in others: where a node calls one, the function's nodes take its
-- place. Must not know what operators do.

local refuse = require "phosphene.formats.refuse"

local functions = {}

-- Bounds on calls within calls, and on all nodes that they become.
local deepest, most_nodes = 16, 100000

local function key_of(domain, name) return (domain == "ai.onnx" and "" or domain or "") .. ":" .. (name or "") end

-- Names of a function's values in one call: the caller's for its inputs and outputs, the others of their own.
local function names_of(call, definition)
  local names = { [""] = "" }
  for i, name in ipairs(definition.input) do names[name] = call.inputs[i] or "" end
  for i, name in ipairs(definition.output) do
    if (call.outputs[i] or "") ~= "" then names[name] = call.outputs[i] end
  end
  local prefix = call.name ~= "" and call.name or call.outputs[1] or ""
  return function(name)
    if not names[name] then names[name] = prefix .. "/" .. name end
    return names[name]
  end
end

-- The attributes of a node of a function: its own, and those that are the call's.
local function attributes_of(node, call, defaults)
  local attributes = node.attributes
  for name, referred in pairs(node.references or {}) do
    attributes[name] = call.attributes[referred]
    if attributes[name] == nil then attributes[name] = defaults.attributes[referred] end
  end
  return attributes
end

--- The nodes with calls of the model's functions (messages) written out. `read` makes a node of a message.
function functions.inline(nodes, messages, read)
  if #messages == 0 then return nodes end
  local by_key, result = {}, {}
  for _, message in ipairs(messages) do by_key[key_of(message.domain, message.name)] = message end
  local function add(node, depth)
    local definition = by_key[key_of(node.domain, node.op)]
    if #result >= most_nodes then refuse.raise("its functions make more than %d nodes", most_nodes) end
    if not definition then
      result[#result + 1] = node
      return
    end
    if depth > deepest then refuse.raise("its function '%s' calls functions too deeply", node.op) end
    local name_of = names_of(node, definition)
    local defaults = read({ attribute = definition.attribute_proto, input = {}, output = {} }, 0)
    for _, message in ipairs(definition.node) do
      local inner = read(message, 0)
      for _, list in ipairs { inner.inputs, inner.outputs } do
        for i, name in ipairs(list) do list[i] = name_of(name) end
      end
      inner.attributes = attributes_of(inner, node, defaults)
      inner.name = inner.outputs[1] == node.outputs[1] and node.name or name_of(inner.name)
      inner.scopes = inner.scopes or node.scopes
      add(inner, depth + 1)
    end
  end
  for _, node in ipairs(nodes) do add(node, 1) end
  return result
end

return functions
