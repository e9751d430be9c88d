-- SPDX-License-Identifier: MIT
-- Protobuf's encoding by hand, for tests that write files: valid ones as well as those that are wrong on purpose. Must
-- not know any message.

local protobuf = {}

--- A whole number in groups of seven bits; negative ones take ten bytes.
function protobuf.varint(n)
  local bytes = {}
  repeat
    local low = n & 0x7f
    n = n >> 7
    bytes[#bytes + 1] = string.char(n ~= 0 and low | 0x80 or low)
  until n == 0
  return table.concat(bytes)
end

--- Fields: a number, bytes (texts, messages, packed lists), a float.
function protobuf.number(field, n) return protobuf.varint(field << 3) .. protobuf.varint(n) end
function protobuf.bytes(field, data) return protobuf.varint(field << 3 | 2) .. protobuf.varint(#data) .. data end
function protobuf.float(field, x) return protobuf.varint(field << 3 | 5) .. string.pack("<f", x) end

--- What f gives for each of a list, end to end.
function protobuf.each(list, f)
  local parts = {}
  for i, item in ipairs(list or {}) do parts[i] = f(item) end
  return table.concat(parts)
end

return protobuf
