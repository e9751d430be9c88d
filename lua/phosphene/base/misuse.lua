-- SPDX-License-Identifier: MIT
-- Misuse raises at the recipe's line. At whatever depth the library notices a mistake, the message points to the line
-- of the recipe that made it: that of the innermost function on the stack outside the library. Must not know what is
-- being checked.

local request = require "phosphene.base.running_recipe"
local shown = require "phosphene.base.quote"
local suggest = require "phosphene.base.suggest"

local misuse = { shown = shown }

local library = debug.getinfo(1, "S").source:match "^(.*)base/misuse%.lua$"

local function is_library(info)
  return info.source:sub(1, #library) == library
end

--- "mine.lua:12: " for the recipe's line in the calling stack; "mine.lua: " where a recipe's last line is
--- `return ph.render { … }`, since a tail call removes its function from the stack; "" if there is no recipe.
function misuse.position()
  local level = 2
  local info = debug.getinfo(level, "Sl")
  while info do
    if info.currentline > 0 and not is_library(info) then
      return ("%s:%d: "):format(info.short_src, info.currentline)
    end
    level = level + 1
    info = debug.getinfo(level, "Sl")
  end
  local running = request.current()
  return running and running.script and running.script .. ": " or ""
end

-- A message that begins with a position inside the library gets the recipe's instead. Runs as a message handler,
-- while the stack of the error is still there.
function misuse.relocate(message)
  if type(message) ~= "string" then return message end
  local level = 2
  local info = debug.getinfo(level, "Sl")
  while info do
    local here = ("%s:%d: "):format(info.short_src, info.currentline)
    if is_library(info) and message:sub(1, #here) == here then
      return misuse.position() .. message:sub(#here + 1)
    end
    level = level + 1
    info = debug.getinfo(level, "Sl")
  end
  return message
end

--- Raises a formatted message at the recipe's line.
function misuse.raise(format, ...)
  error(misuse.position() .. format:format(...), 0)
end

-- What the object of a method is called.
local is_object = { self = true, net = true }

-- The names of a function's parameters, without the object of a method.
local function parameters(f)
  local names = {}
  for i = 1, debug.getinfo(f, "u").nparams do names[i] = debug.getlocal(f, i) end
  if is_object[names[1]] then table.remove(names, 1) end
  return names
end

--- Raises where more is given than what has names, unless it is nil. `object`, 1 or 0: what comes before the first.
--- `called` is what the caller calls the function, where that is known.
function misuse.check_surplus(called, names, object, ...)
  local most, given = #names + object, select("#", ...)
  while given > most and select(given, ...) == nil do given = given - 1 end
  if given <= most then return end
  misuse.raise("%s%s expected, got %d", called and called .. ": " or "", #names == 0 and "no arguments"
    or ("at most %d argument%s (%s)"):format(#names, #names == 1 and "" or "s", table.concat(names, ", ")),
    given - object)
end

--- Raises where something follows the table of options, whose own mistakes are told first.
function misuse.check_no_more(what, ...)
  if select("#", ...) > 0 then misuse.raise("%s: nothing expected after the table of options", what) end
end

--- The same function, or `instead`, which calls it, except that it raises where it is given more than it takes, which
--- it would ignore.
function misuse.counted(f, instead)
  local info = debug.getinfo(f, "u")
  local call = instead or f
  if info.isvararg then return call end
  local most = info.nparams
  return function(...)
    if select("#", ...) > most then
      local names = parameters(f)
      local called = debug.getinfo(1, "n").name
      misuse.check_surplus(called ~= "?" and called or nil, names, most - #names, ...)
    end
    return call(...)
  end
end

--- The same function, except that it is counted, and that errors raised below it (by the core as well) point to the
--- recipe's line.
function misuse.guard(f)
  local function finish(ok, ...)
    if not ok then error((...), 0) end
    return ...
  end
  return misuse.counted(f, function(...) return finish(xpcall(f, misuse.relocate, ...)) end)
end

--- Raises unless `given` is a table of which every key is in the list `known`; integers up to `positional` are fine.
function misuse.check_keys(given, known, what, positional)
  if type(given) ~= "table" then misuse.raise("%s: a table of options expected, got %s", what, shown(given)) end
  local is_known = {}
  for _, key in ipairs(known) do is_known[key] = true end
  for key in pairs(given) do
    local is_positional = math.type(key) == "integer" and key >= 1 and key <= (positional or 0)
    if math.type(key) and not is_positional then
      misuse.raise("%s: entry %s, %s, has no name; options are %s", what, tostring(key), shown(given[key]),
        table.concat(known, ", "))
    end
    if not is_positional and not is_known[key] then
      misuse.raise("%s: unknown option '%s'; %s", what, tostring(key),
        suggest(key, known, "options are " .. table.concat(known, ", ")))
    end
  end
end

--- Raises unless `value` is a whole number of at least `least`; returns it as an integer.
function misuse.check_count(value, least, what)
  local count = math.type(value) and math.tointeger(value)
  if not count or count < least then
    misuse.raise("%s: a whole number of at least %d expected, got %s", what, least, shown(value))
  end
  return count
end

return misuse
