-- SPDX-License-Identifier: MIT
-- Where recipes and weights are found, however the search path spells the Lua folder; and what a mistyped name becomes.

local paths = require "phosphene.base.paths"
local suggest = require "phosphene.base.suggest"

-- What paths.lua gives when it is loaded from this file.
local function load_as(file)
  local source = assert(io.open("lua/phosphene/base/paths.lua"))
  local text = source:read "a"
  source:close()
  return assert(load(text, "@" .. file))()
end

describe("paths", function()
  local cases = {
    { "lua/phosphene/base/paths.lua", "" },
    { "./lua/phosphene/base/paths.lua", "./" },
    { "/usr/share/lua/5.4/phosphene/base/paths.lua", "/usr/share/phosphene/" },
    { "/usr/share/lua/5.4//phosphene/base/paths.lua", "/usr/share/phosphene/" },
    { "/home/lua//phosphene/base/paths.lua", "/home/" },
    { "phosphene/base/paths.lua", "../" },
    { "./phosphene/base/paths.lua", "./../" },
    { "/usr/share/moonlua/phosphene/base/paths.lua", "/usr/share/moonlua/../" },
    { "moonlua/phosphene/base/paths.lua", "moonlua/../" },
  }
  for _, case in ipairs(cases) do
    it("lie beside the folder of " .. case[1], function()
      local found = load_as(case[1])
      assert.equal(case[2] .. "scripts", found.scripts)
      assert.equal(case[2] .. "weights", found.weights)
    end)
  end

  it("lead to what comes with Phosphene", function()
    for _, path in ipairs { paths.scripts .. "/channel.lua", paths.weights .. "/googlenet-tiny.safetensors" } do
      local file = assert(io.open(path))
      file:close()
    end
  end)
end)

describe("suggestions", function()
  it("are made where a name is near", function()
    assert.equal("did you mean 'unit'?", suggest("unti", { "layer", "unit" }, "no"))
    assert.equal("no", suggest("entirely different", { "layer", "unit" }, "no"))
    assert.equal("no", suggest(7, { "layer", "unit" }, "no"))
    assert.is_nil(suggest("unit", {}))
  end)
end)
