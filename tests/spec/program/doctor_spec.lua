-- SPDX-License-Identifier: MIT
-- `phosphene doctor` says what there is, and what is wrong with it.

local core = require "phosphene.core"
local environment = require "phosphene.base.environment"

local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"
local folder

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  os.execute("mkdir " .. folder)
end)

teardown(function() os.execute("rm -r " .. folder) end)

-- What it says on both streams in an environment, and its exit status.
local function doctor(variables)
  local pipe = assert(io.popen(("HOME=%s XDG_DATA_HOME= %s %s doctor 2>&1"):format(folder, variables or "", program)))
  local output = pipe:read "a"
  return output, (select(3, pipe:close()))
end

describe("phosphene doctor", function()
  it("says what there is", function()
    local said, status = doctor()
    assert.matches("program +Phosphene " .. core.version:gsub("%p", "%%%0"), said)
    assert.matches("oneDNN +%d+%.%d+%.%d+, compiled with %d", said)
    assert.matches("processor +" .. core.instructions(), said)
    assert.matches("network +googlenet%-tiny, 3%.4 MB, %S+: opens\n", said)
    assert.matches(("networks from +%s/.local/share/phosphene/weights: is not there\n"):format(folder), said)
    for _, variable in ipairs(environment) do assert.matches("\n" .. variable[1] .. " +%w", said) end
    assert.matches("\nNothing is wrong%.\n", said)
    assert.equal(0, status)
  end)

  it("says what is wrong", function()
    os.execute(("mkdir -p %s/weights; echo none > %s/weights/broken.onnx"):format(folder, folder))
    local variables = "PHOSPHENE_WEIGHTS=%s/weights PHOSPHENE_THREADS=all PHOSPHENE_FONT=/none"
    local said, status = doctor(variables:format(folder))
    assert.matches("network +broken, %S+broken.onnx: does not open\n", said)
    local wrong = said:match "\nWrong:\n(.*)$"
    assert.matches("  PHOSPHENE_THREADS: a whole number from 0 to 1024 expected, got 'all'\n", wrong)
    assert.matches("  captions cannot be drawn: no font '/none'", wrong)
    assert.matches("  '%S+broken.onnx' ", wrong)
    assert.equal(3, select(2, wrong:gsub("\n", "")))
    assert.equal(1, status)
    assert.matches("PHOSPHENE_WEIGHTS names '/none', which cannot be read\n$", (doctor "PHOSPHENE_WEIGHTS=/none"))
  end)
end)
