-- SPDX-License-Identifier: MIT
---@meta

--- Finding and running recipes: `local recipe = require "phosphene.recipe"`.
---@class phosphene.recipe
local recipe = {}

--- Runs a recipe and gives what it returns. Raises if there is no such recipe (with a suggestion), if it does not have
--- these options, and if the recipe raises.
---@param name string a bundled recipe's name, or the path of a script
---@param options table<string, any>|string[]|nil options by name, or words as on a command line; `--help` prints the
--- recipe's help instead of running it
---@return any
function recipe.run(name, options) end

--- Runs a recipe given as text instead of as a file, with words as on a command line.
---@param text string
---@param chunk_name string its name in error messages, as in Lua's `load`
---@param words string[]
---@return any
function recipe.run_text(text, chunk_name, words) end

--- The path of a recipe.
---@param name string a bundled recipe's name, or the path of a script
---@return string? path
---@return string? message if there is none
function recipe.find(name) end

--- The bundled recipes, sorted by name. The summary is the first sentence of the recipe's opening comment.
---@return { name: string, path: string, summary: string }[]
function recipe.list() end
