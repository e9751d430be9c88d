-- SPDX-License-Identifier: MIT
-- A store: what scans of one dataset found, in one SQLite file or in memory. Everything that belongs together is
-- written in one transaction, so that a scan can be killed at any time and goes on where it was; several processes may
-- write to one store. Failures of the file raise, as `scan` and `examples` guard. Must not know of networks.

local core = require "phosphene.core"
local schema = require "phosphene.data.schema"

local store = {}
store.__index = store

-- What failures of a store are raised as, so that they can be told from mistakes.
local failure = {}
failure.__index = failure
function failure:__tostring() return self.message end

local function fail(format, ...) error(setmetatable({ message = format:format(...) }, failure), 0) end

--- Calls a function that uses stores: what it gives, or nil and a message where one of them failed.
function store.guarded(f, ...)
  local results = table.pack(pcall(f, ...))
  if results[1] then return table.unpack(results, 2, results.n) end
  if getmetatable(results[2]) == failure then return nil, results[2].message end
  error(results[2], 0)
end

--- Runs a statement; gives its rows.
function store:run(sql, ...)
  local rows, problem = self.database:run(sql, ...)
  if not rows then fail("store %s", problem) end
  return rows
end

-- The first column of the only row.
function store:value(sql, ...)
  local row = self:run(sql, ...)[1]
  return row and row[1]
end

--- Runs a function of which all is written, or nothing.
function store:transaction(f, ...)
  self:run "BEGIN IMMEDIATE"
  local results = table.pack(pcall(f, ...))
  if results[1] then
    self:run "COMMIT"
    return table.unpack(results, 2, results.n)
  end
  if self.database:is_open() then self.database:run "ROLLBACK" end
  error(results[2], 0)
end

-- ---- opening ----

local function create(self)
  for _, statement in ipairs(schema.statements) do self:run(statement) end
  self:run(("PRAGMA application_id = %d"):format(schema.application))
  self:run(("PRAGMA user_version = %d"):format(schema.version))
end

local function check_version(self)
  local version = self:value "PRAGMA user_version"
  if self:value "PRAGMA application_id" ~= schema.application then fail("store '%s': it is not a store", self.path) end
  if version ~= schema.version then
    fail("store '%s': it is of version %d, which this program does not read (it reads %d); give another store",
      self.path, version, schema.version)
  end
end

--- Opens a store, or makes it; without a path it is in memory.
function store.open(path)
  local database, problem = core.database(path or ":memory:", "write")
  if not database then fail("store %s", problem) end
  local self = setmetatable({ database = database, path = path or "in memory" }, store)
  if path then
    self:run "PRAGMA page_size = 16384" -- of a new file: units of 3 KiB leave little of a page unused
    self:run "PRAGMA journal_mode = WAL"
    self:run "PRAGMA synchronous = NORMAL"
  end
  self:transaction(function()
    if self:value "SELECT count(*) FROM sqlite_schema" == 0 then create(self) else check_version(self) end
  end)
  return self
end

--- Leaves one file, if nobody else is using it.
function store:close()
  self.database:run "PRAGMA journal_mode = DELETE"
  self.database:close()
end

-- ---- pictures ----

--- Which pictures are known: by number, { path, bytes, modified, problem }.
function store:pictures()
  local known = {}
  for _, row in ipairs(self:run "SELECT number, path, bytes, modified, problem FROM picture") do
    known[row[1]] = { path = row[2], bytes = row[3], modified = row[4], problem = row[5] or nil }
  end
  return known
end

--- The pictures without those that are known not to be readable.
function store:without_problems(pictures)
  local known, list = self:pictures(), {}
  for _, picture in ipairs(pictures) do
    if known[picture.number] and not known[picture.number].problem then list[#list + 1] = picture end
  end
  return list
end

--- What the store's dataset was made from, nil for a new store.
function store:root() return self:value "SELECT root FROM dataset" end

function store:set_root(root)
  self:run "DELETE FROM dataset"
  self:run("INSERT INTO dataset VALUES (?1)", root)
end

function store:add_picture(picture)
  self:run([[INSERT INTO picture VALUES (?1, ?2, ?3, ?4, ?5, ?6)]], picture.number, picture.path, picture.bytes,
    picture.modified, picture.label, nil)
end

function store:remove_picture(number) self:run("DELETE FROM picture WHERE number = ?1", number) end

--- Why a picture could not be read.
function store:set_problem(number, problem)
  self:run("UPDATE picture SET problem = ?2 WHERE number = ?1", number, problem)
end

-- ---- scans ----

local identity = { "network", "weights", "layer", "preprocessing", "height", "width", "crop", "units" }

--- The scan of a layer: as it is in the store, or a new one. `layer` has the columns of `identity`; `room` is how many
--- examples are wanted, and a scan that has kept fewer begins anew: with room for what both were asked, so that
--- questions that take turns are not scans each time.
function store:scan(layer, room)
  local rows = self:run([[SELECT id, strongest, weakest, drawn, gone FROM scan WHERE weights = ?1 AND layer = ?2
    AND preprocessing = ?3 AND height = ?4 AND width = ?5 AND crop = ?6]], layer.weights, layer.layer,
    layer.preprocessing, layer.height, layer.width, layer.crop)
  local row = rows[1]
  if row and row[2] >= room.top and row[3] >= room.bottom and row[4] >= room.any then
    return { id = row[1], room = { top = row[2], bottom = row[3], any = row[4] }, gone = row[5], units = layer.units }
  end
  if row then
    self:drop(row[1])
    room = { top = math.max(room.top, row[2]), bottom = math.max(room.bottom, row[3]),
      any = math.max(room.any, row[4]) }
  end
  local values = {}
  for i, column in ipairs(identity) do values[i] = layer[column] end
  values[#values + 1] = room.top
  values[#values + 1] = room.bottom
  values[#values + 1] = room.any
  self:run([[INSERT INTO scan(network, weights, layer, preprocessing, height, width, crop, units, strongest, weakest,
    drawn) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)]], table.unpack(values))
  return { id = self:value "SELECT last_insert_rowid()", room = room, gone = 0, units = layer.units }
end

--- Forgets a scan and all that it found.
function store:drop(id) self:run("DELETE FROM scan WHERE id = ?1", id) end

function store:scans()
  local list = {}
  for i, row in ipairs(self:run "SELECT id, units, strongest, weakest, drawn FROM scan") do
    list[i] = { id = row[1], units = row[2], room = { top = row[3], bottom = row[4], any = row[5] } }
  end
  return list
end

--- Which pictures a scan has seen: a set of numbers, and how many.
function store:seen(scan)
  local set, rows = {}, self:run("SELECT picture FROM seen WHERE scan = ?1", scan.id)
  for _, row in ipairs(rows) do set[row[1]] = true end
  return set, #rows
end

--- Whether a scan has seen any of these pictures.
function store:has_seen(scan, numbers)
  for _, number in ipairs(numbers) do
    if self:value("SELECT 1 FROM seen WHERE scan = ?1 AND picture = ?2", scan.id, number) then return true end
  end
  return false
end

function store:mark_seen(scan, numbers)
  for _, number in ipairs(numbers) do self:run("INSERT INTO seen VALUES (?1, ?2)", scan.id, number) end
end

--- Of pictures that are in the dataset no more, those that a scan has seen are counted as gone.
function store:mark_gone(scan, numbers)
  for _, number in ipairs(numbers) do
    self:run("DELETE FROM seen WHERE scan = ?1 AND picture = ?2", scan.id, number)
    self:run("UPDATE scan SET gone = gone + ?2 WHERE id = ?1", scan.id, self.database:changed())
  end
end

-- ---- what was found ----

--- An empty ranking with room for what a scan keeps.
function store.new_ranking(scan)
  return core.ranking(scan.units, scan.room.top, scan.room.bottom, scan.room.any)
end

--- The lists of a scan, as a ranking.
function store:ranking(scan)
  local ranking = store.new_ranking(scan)
  self:load(scan, ranking)
  return ranking
end

--- Adds to a ranking, and to a sketch where one is given, what the store has of a scan's units.
function store:load(scan, ranking, sketch)
  for _, row in ipairs(self:run("SELECT unit, lists, sketch FROM unit WHERE scan = ?1", scan.id)) do
    local unit, taken, problem = row[1], nil, "there is a unit that the layer has not"
    if unit >= 0 and unit < scan.units then taken, problem = ranking:take(unit, row[2]) end
    if taken and sketch then taken, problem = sketch:take(unit, row[3]) end
    if not taken then fail("store '%s': it is damaged (%s)", self.path, problem) end
  end
end

--- Writes a ranking and a sketch over what the store has of a scan's units.
function store:save(scan, ranking, sketch)
  for unit = 0, scan.units - 1 do
    self:run("INSERT OR REPLACE INTO unit VALUES (?1, ?2, CAST(?3 AS BLOB), CAST(?4 AS BLOB))", scan.id, unit,
      ranking:bytes(unit), sketch:bytes(unit))
  end
end

--- The same for a ranking alone.
function store:save_lists(scan, ranking)
  for unit = 0, scan.units - 1 do
    self:run("UPDATE unit SET lists = CAST(?3 AS BLOB) WHERE scan = ?1 AND unit = ?2", scan.id, unit,
      ranking:bytes(unit))
  end
end

--- Writes the first examples of a complete scan's lists as rows, for other programs: `wanted` says how many of each.
function store:show(scan, ranking, wanted)
  self:run("DELETE FROM example WHERE scan = ?1", scan.id)
  for unit = 0, scan.units - 1 do
    for list, most in pairs(wanted) do
      for place, example in ipairs(ranking:list(unit, list)) do
        if place > most then break end
        self:run("INSERT INTO example VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", scan.id, unit, list, place,
          example.picture, example.value, example.y, example.x)
      end
    end
  end
end

return store
