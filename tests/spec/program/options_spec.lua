-- SPDX-License-Identifier: MIT
-- ph.options: what declarations mean, command lines, values from Lua, --help.

local options = require "phosphene.program.options"
local recipe = require "phosphene.recipe"

local called = 0

-- What a recipe with these declarations makes of words, or of values by name.
local function read(declared, given)
  local key = "options_spec_" .. called
  called = called + 1
  package.loaded[key] = declared
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(("return require 'phosphene.program.options'(require %q)\n"):format(key))
  file:close()
  local ok, result = pcall(recipe.run, path, given)
  os.remove(path)
  package.loaded[key] = nil
  return ok and result or nil, not ok and tostring(result) or nil
end

local function problem(declared, given)
  local result, message = read(declared, given)
  assert.is_nil(result)
  return message
end

local declared = {
  unit = 11, rate = 0.05, layer = "mixed4a", progress = true, diverse = false, from_image = "", no_seed = 3,
  steps = { 1, 32, 128 }, weights = { 0.5, 1 },
  width = { 64, "pixels across", least = 8, most = 4096 },
  mode = { "plain", "how", choices = { "plain", "guided" } },
  layers = { { "mixed3a", "mixed4a" }, "which" },
  start = { nil, "absent unless given", type = "number" },
}

describe("options on a command line", function()
  local cases = {
    { { "--unit", "97" }, "unit", 97 },
    { { "--unit=97" }, "unit", 97 },
    { { "--unit=-1" }, "unit", -1 },
    { { "--unit", "-1" }, "unit", -1 },
    { { "--unit", "1", "--unit", "2" }, "unit", 2 },
    { { "--rate", "1" }, "rate", 1 },
    { { "--rate", "1e-3" }, "rate", 0.001 },
    { { "--layer", "mixed4b" }, "layer", "mixed4b" },
    { { "--layer=a=b" }, "layer", "a=b" },
    { { "--layer=" }, "layer", "" },
    { { "--layer=--odd" }, "layer", "--odd" },
    { { "--layer", "12" }, "layer", "12" },
    { { "--diverse" }, "diverse", true },
    { { "--diverse=yes" }, "diverse", true },
    { { "--no-progress" }, "progress", false },
    { { "--progress=off" }, "progress", false },
    { { "--from-image", "a.png" }, "from_image", "a.png" },
    { { "--from_image", "a.png" }, "from_image", "a.png" },
    { { "--no-seed", "4" }, "no_seed", 4 },
    { { "--steps", "4" }, "steps", { 4 } },
    { { "--steps=4,8" }, "steps", { 4, 8 } },
    { { "--steps=" }, "steps", {} },
    { { "--weights", "1,.5" }, "weights", { 1, 0.5 } },
    { { "--layers", "mixed4b,mixed4c" }, "layers", { "mixed4b", "mixed4c" } },
    { { "--width", "8" }, "width", 8 },
    { { "--mode", "guided" }, "mode", "guided" },
    { { "--start", "0.5" }, "start", 0.5 },
  }
  for _, case in ipairs(cases) do
    it("understand " .. table.concat(case[1], " "), function()
      local values, message = read(declared, case[1])
      assert.is_nil(message)
      assert.same(case[3], values[case[2]])
    end)
  end

  it("keep whole numbers whole and others not", function()
    assert.equal("integer", math.type(read(declared, { "--unit", "3.0" }).unit))
    assert.equal("float", math.type(read(declared, { "--rate", "1" }).rate))
    assert.equal("float", math.type(read(declared, { "--weights", "1" }).weights[1]))
  end)

  local mistakes = {
    { { "--unti", "3" }, "unknown option '--unti'; did you mean '--unit'?" },
    { { "--form-image=3" }, "unknown option '--form-image'; did you mean '--from-image'?" },
    { { "--xyzzy" }, "unknown option '--xyzzy'; --help lists the options" },
    { { "-unit", "3" }, "unknown option '-unit'; did you mean '--unit'?" },
    { { "--no-unit" }, "unknown option '--no-unit'" },
    { { "--unit" }, "option '--unit' needs a value, a whole number" },
    { { "--unit", "--diverse" }, "option '--unit' needs a value" },
    { { "--unit", "3.5" }, "option '--unit': a whole number expected, got '3.5'" },
    { { "--unit", "many" }, "option '--unit': a whole number expected, got 'many'" },
    { { "--unit", "1e99" }, "option '--unit': a whole number expected" },
    { { "--rate=fast" }, "option '--rate': a number expected, got 'fast'" },
    { { "--rate=1e999" }, "option '--rate': a number expected, got '1e999'" },
    { { "--rate=nan" }, "option '--rate': a number expected" },
    { { "--diverse=perhaps" }, "option '--diverse': yes or no expected, got 'perhaps'" },
    { { "--steps", "4,many" }, "option '--steps': whole numbers with commas between them expected, got '4,many'" },
    { { "--width", "7" }, "option '--width': a whole number, 8 to 4096, expected, got '7'" },
    { { "--width", "4097" }, "8 to 4096" },
    { { "--mode", "giuded" }, "option '--mode': one of plain, guided expected, got 'giuded'; did you mean 'guided'?" },
    { { "stray" }, "unexpected argument 'stray'" },
    { { "--unit", "3", "stray" }, "unexpected argument 'stray'" },
  }
  for _, case in ipairs(mistakes) do
    it("refuse " .. table.concat(case[1], " "), function()
      local message = problem(declared, case[1])
      assert.is_truthy(message:find(case[2], 1, true), message)
    end)
  end
end)

describe("options from Lua", function()
  it("are the defaults where nothing is said", function()
    local values = read(declared, {})
    assert.equal(11, values.unit)
    assert.equal(64, values.width)
    assert.same({ "mixed3a", "mixed4a" }, values.layers)
    assert.is_nil(values.start)
    assert.same(values, options(declared)) -- where no recipe is being run
  end)

  it("are copied", function()
    local steps = { 5 }
    local values = read(declared, { steps = steps })
    assert.same(steps, values.steps)
    assert.not_equal(steps, values.steps)
    assert.not_equal(declared.layers[1], values.layers)
  end)

  it("take the type of the default", function()
    assert.equal("float", math.type(read(declared, { rate = 2 }).rate))
    assert.equal("integer", math.type(read(declared, { unit = 2.0 }).unit))
    assert.equal(false, read(declared, { progress = false }).progress)
    assert.equal("a.png", read(declared, { ["from-image"] = "a.png" }).from_image)
  end)

  it("must exist and fit, or raise at the line that gave them", function()
    local function is_refused(given, message)
      assert.matches("^tests/spec/program/options_spec%.lua:%d+: " .. message, problem(declared, given))
    end
    is_refused({ unti = 2 }, "unknown option 'unti'; did you mean 'unit'%?")
    is_refused({ unit = "2" }, "option 'unit': a whole number expected, got '2'")
    is_refused({ layer = 2 }, "option 'layer': text expected, got 2")
    is_refused({ progress = "yes" }, "option 'progress': yes or no expected")
    is_refused({ steps = 3 }, "option 'steps': whole numbers")
    is_refused({ steps = { 1.5 } }, "option 'steps': whole numbers .* got a list")
    is_refused({ width = 4 }, "option 'width': a whole number, 8 to 4096, expected, got 4")
    is_refused({ rate = 0 / 0 }, "option 'rate': a number expected")
  end)
end)

describe("the option output", function()
  local pictures, other = { output = "/tmp/mine.png" }, { output = { "", "text" } }

  it("must be writable before the recipe's work", function()
    local message = "cannot write 'mine.gif': pictures end in .png, .jpg or .jpeg"
    assert.equal("option '--output': " .. message, problem(pictures, { "--output", "mine.gif" }))
    assert.matches("^tests/spec/program/options_spec%.lua:%d+: option 'output': cannot write '/proc/a%.png': ",
      problem(pictures, { output = "/proc/a.png" }))
    assert.matches("'/proc' *: it is a folder", problem(other, { "--output=/proc" }))
  end)

  it("is a picture's path only where its default is, and need not be given", function()
    assert.equal("/tmp/mine.txt", read(other, { "--output=/tmp/mine.txt" }).output)
    assert.equal("", read(other, { "--output=" }).output)
    assert.matches("option '%-%-output': cannot write ''", problem(pictures, { "--output=" }))
    assert.equal("/tmp/mine.jpg", read(pictures, { output = "/tmp/mine.jpg" }).output)
    assert.is_nil(io.open "/tmp/mine.jpg") -- nothing is left behind
  end)
end)

describe("declarations", function()
  local cases = {
    { { unit = print }, "option 'unit': a default expected" },
    { { unit = { nil, "nothing known" } }, "option 'unit': a default expected" },
    { { unit = { 1, "a" } }, nil },
    { { unit = { 1, { 2 } } }, "option 'unit': a default expected" },
    { { unit = { 1, "x" , at_least = 3 } }, "option 'unit': unknown option 'at_least'; did you mean 'least'" },
    { { unit = { 1, "x", least = 3 } }, "option 'unit': as its default, a whole number, at least 3, expected, got 1" },
    { { unit = { 1, "x", least = "a" } }, "option 'unit': least: a number expected, got 'a'" },
    { { layer = { "a", "x", most = 3 } }, "option 'layer': only numbers have a most" },
    { { mode = { "a", "x", choices = "a" } }, "option 'mode': choices: a list expected, got 'a'" },
    { { unit = { nil, "x", type = "string" } }, "option 'unit': no type 'string'; there are boolean, integer" },
    { { ["a b"] = 1 }, "option 'a b': a name of" },
    { { 1, 2 }, "option '1': a name of" },
  }
  for _, case in ipairs(cases) do
    local name = case[2] or "that are right"
    it("are checked: " .. name, function()
      local ok, message = pcall(options, case[1])
      assert.equal(case[2] == nil, ok)
      if case[2] then
        assert.matches("^tests/spec/program/options_spec%.lua:%d+: ", message)
        assert.is_truthy(message:find(case[2], 1, true), message)
      end
    end)
  end

  it("come once a recipe", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write "local options = require 'phosphene.program.options'\noptions { a = 1 }\noptions { b = 2 }\n"
    file:close()
    local ok, message = pcall(recipe.run, path, { "--a", "2" })
    os.remove(path)
    assert.is_false(ok)
    assert.matches(":3: options: a recipe calls this once, and it was called already %(from .*:2%)",
      message)
  end)
end)

describe("--help", function()
  it("lists options in the order of the script, with types, descriptions and defaults", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write [[
#!/usr/bin/env phosphene
-- Mine: what I need. At length.
-- On two lines.

-- Not this.
local options = require "phosphene.program.options"
local opt = options { unit = { 11, "the channel", least = 0 }, layer = "mixed4a", bar = true, a_list = { 1, 2 },
  mode = { "plain", "", choices = { "plain", "guided" } }, empty = "", seed = { nil, "if any", type = "integer" } }
error "not reached"
]]
    file:close()
    local said = {}
    local print_before = print
    _G.print = function(text) said[#said + 1] = tostring(text) end
    local ok, message = pcall(recipe.run, path, { "--unit", "x", "--help" })
    _G.print = print_before
    os.remove(path)
    assert.is_true(ok, message)
    assert.equal(([[
Mine: what I need. At length.
On two lines.

usage: phosphene PATH [options]

  --unit <integer>      the channel; at least 0; default 11
  --layer <text>        a layer's name, or the end of it; default mixed4a
  --[no-]bar            default yes
  --a-list <integer>,…  default 1,2
  --mode <text>         one of plain, guided; default plain
  --empty <text>
  --seed <integer>      if any]]):gsub("PATH", path), said[1])
  end)
end)

describe("options under stock Lua", function()
  local build = os.getenv "PHOSPHENE_TEST_BUILD" or "build"
  if build ~= "build" then
    pending("skipped: stock Lua cannot load a sanitized module", function() end)
    return
  end

  it("are read from the command line of the script that was started", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write "print(require 'phosphene.program.options' { unit = 1 }.unit)\n"
    file:close()
    local command = ("LUA_PATH_5_4='lua/?.lua;;' LUA_CPATH_5_4='%s/lua/?.so;;' lua5.4 %s %%s 2>&1"):format(build,
      path)
    local function output(words)
      local pipe = assert(io.popen(command:format(words)))
      local text = pipe:read "a"
      local _, _, status = pipe:close()
      return text, status
    end
    local help, status = output "--help"
    assert.matches("^usage: lua ", help)
    assert.equal(0, status)
    local plain, with_unit, wrong = output "", output "--unit 5", output "--unti 5"
    os.remove(path)
    assert.equal("1\n", plain)
    assert.equal("5\n", with_unit)
    assert.matches("unknown option '%-%-unti'; did you mean '%-%-unit'%?", wrong)
  end)
end)
