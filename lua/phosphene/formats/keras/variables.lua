-- SPDX-License-Identifier: MIT
-- A layer's variables in the three ways that they are kept: by name in groups of an HDF5 file (Keras 2), by number in
-- one (Keras 3), by name in one list (TensorFlow.js). Each source gives a list of { name = or nil, read = function },
-- of which the layer takes what it is made of. Must not know any layer.

local refuse = require "phosphene.formats.refuse"

local variables = {}

-- The tensor of a data set, read once.
local function reader(file, path, cache)
  return function()
    if not cache[path] then
      local tensor, problem = file:tensor(path)
      cache[path] = tensor or refuse.raise("%s", (problem:gsub("^'.-': ", "")))
    end
    return cache[path]
  end
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

-- Variables of a layer that is called so: the part before the variable's own name is the layer's.
local function only_of(list, name)
  local found = {}
  for _, variable in ipairs(list) do
    if ("/" .. variable.name):find("/" .. name .. "/", 1, true) then found[#found + 1] = variable end
  end
  return found
end

-- ---- Keras 2 ----

-- A list of names, which is split where it would be longer than an attribute may be.
local function names_in(file, group, attribute)
  local list, problem = file:texts(group, attribute)
  if problem then refuse.raise("%s", problem) end
  if list then return list end
  list = {}
  for part = 0, 1000 do
    local names = file:texts(group, attribute .. part)
    if not names then break end
    table.move(names, 1, #names, #list + 1, list)
  end
  return list
end

--- From groups, of which each is called after a layer of the outermost model.
function variables.from_groups(file)
  local exists, cache = set_of(file:names()), {}
  local prefix = exists.model_weights and "model_weights/" or ""
  return function(layer)
    local group, list = prefix .. (layer.scope[1] or layer.name), {}
    if not exists[group] then return list end
    for _, name in ipairs(names_in(file, group, "weight_names")) do
      local path = group .. "/" .. name
      if exists[path] then list[#list + 1] = { name = name, read = reader(file, path, cache) } end
    end
    return layer.scope[1] and only_of(list, layer.name) or list
  end
end

-- ---- Keras 3 ----

--- From groups that are called after classes, in the models' order; a layer's variables are numbered.
function variables.from_places(file)
  local exists, cache = set_of(file:names()), {}
  local is_early = exists._layer_checkpoint_dependencies -- Keras 2.13's first form
  return function(layer)
    local list, place = {}, layer.place or ""
    if is_early then place = ("/" .. place):gsub("/layers/", "/_layer_checkpoint_dependencies/"):sub(2) end
    while exists[("%s/vars/%d"):format(place, #list)] do
      list[#list + 1] = { read = reader(file, ("%s/vars/%d"):format(place, #list), cache) }
    end
    return list
  end
end

-- ---- TensorFlow.js ----

--- From a list of { name =, read = }.
function variables.from_list(list)
  return function(layer)
    local found = only_of(list, layer.name)
    local outer = layer.scope[#layer.scope]
    local inside = outer and only_of(found, outer) or {}
    return #inside > 0 and inside or found
  end
end

-- ---- what a layer is made of ----

-- "kernel" of "block/conv/kernel:0".
local function own_name(name) return (name:match("[^/]*$"):gsub(":%d+$", "")) end

--- The tensors that are wanted of a list: a list of names, or of lists of names that it may have. By name where the
--- variables have such names, and otherwise in their order.
function variables.pick(list, wanted)
  local by_name, result = {}, {}
  for _, variable in ipairs(list) do
    local name = variable.name and own_name(variable.name)
    if name then by_name[name] = by_name[name] or variable end
  end
  for _, names in ipairs(wanted) do
    local found
    for _, name in ipairs(type(names) == "table" and names or { names }) do found = found or by_name[name] end
    result[#result + 1] = found
  end
  if #result < #wanted then result = list end
  if #result < #wanted then refuse.raise("the file has %d variables of it, not %d", #list, #wanted) end
  local tensors = {}
  for i in ipairs(wanted) do tensors[i] = result[i].read() end
  return table.unpack(tensors)
end

return variables
