-- SPDX-License-Identifier: MIT
-- Completion at the prompt: the possible endings of a word. Inspects values without calling the user's functions; only
-- networks are called, for their layers' names. Must not know how lines are edited.

-- The beginning of the string literal that contains the end of the line, or nil.
local function open_string(line)
  local at = 1
  while true do
    local start, quote = line:match("()([\"'%-])", at)
    if not start then return nil end
    if quote == "-" then
      if line:sub(start + 1, start + 1) == "-" then return nil end -- a comment
      at = start + 1
    else
      local i = start + 1
      while i <= #line and line:sub(i, i) ~= quote do
        i = i + (line:sub(i, i) == "\\" and 2 or 1)
      end
      if i > #line then return start end
      at = i + 1
    end
  end
end

-- The table that a value's fields are found in besides itself, if it is one.
local function index_of(value)
  local metatable = debug.getmetatable(value)
  local index = type(metatable) == "table" and rawget(metatable, "__index")
  return type(index) == "table" and index or nil
end

local function field_of(value, name)
  while value ~= nil do
    local found = type(value) == "table" and rawget(value, name)
    if found then return found end
    value = index_of(value)
  end
end

-- Names of a value's fields that begin with `start`; of functions only where a method is called.
local function fields_of(value, start, only_functions, found)
  while value ~= nil do
    for name, field in next, type(value) == "table" and value or {} do
      local fits = type(name) == "string" and name:match "^[%a_][%w_]*$" and name:sub(1, #start) == start
      if fits and (not only_functions or type(field) == "function") then found[name] = true end
    end
    value = index_of(value)
  end
end

-- Names of the layers of all networks that are global variables.
local function layers_of(environment, start, found)
  for _, value in next, environment do
    local layers = type(value) == "userdata" and field_of(value, "layers")
    local is_open, names = pcall(layers or function() return {} end, value)
    for _, name in ipairs(is_open and names or {}) do
      if name:sub(1, #start) == start then found[name] = true end
    end
  end
end

-- The sorted texts `before .. name`.
local function texts_of(found, before)
  local texts = {}
  for name in pairs(found) do texts[#texts + 1] = before .. name end
  table.sort(texts)
  return texts
end

--- What the end of the line from `position` on, a word in the editor's sense, may be replaced by: names of the
--- environment's variables, of fields and methods, or within a string literal of layers. Nil where a string literal may
--- rather name a file.
local function complete(line, position, environment)
  local found = {}
  local quote = open_string(line)
  if quote then
    local start = math.max(position, quote + 1)
    layers_of(environment, line:sub(start), found)
    return next(found) and texts_of(found, line:sub(position, start - 1))
  end

  local chain, start = line:match "([%w_.:]*[.:])([%w_]*)$"
  if not chain or chain:match "%.%.$" then -- a variable, which `..` may precede
    start = line:match "[%w_]*$"
    fields_of(environment, start, false, found)
  else
    chain = chain:match "%.%.(.*)$" or chain
    if not chain:match "^[%a_]" then return {} end -- f().x: only a call could tell
    local value = environment
    for name in chain:gmatch "[%w_]+" do value = field_of(value, name) end
    fields_of(value, start, chain:sub(-1) == ":", found)
  end
  return texts_of(found, line:sub(position, #line - #start))
end

return complete
