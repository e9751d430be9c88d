-- Recipes: finding them, running them, and saying what they are for. A recipe is a Lua script; what it is told goes
-- through options.lua. The bundled ones lie in the project's scripts folder. Must not know the command line.

local core = require "phosphene.core"
local misuse = require "phosphene.misuse"
local options = require "phosphene.options"

local recipe = {}

-- …/lua/phosphene/recipe.lua to …/scripts/, in the source tree and installed.
local scripts = debug.getinfo(1, "S").source:match "^@(.*)lua/phosphene/recipe%.lua$" .. "scripts/"

local function exists(path)
  local file = io.open(path, "r")
  if file then file:close() end
  return file ~= nil
end

-- The comment on top of a script, without dashes; its first line says what it is.
local function leading_comment(path)
  local lines = {}
  for line in io.lines(path) do
    local text = line:match "^%-%- ?(.*)$"
    if not text then break end
    lines[#lines + 1] = text
  end
  return lines
end

-- The first sentence of the comment, without the recipe's name.
local function summary_of(path)
  local comment = table.concat(leading_comment(path), " ")
  local sentence = comment:match "^(.-)[%.;:]%s" or comment
  if sentence:match "^%w+$" then sentence = comment:match ": (.-)[%.;]%s" or comment end -- "Channel: what one …"
  return sentence
end

--- The bundled recipes: { { name =, path =, summary = }, … }, by name.
function recipe.list()
  local found = {}
  for _, file in ipairs(core.list_folder(scripts) or {}) do
    local name, path = file:match "^(.+)%.lua$", scripts .. file
    if name then found[#found + 1] = { name = name, path = path, summary = summary_of(path) } end
  end
  return found
end

--- The path of a script, or of a bundled recipe by name; nil and a message where there is none.
function recipe.find(name)
  if exists(name) then return name end
  if name:find "/" or name:find "%.lua$" then return nil, ("no file '%s'"):format(name) end
  if exists(scripts .. name .. ".lua") then return scripts .. name .. ".lua" end
  local names = {}
  for i, entry in ipairs(recipe.list()) do names[i] = entry.name end
  local nearest = core.nearest(name, names)
  return nil, ("no recipe '%s'; %s"):format(name, nearest and ("did you mean '%s'?"):format(nearest)
    or "there are " .. table.concat(names, ", "))
end

--- What `--help` prints of a script: its comment, then its options.
local function print_help(path, listing)
  print(table.concat(leading_comment(path), "\n"))
  if listing ~= "" then print("\noptions:\n" .. listing) end
end

--- Runs a recipe and returns what it returns; see meta/recipe.lua.
function recipe.run(name, arguments)
  arguments = arguments or {}
  local path, problem = recipe.find(name)
  if not path then misuse.raise("%s", problem) end
  local chunk, trouble = loadfile(path, "t")
  if not chunk then error(trouble, 0) end
  local entry <close> = options.give(arguments) -- luacheck: ignore
  if not options.ask_for_help(arguments) then return chunk(table.unpack(arguments)) end

  local ok, request = pcall(chunk, table.unpack(arguments))
  if ok then return end
  if getmetatable(request) ~= options.help then error(request, 0) end
  print_help(path, request.text)
end

return recipe
