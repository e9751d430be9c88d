-- SPDX-License-Identifier: MIT
-- Writes TensorFlow graphs for tests: the few messages of src/core/files/schema/tensorflow.proto. Must not know what
-- reads them.

local core = require "phosphene.core"
local protobuf = require "protobuf"

local writer = {}

local types = {
  float32 = { 1, "<f", 5 }, float64 = { 2, "<d", 6 }, int32 = { 3, "<i4", 7 }, int64 = { 9, "<i8", 10 },
  bool = { 10, "<B", 11 }, quint8 = { 12, "<B", 7 }, float16 = { 19, "<H", 13 },
}

local function shape(dims)
  return protobuf.each(dims, function(dim) return protobuf.bytes(2, protobuf.number(1, dim)) end)
end

--- The bytes of a tensor's float32 numbers: quickly, for large ones.
function writer.raw(tensor)
  local path = os.tmpname()
  assert(core.save_safetensors(path, { x = tensor }))
  local file = assert(io.open(path, "rb"))
  file:seek("end", -4 * tensor:count())
  local bytes = file:read "a"
  file:close()
  os.remove(path)
  return bytes
end

--- A tensor { type ("float32"), dims, values | raw | tensor | listed (values in the message's own list) | fields }.
function writer.tensor(t)
  local type = types[t.type or "float32"]
  local raw = t.raw or t.tensor and writer.raw(t.tensor)
    or t.values and protobuf.each(t.values, function(value) return string.pack(type[2], value) end)
  local listed = t.listed and protobuf.each(t.listed, function(value)
    if type[1] == 1 or type[1] == 2 then return string.pack(type[2], value) end
    return protobuf.varint(value)
  end)
  return protobuf.number(1, t.number or type[1]) .. protobuf.bytes(2, shape(t.dims or t.tensor:shape()))
    .. (raw and protobuf.bytes(4, raw) or "") .. (listed and protobuf.bytes(type[3], listed) or "") .. (t.fields or "")
end

local function value_of(value)
  if type(value) == "string" then return protobuf.bytes(2, value) end
  if type(value) == "boolean" then return protobuf.number(5, value and 1 or 0) end
  if math.type(value) == "integer" then return protobuf.number(3, value) end
  if math.type(value) == "float" then return protobuf.float(4, value) end
  if value.shape then return protobuf.bytes(7, shape(value.shape)) end
  if value.dims or value.tensor then return protobuf.bytes(8, writer.tensor(value)) end
  return protobuf.bytes(1, protobuf.bytes(3, protobuf.each(value, protobuf.varint)))
end

local function attribute(name, value)
  return protobuf.bytes(5, protobuf.bytes(1, name) .. protobuf.bytes(2, value_of(value)))
end

--- A node { op, name, inputs, attributes }.
function writer.node(n)
  local names = {}
  for name in pairs(n.attributes or {}) do names[#names + 1] = name end
  table.sort(names)
  return protobuf.bytes(1, n.name) .. protobuf.bytes(2, n.op)
    .. protobuf.each(n.inputs, function(name) return protobuf.bytes(3, name) end)
    .. protobuf.each(names, function(name) return attribute(name, n.attributes[name]) end)
end

--- A graph of such nodes.
function writer.graph(nodes)
  return protobuf.each(nodes, function(n) return protobuf.bytes(1, writer.node(n)) end)
end

--- Writes bytes to a file, and gives its path.
function writer.save(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

return writer
