-- SPDX-License-Identifier: MIT
-- Writes Caffe's files for tests: weights in the old form and the newer, and descriptions. Must not know what reads
-- them.

local protobuf = require "protobuf"
local raw = require("tensorflow.writer").raw

local writer = {}

-- A blob { tensor | data (bytes of floats), shape (dims; { n, c, h, w } in the old form) }.
local function blob(b, is_old)
  local dims = b.shape or b.tensor:shape()
  local data = b.data or raw(b.tensor)
  local shape
  if is_old then
    local four = table.move(dims, 1, #dims, 1, {})
    while #four < 4 do table.insert(four, 1, 1) end
    shape = protobuf.number(1, four[1]) .. protobuf.number(2, four[2]) .. protobuf.number(3, four[3])
      .. protobuf.number(4, four[4])
  else
    shape = protobuf.bytes(7, protobuf.bytes(1, protobuf.each(dims, protobuf.varint)))
  end
  return shape .. protobuf.bytes(5, data)
end

--- The bytes of a .caffemodel: layers are { name =, blobs = { { tensor = }, … } }.
function writer.model(layers, is_old)
  return protobuf.bytes(1, "net") .. protobuf.each(layers, function(layer)
    local blobs = protobuf.each(layer.blobs, function(b) return protobuf.bytes(is_old and 6 or 7, blob(b, is_old)) end)
    return protobuf.bytes(is_old and 2 or 100, protobuf.bytes(is_old and 4 or 1, layer.name) .. blobs)
  end)
end

-- The old form's names of types.
local old = { Convolution = "CONVOLUTION", Pooling = "POOLING", ReLU = "RELU", LRN = "LRN", Concat = "CONCAT",
  InnerProduct = "INNER_PRODUCT", Dropout = "DROPOUT", Softmax = "SOFTMAX" }

--- A description: layers are { type, name, bottoms, top, settings (text) }.
function writer.prototxt(layers, size, is_old)
  local lines = { 'name: "net" # a comment' }
  local dims = ("dim: 1 dim: 3 dim: %d dim: %d"):format(size, size)
  if is_old then
    lines[2] = ('input: "data"\n%s'):format((dims:gsub("dim", "input_dim")))
  else
    lines[2] = ('layer { name: "data" type: "Input" top: "data" input_param { shape { %s } } }'):format(dims)
  end
  for _, layer in ipairs(layers) do
    local type_name = is_old and old[layer[1]] or ('"%s"'):format(layer[1])
    lines[#lines + 1] = ('%s {\n  name: "%s"\n  type: %s'):format(is_old and "layers" or "layer", layer[2], type_name)
    for _, bottom in ipairs(layer[3]) do lines[#lines + 1] = ('  bottom: "%s"'):format(bottom) end
    for _, top in ipairs(type(layer[4]) == "table" and layer[4] or { layer[4] }) do
      lines[#lines + 1] = ('  top: "%s"'):format(top)
    end
    lines[#lines + 1] = ("  %s\n}"):format(layer[5] or "")
  end
  return table.concat(lines, "\n") .. "\n"
end

return writer
