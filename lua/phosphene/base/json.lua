-- SPDX-License-Identifier: MIT
-- JSON in the metadata of weights files: objects, lists, texts, numbers and booleans, read strictly and within bounds,
-- since the files are untrusted. Must not know what the JSON means.

local sorted_keys = require "phosphene.base.sorted_keys"

local json = {}

-- ---- writing ----

local short_escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r",
  ["\t"] = "\\t" }

local function escape(character)
  return short_escapes[character] or ("\\u%04x"):format(character:byte())
end

local write

local function write_list(list, out)
  out[#out + 1] = "["
  for i, value in ipairs(list) do
    if i > 1 then out[#out + 1] = "," end
    write(value, out)
  end
  out[#out + 1] = "]"
end

local function write_object(object, out)
  local keys = sorted_keys(object)
  out[#out + 1] = "{"
  for i, key in ipairs(keys) do
    if i > 1 then out[#out + 1] = "," end
    write(key, out)
    out[#out + 1] = ":"
    write(object[key], out)
  end
  out[#out + 1] = "}"
end

function write(value, out)
  if type(value) == "table" then
    if next(value) == nil or value[1] ~= nil then write_list(value, out) else write_object(value, out) end
  elseif type(value) == "string" then
    out[#out + 1] = '"' .. value:gsub('[%c"\\]', escape) .. '"'
  elseif math.type(value) == "integer" or type(value) == "boolean" then
    out[#out + 1] = tostring(value)
  else
    assert(value == value and math.abs(value) < math.huge, "JSON has finite numbers only")
    out[#out + 1] = ("%.17g"):format(value)
  end
end

--- The text of a value. A table is a list if it has a first element or none at all, and otherwise an object, whose keys
--- are texts and are written in order: equal values give equal texts.
function json.encode(value)
  local out = {}
  write(value, out)
  return table.concat(out)
end

-- ---- reading ----

-- The character of a \uXXXX escape whose digits begin at `at`, and the position after it. Characters beyond the first
-- plane are written as two escapes, a surrogate pair.
local function unicode(text, at)
  local code = tonumber(text:match("^%x%x%x%x", at) or "", 16)
  if not code then return nil end
  if code < 0xD800 or code > 0xDFFF then return utf8.char(code), at + 4 end
  local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 4) or "", 16)
  if code > 0xDBFF or not low or low < 0xDC00 or low > 0xDFFF then return nil end
  return utf8.char(0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)), at + 10
end

local escapes = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}

-- Readers take the text and the position of a value, and give the value and the position after it, or nil and the
-- position of an error.

local function read_string(text, at)
  local parts = {}
  at = at + 1
  while true do
    local plain, stop = text:match('^([^"\\%c]*)()', at)
    parts[#parts + 1] = plain
    local mark, letter = text:match("^(.)(.?)", stop)
    if mark == '"' then return table.concat(parts), stop + 1 end
    if mark ~= "\\" then return nil, stop end
    local character
    if letter == "u" then
      character, at = unicode(text, stop + 2)
    else
      character, at = escapes[letter], stop + 2
    end
    if not character then return nil, stop end
    parts[#parts + 1] = character
  end
end

local function read_number(text, at)
  local digits, stop = text:match("^(%-?%d+%.?%d*[eE]?[+-]?%d*)()", at)
  local is_whole = digits and digits:match "^%-?%d+$" and #digits < 19
  local value = digits and not digits:match "^%-?0%d" and (is_whole and math.tointeger(digits) or tonumber(digits))
  if not value or not digits:match "%d$" or math.abs(value) == math.huge then return nil, at end
  return value, stop
end

-- What words stand for, without `null` and with it.
local strict, lenient = { ["true"] = true, ["false"] = false }, { ["true"] = true, ["false"] = false, null = false }

local function skip(text, at) return text:match("^[ \t\r\n]*()", at) end

local read

-- Reads the contents of brackets: calls `element(at)` for each element, which gives the position after it, or nil and
-- the position of an error.
local function read_elements(text, at, closing, element)
  at = skip(text, at + 1)
  if text:sub(at, at) == closing then return at + 1 end
  while true do
    local after, broken = element(at)
    if not after then return nil, broken end
    at = skip(text, after)
    local mark = text:sub(at, at)
    if mark == closing then return at + 1 end
    if mark ~= "," then return nil, at end
    at = skip(text, at + 1)
  end
end

local function read_list(text, at, depth, words)
  local list = {}
  local after, broken = read_elements(text, at, "]", function(start)
    local value, stop = read(text, start, depth - 1, words)
    if value == nil then return nil, stop end
    list[#list + 1] = value
    return stop
  end)
  if not after then return nil, broken end
  return list, after
end

local function read_object(text, at, depth, words)
  local object = {}
  local after, broken = read_elements(text, at, "}", function(start)
    if text:sub(start, start) ~= '"' then return nil, start end
    local key, stop = read_string(text, start)
    if not key then return nil, stop end
    local colon = skip(text, stop)
    if object[key] ~= nil or text:sub(colon, colon) ~= ":" then return nil, start end
    object[key], stop = read(text, skip(text, colon + 1), depth - 1, words)
    if object[key] == nil then return nil, stop end
    return stop
  end)
  if not after then return nil, broken end
  return object, after
end

function read(text, at, depth, words)
  local first = text:sub(at, at)
  if first == '"' then return read_string(text, at) end
  if first == "[" and depth > 0 then return read_list(text, at, depth, words) end
  if first == "{" and depth > 0 then return read_object(text, at, depth, words) end
  local word = text:match("^%a+", at)
  if words[word] ~= nil then return words[word], at + #word end
  return read_number(text, at)
end

--- The value of a text; or nil and the place of the first character that does not belong there. Objects and lists may
--- be nested `depth` deep, 8 by default. Keys that occur twice are refused, and so is `null`, unless `has_null`, when
--- it reads as false.
function json.decode(text, depth, has_null)
  local value, stop = read(text, skip(text, 1), depth or 8, has_null and lenient or strict)
  if value == nil then return nil, stop end
  stop = skip(text, stop)
  if stop <= #text then return nil, stop end
  return value
end

return json
