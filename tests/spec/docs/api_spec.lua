-- SPDX-License-Identifier: MIT
-- docs/api.md is what the annotations say now.

local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"

local function contents(stream)
  local text = assert(stream):read "a"
  stream:close()
  return text
end

describe("docs/api.md", function()
  local written = contents(io.open "docs/api.md")

  it("is up to date", function()
    local made = contents(io.popen(program .. " docs/api.lua"))
    assert.is_true(made == written, "run `make docs`")
  end)

  it("has a heading for what there is", function()
    for _, heading in ipairs { "### `ph.channel(layer, unit, options)`", "### `ph.tensor`", "#### `tensor:shape()`",
      "### `phosphene.core.load_image(path, options)`", "### `ph.layer.convolution`" } do
      assert.is_truthy(written:find("\n" .. heading, 1, true), heading)
    end
  end)
end)
