-- SPDX-License-Identifier: MIT
-- The program with too few addresses: it says so in one line and writes no picture, or the picture is the one that it
-- writes with enough of them. Not under sanitizers, which take terabytes of addresses.

local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"
local sanitized = (os.getenv "PHOSPHENE_TEST_PRELOAD" or "") ~= ""

-- Three threads, for what each of them takes.
local recipe = [[
local ph = require "phosphene"
local net = assert(ph.network "googlenet-tiny")
assert(ph.render { net, "mixed4a:61", size = 40, steps = 2, seed = 1, progress = false }:save(arg[1]))
]]

local folder

local function read(name)
  local file = io.open(folder .. "/" .. name, "rb")
  if not file then return nil end
  local bytes = file:read "a"
  file:close()
  return bytes
end

-- What the program says, its exit status and the picture, with so many KiB of addresses.
local function run(limit)
  os.remove(folder .. "/it.png")
  local pipe = assert(io.popen(("{ ulimit -v %s; PHOSPHENE_THREADS=3 %s %s/recipe.lua %s/it.png; } 2>&1"):format(
    limit, program, folder, folder)))
  local said = pipe:read "a"
  local _, _, status = pipe:close()
  return said, status, read "it.png"
end

describe("a program with too little memory", function()
  if sanitized then return end

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
    local file <close> = assert(io.open(folder .. "/recipe.lua", "w"))
    file:write(recipe)
  end)

  teardown(function() os.execute("rm -r " .. folder) end)

  it("says so in one line, or does as always", function()
    local _, status, whole = run "unlimited"
    assert.equal(0, status)
    local failed, least, most = 0, 20000, 400000
    -- Between a limit at which nothing starts and one that does.
    while most - least > 1000 do
      local limit = (least + most) // 2
      local said, ended, picture = run(limit)
      if ended == 0 then
        most = limit
        assert.equal(whole, picture)
      else
        least, failed = limit, failed + 1
        assert.is_true(ended == 1 or ended == 127, said) -- 127: the system could not even load it
        -- libgomp begins with an empty line, and Lua breaks a line where it loads a module.
        assert.is_true(#said:gsub("^\n", ""):gsub("\n\t", " "):gsub("[^\n]", "") == 1, said)
        assert.is_nil(picture)
      end
    end
    assert.is_true(failed > 2)
  end)
end)
