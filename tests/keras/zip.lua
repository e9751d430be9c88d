-- SPDX-License-Identifier: MIT
-- Writes zip archives for tests; deflated entries consist of stored blocks.

local zip = {}

local table_of = {}
for i = 0, 255 do
  local c = i
  for _ = 1, 8 do c = c & 1 == 1 and 0xEDB88320 ~ c >> 1 or c >> 1 end
  table_of[i] = c
end

local function checksum(bytes)
  local c = 0xFFFFFFFF
  for i = 1, #bytes do c = table_of[(c ~ bytes:byte(i)) & 0xFF] ~ c >> 8 end
  return c ~ 0xFFFFFFFF
end

local function deflated(bytes)
  local wrapped = require("keras.hdf5").stored_zlib(bytes)
  return wrapped:sub(3, -5)
end

--- The bytes of an archive of these entries, { name, bytes, deflated = }; `changed` may have other values for what the
--- directory says of each: size, method, flags.
function zip.archive(entries, changed)
  local parts, directory, at = {}, {}, 0
  changed = changed or {}
  for i, entry in ipairs(entries) do
    local name, bytes = entry[1], entry[2]
    local data = entry.deflated and deflated(bytes) or bytes
    local about = string.pack("<I2I2I4I4I4I4", changed.flags or 0, changed.method or (entry.deflated and 8 or 0), 0,
      checksum(bytes), #data, changed.size or #bytes)
    local extra = ("\1\0\4\0abcd"):rep(i - 1)
    parts[i] = "PK\3\4\20\0" .. about .. string.pack("<I2I2", #name, #extra) .. name .. extra .. data
    directory[i] = "PK\1\2\20\0\20\0" .. about .. string.pack("<I2I2I2I2I2I4I4", #name, 0, 0, 0, 0, 0, at) .. name
    at = at + #parts[i]
  end
  local listed = table.concat(directory)
  return table.concat(parts) .. listed
    .. string.pack("<c4I2I2I2I2I4I4I2", "PK\5\6", 0, 0, #entries, #entries, #listed, at, 7) .. "comment"
end

return zip
