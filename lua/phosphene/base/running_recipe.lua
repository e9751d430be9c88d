-- SPDX-License-Identifier: MIT
-- The request with which a recipe is run, passed from recipe.lua, which runs it, to options.lua, which reads it.
-- Recipes may run recipes, so requests form a stack. Must not know what options are.

local request = {}

local stack = {}

local closing = { __close = function() stack[#stack] = nil end }

--- Makes `r` the current request until the returned value is closed: `local _ <close> = request.open(r)`. A request has
--- either `words`, as on a command line, or `values` by name, with the `position` of the call; and the recipe's name
--- (`called`), its `text`, and, if it is a file, its path (`script`).
function request.open(r)
  stack[#stack + 1] = r
  return setmetatable({}, closing)
end

--- The request of the recipe that runs now, or nil; and how many run, one within another.
function request.current() return stack[#stack] end
function request.depth() return #stack end

-- ---- how a command line can end a recipe ----

local printable = { __tostring = function(self) return self.text end }

--- An error in the command line: the user's mistake, not at a line of the recipe.
function request.refusal(text) return setmetatable({ text = text }, printable) end

--- Whether a raised value is one.
function request.is_refusal(value) return getmetatable(value) == printable and not value.is_answer end

--- Not an error: the text for `--help`, raised to leave the recipe.
function request.answer(text) return setmetatable({ text = text, is_answer = true }, printable) end

--- Whether a raised value is such an answer.
function request.is_answer(value) return getmetatable(value) == printable and value.is_answer == true end

return request
