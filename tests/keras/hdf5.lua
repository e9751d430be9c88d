-- SPDX-License-Identifier: MIT
-- Writes HDF5 files for tests, in the form that h5py writes by default (superblock 0, symbol tables) and in the newer
-- one (superblock 2, links as messages). Must not know what reads them.

local hdf5 = {}

local nowhere = ("\xFF"):rep(8)
local function u8(n) return string.pack("<B", n) end
local function u16(n) return string.pack("<I2", n) end
local function u32(n) return string.pack("<I4", n) end
local function u64(n) return string.pack("<I8", n) end
local function pad8(bytes) return bytes .. ("\0"):rep(-#bytes % 8) end

-- A file while it grows: append gives the address of what was added.
local file = {}
file.__index = file

function file:append(bytes)
  bytes = pad8(bytes)
  local address = self.size
  self.parts[#self.parts + 1] = bytes
  self.size = self.size + #bytes
  return address
end

-- ---- messages ----

-- Types by name: class and version, flags, size, and what follows.
local types = {
  float32 = "\x11\x20\x1f\0" .. u32(4) .. u16(0) .. u16(32) .. "\x17\x08\0\x17" .. u32(127),
  float16 = "\x11\x20\x0f\0" .. u32(2) .. u16(0) .. u16(16) .. "\x0a\x05\0\x0a" .. u32(15),
  float64 = "\x11\x20\x3f\0" .. u32(8) .. u16(0) .. u16(64) .. "\x34\x0b\0\x34" .. u32(1023),
  int8 = "\x10\x08\0\0" .. u32(1) .. u16(0) .. u16(8), uint16 = "\x10\0\0\0" .. u32(2) .. u16(0) .. u16(16),
  int64 = "\x10\x08\0\0" .. u32(8) .. u16(0) .. u16(64), opaque2 = "\x15\0\0\0" .. u32(2),
  big_float32 = "\x11\x21\x1f\0" .. u32(4) .. u16(0) .. u16(32) .. "\x17\x08\0\x17" .. u32(127),
  text = "\x19\x01\0\0" .. u32(16) .. "\x13\0\0\0" .. u32(1),
}

local function dataspace(dims)
  local parts = {}
  for i, dim in ipairs(dims) do parts[i] = u64(dim) end
  return u8(1) .. u8(#dims) .. ("\0"):rep(6) .. table.concat(parts)
end

-- Texts of any length lie in a collection; what stands for one is 16 bytes.
local function collected(self, texts)
  local objects, places = {}, {}
  for i, text in ipairs(texts) do objects[i] = u16(i) .. u16(1) .. u32(0) .. u64(#text) .. pad8(text) end
  local body = table.concat(objects) .. ("\0"):rep(16)
  local address = self:append("GCOL\1\0\0\0" .. u64(16 + #body) .. body)
  for i, text in ipairs(texts) do places[i] = u32(#text) .. u64(address) .. u32(i) end
  return table.concat(places)
end

-- An attribute: a text, of any length, or a list of texts, of a fixed one.
local function attribute(self, name, value)
  local type_bytes, space, data
  if type(value) == "string" then
    type_bytes, space, data = types.text, dataspace {}, collected(self, { value })
  elseif #value == 0 then
    type_bytes, space, data = types.float64, dataspace { 0 }, ""
  else
    local most, parts = 1, {}
    for _, text in ipairs(value) do most = math.max(most, #text) end
    for i, text in ipairs(value) do parts[i] = text .. ("\0"):rep(most - #text) end
    type_bytes, space, data = "\x13\x01\0\0" .. u32(most), dataspace { #value }, table.concat(parts)
  end
  name = name .. "\0"
  return { 0x0C, u8(1) .. u8(0) .. u16(#name) .. u16(#type_bytes) .. u16(#space) .. pad8(name) .. pad8(type_bytes)
    .. pad8(space) .. data }
end

-- The header of an object of these messages, { type, bytes }. The second half is in a continuation.
local function header(self, messages)
  local function encode(message)
    if self.is_new then return u8(message[1]) .. u16(#message[2]) .. u8(0) .. message[2] end
    local body = pad8(message[2])
    return u16(message[1]) .. u16(#body) .. "\0\0\0\0" .. body
  end
  local first, second = {}, {}
  for i, message in ipairs(messages) do
    table.insert(i <= (#messages + 1) // 2 and first or second, encode(message))
  end
  local rest = table.concat(second)
  if self.is_new then rest = "OCHK" .. rest .. u32(0) end
  local continuation = { 0x10, u64(self:append(rest)) .. u64(#rest) }
  local body = table.concat(first) .. encode(continuation)
  if self.is_new then return self:append("OHDR\2\2" .. u32(#body) .. body .. u32(0)) end
  return self:append(u8(1) .. u8(0) .. u16(#messages + 1) .. u32(1) .. u32(#body) .. u32(0) .. body)
end

-- ---- data sets ----

-- zlib's wrapping of blocks that are stored: valid, though nothing is saved.
local function stored_zlib(bytes)
  local parts, at, a, b = { "\x78\x01" }, 1, 1, 0
  repeat
    local block = bytes:sub(at, at + 65534)
    at = at + #block
    parts[#parts + 1] = u8(at > #bytes and 1 or 0) .. u16(#block) .. u16(~#block & 0xFFFF) .. block
  until at > #bytes
  for i = 1, #bytes do
    a = (a + bytes:byte(i)) % 65521
    b = (b + a) % 65521
  end
  return table.concat(parts) .. string.pack(">I4", b << 16 | a)
end
hdf5.stored_zlib = stored_zlib

local function shuffled(bytes, width)
  local parts = {}
  for b = 1, width do
    for at = b, #bytes, width do parts[#parts + 1] = bytes:sub(at, at) end
  end
  return table.concat(parts)
end

-- The chunks { offset =, data = } of a data set as a tree of one or, with more than one, two levels.
local function chunk_tree(self, d, width)
  local function key(chunk)
    local parts = { u32(#chunk.stored), u32(0) }
    for _, at in ipairs(chunk.offset) do parts[#parts + 1] = u64(at) end
    return table.concat(parts) .. u64(0)
  end
  local function node(level, entries)
    local body = {}
    for i, entry in ipairs(entries) do body[i] = key(entry.chunk) .. u64(entry.address) end
    return self:append("TREE" .. u8(1) .. u8(level) .. u16(#entries) .. nowhere .. nowhere .. table.concat(body)
      .. key(entries[#entries].chunk))
  end
  local leaves = {}
  for i, chunk in ipairs(d.chunks) do
    chunk.stored = chunk.data
    if d.filters then chunk.stored = stored_zlib(shuffled(chunk.data, width)) end
    leaves[i] = { chunk = chunk, address = node(0, { { chunk = chunk, address = self:append(chunk.stored) } }) }
  end
  return node(1, leaves)
end

-- { type =, dims =, data = bytes, or chunk = dims and chunks = list, filters =; compact =; attributes = }
local function dataset(self, d)
  local type_bytes = types[d.type or "float32"]
  local width = string.unpack("<I4", type_bytes, 5)
  local layout
  if d.chunks then
    local dims = {}
    for i, length in ipairs(d.chunk) do dims[i] = u32(length) end
    layout = u8(3) .. u8(2) .. u8(#d.chunk + 1) .. u64(chunk_tree(self, d, width)) .. table.concat(dims) .. u32(width)
  elseif d.compact then
    layout = u8(3) .. u8(0) .. u16(#d.data) .. d.data
  else
    layout = u8(3) .. u8(1) .. u64(self:append(d.data)) .. u64(#d.data)
  end
  local messages = { { 0x01, dataspace(d.dims) }, { 0x03, type_bytes }, { 0x08, layout } }
  if d.filters then
    messages[4] = { 0x0B, u8(1) .. u8(2) .. ("\0"):rep(6) .. u16(2) .. u16(0) .. u16(1) .. u16(1) .. u32(width)
      .. u32(0) .. u16(1) .. u16(8) .. u16(1) .. u16(1) .. "deflate\0" .. u32(4) .. u32(0) }
  end
  for name, value in pairs(d.attributes or {}) do messages[#messages + 1] = attribute(self, name, value) end
  return header(self, messages)
end

-- ---- groups ----

local write

-- Names in a heap, and a tree over tables of up to three.
local function symbol_table(self, names, addresses)
  local heap, offsets = { ("\0"):rep(8) }, {}
  local at, entries, level = 8, {}, 0
  for i, name in ipairs(names) do
    heap[i + 1], offsets[i] = pad8(name .. "\0"), at
    at = at + #heap[i + 1]
  end
  local data = self:append(table.concat(heap))
  local heap_address = self:append("HEAP\0\0\0\0" .. u64(at) .. nowhere .. u64(data))
  for first = 1, #names, 3 do
    local rows = {}
    for i = first, math.min(first + 2, #names) do
      rows[#rows + 1] = u64(offsets[i]) .. u64(addresses[i]) .. ("\0"):rep(24)
    end
    entries[#entries + 1] = self:append("SNOD\1\0" .. u16(#rows) .. table.concat(rows))
  end
  local function node(list, own_level)
    local body = {}
    for i, address in ipairs(list) do body[i] = u64(0) .. u64(address) end
    return self:append("TREE" .. u8(0) .. u8(own_level) .. u16(#list) .. nowhere .. nowhere .. table.concat(body)
      .. u64(0))
  end
  local tree = node(entries, level)
  if #entries > 2 then tree = node({ tree }, 1) end
  return { 0x11, u64(tree) .. u64(heap_address) }
end

local function group(self, g)
  local names, addresses, messages = {}, {}, {}
  for name in pairs(g.members) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do addresses[i] = write(self, g.members[name]) end
  if self.is_new then
    messages[1] = { 0x02, "\0\0" .. nowhere .. nowhere }
    for i, name in ipairs(names) do
      messages[#messages + 1] = { 0x06, u8(1) .. u8(0) .. u8(#name) .. name .. u64(addresses[i]) }
    end
  else
    messages[1] = symbol_table(self, names, addresses)
  end
  names = {}
  for name in pairs(g.attributes or {}) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do messages[#messages + 1] = attribute(self, name, g.attributes[name]) end
  return header(self, messages)
end

function write(self, object) return (object.members and group or dataset)(self, object) end

--- The bytes of a file: a group is { members = { name = object }, attributes = }, a data set as above.
function hdf5.file(root, is_new)
  local self = setmetatable({ parts = {}, size = is_new and 48 or 96, is_new = is_new }, file)
  local address = write(self, root)
  local start = "\x89HDF\r\n\x1a\n"
  if is_new then
    start = start .. "\2\8\8\0" .. u64(0) .. nowhere .. u64(self.size) .. u64(address) .. u32(0)
  else
    start = start .. "\0\0\0\0\0\8\8\0" .. u16(4) .. u16(16) .. u32(0) .. u64(0) .. nowhere .. u64(self.size) .. nowhere
      .. u64(0) .. u64(address) .. ("\0"):rep(24)
  end
  return start .. table.concat(self.parts)
end

--- A group in which objects lie under their paths, "a/b/c".
function hdf5.tree(objects, attributes)
  local root = { members = {}, attributes = attributes[""] or {} }
  local function find(path)
    if path == "" then return root end
    local at, walked = root, nil
    for part in path:gmatch "[^/]+" do
      walked = walked and walked .. "/" .. part or part
      at.members[part] = at.members[part] or { members = {}, attributes = attributes[walked] }
      at = at.members[part]
    end
    return at
  end
  for path in pairs(attributes) do find(path) end
  for path, object in pairs(objects) do
    local folder, name = path:match "^(.*)/([^/]*)$"
    find(folder or "").members[name or path] = object
  end
  return root
end

return hdf5
