-- SPDX-License-Identifier: MIT
-- Where one would begin to look at a network: the ends of its blocks. A block ends where branches meet (a sum, a
-- concatenation) and what follows has an activation of its own, or, in networks without branches, with the last
-- activation before the picture becomes smaller. Must not know any architecture.

local input_size = require "phosphene.network.input_size"

local enough, most = 3, 12

-- What only passes on a value, or changes it element by element.
local passes = { relu = true, clip = true, leaky_relu = true, prelu = true, elu = true, celu = true, selu = true,
  unary = true, hard_sigmoid = true, batch_norm = true, dropout = true, identity = true, layer_norm = true }

local function readers_of(net, names)
  local readers = {}
  for _, name in ipairs(names) do
    for _, from in ipairs(net:layer(name).from) do
      readers[from] = readers[from] or {}
      table.insert(readers[from], name)
    end
  end
  return readers
end

-- The last layer of a chain in which each passes on what the one before it gives, and nothing else reads that.
local function end_of_chain(net, readers, name)
  local next_ones = readers[name] or {}
  while #next_ones == 1 and passes[net:layer(next_ones[1]).type] do
    name = next_ones[1]
    next_ones = readers[name] or {}
  end
  return name
end

local function is_map(map) return map ~= nil and map.rows * map.columns > 1 end

-- Whether maps of the picture meet in a layer; a class token is none.
local function is_merge(net, layer, maps)
  local branches = 0
  for _, from in ipairs(layer.from) do
    if is_map(maps[from]) and net:layer(from).type ~= "constant" then branches = branches + 1 end
  end
  return branches > 1 and (layer.type == "concat" or layer.type == "sum") and is_map(maps[layer.name])
end

-- Where branches meet, on the way to something else.
local function merges(net, names, maps, readers)
  local ends, seen = {}, {}
  for _, name in ipairs(names) do
    if readers[name] and is_merge(net, net:layer(name), maps) then
      local last = end_of_chain(net, readers, name)
      if not seen[last] then ends[#ends + 1] = last end
      seen[last] = true
    end
  end
  return ends
end

-- What is no map of its own: the picture, its preprocessing, and the same numbers in another order.
local is_no_map = { image = true, preprocess = true, transpose = true, reshape = true }

-- The last map of each height, and what is last of all.
local function by_height(net, names, maps)
  local ends, last = {}, nil
  for _, name in ipairs(names) do
    if is_map(maps[name]) and not is_no_map[net:layer(name).type] then
      if last and maps[name].rows < maps[last].rows then ends[#ends + 1] = last end
      last = name
    end
  end
  ends[#ends + 1] = last
  return ends
end

local function activations(net, names, maps)
  local ends = {}
  for _, name in ipairs(names) do
    local type = net:layer(name).type
    if maps[name] and type ~= "dropout" and type ~= "identity" and passes[type] then ends[#ends + 1] = name end
  end
  return ends
end

-- Not more than `most`, spread evenly, with the last.
local function thinned(list)
  if #list <= most then return list end
  local some = {}
  for i = 1, most do some[i] = list[math.ceil(i * #list / most)] end
  return some
end

--- Names of at most a dozen layers to begin with, from the first to the last.
local function blocks(net)
  local names = net:layers()
  local height, width = input_size.of(net)
  local maps = net:maps(height or 224, width or 224)
  local readers = readers_of(net, names)
  local ends = merges(net, names, maps, readers)
  for _, others in ipairs { by_height(net, names, maps), activations(net, names, maps) } do
    if #ends < enough and #others > #ends then ends = others end
  end
  return thinned(ends)
end

return blocks
