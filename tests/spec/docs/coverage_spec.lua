-- SPDX-License-Identifier: MIT
-- docs/coverage.md is what there is: what its tables give as the spelling here is Lua that runs, and the tests that
-- they name exist and speak of it. Nothing that has a name here is missing on the page.

local core = require "phosphene.core"
local ph = require "phosphene"

local net = ph.network "googlenet-tiny"
local channels = 256 -- of mixed4a

-- What spellings may refer to besides ph's own names; the page's first paragraph says so.
local function names()
  local values = {
    l = "mixed4a",
    v = ph.tensor({ channels }, 1),
    m = ph.tensor({ channels, channels }, 1),
    t = ph.tensor({ channels, 2, 2 }, 1),
    x = ph.tensor({ 1, 3, 32, 32 }, 0.4),
    net = net,
    ph = ph,
  }
  return setmetatable(values, { __index = function(_, name) return rawget(ph, name) or _G[name] end })
end

-- ---- reading the page ----

local function trim(text) return text:match "^%s*(.-)%s*$" end

local function cells_of(line)
  local cells = {}
  for cell in line:gsub("^|", ""):gsub("\\|", "\0"):gmatch "([^|]*)|" do
    cells[#cells + 1] = trim((cell:gsub("%z", "|")))
  end
  return cells
end

-- Rows of four cells, each with the heading that its table stands under.
local function read_rows()
  local rows, heading, number = {}, nil, 0
  for line in io.lines "docs/coverage.md" do
    number = number + 1
    heading = line:match "^## (.+)" or heading
    if line:match "^|" and not line:match "^|%s*%-" and not line:match "^| what |" then
      rows[#rows + 1] = { heading = heading, line = number, cells = cells_of(line) }
    end
  end
  return rows
end

local function spans(cell)
  local found = {}
  for span in cell:gmatch "`([^`]+)`" do found[#found + 1] = span end
  return found
end

local rows = read_rows()

local function each_row(f)
  for _, row in ipairs(rows) do f(row, ("docs/coverage.md:%d"):format(row.line)) end
end

-- ---- spellings ----

-- `decay = 1.5` and the like are options of a run.
local function is_option(span) return span:match "^[%a_]+ = " ~= nil end

local function evaluate(span, where)
  local text = is_option(span) and ("return { %s }"):format(span) or "return " .. span
  return assert(load(text, where, "t", names()))()
end

local function run_with(options)
  local given = { net, "mixed4a:1", steps = 1, size = 32, seed = 1, progress = false }
  for key, value in pairs(options) do given[key] = value end
  ph.render(given)
  if given.checkpoint then os.remove(given.checkpoint) end
end

-- What a test of this spelling has to speak of: the function that is called, the names that options are given, or else
-- the options themselves.
local function subjects(span)
  local found = {}
  if is_option(span) then
    for key in span:gmatch "([%a_]+) = " do found[#found + 1] = key end
    local name = span:match '^[%a_]+ = {? ?"([%a_]+)"'
    return { name or found[1] }
  end
  local called = span:match '^"' and "objective" or span:match "([%a_]+) ?[%(%{]" or span:match "([%a_]+)$"
  return { called }
end

local function contents(path)
  local file = io.open(path)
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

-- `heads.c` is a unit test, `objective_spec` a spec, in whichever room.
local function path_of(test)
  local pattern = test:match "%.c$" and "tests/unit/*/" .. test or "tests/spec/*/" .. test .. ".lua"
  local found = io.popen("ls " .. pattern .. " 2>/dev/null")
  local path = found:read "l"
  found:close()
  return path or pattern
end

describe("docs/coverage.md", function()
  it("has four cells in every row, none of them empty", function()
    assert.is_true(#rows > 60)
    each_row(function(row, where)
      assert.equal(4, #row.cells, where)
      for i, cell in ipairs(row.cells) do assert.is_true(#cell > 0, ("%s: cell %d"):format(where, i)) end
    end)
  end)

  it("gives a spelling here, or the reason why there is none", function()
    each_row(function(row, where)
      local here = row.cells[3]
      if #spans(here) == 0 then assert.is_true(here:match "^none: " and #here > 20, where) end
    end)
  end)

  it("names tests that exist", function()
    each_row(function(row, where)
      for _, test in ipairs(spans(row.cells[4])) do
        assert.is_truthy(contents(path_of(test)), ("%s: no test %s"):format(where, test))
      end
      if #spans(row.cells[3]) > 0 then assert.is_true(#spans(row.cells[4]) > 0, where) end
    end)
  end)

  it("names tests that speak of what they are named for", function()
    each_row(function(row, where)
      local tests = {}
      for _, test in ipairs(spans(row.cells[4])) do tests[#tests + 1] = contents(path_of(test)) end
      local text = table.concat(tests, "\n")
      for _, span in ipairs(spans(row.cells[3])) do
        for _, subject in ipairs(subjects(span)) do
          assert.is_truthy(text:find("%f[%w_]" .. subject .. "%f[^%w_]"), ("%s: %s"):format(where, subject))
        end
      end
    end)
  end)

  it("spells what runs", function()
    each_row(function(row, where)
      for _, span in ipairs(spans(row.cells[3])) do
        local made = evaluate(span, where)
        assert.is_truthy(made ~= nil, ("%s: %s"):format(where, span))
        if is_option(span) then run_with(made) end
      end
    end)
  end)

  it("makes objectives and transforms where it says so", function()
    each_row(function(row, where)
      for _, span in ipairs(spans(row.cells[3])) do
        if row.heading == "Objectives" then core.objective(evaluate(span, where)) end
        local is_transform = row.heading == "Transforms" and not span:match "^net:" and not is_option(span)
        if is_transform then ph.pipeline(evaluate(span, where)) end
      end
    end)
  end)

  it("leaves out nothing that there is", function()
    local page = contents "docs/coverage.md"
    local function expect(name)
      assert.is_truthy(page:find("%f[%w_]" .. name .. "%f[^%w_]"), name .. " is not on the page")
    end
    for name in pairs(require "phosphene.objective.constructors") do expect(name) end
    for name, value in pairs(require "phosphene.picture.transforms") do
      if type(value) == "function" and name ~= "pipeline" and name ~= "named" then expect(name) end
    end
    for name, value in pairs(ph.schedules) do
      if name ~= "is_schedule" and name ~= "text_of" and type(value) == "function" then expect(name) end
    end
    local api = contents "lua/phosphene/meta/parameterisation.lua" .. contents "lua/phosphene/meta/optimiser.lua"
    for kinds in api:gmatch "%-%-%-@param kind ([^\n]+)" do
      for kind in kinds:gmatch '"([%a_]+)"' do expect(kind) end
    end
  end)
end)
