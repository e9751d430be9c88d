-- SPDX-License-Identifier: MIT
-- Checks of option values, each with a description of what it accepts. Options are checked against a table of these
-- before any work is done, so that no run is lost to a mistake. Must not know what the options are for.

local kind_of = require "phosphene.base.kind_of"
local misuse = require "phosphene.base.misuse"
local sorted_keys = require "phosphene.base.sorted_keys"
local suggest = require "phosphene.base.suggest"

local expect = {}

local function is_callable(value)
  local metatable = getmetatable(value)
  return type(value) == "function" or (type(metatable) == "table" and metatable.__call ~= nil)
end

local function check(text, fits) return { text = text, fits = fits } end

expect.text = check("a text", function(value) return type(value) == "string" end)
expect.number = check("a number", function(value) return math.type(value) ~= nil and value == value end)
expect.truth = check("true or false", function(value) return type(value) == "boolean" end)
expect.callable = check("a function", is_callable)
expect.integer = check("a whole number", function(value) return math.type(value) and math.tointeger(value) ~= nil end)
expect.images = check("images (n, c, h, w)", function(value)
  return kind_of(value) == "tensor" and #value:shape() == 4
end)
expect.pictures = check("pictures (n, c, h, w)", expect.images.fits)

--- Whole numbers from `least` on, up to `most` where that is given.
function expect.whole(least, most)
  local text = most and ("a whole number from %d to %d"):format(least, most)
    or ("a whole number of at least %d"):format(least)
  return check(text, function(value)
    local whole = math.type(value) and math.tointeger(value)
    return whole and whole >= least and whole <= (most or whole)
  end)
end

--- Numbers of a range, ends included.
function expect.within(least, most)
  return check(("a number from %g to %g"):format(least, most), function(value)
    return math.type(value) and value >= least and value <= most
  end)
end

--- One of a few texts. A mistyped one gets a suggestion.
function expect.choice(...)
  local choices, texts = { ... }, {}
  for i, choice in ipairs(choices) do texts[i] = ("'%s'"):format(choice) end
  local last = table.remove(texts)
  local expected = check(("%s or %s"):format(table.concat(texts, ", "), last), function(value)
    for _, choice in ipairs(choices) do
      if value == choice then return true end
    end
    return false
  end)
  expected.choices = choices
  return expected
end

--- A list of values that `element` accepts, without holes and without names; with `count`, of this length.
function expect.list(element, text, count)
  return check(text, function(value)
    if type(value) ~= "table" then return false end
    local entries = 0
    for _ in pairs(value) do entries = entries + 1 end
    for i = 1, entries do
      if not element.fits(value[i]) then return false end
    end
    return entries == (count or entries)
  end)
end

--- A value of one of these kinds, as kind_of.lua names them.
function expect.kinds(text, ...)
  local is_one = {}
  for _, kind in ipairs { ... } do is_one[kind] = true end
  return check(text, function(value) return is_one[kind_of(value)] end)
end

--- Raises unless `expected` accepts `value`; returns it.
function expect.value(value, expected, what)
  if expected.fits(value) then return value end
  local near = expected.choices and suggest(value, expected.choices)
  misuse.raise("%s: %s expected, got %s%s", what, expected.text, misuse.shown(value), near and "; " .. near or "")
end

--- Raises, naming the element, unless `expected` accepts every element of a list. A nil before the last element, where
--- Lua might take the list to end, is not accepted. Returns the list.
function expect.elements(list, expected, what)
  if type(list) ~= "table" then misuse.raise("%s: a list expected, got %s", what, misuse.shown(list)) end
  local last = 0
  for key in pairs(list) do
    local is_place = math.type(key) == "integer" and key >= 1
    if not is_place then misuse.raise("%s: a list has no entry %s", what, misuse.shown(key)) end
    last = math.max(last, key)
  end
  for i = 1, last do expect.value(list[i], expected, ("%s: number %d"):format(what, i)) end
  return list
end

--- A copy of a table of options, which may be nil; raises for entries without a name.
function expect.named(options, what)
  local named = {}
  if options == nil then return named end
  if type(options) ~= "table" then
    misuse.raise("%s: a table of options expected after its arguments, got %s", what, misuse.shown(options))
  end
  for name, value in pairs(options) do
    if type(name) ~= "string" then
      misuse.raise("%s: %s has no name; options are written { name = value }", what, misuse.shown(value))
    end
    named[name] = value
  end
  return named
end

--- Raises if the check of the option's name in `expected` does not accept an option; `prefix` precedes the name in the
--- message. Options without a check there are checked elsewhere.
function expect.fields(given, expected, prefix)
  for _, name in ipairs(sorted_keys(expected)) do -- the same message for the same mistakes
    if given[name] ~= nil then expect.value(given[name], expected[name], (prefix or "") .. name) end
  end
end

return expect
