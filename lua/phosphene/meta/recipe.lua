-- SPDX-License-Identifier: MIT
---@meta

--- Finding and running recipes: `local recipe = require "phosphene.recipe"`.
---@class phosphene.recipe
local recipe = {}

--- Runs a recipe and gives what it returns. Raises where there is no such recipe (with a suggestion), where it does not
--- have these options, and where it raises itself.
---@param name string a bundled recipe's name, or the path of a script
---@param options table<string, any>|string[]|nil options by name, or words as on a command line, of which `--help`
--- prints what the recipe says of itself in place of running it
---@return any
function recipe.run(name, options) end

--- Runs the text of a recipe that is no file, with words as on a command line.
---@param text string
---@param chunk_name string what errors call it, as in Lua's `load`
---@param words string[]
---@return any
function recipe.run_text(text, chunk_name, words) end

--- The path of a recipe.
---@param name string a bundled recipe's name, or the path of a script
---@return string? path
---@return string? message where there is none
function recipe.find(name) end

--- The bundled recipes, sorted by name. The summary is the first sentence of the comment on top.
---@return { name: string, path: string, summary: string }[]
function recipe.list() end
