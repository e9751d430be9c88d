-- SPDX-License-Identifier: MIT
-- Recipes: finding them, running them, saying what there is. A recipe is an ordinary Lua script; what it is run with
-- waits for it in ../base/running_recipe.lua. Must not know what recipes do.

local commands = require "phosphene.program.commands"
local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local origin = require "phosphene.base.origin"
local paths = require "phosphene.base.paths"
local progress = require "phosphene.base.progress"
local reading = require "phosphene.base.reading"
local request = require "phosphene.base.running_recipe"
local suggest = require "phosphene.base.suggest"
local usage = require "phosphene.program.usage"

local recipe = {}

local a_recipe = expect.kinds("the name or path of a recipe", "string")
local a_table = expect.kinds("a table of options", "table")

local function bundled_path(name) return ("%s/%s.lua"):format(paths.scripts, name) end

-- Names of the bundled recipes, sorted.
local function bundled_names()
  local names = {}
  for _, file in ipairs(core.list_folder(paths.scripts) or {}) do names[#names + 1] = file:match "^(.*)%.lua$" end
  return names
end

-- What a file holds, or nil and why it cannot be read.
local function read_file(path)
  local file, problem = reading.open(path, true)
  if not file then return nil, problem end
  local text
  text, problem = file:read "a" -- fails for a folder
  file:close()
  return text, problem and ("%s: %s"):format(path, problem)
end

-- ---- finding ----

local function is_bundled(name)
  for _, known in ipairs(bundled_names()) do
    if known == name then return true end
  end
  return false
end

--- Whether the script that is meant may have modules beside it: bundled recipes have none.
function recipe.has_neighbours(name) return not is_bundled(name) end

-- The path and the text of a recipe, given by path or by a bundled one's name; or nil and a message. It is read once,
-- since it may be a pipe.
local function locate(name)
  if is_bundled(name) then return bundled_path(name), assert(read_file(bundled_path(name))) end
  local text, problem = read_file(name)
  if text then return name, text end
  if name:find("/", 1, true) or name:match "%.lua$" then return nil, ("cannot read %s"):format(problem) end
  local names = bundled_names()
  local otherwise = "there are " .. table.concat(names, ", ")
  for command in pairs(commands) do names[#names + 1] = command end
  return nil, ("no recipe '%s'; %s"):format(name, suggest(name, names, otherwise))
end

--- The path of a recipe, given by path or by a bundled one's name; or nil and a message. A bundled recipe comes before
--- a file of the same name, so that it does not matter in what folder one is.
function recipe.find(name)
  expect.value(name, a_recipe, "find")
  local path, text = locate(name)
  if path then return path end
  return nil, text
end

--- The bundled recipes by name: { name =, path =, summary = } each.
function recipe.list()
  local entries = {}
  for i, name in ipairs(bundled_names()) do
    local path = bundled_path(name)
    entries[i] = { name = name, path = path, summary = usage.summary(read_file(path) or "", name) }
  end
  return entries
end

-- ---- running ----

-- A chunk from a recipe's text, of which the first line may be for a Unix shell.
local function compile(text, chunk_name)
  text = text:gsub("^\xEF\xBB\xBF", ""):gsub("^#", "--#")
  return load(text, chunk_name, "t")
end

-- Named options that nobody asked for are as wrong as unknown ones; words a script may have read for itself.
local function finish(asked, ...)
  if not asked.taken and asked.values and next(asked.values) ~= nil then
    error(("%s%s takes no options"):format(asked.position, asked.called), 0)
  end
  return ...
end

-- What a recipe that runs by itself has written is told when it ends, also by an error; what others run, they tell of.
local telling = setmetatable({}, { __close = function()
  local written = request.depth() == 1 and not request.current().again and origin.written()
  if written then progress.tell(written) end
end })

local function call(asked, chunk, ...)
  local outer = request.current()
  if outer and outer.again then asked.again = origin.nothing_again end
  local _ <close> = request.open(asked)
  local _ <close> = telling
  return finish(asked, chunk(...))
end

-- The same; but if the recipe is left in order to answer `--help`, prints that.
local function answer(asked, chunk, ...)
  local ok, result = pcall(call, asked, chunk, ...)
  if ok then return result end
  if not request.is_answer(result) then error(result, 0) end
  print(result)
end

local function asks_for_help(words)
  for _, word in ipairs(words) do
    if word == "--help" or word == "-h" then return true end
  end
  return false
end

--- Runs a function with words as from a command line, as if it were the recipe that is `called` so and whose text
--- begins with these comments: it may read ph.options, and `--help` is answered.
function recipe.run_function(called, text, words, f)
  local start = asks_for_help(words) and answer or call
  return start({ text = text, called = called, words = words }, f)
end

-- Runs a text with words, as from a command line, or with named values.
local function run(asked, chunk_name)
  local chunk, problem = compile(asked.text, chunk_name)
  if not chunk then error(problem, 0) end
  if not asked.words then return call(asked, chunk) end
  -- Only where --help may have to be answered are errors caught on their way: their stack is lost with that.
  local start = asks_for_help(asked.words) and answer or call
  return start(asked, chunk, table.unpack(asked.words))
end

-- How a recipe is asked for that was found at this path.
local function asked_at(path, text)
  local stem = path:match "([^/]*)%.lua$"
  local called = stem and path == bundled_path(stem) and stem or path
  return { text = text, called = "phosphene " .. called, name = called, script = path }
end


--- See meta/recipe.lua.
function recipe.run(name, options)
  options = options or {}
  expect.value(name, a_recipe, "run")
  expect.value(options, a_table, "run")
  local path, text = locate(name)
  if not path then misuse.raise("%s", text) end
  local asked = asked_at(path, text)
  if #options > 0 then asked.words = options else asked.values, asked.position = options, misuse.position() end
  return run(asked, "@" .. path)
end

--- Runs a recipe with words from the command line; `again`, where it is run for a picture that it has made, is what
--- origin.lua reads of that, with its new path.
function recipe.run_words(name, words, again)
  local path, text = locate(name)
  if not path then error(request.refusal(text)) end
  local asked = asked_at(path, text)
  asked.words, asked.again = words, again
  return run(asked, "@" .. path)
end

--- Runs a recipe's text, which is not a file, with words as from a command line; errors call it `chunk_name`.
function recipe.run_text(text, chunk_name, words)
  expect.value(text, expect.text, "run_text: text")
  expect.value(chunk_name, expect.text, "run_text: chunk_name")
  expect.value(words, a_table, "run_text: words")
  return run({ text = text, called = "phosphene -", words = words }, chunk_name)
end

return recipe
