-- SPDX-License-Identifier: MIT
local later = require "phosphene.base.later"

local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"

describe("later", function()
  after_each(function() package.loaded["a.module"], package.preload["a.module"] = nil, nil end)

  it("loads a module when its function is called first, and only then", function()
    local times = 0
    package.preload["a.module"] = function()
      times = times + 1
      return { twice = function(x, y) return 2 * x, y end }
    end
    local twice = later("a.module", "twice")
    assert.equal(0, times)
    assert.same({ 6, "b" }, { twice(3, "b") })
    assert.same({ 8 }, { twice(4) })
    assert.equal(1, times)
  end)

  it("stands for the module where that is a function", function()
    package.preload["a.module"] = function() return function(x) return x + 1 end end
    assert.equal(3, later "a.module"(2))
  end)

  it("keeps pictures, tables and plans out of a start that asks for none", function()
    local pipe = assert(io.popen(program .. [[ -e '
      for name in pairs(package.loaded) do print(name) end ph.objective "mixed4a:1"
      for name in pairs(package.loaded) do print(name) end']]))
    local loaded = pipe:read "a"
    pipe:close()
    assert.truthy(loaded:find("phosphene.run.render", 1, true))
    for _, name in ipairs { "picture.montage", "network.layer_table", "network.check", "network.serialisation" } do
      assert.is_nil(loaded:find("phosphene." .. name, 1, true), name)
    end
  end)
end)
