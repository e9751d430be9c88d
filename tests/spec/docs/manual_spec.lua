-- SPDX-License-Identifier: MIT
-- The manual page, docs/phosphene.1, has what `phosphene --help` has: options, variables of the environment, commands
-- and bundled recipes. Pages that state the version state this one.

local environment = require "phosphene.base.environment"

local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"

local function contents(stream)
  local text = assert(stream):read "a"
  stream:close()
  return text
end

describe("docs/phosphene.1", function()
  -- roff spells a dash "\-".
  local page = contents(io.open "docs/phosphene.1"):gsub("\\%-", "-")
  local help = contents(io.popen(program .. " --help"))

  -- That `name` stands as the beginning of an entry of the page.
  local function has_entry(name)
    local escaped = name:gsub("%p", "%%%0")
    assert.is_truthy(page:find("\n%.TP\n%.[BIR]+ \"?" .. escaped .. "[\" ,\n]"), name .. " is not in docs/phosphene.1")
  end

  it("has every option", function()
    local count = 0
    for option in help:gmatch "\n  (%-%a?) " do
      has_entry(option)
      count = count + 1
    end
    assert.equal(7, count)
  end)

  it("has every command and bundled recipe, and no other", function()
    local listed = {}
    for line in help:match "\ncommands:\n(.*)$":gmatch "[^\n]+" do listed[line:match "^  ([%l_]+)" or ""] = true end
    listed[""] = nil -- the heading of the recipes
    assert.is_true(listed.weights and listed.channel)
    for name in pairs(listed) do has_entry(name) end
    for name in page:match "\n%.SH RECIPES\n(.-)\n%.SH":gmatch "\n?%.TP\n%.B (%S+)" do
      assert.is_true(listed[name], name .. " is no recipe")
    end
  end)

  it("has every variable of the environment, as docs/installing.md has", function()
    local installing, is_listed = contents(io.open "docs/installing.md"), {}
    for _, variable in ipairs(environment) do
      local name, meaning = table.unpack(variable)
      is_listed[name] = true
      has_entry(name)
      assert.is_truthy(help:find(("\n  %-19s  %s\n"):format(name, meaning), 1, true), name)
      assert.is_truthy(installing:find(("\n| `%s` | %s |\n"):format(name, meaning), 1, true), name)
    end
    local count = 0
    for name in contents(io.popen "grep -rhoE 'getenv *[(]?\"PHOSPHENE_[A-Z]+' lua src"):gmatch "PHOSPHENE_%u+" do
      assert.is_true(is_listed[name], name .. " is read, and not in lua/phosphene/base/environment.lua")
      count = count + 1
    end
    assert.is_true(count >= #environment)
  end)
end)

describe("the version", function()
  it("is the same wherever it stands", function()
    local version = contents(io.popen(program .. " -v")):match "%d+%.%d+%.%d+"
    for file, before in pairs { ["docs/phosphene.1"] = "\"phosphene ", ["CITATION.cff"] = "\nversion: ",
      ["docs/changelog.md"] = "Keep a Changelog%]%b()%.%s+## " } do
      assert.equal(version, contents(io.open(file)):match(before .. "(%d+%.%d+%.%d+)"), file)
    end
  end)
end)
