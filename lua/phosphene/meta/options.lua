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
