-- SPDX-License-Identifier: MIT
-- What docs/networks.md says of Keras's layers is so: each that it names is built, and those that it calls left out
-- are.

local build = require "phosphene.formats.keras.build"

local function section(title)
  local file = assert(io.open "docs/networks.md")
  local text = file:read "a"
  file:close()
  return assert(text:match("\n## " .. title .. "\n(.-)\n## "))
end

-- Why a model of one such layer does not open; nil where it does.
local function problem_of(class)
  local reference = { "x", 0, 0, {} }
  local document = { class_name = "Functional", config = { input_layers = { { "x", 0, 0 } },
    output_layers = { { "a", 0, 0 } }, layers = {
      { class_name = "InputLayer", name = "x", config = { batch_input_shape = { false, 32, 32, 3 } } },
      { class_name = class, name = "a", config = {}, inbound_nodes = { { reference, reference } } },
    } } }
  local ok, problem = pcall(build, { document = document, name = "x", variables = function() return {} end },
    { range = { 0, 1 } })
  return not ok and tostring(problem) or nil
end

describe("docs/networks.md", function()
  it("names no layer of Keras that is not known", function()
    local count = 0
    for line in section("From Keras"):gsub("%b()", ""):gmatch "[^\n]+" do
      local is_listed = line:find "^%- %u" or line:find "^  %u" and not line:find "^  functions"
      for name in (is_listed and line or ""):gmatch "%u%w*%l%w*" do
        count = count + 1
        assert.is_nil((problem_of(name) or ""):match "is not a type that Phosphene runs", name)
      end
    end
    assert.is_true(count >= 30, count)
    for _, name in ipairs { "Lambda", "Attention" } do
      assert.matches("is not a type that Phosphene runs", problem_of(name), name)
    end
  end)
end)
