-- SPDX-License-Identifier: MIT
-- Finds the input of a TensorFlow graph that is the picture, and its size, layout and type. Graphs have other inputs,
-- too: whether the network is being trained, the rate of dropout, labels. Must not know what operations compute.

local refuse = require "phosphene.formats.refuse"

local pictures = {}

-- Types of numbers, from DataType in types.proto.
local uint8, text = 4, 7

local is_placeholder = { Placeholder = true, PlaceholderV2 = true }
local has_weights = { Conv2D = true, DepthwiseConv2dNative = true, MatMul = true, FusedBatchNorm = true }
local reads_file = { DecodeJpeg = true, DecodePng = true, DecodeImage = true, DecodeBmp = true }

--- Nodes that these flow into, they among them, as a set.
function pictures.flow_from(list)
  local reached, i = {}, 1
  list = table.move(list, 1, #list, 1, {})
  for _, node in ipairs(list) do reached[node] = true end
  while list[i] do
    for _, reader in ipairs(list[i].readers) do
      if not reached[reader] then
        reached[reader] = true
        list[#list + 1] = reader
      end
    end
    i = i + 1
  end
  return reached, list
end

-- ---- which node ----

-- The lengths that a node's shape lists; nil where that is open. (Older files say so by no lengths at all.)
local function dims_of(node)
  local shape = node.attributes.shape
  if type(shape) ~= "table" or not shape.dim or #shape.dim == 0 then return nil end
  local dims = {}
  for i, dim in ipairs(shape.dim) do dims[i] = dim.size or -1 end
  return dims
end

-- How much a placeholder is like a picture: that weights depend on it counts most, then its dimensions.
local function likeness(node)
  local dims, dtype = dims_of(node), node.attributes.dtype
  local rank = dims and #dims
  local score = rank == 4 and 3 or rank == nil and 2 or rank > 1 and 1 or 0
  if dtype == 10 or #node.readers == 0 then return 0 end -- true or false, or what only served training
  if dtype == text and node.readers[1] and not reads_file[node.readers[1].op] then return 0 end
  local _, list = pictures.flow_from { node }
  for _, other in ipairs(list) do
    if has_weights[other.op] then return score + 10 end
  end
  return score
end

-- The names of a list of nodes, in quotes.
local function names_of(list)
  local names = {}
  for i = 1, math.min(#list, 6) do names[i] = ("'%s'"):format(list[i].name) end
  return table.concat(names, ", ") .. (#list > 6 and ", …" or "")
end

-- So many placeholders are looked at.
local most_placeholders = 64

local function placeholders_of(list, is_kind, given)
  local found = {}
  for _, node in ipairs(list) do
    if is_kind(node.op) and given[node] == nil then found[#found + 1] = node end
    if #found == most_placeholders then break end
  end
  return found
end

-- The placeholder that is most like a picture.
local function find_placeholder(list, given)
  local found = placeholders_of(list, function(op) return is_placeholder[op] end, given)
  if #found == 0 then
    found = placeholders_of(list, function(op) return op == "PlaceholderWithDefault" end, given)
  end
  if #found == 0 then
    refuse.raise "it has no placeholder for a picture; the option input of ph.network names a node to take its place"
  end
  local most, best = -1, nil
  for _, node in ipairs(found) do
    local score = likeness(node)
    if score > most then
      most, best = score, { node }
    elseif score == most then
      best[#best + 1] = node
    end
  end
  if #best == 1 then return best[1] end
  refuse.raise("it has %d placeholders (%s) that might be the picture; the option input of ph.network says which is, "
    .. "and inputs what the others are", #best, names_of(best))
end

-- The lengths that a Reshape gives, if they are those of images.
local function reshaped_dims(node)
  local shape = node.op == "Reshape" and node.inputs[2] and node.inputs[2].node.attributes.value
  local dims = type(shape) == "table" and shape.integers
  return dims and #dims == 4 and dims or nil
end

-- Where a placeholder's numbers are a picture at last: after reading a file, or giving a list of pixels its shape.
local function arrive(node)
  local dims = dims_of(node)
  for _, reader in ipairs(node.readers) do
    if reads_file[reader.op] then return reader, nil, true end
    if dims and #dims < 4 and reshaped_dims(reader) then return reader, reshaped_dims(reader) end
  end
  return node, dims, node.attributes.dtype == uint8
end

-- ---- what it is ----

-- Where the file leaves the picture's size open.
local usual_size = 224

local function is_colour(count) return count == 1 or count == 3 or count == 4 end

-- The first convolution of the picture: its kernel's dimensions, and its format.
local function first_convolution(picture)
  local node = picture
  for _ = 1, 16 do -- past nodes that do nothing to channels
    local reader = node.readers[1]
    if not reader then break end
    local kernel = reader.op == "Conv2D" and reader.inputs[2] and reader.inputs[2].node
    while kernel and (kernel.op == "Identity" or kernel.op == "Cast") and kernel.inputs[1] do
      kernel = kernel.inputs[1].node
    end
    local tensor = kernel and kernel.attributes.value
    if type(tensor) == "table" and tensor.dims and #tensor.dims == 4 then
      return tensor.dims, reader.attributes.data_format
    end
    node = reader
  end
end

local function in_range(length)
  return math.type(length) == "integer" and length > 0 and length <= 1 << 14 and length or nil
end

-- Whether an image's channels come first: by its lengths, or, where they tell nothing, by the first convolution.
local function is_first(dims, format)
  if not dims then return format == "NCHW" end
  if is_colour(dims[2]) ~= is_colour(dims[4]) then return is_colour(dims[2]) end
  return format == "NCHW"
end

--- The picture's node and what is known of it: { node =, channels =, size = { height, width }, format = "NHWC" | "NCHW"
--- (how images lie in this graph), rank = of the node's output, is_first = whether its channels come first, images =
--- for how many the graph was made, is_sized = whether the file states the size, is_bytes = whether its numbers are
--- 0..255 }. `asked` is the node that the user named, `given` the nodes that the user gives values to.
function pictures.find(list, asked, given)
  local node, dims, is_bytes = asked, asked and dims_of(asked), nil
  if not asked then node, dims, is_bytes = arrive(find_placeholder(list, given)) end
  local rank = reads_file[node.op] and 3 or dims and #dims or 4
  if rank == 3 and dims then dims = { 1, table.unpack(dims) } end
  if rank ~= 3 and rank ~= 4 then
    refuse.raise("its input '%s' has %d dimensions; a picture has four", node.name, rank)
  end
  local kernel, format = first_convolution(node)
  local first = is_first(dims, format)
  dims = dims or {}
  local height, width = in_range(dims[first and 3 or 2]), in_range(dims[first and 4 or 3])
  local channels = in_range(dims[first and 2 or 4]) or in_range(node.attributes.channels)
    or in_range(kernel and kernel[3]) or 3
  if not is_colour(channels) and not asked then
    refuse.raise("its input '%s' has %d channels; a picture has 3, 1 or 4", node.name, channels)
  end
  return {
    node = node, channels = channels, images = in_range(dims[1]) or 1, is_bytes = is_bytes,
    size = { height or usual_size, width or usual_size }, is_sized = height ~= nil and width ~= nil,
    format = format == "NCHW" and "NCHW" or "NHWC", rank = rank, is_first = first,
  }
end

return pictures
