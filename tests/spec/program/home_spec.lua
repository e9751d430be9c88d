-- SPDX-License-Identifier: MIT
-- "~" is the home folder wherever a path is meant and no shell has said so; and folders for what has no other place.

local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"
local home

setup(function()
  home = os.tmpname()
  os.remove(home)
  os.execute("mkdir " .. home)
end)

teardown(function() os.execute("rm -r " .. home) end)

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- What the program says with this home folder, on both streams.
local function run(words, environment)
  local pipe = assert(io.popen(("HOME=%s %s %s %s 2>&1"):format(home, environment or "", program, words)))
  local output = pipe:read "a"
  pipe:close()
  return output
end

local function code(text, environment) return run("-e " .. quote(text), environment) end

local function is_there(name)
  local file = io.open(home .. "/" .. name, "rb")
  if file then file:close() end
  return file ~= nil
end

describe("~", function()
  it("is the home folder in options, however they are written", function()
    for i, words in ipairs { "'--output=~/%d.png'", "--output '~/%d.png'" } do
      run(("channel --net googlenet-tiny --size 24 --steps 1 " .. words):format(i))
      assert.is_true(is_there(i .. ".png"))
    end
    code [[require("phosphene.recipe").run("channel",
      { net = "googlenet-tiny", size = 24, steps = 1, output = "~/3.png" })]]
    assert.is_true(is_there "3.png")
    local file = assert(io.open(home .. "/mine.lua", "w"))
    file:write [[local ph = require "phosphene"
      local opt = ph.options { path = "~/default", several = { { "~", "a~", "~b" }, "" } }
      print(opt.path, table.unpack(opt.several))]]
    file:close()
    assert.equal(("%s/default\t%s\ta~\t~b\n"):format(home, home), (run "'~/mine.lua'"))
  end)

  it("is the home folder in calls", function()
    local said = code [[
      local net = assert(ph.network "googlenet-tiny")
      assert(net:save "~/deep/net.safetensors")
      assert(ph.network "~/deep/net.safetensors", "saved")
      local result = ph.render { "~/deep/net.safetensors", "mixed4a:1", size = 24, steps = 1, progress = false,
        checkpoint = "~/run.safetensors" }
      assert(result:save "~/pictures/a.png")
      ph.render { net, "mixed4a:1", size = 24, steps = 2, progress = false, output = "~/pictures/b.png" }
      print(#ph.list_images "~/pictures", ph.load_image "~/pictures/a.png":shape()[4],
        ph.read_metadata "~/pictures/b.png".steps, net:photograph("~/pictures/a.png", { size = 8 }):shape()[3])
      assert(net:graph "~/net.dot")
      local statistics = assert(ph.statistics("~/pictures", { size = 8, progress = false }))
      assert(statistics:save "~/pictures/s.safetensors")
      assert(ph.load_statistics "~/pictures/s.safetensors")
      print(ph.network "~/absent.onnx")
      print(ph.load_image "~/absent.png")]]
    assert.equal("2\t24\t2\t8\nnil\tcannot read '~/absent.onnx': No such file or directory\n"
      .. "nil\tcannot read '~/absent.png': No such file or directory\n", said)
    assert.is_true(is_there "net.dot" and is_there "run.safetensors")
  end)

  it("is the one of the system's list of users where HOME is not set", function()
    local said = code("print(require('phosphene.core').expand_path '~/a')", "HOME=")
    assert.matches("^/.*/a\n$", said)
    assert.not_matches(home, said, 1, true)
  end)

  it("is a file's name where no folder is meant", function()
    assert.equal("./~\t~x/a\ta/~\n", code [[local expand = require("phosphene.core").expand_path
      print(expand "./~", expand "~x/a", (expand "a/~"))]])
  end)
end)

describe("TMPDIR", function()
  it("may be relative: what could not be written elsewhere is there", function()
    local said = code([[os.execute "mkdir ]] .. home .. [[/gone"
      ph.render { "googlenet-tiny", "mixed4a:1", size = 24, steps = 1, seed = 1, output = "~/gone/a.png",
        on_step = function() os.execute "rmdir ~/gone; touch ~/gone" end }]], "TMPDIR=build/tests/scratch")
    local path = said:match "the picture is in '(build/tests/scratch/phosphene%-%d+%-a.png)'"
    assert.is_truthy(path, said)
    assert(os.remove(path))
  end)

  it("is named where it is not there", function()
    local folder = home .. "/absent"
    local said = code([[print(require("phosphene.network.fetch").scratch())]], "TMPDIR=" .. folder)
    assert.matches("no folder for temporary files (TMPDIR)", said, 1, true)
  end)
end)
