-- SPDX-License-Identifier: MIT
-- ph.options: a recipe's own table of settings, with what its caller chose in place of the defaults. The caller is a
-- command line or another Lua program. Must not know what the options mean.

local core = require "phosphene.core"
local misuse = require "phosphene.base.misuse"
local option = require "phosphene.program.option_kind"
local picture = require "phosphene.picture.files"
local reading = require "phosphene.base.reading"
local request = require "phosphene.base.running_recipe"
local usage = require "phosphene.program.usage"

-- "learning-rate" and "learning_rate" are one name.
local function normal(name) return (name:gsub("%-", "_")) end

-- The declared options: a list, and by name.
local function declare(declared)
  if type(declared) ~= "table" then
    misuse.raise("options: a table of names and defaults expected, got %s", misuse.shown(declared))
  end
  local all = {}
  for name, default in pairs(declared) do
    local o = option.new(name, default)
    all[#all + 1] = o
    all[normal(name)] = o
  end
  return all
end

local function suggestion(all, name, prefix)
  local names = {}
  for i, o in ipairs(all) do names[i] = prefix == "--" and o.name:gsub("_", "-") or o.name end
  local nearest = core.nearest(name, names)
  if nearest then return ("; did you mean '%s%s'?"):format(prefix, nearest) end
  return prefix == "--" and "; --help lists the options" or ""
end

-- ---- command lines ----

local function refuse(format, ...) error(request.refusal(format:format(...))) end

-- The switch that `--no-name` turns off.
local function negated(all, name)
  local o = all[normal(name):match "^no_(.+)$" or ""]
  return o and option.is_switch(o) and o or nil
end

-- The option and value of words[i], and the next i.
local function read_word(all, words, i)
  local name, text = words[i]:match "^%-+([^=]+)=?(.*)$"
  if not name then refuse("unexpected argument '%s'; options are written --name value", words[i]) end
  if not words[i]:find("=", 1, true) then text = nil end
  local o = words[i]:match "^%-%-" and all[normal(name)]
  if not o and not text and negated(all, name) then return negated(all, name), false, i + 1 end
  if not o then refuse("unknown option '%s'%s", words[i]:match "^[^=]+", suggestion(all, name, "--")) end
  if not text and option.is_switch(o) then return o, true, i + 1 end
  if not text then
    i = i + 1
    text = words[i]
  end
  if not text or (text == words[i] and text:match "^%-%-%a") then
    refuse("option '--%s' needs a value, %s", name, o.kind.expected)
  end
  local value, problem = option.read(o, text)
  if problem then refuse("option '--%s': %s", name, problem) end
  return o, value, i + 1
end

local function asks_for_help(all, words)
  for _, word in ipairs(words) do
    if word == "--help" or word == "-h" then return not all.help end
  end
  return false
end

local function read_words(all, asked)
  if asks_for_help(all, asked.words) then
    local text = usage.text(asked.called, asked.text, all)
    if not asked.by_lua then error(request.answer(text)) end
    print(text) -- there is nobody who would catch the answer
    os.exit(true, true)
  end
  local values, i = {}, 1
  while asked.words[i] do
    local o, value
    o, value, i = read_word(all, asked.words, i)
    values[o] = value
  end
  return values
end

-- ---- values from Lua ----

local function read_values(all, asked)
  local values = {}
  for name, value in pairs(asked.values) do
    local o = all[normal(tostring(name))]
    if not o then
      error(("%sunknown option '%s'%s"):format(asked.position, tostring(name), suggestion(all, tostring(name), "")), 0)
    end
    local accepted, problem = option.accept(o, value)
    if problem then error(("%soption '%s': %s"):format(asked.position, name, problem), 0) end
    values[o] = accepted
  end
  return values
end

-- ---- whom to ask ----

-- Under stock Lua the script that was started finds its words in the global `arg`.
local function started_by_lua(caller)
  local script = type(arg) == "table" and arg[0]
  if not script or caller.what ~= "main" or caller.source ~= "@" .. script then return nil end
  local file = reading.open(script)
  local text = file and file:read "a" or ""
  if file then file:close() end
  return { words = arg, called = ("lua %s"):format(script), text = text, by_lua = true }
end

-- The request that is not answered yet, or nil: then the defaults hold.
local function take_request(caller)
  local asked = request.current()
  if not asked then return started_by_lua(caller) end
  if asked.taken then
    misuse.raise("options: a recipe calls this once, and it was called already (from %s)", asked.taken)
  end
  asked.taken = ("%s:%d"):format(caller.short_src, caller.currentline)
  return asked
end

-- ---- output ----

-- By convention a recipe writes to what its option `output` says, after work that may take hours: what could not be
-- written is told before. Nil, or what is wrong.
local function output_problem(declared, path)
  if type(path) ~= "string" or path == "" and declared.default == "" then return nil end
  local can_write = picture.is_picture(declared.default or "") and picture.can_save or core.can_write
  return select(2, can_write(path))
end

local function check_output(all, asked, path)
  local problem = asked and all.output and output_problem(all.output, path)
  if problem and asked.words then refuse("option '--output': %s", problem) end
  if problem then error(("%soption 'output': %s"):format(asked.position, problem), 0) end
end

-- ---- what was chosen, for the pictures that are made of it ----

-- As words of a command line, in a fixed order; without where the picture went, which does not decide what it is. False
-- where a value cannot be written so.
local function words_of(all, chosen)
  local words = {}
  for _, o in ipairs(all) do
    if chosen[o] ~= nil and o ~= all.output then
      local text = option.text(o, chosen[o])
      if not text then return false end
      words[#words + 1] = ("--%s=%s"):format(o.name:gsub("_", "-"), text)
    end
  end
  table.sort(words)
  return words
end

-- Where a picture is made again, it goes to another place, whatever the picture says.
local function redirect(all, asked, values)
  if not asked or not asked.again or not all.output then return end
  local default = all.output.default
  values.output = picture.is_picture(tostring(default)) and asked.again.path or default
end

-- ---- home folders ----

-- A text that begins with "~" as a path does, with the home folder in its place: in defaults, in what Lua gives and in
-- --name=~/x no shell has done that.
local at_home
function at_home(value)
  if type(value) == "table" then
    local list = {}
    for i, element in ipairs(value) do list[i] = at_home(element) end
    return list
  end
  return type(value) == "string" and core.expand_path(value) or value
end

--- See meta/options.lua.
local function options(declared)
  local all = declare(declared)
  local asked = take_request(debug.getinfo(2, "Sl"))
  local chosen = not asked and {} or asked.words and read_words(all, asked) or read_values(all, asked)
  local values = {}
  for _, o in ipairs(all) do
    if chosen[o] ~= nil then values[o.name] = chosen[o] else values[o.name] = o.default end
    if option.is_text(o) then values[o.name] = at_home(values[o.name]) end
  end
  if asked then asked.given = words_of(all, chosen) end
  redirect(all, asked, values)
  check_output(all, asked, values.output)
  option.declarations[values] = all
  return values
end

return options
