-- SPDX-License-Identifier: MIT
-- help() and what it is read from: annotations are parsed, everything public is documented and everything documented
-- exists.

local ph = require "phosphene"
local core = require "phosphene.core"
local documentation = require "phosphene.program.documentation"
local help = require "phosphene.program.help"

-- A folder with one annotation file in it.
local function documented(text)
  local folder = os.tmpname()
  os.remove(folder)
  core.save_image(core.tensor { 1, 3, 1, 1 }, folder .. "/makes_the_folder.png")
  local file = assert(io.open(folder .. "/example.lua", "w"))
  file:write(text)
  file:close()
  local all = documentation.read(folder)
  os.remove(folder .. "/example.lua")
  os.remove(folder .. "/makes_the_folder.png")
  os.remove(folder)
  return all
end

local function functions_by_name(all)
  local by_name = {}
  for _, entry in ipairs(all.functions) do by_name[entry.full_name] = entry end
  return by_name
end

describe("documentation", function()
  it("reads functions with their parameters and results", function()
    local all = documented [[
---@meta

--- A thing.
---@class thing
local thing = {}

--- Does it,
--- thoroughly.
---
---   x = y
---@param name string|"a b" which one
---@param f? fun(step: integer): string, number called
--- now and then
---@return table<string, number> | nil
---@return string? message
function thing:act(name, f) end
]]
    local entry = functions_by_name(all)["thing:act"]
    assert.equal("name, f", entry.arguments)
    assert.same({ "Does it,", "thoroughly.", "", "  x = y" }, entry.text)
    assert.same({
      { name = "name", type = 'string|"a b"', text = "which one" },
      { name = "f", type = "fun(step: integer): string, number?", text = "called now and then" },
    }, entry.parameters)
    assert.same({ { type = "table<string, number> | nil", text = "" }, { type = "string?", text = "message" } },
      entry.returns)
    assert.same({ "A thing." }, all.classes.thing.text)
  end)

  it("gives classes the fields of their parents", function()
    local all = documented [[
---@class a
---@field x number? across

---@class b: a
---@field size { height: integer, width: integer } both
]]
    assert.same({
      { name = "x", type = "number?", text = "across" },
      { name = "size", type = "{ height: integer, width: integer }", text = "both" },
    }, documentation.fields(all, "b"))
  end)

  it("refuses functions of a class that is nowhere declared", function()
    assert.error_matches(function() documented "---@meta\n\n--- Does it.\nfunction thing.act() end\n" end,
      "'thing' has no class")
  end)
end)

describe("the reference", function()
  local all = documentation.read()
  local by_name = functions_by_name(all)

  -- Names of the functions in a table, without those that only tests use.
  local function each_function(place, check)
    for name, value in pairs(place) do
      if type(value) == "function" then check(name) end
    end
  end

  it("documents every function of the module", function()
    each_function(ph, function(name)
      assert.is_truthy(by_name["ph." .. name] or by_name["ph.transforms." .. name], "ph." .. name)
    end)
    each_function(ph.transforms, function(name)
      assert.is_truthy(by_name["ph.transforms." .. name], "ph.transforms." .. name)
    end)
  end)

  it("documents every method of every type", function()
    for _, class in ipairs(all.classes) do
      local metatable = core.types[class.name]
      if metatable then
        each_function(metatable.__index, function(name)
          assert.is_truthy(by_name[class.name .. ":" .. name] or by_name["ph." .. name], class.name .. ":" .. name)
        end)
      end
    end
  end)

  it("documents nothing that is not there", function()
    for _, entry in ipairs(all.functions) do
      local metatable = core.types[entry.owner]
      local place = entry.owner == "ph" and ph or entry.owner == "ph.transforms" and ph.transforms
        or entry.owner == "phosphene.core" and core or metatable and metatable.__index
      if place then assert.equal("function", type(place[entry.name]), entry.full_name) end
    end
  end)

  it("names the parameters that the signature has", function()
    for _, entry in ipairs(all.functions) do
      local names = {}
      for _, parameter in ipairs(entry.parameters) do names[#names + 1] = parameter.name end
      assert.equal(entry.arguments, table.concat(names, ", "), entry.full_name)
    end
  end)

  it("says something about every function", function()
    for _, entry in ipairs(all.functions) do assert.is_true(#entry.text > 0, entry.full_name) end
  end)
end)

describe("help", function()
  it("explains a function, by itself or by name", function()
    local text = help.text(ph.channel)
    assert.matches("^ph%.channel%(layer, unit, options%)\n", text)
    assert.matches("\n  unit +integer: the channel or feature, from 0\n", text)
    assert.matches("gives ph%.objective$", text)
    for _, name in ipairs { "channel", "ph.channel" } do assert.equal(text, help.text(name)) end
  end)

  it("calls what is the core's as well by its public name", function()
    assert.matches("^ph%.load_image%(path, options%)\n", help.text(ph.load_image))
  end)

  it("lists the options of a table, those that are inherited as well", function()
    local text = help.text(ph.render)
    assert.matches("\n  output +string%?", text)
    assert.matches("\n  steps +integer%?", text)
  end)

  it("explains methods and types, by value or by name", function()
    local tensor = ph.tensor { 1 }
    assert.matches("^ph%.tensor:paste%(source, y, x%)\n", help.text(tensor.paste))
    assert.equal(help.text(tensor.paste), help.text "tensor:paste")
    assert.matches("ph%.tensor:paste  ", help.text(tensor))
  end)

  it("explains what is written in Lua by value as well", function()
    assert.matches("^ph%.schedules\n", help.text(ph.schedules))
    assert.matches("^ph%.schedule\n", help.text(ph.schedules.linear(1)))
    assert.equal(help.text "ph.schedules.linear", help.text(ph.schedules.linear))
    assert.matches("\n  ph%.spectrum:share ", help.text(ph.spectrum(ph.tensor { 1, 3, 4, 4 })))
    assert.matches("ph%.result:save", help.text(ph.render { "googlenet-tiny", "mixed3a:1", steps = 0, progress = false,
      seed = 1 }))
  end)

  it("knows names that Lua and the reference both use for several things", function()
    local text = help.text "forward"
    for _, owner in ipairs { "network", "parameterisation", "pipeline" } do
      assert.matches("ph%." .. owner .. ":forward%(", text)
    end
  end)

  it("gives an overview without a subject, and for the module", function()
    local text = help.text()
    assert.matches("\n  ph%.channel +The mean activation", text)
    assert.matches("\nTypes: .*ph%.network", text)
    assert.equal(text, help.text(ph))
  end)

  it("keeps to the width of a terminal", function()
    for _, text in ipairs { help.text(), help.text(ph.channel), help.text(ph.render), help.text "tensor" } do
      for line in text:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
    end
  end)

  it("suggests names, and is not troubled by other values", function()
    assert.equal("there is no help on 'chanel'; did you mean 'channel'?", help.text "chanel")
    assert.matches("help%(%) lists", help.text "entirely unheard of")
    assert.equal("there is no help on this nil", help.text(nil))
    assert.equal("there is no help on this function", help.text(print))
    assert.equal("there is no help on this table", help.text {})
  end)
end)
