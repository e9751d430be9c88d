-- SPDX-License-Identifier: MIT
-- What `make` says, before it compiles anything, on systems that lack something. They are faked by what is on the PATH.

local folder

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
  os.execute(("chmod +x '%s/%s'"):format(folder, name))
end

-- A folder of the tools that the build uses, but not of apt; `fakes` are shell scripts in the place of others.
local function make_with(fakes)
  folder = os.tmpname()
  os.remove(folder)
  os.execute("mkdir " .. folder)
  for tool in ("sh sed cmp mkdir mv rm find gcc pkg-config protoc protoc-gen-c uname id cat"):gmatch "%S+" do
    if fakes[tool] == nil then os.execute(('ln -s "$(command -v %s)" %s/'):format(tool, folder)) end
  end
  for tool, text in pairs(fakes) do
    if text then write(tool, "#!/bin/sh\n" .. text) end
  end
  -- A sanitizer's runtime is not for make and the compiler, which have leaks of their own.
  local pipe = assert(io.popen(('unset LD_PRELOAD MAKEFLAGS MAKELEVEL; make="$(command -v make)"; PATH=%s "$make" ' ..
    "CC=gcc BUILD=%s/build %s/build/flags 2>&1"):format(folder, folder, folder)))
  local output = pipe:read "a"
  local succeeded = pipe:close()
  os.execute("rm -r " .. folder)
  return succeeded, output
end

-- A compiler whose preprocessor has found oneDNN of this version.
local function onednn(version) return "echo version " .. version end

local function is_refused(fakes, reason)
  local succeeded, output = make_with(fakes)
  assert.is_falsy(succeeded)
  local line = output:match "cannot build: [^\n]*"
  assert.is_truthy(line, output)
  assert.matches(reason, line, 1, true)
  assert.matches("oneDNN 2.6", line, 1, true)
  assert.is_nil(output:find "\n  compile ")
end

describe("make", function()
  it("builds where there is no apt, if all is there", function()
    local succeeded, output = make_with {}
    assert.is_true(succeeded, output)
    assert.equal("", output)
  end)

  it("names libraries that are missing", function()
    is_refused({ ["pkg-config"] = 'case "$*" in *--exists*fftw3f*|*--exists*libedit*) exit 1;; esac' },
      "pkg-config does not find fftw3f libedit")
  end)

  it("names tools that are missing", function()
    is_refused({ ["protoc-gen-c"] = false }, "there is no protoc-gen-c")
    is_refused({ ["pkg-config"] = false }, "there is no pkg-config")
  end)

  it("wants oneDNN 2.6 or a newer one", function()
    is_refused({ gcc = "exit 1" }, "there is no oneDNN")
    is_refused({ gcc = onednn "2 5" }, "oneDNN 2.5 is too old")
    is_refused({ gcc = onednn "1 96" }, "oneDNN 1.96 is too old")
    for _, version in ipairs { "2 6", "3 0", "3 12" } do assert.is_true((make_with { gcc = onednn(version) })) end
  end)

  it("warns of a processor that nobody has tried, and goes on", function()
    local succeeded, output = make_with { uname = "echo riscv64" }
    assert.is_true(succeeded)
    assert.equal("warning: tested on x86_64 only, not on riscv64\n", output)
  end)
end)
