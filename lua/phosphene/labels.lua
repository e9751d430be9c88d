-- Class labels as weights files carry them: a JSON list of strings. Reads just that, with all of JSON's escapes.
-- Must not know of networks or files.

local labels = {}

local escapes = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}

-- The character of a \uXXXX escape whose digits begin at `at`, and where the text goes on. Characters beyond the
-- first plane are written as two escapes, a surrogate pair.
local function unicode(text, at)
  local code = tonumber(text:match("^%x%x%x%x", at) or "", 16)
  if not code then return nil end
  if code < 0xD800 or code > 0xDFFF then return utf8.char(code), at + 4 end
  local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 4) or "", 16)
  if code > 0xDBFF or not low or low < 0xDC00 or low > 0xDFFF then return nil end
  return utf8.char(0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)), at + 10
end

-- The string whose opening quote is at `at`, and where the text goes on; nil where it is broken.
local function string_at(text, at)
  local parts = {}
  at = at + 1
  while true do
    local plain, stop = text:match('^([^"\\%c]*)()', at)
    parts[#parts + 1] = plain
    local mark, letter = text:match("^(.)(.?)", stop)
    if mark == '"' then return table.concat(parts), stop + 1 end
    if mark ~= "\\" then return nil end
    local character
    if letter == "u" then
      character, at = unicode(text, stop + 2)
    else
      character, at = escapes[letter], stop + 2
    end
    if not character then return nil end
    parts[#parts + 1] = character
  end
end

--- The strings of a JSON list such as `["tench", "goldfish"]`, or nil and what is wrong.
function labels.parse(text)
  local function skip(at) return text:match("^[ \t\r\n]*()", at) end
  local function broken(at) return nil, ("labels: not a JSON list of strings (at character %d)"):format(at) end

  local list = {}
  local at = skip(1)
  if text:sub(at, at) ~= "[" then return broken(at) end
  at = skip(at + 1)
  if text:sub(at, at) == "]" and skip(at + 1) > #text then return list end
  while true do
    if text:sub(at, at) ~= '"' then return broken(at) end
    local value, after = string_at(text, at)
    if not value then return broken(at) end
    list[#list + 1] = value
    at = skip(after)
    local mark = text:sub(at, at)
    if mark == "]" and skip(at + 1) > #text then return list end
    if mark ~= "," then return broken(at) end
    at = skip(at + 1)
  end
end

return labels
