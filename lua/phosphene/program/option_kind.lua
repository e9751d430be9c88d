-- SPDX-License-Identifier: MIT
-- One option of a recipe: its type, which the default determines, and the values it accepts. Must not know where values
-- come from.

local misuse = require "phosphene.base.misuse"
local sorted_keys = require "phosphene.base.sorted_keys"
local suggest = require "phosphene.base.suggest"

local option = {}

--- The declared options, a list, of each table of values that was given out.
option.declarations = setmetatable({}, { __mode = "k" })

-- ---- types: `read` takes the text of a command line, `accept` a value; both give nil where it is of another type ----

local function accept_integer(value) return math.type(value) and math.tointeger(value) end

local function accept_number(value)
  local is_finite = math.type(value) and math.abs(value) < math.huge -- false for NaN as well
  return is_finite and value + 0.0 or nil
end

local function accept_text(value) return type(value) == "string" and value or nil end

local words_for = { ["true"] = true, yes = true, on = true, ["false"] = false, no = false, off = false }

local types = {
  integer = {
    placeholder = "<integer>", expected = "a whole number", plural = "whole numbers",
    accept = accept_integer,
    read = function(text) return accept_integer(tonumber(text)) end,
  },
  number = {
    placeholder = "<number>", expected = "a number", plural = "numbers",
    accept = accept_number,
    read = function(text) return accept_number(tonumber(text)) end,
  },
  text = {
    placeholder = "<text>", expected = "text", plural = "texts",
    accept = accept_text,
    read = accept_text,
  },
  boolean = {
    placeholder = "", expected = "yes or no",
    accept = function(value)
      if type(value) == "boolean" then return value end
    end,
    read = function(text) return words_for[text] end,
    print = function(value) return value and "yes" or "no" end,
  },
}

-- Each element of a list through f; nil where one of them is refused.
local function map(list, f)
  local out = {}
  for i, value in ipairs(list) do
    out[i] = f(value)
    if out[i] == nil then return nil end
  end
  return out
end

local function split(text)
  local out = {}
  for part in text:gmatch "[^,]+" do out[#out + 1] = part end
  return out
end

-- Lists of one type; on the command line with commas between their elements.
local function list_of(element)
  return {
    element = element,
    placeholder = element.placeholder .. ",…",
    expected = element.plural .. " with commas between them",
    accept = function(value) return type(value) == "table" and map(value, element.accept) or nil end,
    read = function(text) return map(split(text), element.read) end,
    print = function(value) return table.concat(map(value, tostring), ",") end,
  }
end
for _, name in ipairs { "integer", "number", "text" } do types[name .. "s"] = list_of(types[name]) end

local function name_of_type(value)
  if type(value) == "string" then return "text" end
  return math.type(value) == "float" and "number" or math.type(value) or type(value)
end

-- The type of a default, or nil. One number with a fraction makes a list one of numbers, and so does none at all.
local function type_of(value)
  if type(value) ~= "table" then return types[name_of_type(value)] end
  local found = {}
  for _, element in ipairs(value) do found[name_of_type(element)] = true end
  local has_number = found.number or next(found) == nil
  if has_number then found.integer, found.number = nil, true end
  local name = next(found)
  return next(found, name) == nil and types[name .. "s"] or nil
end

-- ---- declarations ----

-- { default, "description" [, choices =, least =, most =, type =, count =, otherwise =] }, as opposed to a list that
-- is the default itself. The default "auto" leaves the value to the network at hand (choose.lua): `type` is then that
-- of other values, `count` how many a list has, `otherwise` what holds where the network has no opinion.
local function is_described(declared)
  if type(declared) ~= "table" then return false end
  if type(declared[2]) == "string" then return true end
  for key in pairs(declared) do
    if math.type(key) ~= "integer" then return true end
  end
  return false
end

-- The type of a declaration: as it says, or as its default does.
local function type_for(declared, what)
  local kind = declared.type and types[declared.type] or type_of(declared[1])
  if declared.type and not types[declared.type] then
    local known = table.concat(sorted_keys(types), ", ")
    misuse.raise("%s: no type '%s'; there are %s", what, tostring(declared.type), known)
  end
  return kind or misuse.raise("%s: a default expected that is text, a number, a boolean or a list of one of these, or "
    .. "{ default, \"description\" }", what)
end

local has_limits = { [types.integer] = true, [types.number] = true, [types.integers] = true, [types.numbers] = true }

local function check_restrictions(declared, kind, what)
  for _, key in ipairs { "least", "most" } do
    local limit = declared[key]
    if limit ~= nil and not math.type(limit) then
      misuse.raise("%s: %s: a number expected, got %s", what, key, misuse.shown(limit))
    end
    if limit ~= nil and not has_limits[kind] then misuse.raise("%s: only numbers have a %s", what, key) end
  end
  if declared.choices ~= nil and type(declared.choices) ~= "table" then
    misuse.raise("%s: choices: a list expected, got %s", what, misuse.shown(declared.choices))
  end
end

-- What options of these names are in every recipe, which need not say it.
local common = { net = "a network's name, or the path of its file", layer = "a layer's name, or the end of it" }

--- An option from its declaration; raises for one that makes no sense.
function option.new(name, declared)
  local what = ("option '%s'"):format(tostring(name))
  if type(name) ~= "string" or not name:match "^%a[%w_-]*$" then
    misuse.raise("%s: a name of letters, digits and underscores expected", what)
  end
  if not is_described(declared) then declared = { declared } end
  misuse.check_keys(declared, { "choices", "least", "most", "type", "count", "otherwise" }, what, 2)
  local kind = type_for(declared, what)
  check_restrictions(declared, kind, what)
  local self = { name = name, kind = kind, description = declared[2] or common[name] or "",
    choices = declared.choices, least = declared.least, most = declared.most, is_auto = declared[1] == "auto",
    count = declared.count, otherwise = declared.otherwise }
  if declared[1] == nil then return self end -- absent unless it is given
  local problem
  self.default, problem = option.accept(self, declared[1])
  if problem then misuse.raise("%s: as its default, %s", what, problem) end
  return self
end

-- ---- values ----

local function is_choice(self, value)
  if not self.choices then return true end
  for _, choice in ipairs(self.choices) do
    if choice == value then return true end
  end
  return false
end

local function is_within(self, value)
  return is_choice(self, value) and (not self.least or value >= self.least) and (not self.most or value <= self.most)
end

--- What restricts values besides their type, in words; "" where nothing does.
function option.restriction(self)
  if self.choices then return "one of " .. table.concat(self.choices, ", ") end
  if self.least and self.most then return ("%s to %s"):format(self.least, self.most) end
  if self.least then return ("at least %s"):format(self.least) end
  if self.most then return ("at most %s"):format(self.most) end
  return ""
end

local function refuse(self, value)
  local restriction = option.restriction(self)
  local expected = self.choices and restriction
    or self.kind.expected .. (restriction ~= "" and ", " .. restriction .. "," or "")
  local shown = type(value) == "string" and ("'%s'"):format(value) or tostring(value)
  local meant = self.choices and suggest(value, map(self.choices, tostring))
  return nil, ("%s expected, got %s%s"):format(expected, type(value) == "table" and "a list" or shown,
    meant and "; " .. meant or "")
end

-- A value of the right type, or nil, within the option's restrictions.
local function check(self, value, given)
  if value == nil then return refuse(self, given) end
  for _, element in ipairs(self.kind.element and value or { value }) do
    if not is_within(self, element) then return refuse(self, given) end
  end
  return value
end

--- A value given by a program, or nil and what is wrong with it.
function option.accept(self, value)
  if self.is_auto and value == "auto" then return value end
  return check(self, self.kind.accept(value), value)
end

--- The value of a text, or nil and what is wrong with it.
function option.read(self, text)
  if self.is_auto and text == "auto" then return text end
  return check(self, self.kind.read(text), text)
end

-- The shortest text of a number that is read as the same.
local function number_text(value)
  local short = tostring(value)
  return tonumber(short) == value and short or ("%.17g"):format(value)
end

local function element_text(value) return math.type(value) and number_text(value) or tostring(value) end

-- Whether two values, or lists of them, are the same.
local function is_same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for i = 1, math.max(#a, #b) do
    if a[i] ~= b[i] then return false end
  end
  return true
end

--- A value as a text of which `option.read` makes the same; nil where there is none.
function option.text(self, value)
  local text = element_text(value)
  if type(value) == "boolean" then text = self.kind.print(value) end
  if type(value) == "table" then text = table.concat(map(value, element_text), ",") end
  return is_same(option.read(self, text), value) and text or nil
end

function option.is_text(self) return self.kind == types.text or self.kind == types.texts end

function option.is_switch(self) return self.kind == types.boolean end

--- The default as one would write it on a command line; "" where there is none.
function option.default_text(self)
  if self.default == nil then return "" end
  return (self.is_auto and tostring or self.kind.print or tostring)(self.default)
end

return option
