-- SPDX-License-Identifier: MIT
-- What docs/contributing.md says of recipes, layers, heads and transforms is all that there is to do: its examples are
-- put into a copy of the tree, as the page says, and the copy is built and tested. A block of code belongs to the last
-- file that is named before it: it becomes that file, or stands first in it.
--
-- Of the copy only what changes is compiled, whatever the rest was compiled with. A list of types is included far and
-- wide, but for declarations that nobody else needs: make is told that it is old, and only its table is made anew.

local build = os.getenv "PHOSPHENE_TEST_BUILD" or "build"
local copy = os.tmpname()
os.remove(copy)

-- The line that blocks stand behind, in files that exist.
local behind = {
  ["tests/spec/program/recipes_spec.lua"] = 'describe("recipe", function()\n',
  ["tests/unit/network/layer_cases.h"] = "layer_cases[] = {\n",
  ["tests/unit/objective/heads.c"] = "static void check_values(void) {\n",
  ["tests/unit/view/transform.c"] = "static void test_interpolation(void) {\n",
}

-- The lists of types, and who makes a table of each.
local tables = {
  ["src/core/network/layers/list.h"] = "src/core/network/layer.c",
  ["src/core/objective/heads/list.h"] = "src/core/objective/head.c",
  ["src/core/view/transforms/list.h"] = "src/core/view/transform.c",
}

-- What a shell in the copy prints, and whether it was content. (A sanitizer's runtime is for specs, not for compilers.)
local function shell(command)
  local pipe = io.popen(("{ unset LD_PRELOAD; cd %s && %s; } 2>&1"):format(copy, command))
  local output = pipe:read "a"
  return pipe:close() == true, output
end

local function done(command)
  local ok, output = shell(command)
  assert(ok, command .. "\n" .. output)
  return output
end

local function contents(path)
  local file <close> = io.open(path)
  return file and file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

-- { path =, text = } of each block in a section that names a file before it.
local function blocks_of(page)
  local blocks, path, block = {}, nil, nil
  for line in io.lines(page) do
    if line:match "^## " then path = nil end
    if block and line == "```" then
      if path then blocks[#blocks + 1] = { path = path, text = table.concat(block, "\n") .. "\n" } end
      block, path = nil, nil
    elseif block then
      block[#block + 1] = line
    elseif line:match "^```" then
      block = {}
    else
      for name in line:gmatch "`([%w_/]+/[%w_]+%.%a+)`" do path = name end
    end
  end
  return blocks
end

-- The text of a file with a block in it.
local function joined(path, block)
  local before = contents(copy .. "/" .. path)
  if not before then return block end
  if tables[path] then
    local text, count = before:gsub("(EACH%([%w_]+%))\n\n", "%1 \\\n" .. block .. "\n")
    assert(count == 1, path)
    return text
  end
  local line = assert(behind[path], path)
  local _, last = assert(before:find(line, 1, true))
  return before:sub(1, last) .. block .. before:sub(last + 1)
end

describe("docs/contributing.md", function()
  local blocks = blocks_of "docs/contributing.md"
  local make = "make -s -o always" -- which would look whether flags have changed

  setup(function()
    assert(os.execute("mkdir -p " .. copy .. "/" .. build))
    local root = io.popen("pwd"):read "l"
    for _, name in ipairs { ".busted", "Makefile", "src", "lua", "scripts", "docs", "tests", build .. "/obj",
      build .. "/gen", build .. "/flags" } do
      done(("cp -a %s/%s %s"):format(root, name, name))
    end
    done(("ln -s %s/weights ."):format(root))
    for _, block in ipairs(blocks) do write(copy .. "/" .. block.path, joined(block.path, block.text)) end
    for list, user in pairs(tables) do
      make = make .. " -o " .. list
      done("touch " .. user)
    end
    done(make .. " docs")
  end)

  teardown(function() os.execute("rm -r " .. copy) end)

  it("has a file, a line and a test for each, and no more", function()
    local names = {}
    for i, block in ipairs(blocks) do names[i] = block.path end
    assert.same({ "scripts/pair.lua", "tests/spec/program/recipes_spec.lua",
      "src/core/network/layers/snake.c", "src/core/network/layers/list.h", "tests/unit/network/layer_cases.h",
      "src/core/objective/heads/variance.c", "src/core/objective/heads/list.h", "tests/unit/objective/heads.c",
      "src/core/view/transforms/stretch.c", "src/core/view/transforms/list.h", "tests/unit/view/transform.c" }, names)
  end)

  it("has examples that the reference then documents", function()
    local reference = contents(copy .. "/docs/api.md")
    for _, heading in ipairs { "### `ph.layer.snake`", "### `ph.variance(layer, unit, options)`",
      "#### `ph.transforms.random_stretch(amount)`" } do
      assert.is_truthy(reference:find("\n" .. heading, 1, true), heading)
    end
  end)

  for _, test in ipairs { "network/layers", "objective/heads", "objective/head_gradients", "view/transform",
    "view/pipeline" } do
    it("has examples that pass tests/unit/" .. test, function()
      local output = done(("%s %s/tests/%s && tests/run %s/tests/%s"):format(make, build, test, build, test))
      assert.is_nil(output:match "[^\n]*not ok[^\n]*")
      assert.is_truthy(output:match "snake" or output:match "variance" or output:match "random_stretch", test)
    end)
  end

  for _, spec in ipairs { "objective/objective", "program/recipes", "program/help" } do
    it(("has examples that pass tests/spec/%s_spec.lua"):format(spec), function()
      local output = done(("tests/run tests/spec/%s_spec.lua"):format(spec))
      assert.is_nil(output:match "[^\n]*not ok[^\n]*")
    end)
  end
end)
