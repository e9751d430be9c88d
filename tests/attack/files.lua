-- SPDX-License-Identifier: MIT
-- Damaged files of one format of tests/fuzz: bytes of its seeds are flipped, cut off, put in, or replaced by another
-- seed's; each must open, or be refused in one line, and leave no memory behind. Arguments: seed, how many, folder,
-- format. The file that is being opened stays in the folder.

local seed, count, folder, name = math.tointeger(tonumber(arg[1])), math.tointeger(tonumber(arg[2])), arg[3], arg[4]
math.randomseed(seed)

local seeds = require("fuzz." .. name).seeds()
local try, suffix = require "fuzz.prepare" (name)

local function any_seed() return seeds[math.random(#seeds)] end
local function place(bytes) return math.random(0, #bytes) end

local damages = {
  function(bytes) -- a byte, which is often one that means something
    local at, value = place(bytes), math.random(0, 255)
    if math.random(3) == 1 then value = ({ 0, 1, 127, 128, 255 })[math.random(5)] end
    return bytes:sub(1, at) .. string.char(value) .. bytes:sub(at + 2)
  end,
  function(bytes) return bytes:sub(1, place(bytes)) end,
  function(bytes)
    local at, from = place(bytes), place(bytes)
    return bytes:sub(1, at) .. bytes:sub(from, from + math.random(64)) .. bytes:sub(at + 1)
  end,
  function(bytes)
    local at, length = place(bytes), math.random(64)
    return bytes:sub(1, at) .. bytes:sub(at + length)
  end,
  function(bytes) return bytes:sub(1, place(bytes)) .. any_seed():sub(place(bytes) + 1) end,
}

local path = ("%s/damaged%s"):format(folder, suffix)
for _ = 1, count do
  local bytes = any_seed()
  for _ = 1, math.random(3) do bytes = damages[math.random(#damages)](bytes) end
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  try(path)
end
