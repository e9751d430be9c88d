-- SPDX-License-Identifier: MIT
-- What a recipe is being run with, kept between the one who runs it (recipe.lua) and the one in the recipe who asks
-- (options.lua). Recipes may run recipes, so there is a stack. Must not know what options are.

local request = {}

local stack = {}

local closing = { __close = function() stack[#stack] = nil end }

--- Makes `r` the current request until the returned value is closed: `local _ <close> = request.open(r)`. A request has
--- either `words`, as on a command line, or `values` by name, with `position`, where they were given; besides, how the
--- recipe is `called`, its `text`, and its path, `script`, where it is a file.
function request.open(r)
  stack[#stack + 1] = r
  return setmetatable({}, closing)
end

--- The request of the recipe that runs now, or nil.
function request.current() return stack[#stack] end

-- ---- what a command line can end a recipe with ----

local printable = { __tostring = function(self) return self.text end }

--- An error of the command line's: the user's mistake, at no line of the recipe's.
function request.refusal(text) return setmetatable({ text = text }, printable) end

--- Not an error: what `--help` asks for, raised to leave the recipe.
function request.answer(text) return setmetatable({ text = text, is_answer = true }, printable) end

--- Whether a raised value is such an answer.
function request.is_answer(value) return getmetatable(value) == printable and value.is_answer == true end

return request
