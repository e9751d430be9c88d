-- SPDX-License-Identifier: MIT
-- Texts from files, as they may be printed: labels, layers' names, metadata, messages. A terminal obeys control
-- characters, and what a file says must not reach it as a command.

local shorten = require "phosphene.base.shorten"

-- Characters of Unicode that change the direction of what follows, or cannot be seen.
local function is_hidden(code)
  return code >= 0x80 and code < 0xA0 or code == 0x200E or code == 0x200F or code >= 0x2028 and code <= 0x202E
    or code >= 0x2066 and code <= 0x2069
end

local function escape(byte) return ("\\x%02X"):format(byte:byte()) end

--- The text with control characters, and bytes that are no UTF-8, as \xNN; lines stay lines, and tabs tabs. Of more
--- than `most` characters, where that is given, the beginning.
return function(text, most)
  text = text:gsub("[%c\x7F]", function(c) return c ~= "\n" and c ~= "\t" and escape(c) or nil end)
  if text:find "[\x80-\xFF]" then
    local parts, at = {}, 1
    while at <= #text do
      local length, bad = utf8.len(text, at)
      local last = length and #text or bad - 1
      parts[#parts + 1] = text:sub(at, last):gsub(utf8.charpattern, function(c)
        return is_hidden(utf8.codepoint(c)) and c:gsub(".", escape) or nil
      end)
      if bad then parts[#parts + 1] = escape(text:sub(bad, bad)) end
      at = (bad or #text) + 1
    end
    text = table.concat(parts)
  end
  return most and shorten(text, most) or text
end
