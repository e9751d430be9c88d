local options = require "phosphene.options"

-- What `read` makes of entries when it is given arguments; and what it raises.
local function read(entries, arguments)
  local entry <close> = options.give(arguments) -- luacheck: ignore
  return options.read(entries)
end

local function problem(entries, arguments)
  local ok, message = pcall(read, entries, arguments)
  assert.is_false(ok)
  return tostring(message)
end

local entries = {
  unit = 11, rate = 0.05, layer = "mixed4a", progress = true, diverse = false, steps = { 1, 32, 128 }, from_image = "",
}

describe("options on the command line", function()
  it("are the defaults where nothing is said", function()
    assert.same(entries, read(entries, {}))
    assert.same(entries, options.read(entries))
  end)

  local cases = {
    { { "--unit", "97" }, "unit", 97 },
    { { "--unit=97" }, "unit", 97 },
    { { "--unit=-1" }, "unit", -1 },
    { { "--unit", "-1" }, "unit", -1 },
    { { "--rate", "1" }, "rate", 1 },
    { { "--rate", "1e-3" }, "rate", 0.001 },
    { { "--layer", "mixed4b" }, "layer", "mixed4b" },
    { { "--layer=a=b" }, "layer", "a=b" },
    { { "--layer=" }, "layer", "" },
    { { "--diverse" }, "diverse", true },
    { { "--diverse=true" }, "diverse", true },
    { { "--no-progress" }, "progress", false },
    { { "--progress=no" }, "progress", false },
    { { "--steps", "4,8.5,x" }, "steps", { 4, 8.5, "x" } },
    { { "--from-image", "a.png" }, "from_image", "a.png" },
    { { "--from_image", "a.png" }, "from_image", "a.png" },
    { { "--unit", "1", "--unit", "2" }, "unit", 2 },
  }
  for _, case in ipairs(cases) do
    it("understand " .. table.concat(case[1], " "), function()
      assert.same(case[3], read(entries, case[1])[case[2]])
    end)
  end

  it("keep whole numbers whole", function()
    assert.equal("integer", math.type(read(entries, { "--unit", "3.0" }).unit))
  end)

  local mistakes = {
    { { "--unti", "3" }, "unknown option '--unti'; did you mean '--unit'?" },
    { { "--xyzzy" }, "unknown option '--xyzzy'; there are --diverse" },
    { { "--no-unit" }, "unknown option '--no_unit'" },
    { { "--unit" }, "--unit needs a value" },
    { { "--unit", "3.5" }, "--unit: a whole number expected, got '3.5'" },
    { { "--unit", "many" }, "--unit: a whole number expected, got 'many'" },
    { { "--rate=fast" }, "--rate: a number expected, got 'fast'" },
    { { "--diverse=perhaps" }, "--diverse: true or false expected, got 'perhaps'" },
    { { "stray" }, "'stray' is not an option" },
  }
  for _, case in ipairs(mistakes) do
    it("refuse " .. table.concat(case[1], " "), function()
      assert.truthy(problem(entries, case[1]):find(case[2], 1, true))
    end)
  end
end)

describe("options from a script", function()
  it("are taken as they are", function()
    assert.same({ 5 }, read(entries, { steps = { 5 } }).steps)
    assert.equal(2, read(entries, { rate = 2 }).rate)
    assert.equal("integer", math.type(read(entries, { unit = 2.0 }).unit))
  end)

  it("must exist and have the type of the default", function()
    assert.truthy(problem(entries, { unti = 2 }):find("did you mean 'unit'?", 1, true))
    assert.truthy(problem(entries, { unit = "2" }):find("option 'unit': a whole number expected, got string", 1, true))
    assert.truthy(problem(entries, { layer = 2 }):find("option 'layer': text expected, got integer", 1, true))
  end)
end)

describe("described options", function()
  local described = {
    unit = options.option(11, "the channel", { least = 0, most = 507 }),
    mode = options.option("plain", nil, { choices = { "plain", "guided" } }),
    seed = options.option(nil, "none: a new one each time", { type = "integer" }),
  }

  it("may have no default", function()
    assert.is_nil(read(described, {}).seed)
    assert.equal(4, read(described, { "--seed", "4" }).seed)
    assert.truthy(problem({ seed = options.option(nil) }, {}):find "neither a default nor a type")
  end)

  it("are checked against their limits", function()
    assert.truthy(problem(described, { "--unit", "508" }):find("--unit: 508 out of range 0..507", 1, true))
    assert.truthy(problem(described, { mode = "x" }):find("--mode: 'x' is not one of plain, guided", 1, true))
  end)

  it("are listed for --help", function()
    local ok, request = pcall(read, described, { "--help" })
    assert.is_false(ok)
    assert.equal(options.help, getmetatable(request))
    assert.truthy(request.text:find "%-%-unit <integer> +the channel; default 11")
    assert.truthy(request.text:find "%-%-mode <string> +one of plain, guided; default plain")
  end)
end)
