-- SPDX-License-Identifier: MIT
-- Files that hold other things, HDF5 and zip: every form that is read, those that are not, and damaged ones, which give
-- one line and leave no memory behind.

local core = require "phosphene.core"
local hdf5 = require "keras.hdf5"
local save = require("tensorflow.writer").save
local zip = require "keras.zip"

local folder = os.tmpname()
os.remove(folder)

lazy_setup(function() assert(os.execute("mkdir '" .. folder .. "'")) end)
lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

local function floats(...)
  local parts = {}
  for i, number in ipairs { ... } do parts[i] = string.pack("<f", number) end
  return table.concat(parts)
end

-- A message, of one line, without the folder.
local function problem_of(result, problem)
  assert.is_nil(result)
  assert.is_nil(problem:find "\n")
  assert.is_truthy(problem:find(folder, 1, true), problem)
  return (problem:gsub(folder .. "/", ""))
end

local function open_hdf5(bytes) return core.open_hdf5(save(folder .. "/x.h5", bytes)) end
local function open_zip(bytes) return core.open_zip(save(folder .. "/x.zip", bytes)) end

-- ---- HDF5 ----

-- A data set of 3 rows and 5 columns, 0 to 14, in chunks of 2 by 3, the last of which hang over.
local function chunked(filters)
  return { dims = { 3, 5 }, chunk = { 2, 3 }, filters = filters, chunks = {
    { offset = { 0, 0 }, data = floats(0, 1, 2, 5, 6, 7) }, { offset = { 0, 3 }, data = floats(3, 4, 99, 8, 9, 99) },
    { offset = { 2, 0 }, data = floats(10, 11, 12, 99, 99, 99) },
    { offset = { 2, 3 }, data = floats(13, 14, 99, 99, 99, 99) } } }
end

local function everything(is_new, length)
  return hdf5.file(hdf5.tree({
    ["a/plain"] = { dims = { 2, 2 }, data = floats(1, 2, 3, 4) },
    ["a/compact"] = { dims = { 2 }, data = floats(5, 6), compact = true },
    ["a/scalar"] = { dims = {}, data = floats(7) },
    ["a/half"] = { type = "float16", dims = { 2 }, data = "\0\x3c\0\xc0" },
    ["a/double"] = { type = "float64", dims = { 1 }, data = string.pack("<d", 0.5) },
    ["b/int8"] = { type = "int8", dims = { 2 }, data = "\xff\1" },
    ["b/uint16"] = { type = "uint16", dims = { 1 }, data = "\xff\xff" },
    ["b/int64"] = { type = "int64", dims = { 1 }, data = string.pack("<i8", -5) },
    ["b/bfloat16"] = { type = "opaque2", dims = { 2 }, data = "\x80\x3f\0\xc0", attributes = { dtype = "bfloat16" } },
    ["b/c/chunks"] = chunked(), ["b/c/filtered"] = chunked(true),
    ["b/big"] = { type = "big_float32", dims = { 1 }, data = floats(1) },
    ["b/short"] = { dims = { 100 }, data = floats(1) }, ["b/none"] = { dims = { 0 }, data = "" },
  }, { [""] = { model_config = ("x"):rep(length or 70000), keras_version = "2.9.0" },
    a = { weight_names = { "one", "a longer one" }, nothing = {} } }), is_new)
end

describe("An HDF5 file", function()
  for form, is_new in pairs { ["of the usual form"] = false, ["of the newer form"] = true } do
    it(form .. " has groups, data sets and texts", function()
      local file = assert(open_hdf5(everything(is_new)))
      local function values(name) return assert(file:tensor(name)):values() end
      assert.equal(18, #file:names())
      assert.same({ ("x"):rep(70000) }, file:texts("", "model_config"))
      assert.same({ "one", "a longer one" }, file:texts("a", "weight_names"))
      assert.same({}, file:texts("a", "nothing"))
      assert.is_nil(file:texts("a", "weight_name"))
      assert.is_nil(file:texts("nowhere", "weight_names"))
      assert.same({ "bfloat16" }, file:texts("b/bfloat16", "dtype"))
      assert.same({ 1, 2, 3, 4 }, values "a/plain")
      assert.same({ 2, 2 }, file:tensor("a/plain"):shape())
      assert.same({ 5, 6 }, values "a/compact")
      assert.same({ 7 }, values "a/scalar")
      assert.same({ 1, -2 }, values "a/half")
      assert.same({ 0.5 }, values "a/double")
      assert.same({ -1, 1 }, values "b/int8")
      assert.same({ 65535 }, values "b/uint16")
      assert.same({ -5 }, values "b/int64")
      assert.same({ 1, -2 }, values "b/bfloat16")
      local expected = {}
      for i = 1, 15 do expected[i] = i - 1 end
      assert.same(expected, values "b/c/chunks")
      assert.same(expected, values "b/c/filtered")
    end)
  end

  it("has tensors that live on without it", function()
    local file = assert(open_hdf5(everything()))
    local tensor = file:tensor "a/plain"
    file:close()
    os.remove(folder .. "/x.h5")
    assert.same({ 1, 2, 3, 4 }, tensor:values())
  end)

  it("says what of it cannot be read", function()
    local file = assert(open_hdf5(everything()))
    local function problem(name) return problem_of(file:tensor(name)) end
    assert.equal("'x.h5': 'b/big' cannot be read: its elements are not little-endian numbers", problem "b/big")
    assert.equal("'x.h5': 'b/short' cannot be read: its numbers are fewer than its shape says", problem "b/short")
    assert.equal("'x.h5': 'b/none' cannot be read: it is empty, or too large", problem "b/none")
    assert.equal("'x.h5': 'a' cannot be read: it is not a data set", problem "a")
    local bytes = everything()
    assert.equal(("'x.h5' is cut off: 1000 bytes of an HDF5 file of %d"):format(#bytes),
      problem_of(open_hdf5(bytes:sub(1, 1000))))
    assert.equal("'x.h5' is not an HDF5 file", problem_of(open_hdf5("")))
  end)

  it("as h5py writes it is read", function()
    local python = os.getenv "PHOSPHENE_PYTHON" or "/usr/bin/python3"
    if not os.execute(python .. " -c 'import h5py' 2>/dev/null") then return pending "needs python3-h5py" end
    assert(os.execute(("%s tests/keras/h5py_files.py '%s'"):format(python, folder)))
    local file = assert(core.open_hdf5(folder .. "/h5py.h5"))
    assert.equal(100002, #file:texts("", "model_config")[1])
    assert.same({ "first", "second_layer" }, file:texts("model_weights", "layer_names"))
    assert.same({}, file:texts("model_weights", "none"))
    local function values(name) return assert(file:tensor(name)):values() end
    local expected = {}
    for i = 1, 7 * 5 * 11 do expected[i] = (i - 1) * 0.25 end
    for _, name in ipairs { "plain", "chunked", "deflated", "shuffled" } do assert.same(expected, values(name)) end
    for _, name in ipairs { "float16", "float64", "int8", "int64", "uint16" } do
      assert.same({ 0, 1, 2, 3 }, values(name), name)
    end
    assert.same({ 1, 2 }, values "bfloat16")
    for i = 0, 99, 33 do assert.same({ i }, values(("many/group%d/x"):format(i))) end
    local newer = assert(core.open_hdf5(folder .. "/newer.h5"))
    assert.same({ 7 }, newer:tensor("a/b/c"):values())
    local _, problem = core.open_hdf5(folder .. "/ordered.h5")
    assert.matches("whose groups keep the order of their members", problem)
  end)
end)

-- ---- zip ----

describe("A zip archive", function()
  local text = ("some text, "):rep(50)

  it("has entries, stored or deflated", function()
    local archive = assert(open_zip(zip.archive { { "a", text }, { "folder/b", text, deflated = true }, { "c", "" } }))
    assert.same({ "a", "folder/b", "c" }, archive:names())
    assert.equal(text, archive:text "a")
    assert.equal(text, archive:text "folder/b")
    assert.equal("", archive:text "c")
    assert.equal("'x.zip' has no 'd' in it", problem_of(archive:text "d"))
  end)

  it("has HDF5 files that live on without it", function()
    for _, is_deflated in ipairs { false, true } do
      local archive = assert(open_zip(zip.archive { { "x", text }, { "h", everything(), deflated = is_deflated } }))
      local file = assert(archive:hdf5 "h")
      archive:close()
      assert.same({ 1, 2, 3, 4 }, file:tensor("a/plain"):values())
    end
  end)

  it("says what of it cannot be read", function()
    local function problem(entry, changed)
      return problem_of(assert(open_zip(zip.archive({ entry }, changed))):text(entry[1]))
    end
    assert.equal("'x.zip': 'a' in it is encrypted", problem({ "a", text }, { flags = 1 }))
    assert.equal("'x.zip': 'a' in it is compressed by a method that is not read",
      problem({ "a", text }, { method = 12 }))
    assert.equal("'x.zip': 'a' in it is stored in another size than it has", problem({ "a", text }, { size = 7 }))
    assert.equal("'x.zip': 'a' in it is damaged", problem({ "a", text, deflated = true }, { size = 7 }))
    assert.equal("'x.zip': 'a' in it takes too much memory for the size of the file",
      problem({ "a", text, deflated = true }, { size = 1 << 30 }))
    assert.equal("'x.zip' is not a zip archive, or is cut off", problem_of(open_zip "PK\5\6"))
  end)
end)

describe("Numbers in a text", function()
  it("become a tensor", function()
    assert.same({ 2, 3 }, core.parse_numbers("\1\2\3", 1, "uint8", { 2 }):values())
    assert.same({ 258 }, core.parse_numbers("\2\1", 0, "uint16", {}):values())
    assert.same({ 1 }, core.parse_numbers("\0\x3c", 0, "float16", { 1 }):values())
    assert.same({ -1 }, core.parse_numbers("\xff\xff\xff\xff", 0, "int32", { 1 }):values())
    assert.is_nil(core.parse_numbers("\1\2\3", 1, "uint8", { 3 }))
    assert.has_error(function() core.parse_numbers("\1", 2, "uint8", { 1 }) end)
  end)
end)

-- ---- damage ----

describe("A damaged file", function()
  local before
  before_each(function()
    collectgarbage()
    collectgarbage()
    before = core.memory()
  end)
  after_each(function()
    collectgarbage()
    collectgarbage()
    assert.is_true(core.memory() <= before)
  end)

  -- Reads all there is, which gives something or one line.
  local function read_hdf5(bytes)
    local file, problem = open_hdf5(bytes)
    if not file then return problem_of(file, problem) end
    for i, name in ipairs(file:names()) do
      local tensor, why = file:tensor(name)
      if not tensor then problem_of(tensor, why) end
      if i > 40 then break end
    end
    for _, attribute in ipairs { "model_config", "weight_names" } do
      local texts, why = file:texts("", attribute)
      if not texts and why then problem_of(texts, why) end
    end
    file:close()
  end

  local function read_zip(bytes)
    local archive, problem = open_zip(bytes)
    if not archive then return problem_of(archive, problem) end
    for _, name in ipairs(archive:names()) do
      local text, why = archive:text(name)
      if not text then problem_of(text, why) end
    end
    archive:close()
  end

  local function zipped()
    return zip.archive { { "a", ("text"):rep(30) }, { "b", ("text"):rep(30), deflated = true } }
  end

  for name, entry in pairs { ["HDF5 file"] = { function() return everything(false, 50) end, read_hdf5 },
    ["newer HDF5 file"] = { function() return everything(true, 50) end, read_hdf5 },
    ["zip archive"] = { zipped, read_zip } } do
    local make, read = table.unpack(entry)
    it("may end anywhere: " .. name, function()
      local bytes = make()
      for percent = 0, 99 do read(bytes:sub(1, #bytes * percent // 100)) end
    end)

    it("may be wrong in any byte: " .. name, function()
      local bytes = make()
      for at = 1, #bytes, #bytes > 2000 and 3 or 1 do
        for _, wrong in ipairs { "\0", "\xff", string.char(bytes:byte(at) ~ (1 << at % 8)) } do
          read(bytes:sub(1, at - 1) .. wrong .. bytes:sub(at + 1))
        end
      end
    end)
  end

  it("may have groups in themselves", function()
    -- The only member of the root, whose address stands in the table of symbols, is the root.
    local bytes = hdf5.file(hdf5.tree({ a = { dims = {}, data = floats(1) } }, {}))
    local root = bytes:sub(65, 72)
    local table_at = bytes:find("SNOD", 1, true)
    local problem = problem_of(open_hdf5(bytes:sub(1, table_at + 15) .. root .. bytes:sub(table_at + 24)))
    assert.matches("groups in groups without end", problem)
  end)

  it("may promise more than it has", function()
    local d = chunked(true)
    d.dims, d.chunk = { 1 << 12, 1 << 12 }, { 1 << 12, 1 << 12 }
    d.chunks = { { offset = { 0, 0 }, data = "abcd" } }
    local file = assert(open_hdf5(hdf5.file(hdf5.tree({ d = d }, {}))))
    assert.matches("shape of chunks", problem_of(file:tensor "d"))
    d.dims, d.chunk, d.filters = { 1 << 20, 1 << 10 }, { 1, 1 }, nil
    file = assert(open_hdf5(hdf5.file(hdf5.tree({ d = d }, {}))))
    assert.matches("takes? too much memory for the size of the file", problem_of(file:tensor "d"))
  end)
end)
