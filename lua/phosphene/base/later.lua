-- SPDX-License-Identifier: MIT
-- Functions of modules that are loaded when they are first called: what few recipes use then costs the others no time
-- at their start.

--- Stands for the function that the module is, or for that of its functions which is named.
return function(module, name)
  return function(...)
    local loaded = require(module)
    return (name and loaded[name] or loaded)(...)
  end
end
