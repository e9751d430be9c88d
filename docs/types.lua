-- SPDX-License-Identifier: MIT
-- Writes the annotations of heads, transforms and layers, lua/phosphene/meta/{heads,transforms,layers}.lua, from what
-- the program says of its types. `make docs` runs it. Must not know any type by itself, but for the two that recipes
-- do not make by their names.

local core = require "phosphene.core"
local ph = require "phosphene"

local opt = ph.options { folder = { "lua/phosphene/meta", "where they are written" } }

local width = 118

-- A network's source, and what a recipe's own functions are made of.
local is_hidden = { image = true, head = true }

-- ---- lines ----

-- The words of a text; what stands in backquotes is one.
local function words(text)
  local list, open = {}, false
  for word in text:gmatch "%S+" do
    if open then list[#list] = list[#list] .. " " .. word else list[#list + 1] = word end
    open = select(2, list[#list]:gsub("`", "")) % 2 == 1
  end
  return list
end

-- Text as annotation lines: `lead` and its first words, then the rest.
local function wrap(lines, lead, text)
  local line = "---" .. lead
  for _, word in ipairs(words(text)) do
    if utf8.len(line) + 1 + utf8.len(word) > width and line ~= "---" then
      lines[#lines + 1] = line
      line = "---"
    end
    line = line .. " " .. word
  end
  lines[#lines + 1] = line
end

-- Paragraphs, and as it is what is indented.
local function add_text(lines, text)
  for paragraph in (text .. "\n"):gmatch "(.-)\n" do
    if paragraph == "" or paragraph:match "^%s%s" then
      lines[#lines + 1] = ("--- " .. paragraph):gsub("%s+$", "")
    else
      wrap(lines, "", paragraph)
    end
  end
end

-- ---- settings ----

local function number(value)
  return (("%.10g"):format(value):gsub("e%+?(%-?)0*", "e%1"))
end

-- Bounds from this on only keep nonsense out.
local beyond = 1e6

local function range_of(field)
  if not field.least then return nil end
  local from, to = field.least > -beyond and number(field.least), field.most < beyond and number(field.most)
  if from and to then return ("%s to %s"):format(from, to) end
  if from or to then return from and "from " .. from or "up to " .. to end
end

local function default_of(field)
  local default = field.default
  if default == nil or type(default) == "number" and math.abs(default) >= beyond then return nil end
  if type(default) == "number" then return "by default " .. number(default) end
  return ("by default %s"):format(field.choices and ('"%s"'):format(default) or tostring(default))
end

-- What a setting is, its range and its default: "the frame's width in pixels, from 1; by default 20".
local function words_of(field, summary)
  local range, default = range_of(field), default_of(field)
  local first, rest = (summary or field.summary):match "^([^;]*)(.*)$"
  return first .. (range and ", " .. range or "") .. rest .. (default and "; " .. default or "")
end

local lua_types = { integer = "integer", real = "number", flag = "boolean", text = "string", pair = "integer|integer[]",
  sides = "integer|integer[]", list = "number|number[]", integers = "integer|integer[]" }

local function type_of(field, optional)
  local name = lua_types[field.kind]
  if field.kind == "choice" then
    name = '"' .. table.concat(field.choices, '"|"') .. '"'
    return optional and name .. "|nil" or name
  end
  return optional and name .. "?" or name
end

local function add_field(lines, field, optional)
  wrap(lines, ("@field %s %s"):format(field.key, type_of(field, optional)), words_of(field))
end

local function find(fields, key)
  for _, field in ipairs(fields) do
    if field.key == key then return field end
  end
end

-- ---- heads ----

-- What constructors.lua adds to arguments of these names.
local wider = { layers = "string|string[]", target = "ph.network|ph.tensor|integer" }

local function argument_type(head_type, argument)
  local kinds = {}
  for i, key in ipairs(argument.settings) do
    kinds[i] = key == "tensor" and (argument.list and "number[]|ph.tensor" or "ph.tensor")
      or type_of(find(head_type.fields, key))
  end
  return wider[argument.name] or table.concat(kinds, "|")
end

local function add_argument(lines, head_type, argument)
  local field = find(head_type.fields, argument.settings[1])
  local text = argument.summary or words_of(field)
  wrap(lines, ("@param %s %s"):format(argument.name, argument_type(head_type, argument)), text)
end

-- The class that a type's place among its options is from.
local function place_class(head_type) return head_type.layer and "ph.picture_options" or "ph.head_options" end

-- The lines of the fields that only this type's options have.
local function own_options(head_type)
  local lines, is_taken = {}, { batch = true, layer = head_type.layer ~= nil }
  for _, argument in ipairs(head_type.arguments) do
    for _, key in ipairs(argument.settings) do is_taken[key] = true end
  end
  for _, field in ipairs(head_type.fields) do
    if not is_taken[field.key] then add_field(lines, field, true) end
  end
  local as_tensor = head_type.tensor_option
  if as_tensor then
    wrap(lines, ("@field %s (%s)?"):format(as_tensor.name, argument_type(head_type, as_tensor)), as_tensor.summary)
  end
  return lines
end

-- The name of the class of a type's options, which is added where no type before it had the same.
local function options_class(lines, head_type, known)
  local own = own_options(head_type)
  if #own == 0 then return place_class(head_type) end
  local fields = table.concat(own, "\n")
  if not known[fields] then
    known[fields] = ("ph.%s_options"):format(head_type.name)
    lines[#lines + 1] = ("---@class %s: %s"):format(known[fields], place_class(head_type))
    table.move(own, 1, #own, #lines + 1, lines)
    lines[#lines + 1] = ""
  end
  return known[fields]
end

local function add_head(lines, head_type, known)
  local class, names = options_class(lines, head_type, known), {}
  add_text(lines, head_type.text)
  for i, argument in ipairs(head_type.arguments) do
    add_argument(lines, head_type, argument)
    names[i] = argument.name
  end
  names[#names + 1] = "options"
  lines[#lines + 1] = ("---@param options %s?"):format(class)
  lines[#lines + 1] = "---@return ph.objective"
  lines[#lines + 1] = ("function ph.%s(%s) end\n"):format(head_type.name, table.concat(names, ", "))
end

local function heads(lines)
  local head_types, of_picture = core.head_types(), nil
  for _, head_type in ipairs(head_types) do of_picture = of_picture or head_type.layer and head_type end
  lines[#lines + 1] = "--- Options that all objectives take.\n---@class ph.head_options"
  add_field(lines, find(of_picture.fields, "batch"), true)
  lines[#lines + 1] = "\n---@class ph.picture_options: ph.head_options"
  add_field(lines, find(of_picture.fields, "layer"), true)
  lines[#lines + 1] = "\n---@class phosphene\nlocal ph = {}\n"
  local known = {}
  for _, head_type in ipairs(head_types) do
    if not is_hidden[head_type.name] then add_head(lines, head_type, known) end
  end
end

-- ---- transforms ----

-- The first setting's kind says how a transform is written; see lua/phosphene/picture/transforms.lua.
local function add_first(lines, first, class)
  if first.kind == "pair" then
    wrap(lines, "@param height integer", words_of(first, "pixels"))
    wrap(lines, "@param width integer?", "pixels; as high by default" .. (class and ", and may be left out" or ""))
    return { "height", "width" }
  end
  local kind = first.kind == "list" and "number[]" or type_of(first, not first.required)
  if first.kind == "list" and class then kind = kind .. "|" .. class end
  wrap(lines, ("@param %s %s"):format(first.key, kind), words_of(first))
  return { first.key }
end

local function add_transform(lines, transform_type)
  local name, first = transform_type.name, transform_type.fields[1]
  local class = #transform_type.fields > 1 and ("ph.%s_options"):format(name)
  if class then
    lines[#lines + 1] = "---@class " .. class
    for i = 2, #transform_type.fields do add_field(lines, transform_type.fields[i], true) end
    lines[#lines + 1] = ""
  end
  add_text(lines, transform_type.text)
  local names = add_first(lines, first, class)
  if class and first.kind ~= "list" then
    names[#names + 1] = "options"
    lines[#lines + 1] = ("---@param options %s?"):format(class)
  end
  lines[#lines + 1] = "---@return ph.transform"
  lines[#lines + 1] = ("function transforms.%s(%s) end\n"):format(name, table.concat(names, ", "))
end

local function transforms(lines)
  lines[#lines + 1] = "---@class ph.transforms\nlocal transforms = {}\n"
  for _, transform_type in ipairs(core.transform_types()) do add_transform(lines, transform_type) end
end

-- ---- layers ----

local function add_layer(lines, layer_type)
  add_text(lines, layer_type.text)
  lines[#lines + 1] = ("---@class ph.layer.%s: ph.layer_description"):format(layer_type.name)
  for _, parameter in ipairs(layer_type.parameters) do
    local kind = parameter.required and "ph.tensor" or "ph.tensor?"
    wrap(lines, ("@field %s %s"):format(parameter.name, kind), parameter.text)
  end
  for _, field in ipairs(layer_type.fields) do add_field(lines, field, not field.required) end
  lines[#lines + 1] = ""
end

local function layers(lines)
  for _, layer_type in ipairs(core.layer_types()) do
    if not is_hidden[layer_type.name] then add_layer(lines, layer_type) end
  end
end

-- ---- files ----

for name, fill in pairs { heads = heads, transforms = transforms, layers = layers } do
  local lines = { "-- SPDX-License-Identifier: MIT", "-- Written by `make docs` from what the types in src/core say.",
    "---@meta", "" }
  fill(lines)
  local file = assert(io.open(("%s/%s.lua"):format(opt.folder, name), "w"))
  file:write((table.concat(lines, "\n"):gsub("%s+$", "\n")))
  file:close()
end
