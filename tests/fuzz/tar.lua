-- SPDX-License-Identifier: MIT
-- Fuzzing archives of pictures: tar, of which only the headers are read.

local core = require "phosphene.core"

-- A member: its header, whose checksum is right, and its bytes.
local function member(name, kind, bytes)
  local function header(checksum)
    return ("%s%s%s%s%s%s%s%s"):format(name .. ("\0"):rep(100 - #name), "0000644\0" .. ("0000000\0"):rep(2),
      ("%011o\0"):format(#bytes), ("%011o\0"):format(1000), checksum, kind, ("\0"):rep(100), "ustar\00000")
      .. ("\0"):rep(247)
  end
  local sum = 0
  for i = 1, 512 do sum = sum + header((" "):rep(8)):byte(i) end
  return header(("%06o\0 "):format(sum)) .. bytes .. ("\0"):rep(-#bytes % 512)
end

local ending = ("\0"):rep(1024)

local function seeds()
  return {
    member("a.png", "0", "one") .. member("folder/", "5", "") .. member("folder/b.jpg", "0", ("two"):rep(300))
      .. ending,
    member("././@LongLink", "L", ("long"):rep(30) .. ".png\0") .. member("cut.png", "0", "three") .. ending,
    member("pax", "x", "15 path=ab.png\n10 size=4\n") .. member("c.webp", "0", "four") .. ending,
  }
end

return { suffix = ".tar", seeds = seeds, open = function(path) return core.catalogue { path } end }
