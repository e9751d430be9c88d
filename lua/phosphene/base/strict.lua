-- SPDX-License-Identifier: MIT
-- Names that do not exist: of the module, of a type's methods. The message for a mistyped one suggests the nearest,
-- instead of "attempt to call a nil value". Must not know what the names stand for.

local misuse = require "phosphene.base.misuse"
local sorted_keys = require "phosphene.base.sorted_keys"
local suggest = require "phosphene.base.suggest"

-- Where one may look: help is there at the prompt alone.
local function source(help) return rawget(_G, "help") and help or "the reference, api.md," end

--- Makes reading an unknown name of the table `names` raise at the recipe's line. `what` has the names; `help` lists
--- them.
local function strict(names, what, help)
  return setmetatable(names, {
    __index = function(_, name)
      if math.type(name) then
        misuse.raise("%s cannot be indexed by [%s]; %s lists what there is", what, tostring(name), source(help))
      end
      misuse.raise("%s has no '%s'; %s", what, tostring(name),
        suggest(name, sorted_keys(names), source(help) .. " says what there is"))
    end,
  })
end

return strict
