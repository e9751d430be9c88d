-- SPDX-License-Identifier: MIT
-- help() at the prompt: the reference as text. Its argument may be a function, a value of one of our types, or a name.
-- Must not know how annotations are written: that is documentation.lua's.

local core = require "phosphene.core"
local documentation = require "phosphene.program.documentation"
local suggest = require "phosphene.base.suggest"

local help = {}

local width = 80

-- ---- text ----

-- A word in parts that fit into `room` columns: types such as "a"|"b"|"c" may be broken after a bar.
local function parts_of(word, room)
  local parts, part = {}, ""
  for piece in word:gmatch "[^|]*|?" do
    if part ~= "" and utf8.len(part .. piece) > room then
      parts[#parts + 1] = part
      part = ""
    end
    part = part .. piece
  end
  parts[#parts + 1] = part
  return parts
end

-- One paragraph, broken into lines that begin with `indent`; the first of them begins with `lead` instead.
local function wrap(text, indent, lead)
  local lines, line = {}, lead or indent
  local is_bare = true -- no word on this line yet
  for word in text:gmatch "%S+" do
    for i, part in ipairs(parts_of(word, width - #indent)) do
      if not is_bare and (i > 1 or utf8.len(line) + 1 + utf8.len(part) > width) then
        lines[#lines + 1] = line
        line, is_bare = indent, true
      end
      line = line .. (is_bare and "" or " ") .. part
      is_bare = false
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

-- Lines of an annotation as paragraphs. What is indented there (formulas, lists) keeps its lines.
local function paragraphs(lines)
  local out, paragraph = {}, {}
  local function flush()
    if #paragraph > 0 then out[#out + 1] = wrap(table.concat(paragraph, " "), "") end
    paragraph = {}
  end
  for _, line in ipairs(lines) do
    local is_kept = line:match "^%s%s" or line == ""
    if is_kept then flush() end
    if is_kept then out[#out + 1] = line else paragraph[#paragraph + 1] = line end
  end
  flush()
  return table.concat(out, "\n")
end

local function first_sentence(lines)
  local text = table.concat(lines, " ")
  return text:match "^(.-[^%.%s][%.:])%s+%u" or text:match "^(.-)%.?$"
end

-- Rows of { name, type, text }, aligned.
local function rows_of(list, indent)
  local name_width, out = 0, {}
  for _, row in ipairs(list) do name_width = math.max(name_width, #row.name) end
  for _, row in ipairs(list) do
    local lead = ("%s%-" .. name_width .. "s  "):format(indent, row.name)
    local text = row.text == "" and row.type or ("%s: %s"):format(row.type, row.text)
    out[#out + 1] = wrap(text, (" "):rep(#lead), lead)
  end
  return table.concat(out, "\n")
end

-- ---- entries ----

-- What tables of options may hold: the fields of the classes that a parameter's type names and that only have fields.
local function options_of(all, parameters)
  local out = {}
  for _, parameter in ipairs(parameters) do
    for name in parameter.type:gmatch "[%w_%.]+" do
      local class = all.classes[name]
      local fields = class and #class.functions == 0 and documentation.fields(all, name) or {}
      if #fields > 0 then
        out[#out + 1] = ("%s:\n%s"):format(parameter.name, rows_of(fields, "  "))
      end
    end
  end
  return table.concat(out, "\n\n")
end

local function returns_of(entry)
  local out = {}
  for _, result in ipairs(entry.returns) do
    out[#out + 1] = result.type .. (result.text ~= "" and (" (%s)"):format(result.text) or "")
  end
  return #out > 0 and wrap(table.concat(out, ", "), "  ", "gives ") or ""
end

-- Sections that have something to say, a blank line between them.
local function join(sections)
  local out = {}
  for _, section in ipairs(sections) do
    if section ~= "" then out[#out + 1] = section end
  end
  return table.concat(out, "\n\n")
end

local function function_text(all, entry)
  return join {
    ("%s(%s)"):format(entry.full_name, entry.arguments),
    paragraphs(entry.text),
    rows_of(entry.parameters, "  "),
    options_of(all, entry.parameters),
    returns_of(entry),
  }
end

-- One line a function: its name and the first sentence about it, cut to the width.
local function index(entries)
  local name_width, out = 0, {}
  for _, entry in ipairs(entries) do name_width = math.max(name_width, #entry.full_name) end
  for _, entry in ipairs(entries) do
    local line = ("  %-" .. name_width .. "s  %s"):format(entry.full_name, first_sentence(entry.text))
    if utf8.len(line) > width then line = line:sub(1, utf8.offset(line, width) - 1):match "^(.*)%s" .. " …" end
    out[#out + 1] = line
  end
  return table.concat(out, "\n")
end

local function class_text(all, class)
  return join {
    class.name .. (class.parent ~= "" and ", which has all that " .. class.parent .. " has" or ""),
    paragraphs(class.text),
    rows_of(documentation.fields(all, class.name), "  "),
    index(class.functions),
  }
end

-- ---- finding what is meant ----

-- Whether `name`, as asked for, names an entry: in full, without "ph.", or by its last part.
local function is_named(name, full_name)
  return name == full_name or "ph." .. name == full_name or full_name:match "[%w_]+$" == name
end

-- Texts for everything that a name may mean: functions of `ph` first, types, then methods.
local function find_name(all, name)
  local found, exact = {}, {}
  local function offer(full_name, text)
    if not is_named(name, full_name) then return end
    found[#found + 1] = text
    if full_name == name or full_name == "ph." .. name then exact[#exact + 1] = text end
  end
  for _, entry in ipairs(all.functions) do offer(entry.full_name, function_text(all, entry)) end
  for _, class in ipairs(all.classes) do offer(class.name, class_text(all, class)) end
  return #exact > 0 and exact or found
end

-- The table that holds the functions of a documented owner: a module, or the methods of a type.
local function place_of(owner)
  local ph = require "phosphene"
  local modules = { ph = ph, ["ph.transforms"] = ph.transforms, ["ph.schedules"] = ph.schedules,
    ["ph.auto"] = ph.auto, ["phosphene.core"] = core }
  local metatable = core.types[owner]
  return modules[owner] or type(metatable) == "table" and metatable.__index or {}
end

-- What is both the public module's and the core's goes by its public name.
local function function_name(all, value)
  local found
  for _, entry in ipairs(all.functions) do
    local is_it = rawequal(place_of(entry.owner)[entry.name], value)
    if is_it and (not found or entry.owner == "ph") then found = entry.full_name end
  end
  return found
end

-- Tables of the module that are documented as a whole, such as ph.schedules.
local function table_name(all, value)
  for _, class in ipairs(all.classes) do
    local name = class.name:match "^ph%.(%w+)$"
    if name and rawequal(rawget(require "phosphene", name), value) then return class.name end
  end
end

-- The documented name of a value: a function's own, a table's, or its type's.
local function name_of(all, value)
  if type(value) == "function" then return function_name(all, value) end
  local name = type(value) == "table" and table_name(all, value)
  if name then return name end
  local metatable = debug.getmetatable(value)
  return type(metatable) == "table" and metatable.__name or nil
end

local function unknown(all, name)
  local names = {}
  for _, entry in ipairs(all.functions) do names[#names + 1] = entry.name end
  for _, class in ipairs(all.classes) do names[#names + 1] = class.name end
  return ("there is no help on '%s'; %s"):format(name, suggest(name, names, "help() lists what there is"))
end

-- ---- the whole ----

local introduction = [[
Values print themselves. Names without `local` last from line to line; Tab
completes them, and layers' names inside quotes. Ctrl-C stops what runs,
Ctrl-D leaves. help(ph.channel), help "channel" and help(net) say more.

  net = ph.network "googlenet"
  net:layers()
  ph.render({ net, "mixed4a:11", steps = 64 }):save "out/mine.png"]]

local function overview(all)
  local sections, types = { introduction }, {}
  local section_of = {} -- functions of ph, by the file that documents them
  for _, entry in ipairs(all.functions) do
    if entry.owner == "ph" then
      local section = section_of[entry.file]
      if not section then
        section = {}
        section_of[entry.file] = section
        sections[#sections + 1] = section
      end
      section[#section + 1] = entry
    end
  end
  for _, class in ipairs(all.classes) do
    if #class.functions > 0 and class.name:match "^ph%." then types[#types + 1] = class.name end
  end
  for i, section in ipairs(sections) do
    if type(section) == "table" then sections[i] = index(section) end
  end
  sections[#sections + 1] = wrap(table.concat(types, ", "), "  ", "Types: ")
  return join(sections)
end

--- The text that help(subject) prints: on a name, a function or a value; without one, on everything.
function help.text(...)
  local all = documentation.read()
  local subject = ...
  if select("#", ...) == 0 or rawequal(subject, package.loaded.phosphene) then return overview(all) end
  local name = type(subject) == "string" and subject or name_of(all, subject)
  if not name then return ("there is no help on this %s"):format(type(subject)) end
  local found = find_name(all, name)
  if #found == 0 then return unknown(all, name) end
  return table.concat(found, "\n\n" .. ("-"):rep(width) .. "\n\n")
end

--- Prints it.
function help.print(...)
  io.write(help.text(...), "\n")
end

return help
