-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- A recipe's settings: the defaults that it declares, with what it was told in their place. Called once, on top of the
--- script:
---
---     local opt = ph.options { layer = "mixed4a", unit = { 11, "the channel", least = 0 }, output = "out/mine.png" }
---
--- The default decides the type, and whole numbers stay whole. A default is text, a number, a boolean or a list of
--- numbers; or a table { default, "description" }, in which `choices` is a list of what is allowed, `least` and `most`
--- are limits, and the default may also be a list of texts. Where there is none (nil), `type` says what is expected:
--- "integer", "number", "text" or "boolean", or "integers", "numbers" or "texts" for a list.
---
--- On the command line: `--unit 97` or `--unit=97`, `--flag` or `--no-flag`, `--steps 1,32,128`; dashes and underscores
--- are the same, and `--help` prints the comment that the recipe begins with, and its options. From Lua:
--- `require("phosphene.recipe").run("mine.lua", { unit = 97 })`. Otherwise the defaults hold. Raises for an unknown
--- option, with a suggestion, for a value that is missing, of another type or outside its limits, and where the option
--- `output`, which by convention says where a recipe writes, names what could not be written.
---@param declared table<string, any> defaults by name
---@return table<string, any> values by name
function ph.options(declared) end
