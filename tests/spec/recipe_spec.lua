local recipe = require "phosphene.recipe"

local function script(text)
  local path = os.tmpname() .. ".lua"
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

describe("recipes", function()
  it("are listed with what they are for", function()
    local names = {}
    for _, entry in ipairs(recipe.list()) do
      names[entry.name] = entry.summary
      assert.is_true(#entry.summary > 10, entry.name .. ": " .. entry.summary)
    end
    for _, name in ipairs { "channel", "neuron", "layer", "class", "negative", "interpolate" } do
      assert.is_string(names[name])
    end
  end)

  it("are found by name, and near misses suggested", function()
    assert.truthy(recipe.find "channel":find "scripts/channel%.lua$")
    local path, message = recipe.find "chanel"
    assert.is_nil(path)
    assert.truthy(message:find("did you mean 'channel'?", 1, true))
    assert.truthy(select(2, recipe.find "no/such.lua"):find("no file 'no/such.lua'", 1, true))
    assert.truthy(problem(recipe.run, "chanel"):find "did you mean")
  end)

  it("return what their script returns, with the options they were given", function()
    local path = script [[
      local opt = require("phosphene").options { unit = 1, layer = "a" }
      return opt.layer .. opt.unit
    ]]
    assert.equal("a1", recipe.run(path))
    assert.equal("a5", recipe.run(path, { unit = 5 }))
    assert.equal("b1", recipe.run(path, { "--layer", "b" }))
    assert.truthy(problem(recipe.run, path, { unti = 5 }):find("did you mean 'unit'?", 1, true))
  end)

  it("may run other recipes, whose options are their own", function()
    local inner = script [[return require("phosphene").options { unit = 1 }.unit]]
    local outer = script(([[
      local inner = require("phosphene.recipe").run(%q, { unit = 7 })
      return inner + require("phosphene").options { unit = 100 }.unit
    ]]):format(inner))
    assert.equal(207, recipe.run(outer, { unit = 200 }))
  end)

  it("leave nothing behind when they fail", function()
    assert.truthy(problem(recipe.run, script [[error "on purpose"]], { unit = 9 }):find "on purpose")
    assert.equal(1, recipe.run(script [[return require("phosphene").options { unit = 1 }.unit]]))
    assert.truthy(problem(recipe.run, script "return +"):find "unexpected symbol")
  end)
end)
