-- SPDX-License-Identifier: MIT
-- Protobuf's text format, as in Caffe's .prototxt files, read strictly and within bounds: the files are untrusted. A
-- message becomes a table of its fields, each a list, since in this form a field is repeated by writing it again. Must
-- not know any message.

local reading = require "phosphene.base.reading"
local refuse = require "phosphene.formats.refuse"

local prototxt = {}

local most_bytes = 1 << 22
local most_depth = 32
local most_fields = 1 << 18
local most_text = 4096

-- Where white space, comments and separators end.
local function skip(text, at)
  while true do
    at = text:match("^[%s,;]*()", at)
    if text:sub(at, at) ~= "#" then return at end
    at = text:find("\n", at, true) or #text + 1
  end
end

local function fail(text, at, what)
  local _, line = text:sub(1, at - 1):gsub("\n", "")
  refuse.raise("line %d: %s", line + 1, what)
end

local escapes = { n = "\n", t = "\t", r = "\r", ["\\"] = "\\", ['"'] = '"', ["'"] = "'" }

-- A text in either kind of quotes; several in a row are one.
local function read_text(text, at)
  local parts = {}
  while true do
    local quote = text:sub(at, at)
    local plain, stop = text:match("^([^\"'\\%c]*)()", at + 1)
    while text:sub(stop, stop) ~= quote do
      local mark, letter = text:match("^(.)(.?)", stop)
      local more
      if mark == "\\" and escapes[letter] then
        plain, stop = plain .. escapes[letter], stop + 2
      elseif mark == "'" or mark == '"' then
        plain, stop = plain .. mark, stop + 1
      else
        fail(text, at, "a text that does not end")
      end
      more, stop = text:match("^([^\"'\\%c]*)()", stop)
      plain = plain .. more
      if #plain > most_text then fail(text, at, "a text that is too long") end
    end
    parts[#parts + 1] = plain
    local after = text:match("^%s*()", stop + 1)
    if not text:match("^[\"']", after) then return table.concat(parts), stop + 1 end
    at = after
  end
end

-- A number, a truth value, or a name, which stays a text.
local function read_word(text, at)
  local word, stop = text:match("^([%w_.+-]+)()", at)
  if not word then fail(text, at, "a value is missing") end
  if word == "true" then return true, stop end
  if word == "false" then return false, stop end
  local number = word:match "^[%d.+-]" and tonumber((word:gsub("f$", "")))
  if not number and word:match "^[%d.+-]" then fail(text, at, ("'%s' is not a number"):format(word)) end
  return number or word, stop
end

local function read_value(text, at)
  if text:match("^[\"']", at) then return read_text(text, at) end
  return read_word(text, at)
end

local function add(message, name, value)
  message[name] = message[name] or {}
  table.insert(message[name], value)
end

-- The values of `name: [a, b]`.
local function read_list(text, at, message, name)
  at = skip(text, at + 1)
  while text:sub(at, at) ~= "]" do
    local value
    if at > #text then fail(text, at, "a list that does not end") end
    value, at = read_value(text, at)
    add(message, name, value)
    at = skip(text, at)
  end
  return at + 1
end

local closing = { ["{"] = "}", ["<"] = ">" }

--- The message that a text describes: { field = { value, … } }, values being numbers, truth values, texts and messages.
--- Refuses what cannot be read.
function prototxt.parse(text)
  if #text > most_bytes then refuse.raise("%d bytes are too many for a description", #text) end
  local open, fields = { { message = {} } }, 0
  local at = skip(text, 1)
  while at <= #text do
    local top = open[#open]
    if top.ends and text:sub(at, at) == top.ends then
      open[#open] = nil
      at = at + 1
    else
      local name, stop = text:match("^([%a_][%w_]*)%s*()", at)
      if not name then fail(text, at, "the name of a field is missing") end
      fields = fields + 1
      if fields > most_fields then refuse.raise("it has more than %d fields", most_fields) end
      local has_colon = text:sub(stop, stop) == ":"
      at = skip(text, has_colon and stop + 1 or stop)
      local mark = text:sub(at, at)
      if closing[mark] then
        if #open > most_depth then refuse.raise("its messages are nested more than %d deep", most_depth) end
        open[#open + 1] = { message = {}, ends = closing[mark] }
        add(top.message, name, open[#open].message)
        at = at + 1
      elseif not has_colon then
        fail(text, at, ("'%s' has no value"):format(name))
      elseif mark == "[" then
        at = read_list(text, at, top.message, name)
      else
        local value
        value, at = read_value(text, at)
        add(top.message, name, value)
      end
    end
    at = skip(text, at)
  end
  if #open > 1 then fail(text, #text + 1, "a message that does not end") end
  return open[1].message
end

--- What a file describes, or nil and a message.
function prototxt.read(path)
  local file, problem = reading.open(path)
  if not file then return nil, ("cannot read '%s': %s"):format(path, (problem:gsub("^.*: ", ""))) end
  local text = file:read(most_bytes + 1) or ""
  file:close()
  return prototxt.parse(text)
end

return prototxt
