-- SPDX-License-Identifier: MIT
-- The annotations of heads, transforms and layers are what the program says of its types now.

local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"

local function contents(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

describe("the annotations", function()
  local folder = os.tmpname()
  os.remove(folder)

  setup(function()
    assert(os.execute(("mkdir %s && %s docs/types.lua --folder %s"):format(folder, program, folder)))
  end)

  teardown(function() os.execute("rm -r " .. folder) end)

  for _, name in ipairs { "heads", "transforms", "layers" } do
    it(("of %s are up to date"):format(name), function()
      local made = contents(("%s/%s.lua"):format(folder, name))
      assert.is_true(made == contents(("lua/phosphene/meta/%s.lua"):format(name)), "run `make docs`")
      assert.is_true(#made > 5000)
    end)
  end
end)
