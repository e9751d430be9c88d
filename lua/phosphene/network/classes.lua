-- SPDX-License-Identifier: MIT
-- The classes of a network that was opened: whether the layer that its file names is like classes, a softmax where the
-- file has none, and labels, as many as there are classes. Must not know of file formats.

local input_size = require "phosphene.network.input_size"
local labels = require "phosphene.network.labels"

local classes = {}

-- How many classes the layer has: nil where it is a map of scores, or where its shape is not known.
local function count_of(net, layer)
  local height, width = input_size.of(net, { layer })
  local shape = height and net:shapes(height, width)[layer]
  for axis = 2, shape and #shape or 0 do
    if shape[axis] ~= 1 then return nil end
  end
  return shape and shape[1]
end

-- A name that no layer has.
local function free_name(net, name)
  local taken = net:aliases()
  for _, layer in ipairs(net:layers()) do taken[layer] = layer end
  while taken[name] do name = name .. "_" end
  return name
end

-- Where the class scores are the end, probabilities are made of them.
local function add_softmax(net, logits)
  local name = free_name(net, "probabilities")
  assert(net:add { type = "softmax", name = name, from = logits, axis = 1 })
  return name
end

-- Labels for the classes: those that the user gives, a list or a file, those of the network's own file, or those that
-- lie beside it. Gives nil and a message where they cannot be read or are not as many as there are classes.
local function list_for(net, path, given, count)
  local list, problem = given, nil
  if type(given) == "string" then list, problem = labels.read(given) end
  if problem then return nil, problem end
  if not list then list = net:labels() end
  if #list == 0 and not given then return count and labels.beside(path, count) or {} end
  if not count then return list end
  return labels.fit(list, count)
end

--- Completes the classes of a network from the file at `path`; `given` are labels, a list or the path of a file. Gives
--- true, or nil and a message.
function classes.complete(net, path, given)
  local logits, probabilities = net:classes()
  local layer = logits or probabilities
  local count = layer and count_of(net, layer)
  if not layer and given then return nil, ("'%s': labels: the network has no layer of classes"):format(path) end
  if not layer then return true end
  local is_map = not count and input_size.of(net, { layer }) ~= nil
  if is_map and given then return nil, ("'%s': labels: layer '%s' is a map, not classes"):format(path, layer) end
  if is_map then
    net:set_classes {}
    return true
  end
  local list, problem = list_for(net, path, given, count)
  if not list then return nil, ("'%s': %s"):format(path, problem) end
  if logits and not probabilities and count then probabilities = add_softmax(net, logits) end
  net:set_classes { logits = logits, probabilities = probabilities, labels = list }
  return true
end

return classes
