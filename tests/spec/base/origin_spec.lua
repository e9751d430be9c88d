-- SPDX-License-Identifier: MIT
-- What pictures say of how they were made, where that cannot be found out.

local core = require "phosphene.core"
local origin = require "phosphene.base.origin"

describe("the font, as a condition", function()
  it("is not taken for missing where there is no memory to read it, and is read later", function()
    core.fail_after(-1)
    local ok, conditions = pcall(origin.of_machine)
    core.fail_after(0)
    assert.is_true(ok)
    if not io.open(core.font_path()) then return assert.equal("none", conditions.font) end
    assert.equal("not to be read", conditions.font)
    assert.matches("^%x+$", origin.of_machine().font)
  end)
end)
