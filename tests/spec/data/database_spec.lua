-- SPDX-License-Identifier: MIT
-- Databases: values there and back, statements that fail, and files that are no stores, damaged, locked or full.

local core = require "phosphene.core"

local folder = os.tmpname()
os.remove(folder)
lazy_setup(function() assert(os.execute("mkdir '" .. folder .. "'")) end)
lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

local function path(name) return folder .. "/" .. name end

local function made(name)
  local db = assert(core.database(path(name), "write"))
  assert(db:run "CREATE TABLE t(a, b)")
  return db
end

-- A database with many rows on many pages.
local function filled(name)
  local db = made(name)
  assert(db:run "BEGIN")
  for i = 1, 2000 do assert(db:run("INSERT INTO t VALUES (?1, ?2)", i, ("x"):rep(100))) end
  assert(db:run "COMMIT")
  return db
end

describe("a database", function()
  it("gives values back as they were", function()
    local db = assert(core.database(":memory:", "write"))
    assert(db:run "CREATE TABLE t(a)")
    local bytes = "a\0b\255"
    for _, value in ipairs { 1, -2, math.mininteger, 0.1, 1e300, "text", "", bytes } do
      assert(db:run("INSERT INTO t VALUES (?1)", value))
    end
    assert(db:run("INSERT INTO t VALUES (?1)", nil))
    assert(db:run("INSERT INTO t VALUES (CAST(?1 AS BLOB))", bytes))
    assert.equal(1, db:changed())
    local rows = assert(db:run "SELECT a, typeof(a) FROM t ORDER BY rowid")
    assert.same({ { 1, "integer" }, { -2, "integer" }, { math.mininteger, "integer" }, { 0.1, "real" },
      { 1e300, "real" }, { "text", "text" }, { "", "text" }, { bytes, "text" }, { false, "null" },
      { bytes, "blob" } }, rows)
    assert.equal("integer", math.type(rows[1][1]))
  end)

  it("keeps them in a file", function()
    made("kept"):run("INSERT INTO t VALUES (1, 'x')")
    assert.same({ { 1, "x" } }, assert(core.database(path "kept", "read")):run "SELECT * FROM t")
  end)

  it("undoes what was not committed", function()
    local db = made "undone"
    assert(db:run "BEGIN IMMEDIATE")
    assert(db:run "INSERT INTO t VALUES (1, 2)")
    assert.is_true(db:is_open())
    assert(db:run "ROLLBACK")
    assert.is_false(db:is_open())
    assert.same({}, db:run "SELECT * FROM t")
  end)
end)

describe("a statement", function()
  it("that is wrong says so", function()
    local db = made "wrong"
    local result, problem = db:run "SELECT * FROM missing"
    assert.is_nil(result)
    assert.equal(("'%s': no such table: missing"):format(path "wrong"), problem)
    assert.has_error(function() db:run("SELECT ?1") end, "the statement takes 1 arguments, got 0")
    assert.has_error(function() db:run("SELECT 1", 2) end, "the statement takes 0 arguments, got 1")
    assert.error_matches(function() db:run("SELECT ?1", {}) end, "a number, a text or nil expected")
  end)

  it("that fails in its midst gives nothing", function()
    local db = made "midst"
    assert(db:run "INSERT INTO t VALUES (1, 1), (2, 2), (3, 'x')")
    local result, problem = db:run "SELECT json_extract(CASE a WHEN 3 THEN 'no json' ELSE '{}' END, '$') FROM t"
    assert.is_nil(result)
    assert.match("malformed JSON", problem)
  end)
end)

describe("a file", function()
  it("that is missing, or no database", function()
    assert.same({ nil, ("'%s': No such file or directory"):format(path "missing") },
      { core.database(path "missing", "read") })
    local file = assert(io.open(path "text", "w"))
    file:write(("no database\n"):rep(100)):close()
    local db = core.database(path "text", "write")
    local _, problem = (db or core.database(path "text", "read")):run "SELECT * FROM sqlite_schema"
    assert.equal(("'%s': it is not a store"):format(path "text"), problem)
  end)

  it("that is damaged", function()
    filled("damaged"):close()
    local file = assert(io.open(path "damaged", "r+"))
    local size = file:seek "end"
    for at = 4096 + 100, size - 8, 512 do
      file:seek("set", at)
      file:write "\255\255\255\255\255\255"
    end
    file:close()
    local db = assert(core.database(path "damaged", "read"))
    assert.same({ nil, ("'%s': it is damaged"):format(path "damaged") }, { db:run "SELECT sum(length(b)) FROM t" })
  end)

  it("that may only be read", function()
    local db = made "readable"
    db:close()
    local reader = assert(core.database(path "readable", "read"))
    assert.same({ nil, ("'%s': it cannot be written"):format(path "readable") },
      { reader:run "INSERT INTO t VALUES (1, 1)" })
  end)

  it("that may not grow", function()
    local db = made "full"
    assert(db:run "PRAGMA max_page_count = 3")
    local result, problem
    for i = 1, 1000 do
      result, problem = db:run("INSERT INTO t VALUES (?1, ?2)", i, ("x"):rep(100))
      if not result then break end
    end
    assert.equal(("'%s': the disk is full"):format(path "full"), problem)
  end)
end)
