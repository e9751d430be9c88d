-- SPDX-License-Identifier: MIT
-- The reference, read from the annotations in lua/phosphene/meta: parameters and results of functions, fields of
-- classes. The one source of help() at the prompt and of docs/api.md. Must not know how it is shown.

local core = require "phosphene.core"

local documentation = {}

local here = debug.getinfo(1, "S").source:match "^@(.*)program/documentation%.lua$"

-- ---- types ----

-- Where the type that begins at `at` ends. It may hold spaces inside brackets and quotes, and after `:`, `,` and `|`,
-- as in `fun(step: integer): string`.
local function type_end(text, at)
  local depth, i = 0, at
  while i <= #text do
    local c = text:sub(i, i)
    if c == '"' then
      i = text:find('"', i + 1, true) or #text
    elseif c:match "[%({%[<]" then
      depth = depth + 1
    elseif c:match "[%)}%]>]" then
      depth = depth - 1
    elseif c == " " and depth == 0 and not text:sub(at, i - 1):match "[:,|]$" and text:sub(i + 1, i + 1) ~= "|" then
      return i - 1
    end
    i = i + 1
  end
  return #text
end

-- A type at the beginning of the text, and the rest.
local function split_type(text)
  local stop = type_end(text, 1)
  return text:sub(1, stop), text:sub(stop + 1):match "^%s*(.*)$"
end

-- ---- tags ----

-- "name type text", for parameters and fields. `name?` may be left out.
local function named(text)
  local name, optional, rest = text:match "^([%w_%.]+)(%??)%s*(.*)$"
  if not name then return nil end
  local kind, description = split_type(rest)
  return { name = name, type = kind .. optional, text = description }
end

local read_tag = {}

function read_tag.param(block, text)
  local parameter = named(text)
  block.parameters[#block.parameters + 1] = parameter
  return parameter
end

function read_tag.field(block, text)
  local field = named(text)
  block.fields[#block.fields + 1] = field
  return field
end

read_tag["return"] = function(block, text)
  local kind, rest = split_type(text)
  local result = { type = kind, text = rest }
  block.returns[#block.returns + 1] = result
  return result
end

function read_tag.class(block, text)
  block.class, block.parent = text:match "^([%w_%.]+)%s*:?%s*([%w_%.]*)"
end

-- ---- blocks of annotation lines ----

-- What the lines of one block say: its text, and its tags. Lines after a tag go on with that tag.
local function read_block(lines)
  local block = { text = {}, parameters = {}, returns = {}, fields = {} }
  local open -- the tag that following lines belong to
  for _, line in ipairs(lines) do
    local tag, rest = line:match "^@(%a+)%s*(.*)$"
    if tag then
      open = read_tag[tag] and read_tag[tag](block, rest)
    elseif open then
      open.text = open.text .. " " .. line:match "^%s*(.*)$"
    else
      block.text[#block.text + 1] = line:gsub("^ ", "", 1)
    end
  end
  return block
end

-- "ph" is the customary name of the module.
local function owner_name(class) return class == "phosphene" and "ph" or class end

local function add_class(all, block, file)
  local class = all.classes[block.class]
  if not class then
    class = { name = owner_name(block.class), parent = block.parent, text = block.text, fields = {}, functions = {},
      file = file }
    all.classes[block.class] = class
    all.classes[#all.classes + 1] = class
  end
  if #class.text == 0 then class.text = block.text end -- a class may be taken up again in other files
  table.move(block.fields, 1, #block.fields, #class.fields + 1, class.fields)
  return class
end

local function add_function(all, block, class, signature)
  local entry = {
    owner = class.name,
    name = signature.name,
    full_name = class.name .. signature.separator .. signature.name,
    arguments = signature.arguments,
    text = block.text,
    parameters = block.parameters,
    returns = block.returns,
    file = signature.file,
  }
  class.functions[#class.functions + 1] = entry
  all.functions[#all.functions + 1] = entry
end

-- ---- files ----

-- One file: blocks, each followed by the thing that it is about.
local function read_file(all, path, file)
  local lines, variables = {}, {}
  local class_of_block
  -- A block with a class in it ends where its lines end; the local that follows stands for the class.
  local function close_block()
    local block = read_block(lines)
    lines = {}
    class_of_block = block.class and add_class(all, block, file)
    return block
  end
  for line in io.lines(path) do
    local annotation = line:match "^%-%-%-(.*)$"
    local variable = line:match "^local ([%w_]+) = "
    local owner, separator, name, arguments = line:match "^function ([%w_]+)([%.:])([%w_]+)%((.-)%)"
    if annotation then
      lines[#lines + 1] = annotation
    else
      local block = close_block()
      if variable then variables[variable] = class_of_block end
      if owner then
        local class = variables[owner] or error(("%s: '%s' has no class"):format(path, owner))
        add_function(all, block, class, { name = name, separator = separator, arguments = arguments, file = file })
      end
    end
  end
  close_block()
end

--- Everything that the folder of annotations documents: `functions`, a list, and `classes`, a list and by name. A
--- function has owner, name, full_name, arguments (text), text (lines), parameters, returns, file; a class has name,
--- parent, text (lines), fields, functions, file. Parameters and fields have name, type and text, returns type and
--- text.
function documentation.read(folder)
  folder = folder or here .. "meta"
  local all = { functions = {}, classes = {} }
  for _, file in ipairs(assert(core.list_folder(folder))) do
    local stem = file:match "^(.*)%.lua$"
    if stem then read_file(all, folder .. "/" .. file, stem) end
  end
  return all
end

--- Fields of a class, those of its parents first.
function documentation.fields(all, name)
  local fields, class = {}, all.classes[name]
  if not class then return fields end
  if class.parent ~= "" then fields = documentation.fields(all, class.parent) end
  return table.move(class.fields, 1, #class.fields, #fields + 1, fields)
end

return documentation
