---@meta

--- Finding and running recipes: `local recipe = require "phosphene.recipe"`.
---@class phosphene.recipe
local recipe = {}

--- The bundled recipes, by name.
---@return { name: string, path: string, summary: string }[]
function recipe.list() end

--- The path of a script, or of a bundled recipe by its name.
---@param name string
---@return string? path
---@return string? message where there is none; suggests a name
function recipe.find(name) end

--- Runs a recipe and returns what it returns. Raises where there is no such recipe, and what the recipe raises. With
--- `--help` among the words, prints the script's comment and its options instead.
---@param name string a bundled recipe's name, or a script's path
---@param arguments? string[]|table<string, any> words as on a command line, or a table of options
---@return any
function recipe.run(name, arguments) end

return recipe
