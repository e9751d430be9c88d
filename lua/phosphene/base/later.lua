-- SPDX-License-Identifier: MIT
-- Functions of modules that are loaded when they are first called: what few recipes use then costs the others no time
-- at their start.

local misuse = require "phosphene.base.misuse"

--- Stands for the function that the module is, or for that of its functions which is named.
return function(module, name)
  local f
  return function(...)
    if not f then
      local loaded = require(module)
      f = misuse.counted(name and loaded[name] or loaded)
    end
    return f(...)
  end
end
