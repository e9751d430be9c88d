-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- A recipe's settings: the defaults that it declares, overridden by the options given to the recipe. Call it once, at
--- the top of the script:
---
---     local opt = ph.options { layer = "mixed4a", unit = { 11, "the channel", least = 0 }, output = "out/mine.png" }
---
--- The type is that of the default; an integer stays an integer. A default is text, a number, a boolean or a list of
--- numbers; or a table { default, "description" }, in which `choices` lists the values allowed, `least` and `most` are
--- the minimum and the maximum, and the default may also be a list of texts. If the default is nil, `type` gives the
--- type: "integer", "number", "text" or "boolean", or "integers", "numbers" or "texts" for a list.
---
--- On the command line: `--unit 97` or `--unit=97`, `--flag` or `--no-flag`, `--steps 1,32,128`; dashes and underscores
--- are equivalent, and `--help` prints the recipe's opening comment and its options. From Lua:
--- `require("phosphene.recipe").run("mine.lua", { unit = 97 })`. Otherwise the defaults apply. Texts that begin with
--- "~/" are paths in the home folder. Raises for an unknown
--- option, with a suggestion; for a value that is missing, of another type or outside its limits; and if the path in
--- the option `output`, by convention where a recipe writes, cannot be written to.
---@param declared table<string, any> defaults by name
---@return table<string, any> values by name
function ph.options(declared) end

--- Declarations of options that are left to the network: their default is "auto", and `net:choose` fills them in. `layer`,
--- `class` and `start` are texts, whose default is just "auto".
---
---     local opt = ph.options { net = "googlenet", layer = "auto", unit = ph.auto.unit(), size = ph.auto.size(128) }
---     local net = assert(ph.network(opt.net)):choose(opt)
---@class ph.auto
local auto = {}

--- Pixels of a side: those of the size that the network's file states, and otherwise so many.
---@param otherwise integer
---@param text string? the option's description
---@return table declaration
function auto.size(otherwise, text) end

--- A unit of the option `layer`.
---@param text string? the option's description
---@return table declaration
function auto.unit(text) end

--- Several units of the option `layer`.
---@param count integer
---@param text string the option's description
---@return table declaration
function auto.units(count, text) end

--- A layer: this one where the network has it, and otherwise the one that a known network begins with.
---@param name string
---@return table declaration
function auto.layer(name) end

--- Several layers, from shallow to deep.
---@param count integer
---@param text string the option's description
---@return table declaration
function auto.layers(count, text) end
