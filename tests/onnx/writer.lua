-- SPDX-License-Identifier: MIT
-- Writes small ONNX models for tests, valid ones as well as those that are wrong on purpose: the few messages of
-- src/core/files/schema/onnx.proto. Must not know what reads them.

local protobuf = require "protobuf"

-- With protobuf's own parts, for tests that put messages together themselves.
local writer = { varint = protobuf.varint, number = protobuf.number, bytes = protobuf.bytes, float = protobuf.float }

local each = protobuf.each

-- ---- messages ----

local types = {
  float32 = { 1, "<f" }, uint8 = { 2, "<B" }, int8 = { 3, "<b" }, int32 = { 6, "<i4" }, int64 = { 7, "<i8" },
  bool = { 9, "<B" }, float16 = { 10, "<H" }, float64 = { 11, "<d" }, bfloat16 = { 16, "<H" },
}

--- A tensor { name, type ("float32"), dims, values | raw | fields (bytes of fields to add) }.
function writer.tensor(t)
  local type = types[t.type or "float32"]
  local raw = t.raw or t.values and each(t.values, function(value) return string.pack(type[2], value) end)
  return each(t.dims, function(dim) return writer.number(1, dim) end) .. writer.number(2, t.number or type[1])
    .. (t.name and writer.bytes(8, t.name) or "") .. (raw and writer.bytes(9, raw) or "") .. (t.fields or "")
end

local graph

local function attribute(name, value)
  local head = writer.bytes(1, name)
  local refers = type(value) == "table" and value.refers
  if refers then return head .. writer.bytes(21, refers) .. writer.number(20, 1) end
  if math.type(value) == "integer" then return head .. writer.number(3, value) .. writer.number(20, 2) end
  if type(value) == "number" then return head .. writer.float(2, value) .. writer.number(20, 1) end
  if type(value) == "string" then return head .. writer.bytes(4, value) .. writer.number(20, 3) end
  if value.nodes then return head .. writer.bytes(6, graph(value)) .. writer.number(20, 5) end
  if value.dims then return head .. writer.bytes(5, writer.tensor(value)) .. writer.number(20, 4) end
  if math.type(value[1]) == "float" then
    return head .. each(value, function(x) return writer.float(7, x) end) .. writer.number(20, 6)
  end
  return head .. each(value, function(n) return writer.number(8, n) end) .. writer.number(20, 7)
end

local function sorted(t)
  local keys = {}
  for key in pairs(t or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

--- A node { op, name, inputs, outputs, attributes, domain, scopes }.
function writer.node(n)
  return each(n.inputs, function(name) return writer.bytes(1, name) end)
    .. each(n.outputs, function(name) return writer.bytes(2, name) end)
    .. (n.name and writer.bytes(3, n.name) or "") .. writer.bytes(4, n.op)
    .. each(sorted(n.attributes), function(name) return writer.bytes(5, attribute(name, n.attributes[name])) end)
    .. (n.domain and writer.bytes(7, n.domain) or "")
    .. (n.scopes and writer.bytes(9, writer.bytes(1, "pkg.torch.onnx.name_scopes") .. writer.bytes(2, n.scopes)) or "")
end

-- A graph's input or output: a name, or { name, dims (numbers, or texts for what is free), number (of the type) }.
local function port(p)
  if type(p) == "string" then return writer.bytes(1, p) end
  local dims = each(p.dims, function(dim)
    return writer.bytes(1, type(dim) == "string" and writer.bytes(2, dim) or writer.number(1, dim))
  end)
  local tensor_type = writer.number(1, p.number or 1) .. writer.bytes(2, dims)
  return writer.bytes(1, p.name) .. writer.bytes(2, writer.bytes(1, tensor_type))
end

-- A model's graph, or one that is an attribute.
function graph(m)
  return each(m.nodes, function(n) return writer.bytes(1, writer.node(n)) end)
    .. each(m.tensors or {}, function(t) return writer.bytes(5, writer.tensor(t)) end)
    .. each(m.inputs or {}, function(p) return writer.bytes(11, port(p)) end)
    .. each(m.outputs or {}, function(p) return writer.bytes(12, port(p)) end)
end

-- A function { name, domain, inputs, outputs, nodes }.
local function definition(f)
  return writer.bytes(1, f.name) .. each(f.inputs, function(name) return writer.bytes(4, name) end)
    .. each(f.outputs, function(name) return writer.bytes(5, name) end)
    .. each(f.nodes, function(n) return writer.bytes(7, writer.node(n)) end) .. writer.bytes(10, f.domain)
end

--- A model { opset, nodes, tensors, inputs, outputs, metadata, functions } as bytes. Attributes that are tables with
--- nodes are graphs, and those that have `refers`, a name, are the caller's of that name.
function writer.model(m)
  return writer.number(1, 8) .. writer.bytes(8, writer.number(2, m.opset or 13)) .. writer.bytes(7, graph(m))
    .. each(m.functions or {}, function(f) return writer.bytes(25, definition(f)) end)
    .. each(sorted(m.metadata), function(key)
      return writer.bytes(14, writer.bytes(1, key) .. writer.bytes(2, m.metadata[key]))
    end)
end

--- Writes bytes to a file.
function writer.save(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

return writer
