---@meta

---@class ph
local ph = {}

--- The values of a recipe's options. Call it once, on top of the script, with every option and its default:
---
---     local opt = ph.options { layer = "mixed4a", unit = 11, size = 128, output = "out/channel.png" }
---
--- From the command line a recipe is told `--unit 97`, `--unit=97`; `--flag` and `--no-flag` for booleans; `--list 1,2,3`
--- for lists. Dashes and underscores in names are the same. A value has the type of its default: whole numbers stay
--- whole. Another script gives values through `require("phosphene.recipe").run(name, { unit = 97 })`. Otherwise the
--- defaults hold. Raises on an unknown option (with a suggestion), a value of another type, a missing value.
---@param entries table<string, any> defaults, or what `ph.option` gives
---@return table<string, any> values
function ph.options(entries) end

--- An option with a description for `--help`, and limits that its value is checked against.
---@param default any nil for an option that may be absent; then `limits.type` is needed
---@param description? string
---@param limits? { least?: number, most?: number, choices?: string[], type?: "integer"|"number"|"string"|"boolean"|"list" }
---@return any option for the table of `ph.options`
function ph.option(default, description, limits) end
