-- SPDX-License-Identifier: MIT
-- Mistyped names of the module and of methods are answered with a suggestion, at the recipe's line.

local ph = require "phosphene"

-- The message that a piece of code ends with.
local function message(code)
  local ok, problem = pcall(assert(load("local ph, x = ...; " .. code, "=recipe")), ph, ph.tensor { 1 })
  assert.is_false(ok, code)
  return problem
end

describe("a name that does not exist", function()
  it("of the module has a suggestion", function()
    assert.equal("recipe:1: ph has no 'chanel'; did you mean 'channel'?", message "ph.chanel('conv', 1)")
    local unlike = "recipe:1: ph has no 'abracadabra'; %s says what there is"
    assert.equal(unlike:format "the reference, api.md,", message "return ph.abracadabra")
    rawset(_G, "help", print) -- as at the prompt
    local at_the_prompt = message "return ph.abracadabra"
    rawset(_G, "help", nil)
    assert.equal(unlike:format "help()", at_the_prompt)
  end)

  it("of each type has one too", function()
    local net = assert(ph.network "googlenet-tiny")
    local values = {
      network = { net, "forwards", "forward" },
      tensor = { ph.tensor { 1 }, "reshap", "reshape" },
      random = { ph.random(1, "a"), "bellow", "below" },
      objective = { ph.channel("mixed4a", 1), "om", "on" },
    }
    for kind, case in pairs(values) do
      local ok, problem = pcall(function() return case[1][case[2]] end)
      assert.is_false(ok)
      assert.matches(("%s has no '%s'; did you mean '%s'?"):format(kind, case[2], case[3]), problem, 1, true)
    end
  end)

  it("is still a value that is not there for those who look by rawget", function()
    assert.is_nil(rawget(ph, "chanel"))
  end)
end)
