-- SPDX-License-Identifier: MIT
-- `make install` and its like, in a folder of their own: what is installed works there, what is removed is only that.

local build = os.getenv "PHOSPHENE_TEST_BUILD" or "build"
local preload = os.getenv "PHOSPHENE_TEST_PRELOAD" or ""

local folder

-- A sanitizer's runtime is for our programs alone: make and the compiler have leaks of their own.
local function shell(command, ...)
  command = command:format(...)
  local pipe = assert(io.popen("{ unset LD_PRELOAD; " .. command .. "; } 2>&1"))
  local output = pipe:read "a"
  return output, (pipe:close())
end

-- What is built stays as it is: "-o all" takes it for new enough.
local function make(arguments)
  local output, succeeded = shell("env -u MAKEFLAGS -u MAKELEVEL make -s -o all BUILD='%s' %s", build, arguments)
  assert.is_true(succeeded, output)
end

local function exists(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  os.execute("mkdir " .. folder)
  make("install PREFIX=" .. folder)
end)

teardown(function() os.execute("rm -r " .. folder) end)

describe("what is installed", function()
  it("runs: the program, with its recipes and weights", function()
    local output, succeeded = shell("cd %s && LD_PRELOAD='%s' bin/phosphene channel --net googlenet-tiny --size 32 "
      .. "--steps 1 --output made.png", folder, preload)
    assert.is_true(succeeded, output)
    assert.is_truthy(exists(folder .. "/made.png"))
  end)

  it("is found by stock Lua, with nothing of the source tree", function()
    local output, succeeded = shell([[cd %s && LUA_PATH_5_4="$PWD/share/lua/5.4/?.lua;$PWD/share/lua/5.4/?/init.lua" ]]
      .. [[LUA_CPATH_5_4="$PWD/lib/lua/5.4/?.so" LD_PRELOAD='%s' lua5.4 -e 'local ph = require "phosphene"; ]]
      .. [[assert(ph.network "googlenet-tiny")']], folder, preload)
    assert.is_true(succeeded, output)
  end)

  it("has its pages, whose links among each other lead somewhere", function()
    local pages = folder .. "/share/doc/phosphene/"
    for _, name in ipairs { "README.md", "docs/tutorial.md", "docs/contributing.md" } do
      local file = assert(io.open(pages .. name))
      for target in file:read "a":gmatch "%]%(([%w_/.]+%.%l+)[#%)]" do
        if target:match "%.md$" or target:match "%.jpg$" then
          local path = pages .. (name:match "^.*/" or "") .. target
          assert.is_truthy(exists(path), path)
        end
      end
      file:close()
    end
    assert.is_truthy(exists(pages .. "LICENSE"))
    assert.is_truthy(exists(folder .. "/share/man/man1/phosphene.1"))
  end)
end)

describe("make uninstall", function()
  it("removes that and nothing else", function()
    write(folder .. "/share/phosphene/scripts/mine.lua", "")
    make("uninstall PREFIX=" .. folder)
    local left = shell("cd %s && find . -type f ! -name made.png", folder)
    assert.equal("./share/phosphene/scripts/mine.lua\n", left)
  end)
end)

describe("a place with a space", function()
  it("is refused, where half of its name would be another place", function()
    for _, target in ipairs { "install", "uninstall" } do
      for _, place in ipairs { "my opt", "a;b", "a?b" } do
        local output, succeeded = shell("env -u MAKEFLAGS -u MAKELEVEL make -s %s PREFIX='%s/%s' 2>&1", target,
          folder, place)
        assert.is_falsy(succeeded)
        assert.matches("^PREFIX and DESTDIR: spaces and", output)
      end
    end
  end)
end)

describe("make install-weights", function()
  it("replaces a file that is in use by another one", function()
    local home = folder .. "/data/phosphene/weights/"
    write(folder .. "/a.safetensors", "first")
    make(("install-weights XDG_DATA_HOME=%s/data FROM=%s/a.safetensors"):format(folder, folder))
    local open = assert(io.open(home .. "a.safetensors"))
    write(folder .. "/a.safetensors", "second")
    make(("install-weights XDG_DATA_HOME=%s/data FROM=%s"):format(folder, folder))
    assert.equal("first", open:read "a")
    open:close()
    assert.equal("a.safetensors\n", (shell("ls -A %s", home)))
    local new = assert(io.open(home .. "a.safetensors"))
    assert.equal("second", new:read "a")
    new:close()
  end)

  it("leaves nothing of what cannot be copied", function()
    local command = "make -s install-weights XDG_DATA_HOME=%s/none FROM=%s/nowhere.safetensors"
    local _, succeeded = shell(command, folder, folder)
    assert.is_falsy(succeeded)
    assert.equal("", (shell("ls -A %s/none/phosphene/weights", folder)))
  end)
end)
