-- SPDX-License-Identifier: MIT
-- What is no file is refused in one line, wherever a file is to be read; nothing waits for a pipe that nobody writes.

local ph = require "phosphene"
local core = require "phosphene.core"
local labels = require "phosphene.network.labels"
local reading = require "phosphene.base.reading"

local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"

describe("a pipe", function()
  local folder
  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
    for _, suffix in ipairs { "txt", "png", "onnx", "pb", "keras", "h5", "safetensors", "caffemodel", "prototxt",
      "json" } do
      assert(os.execute(("mkfifo %s/pipe.%s"):format(folder, suffix)))
    end
  end)
  teardown(function() os.execute("rm -r " .. folder) end)

  local function path(suffix) return folder .. "/pipe." .. suffix end

  it("is refused as a network, in any format", function()
    for _, suffix in ipairs { "onnx", "pb", "keras", "h5", "safetensors", "caffemodel", "prototxt", "json" } do
      local net, problem = ph.network(path(suffix))
      assert.is_nil(net)
      assert.matches("it is not a regular file", problem)
      assert.is_nil(problem:find "\n")
    end
  end)

  it("is refused as labels and as a picture", function()
    local list, problem = labels.read(path "txt")
    assert.is_nil(list)
    assert.equal(("cannot read labels: %s: it is not a regular file"):format(path "txt"), problem)
    local picture
    picture, problem = core.load_image(path "png")
    assert.is_nil(picture)
    assert.matches("it is not a regular file", problem)
  end)

  it("may be a recipe", function()
    local pipe = assert(io.popen(("echo 'print(7)' >%s & %s %s 2>&1"):format(path "txt", program, path "txt")))
    assert.equal("7\n", pipe:read "a")
    pipe:close()
  end)

  it("is no file, as a device is none; files and folders open", function()
    assert.is_nil(reading.open(path "txt"))
    assert.is_nil(reading.open "/dev/null")
    reading.open(folder):close()
    local file, problem = reading.open(folder .. "/nothing")
    assert.is_nil(file)
    assert.matches("nothing: No such file", problem)
  end)
end)
