-- SPDX-License-Identifier: MIT
-- Recipes: found, listed, run with their options, within each other.

local recipe = require "phosphene.recipe"

-- The path of a script with this text, which lasts as long as the test.
local function script(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  finally(function() os.remove(path) end)
  return path
end

local function problem(...)
  local ok, message = pcall(...)
  assert.is_false(ok)
  return tostring(message)
end

local one_option = [[
local opt = require("phosphene").options { unit = 1, layer = "a" }
return opt.layer .. opt.unit, opt
]]

describe("recipes", function()
  it("are listed with what they are for", function()
    local summaries = {}
    for _, entry in ipairs(recipe.list()) do
      summaries[entry.name] = entry.summary
      assert.is_true(#entry.summary > 10, entry.name)
      assert.equal(entry.path, recipe.find(entry.name))
    end
    for _, name in ipairs { "channel", "neuron", "layer", "class", "negative", "interpolate" } do
      assert.is_string(summaries[name], name)
    end
    assert.equal("from one channel of a layer to another", summaries.interpolate)
  end)

  it("are found by name and by path, and near misses suggested", function()
    assert.matches("scripts/channel%.lua$", recipe.find "channel")
    assert.equal("scripts/channel.lua", recipe.find "scripts/channel.lua")
    local path, message = recipe.find "chanel"
    assert.is_nil(path)
    assert.equal("no recipe 'chanel'; did you mean 'channel'?", message)
    assert.matches("there are .*channel, class", select(2, recipe.find "entirely different"))
    assert.equal("cannot read no/such.lua: No such file or directory", select(2, recipe.find "no/such.lua"))
    assert.matches("^cannot read lua/: .*directory", select(2, recipe.find "lua/"))
  end)

  it("return what their script returns, with the options they were given", function()
    local path = script(one_option)
    local text, values = recipe.run(path)
    assert.equal("a1", text)
    assert.same({ unit = 1, layer = "a" }, values)
    assert.equal("a5", (recipe.run(path, { unit = 5 })))
    assert.equal("b1", (recipe.run(path, { "--layer", "b" })))
  end)

  it("may also be a text", function()
    assert.equal("b1", (recipe.run_text(one_option, "=stdin", { "--layer", "b" })))
    assert.equal("a1", (recipe.run_text("#!/usr/bin/env phosphene\n" .. one_option, "=stdin", {})))
    assert.matches("^stdin:2: ", problem(recipe.run_text, "#!\nreturn +", "=stdin", {}))
  end)

  it("may read words for themselves", function()
    assert.same({ "x", "--help" }, recipe.run(script "return { ... }", { "x", "--help" }))
  end)

  it("that have no options take none from Lua", function()
    assert.matches("^tests/spec/program/recipe_spec%.lua:%d+: .* takes no options$",
      problem(function() recipe.run(script "return 1", { unit = 2 }) end))
  end)

  it("may run others, whose options are their own", function()
    local inner = script [[return require("phosphene").options { unit = 1 }.unit]]
    local outer = script(([[
      local recipe = require "phosphene.recipe"
      local inner = recipe.run(%q, { unit = 7 }) + recipe.run(%q)
      return inner + require("phosphene").options { unit = 100 }.unit
    ]]):format(inner, inner))
    assert.equal(208, recipe.run(outer, { unit = 200 }))
    assert.equal(208, recipe.run(outer, { "--unit", "200" }))
  end)

  it("leave nothing behind when they fail", function()
    assert.matches("on purpose", problem(recipe.run, script [[error "on purpose"]], { unit = 9 }))
    assert.equal(1, require("phosphene").options { unit = 1 }.unit)
  end)

  it("raise at the caller's line what is wrong with the call", function()
    local function is_refused(message, ...)
      local arguments = table.pack(...)
      assert.matches("^tests/spec/program/recipe_spec%.lua:%d+: " .. message,
        problem(function() recipe.run(table.unpack(arguments, 1, arguments.n)) end))
    end
    is_refused("no recipe 'chanel'; did you mean 'channel'%?", "chanel")
    is_refused("run: the name or path of a recipe expected, got nil", nil)
    is_refused("run: a table of options expected, got '%-%-unit'", "channel", "--unit")
    is_refused("unknown option 'unti'; did you mean 'unit'%?", script(one_option), { unti = 1 })
  end)
end)
