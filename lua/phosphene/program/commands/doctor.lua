-- SPDX-License-Identifier: MIT
-- The program's command `doctor`: what there is here, versions, processor, folders, networks, variables of the
-- environment, and what is wrong with it. Must not know how any of that is used.

local core = require "phosphene.core"
local environment = require "phosphene.base.environment"
local network = require "phosphene.formats.loading"
local options = require "phosphene.program.options"
local paths = require "phosphene.base.paths"
local printable = require "phosphene.base.printable"
local reading = require "phosphene.base.reading"
local recipe = require "phosphene.program.recipe"
local weights = require "phosphene.network.weights"

local command = {}

local text = [[
-- Prints what Phosphene finds here: versions of the program and its libraries, the processor's instructions, threads,
-- folders, networks and whether they open, and variables of the environment. Ends with status 1 where something is
-- wrong, which it says last.
]]

local widest = 20 -- characters of the first column

-- Line by line: a large network takes a while to open.
local function say(what, format, ...)
  print(("%-" .. widest .. "s %s"):format(what, printable(format:format(...))))
  io.stdout:flush()
end

local function libraries()
  for _, library in ipairs(core.libraries()) do
    local built = library.built and library.loaded and (", compiled with %s"):format(library.built) or ""
    say(library.name, "%s%s", library.loaded or library.built, built)
  end
end

local function threads(wrong)
  local count, problem = network.threads()
  say("processor", "%s, cores for this process: %d", core.instructions(), core.cores())
  say("threads", "%s", count or "not known")
  wrong[#wrong + 1] = problem
end

-- How many bytes a file has; nil where it cannot be read.
local function size_of(path)
  local file = reading.open(path)
  local size = file and file:seek "end"
  if file then file:close() end
  return size
end

local function state_of(path) return (core.list_folder(path) or size_of(path)) and "is there" or "is not there" end

local function folders(wrong)
  local recipes = recipe.list()
  say("recipes", "%s: %d", paths.scripts, #recipes)
  if #recipes == 0 then wrong[#wrong + 1] = ("no recipes in '%s'"):format(paths.scripts) end
  say("Lua files", "%s", paths.library)
  for _, path in ipairs(weights.path()) do say("networks from", "%s: %s", path, state_of(path)) end
  local font = core.font_path()
  say("font", "%s: %s", font, state_of(font))
  if not size_of(font) then
    local advice = "captions cannot be drawn: no font '%s'; install fonts-dejavu-core, or set PHOSPHENE_FONT"
    wrong[#wrong + 1] = advice:format(font)
  end
end

local function networks(wrong)
  for _, name in ipairs(weights.names()) do
    local path = name ~= "googlenet" and weights.find(name)
    local net, problem
    if path then net, problem = network.load(path, { threads = 1 }) end
    if net then say("network", "%s, %.1f MB, %s: opens", name, (size_of(path) or 0) / 1e6, path) end
    if net then net:close() end
    if problem then say("network", "%s, %s: does not open", name, path) end
    wrong[#wrong + 1] = problem
  end
  wrong[#wrong + 1] = select(2, weights.find "googlenet")
end

local function variables()
  for _, variable in ipairs(environment) do
    local name, meaning = table.unpack(variable)
    say(name, "%s (%s)", os.getenv(name) or "not set", meaning)
  end
end

-- Gives the exit status.
local function doctor()
  options {}
  local wrong = {}
  say("program", "Phosphene %s, %s", core.version, _VERSION)
  libraries()
  threads(wrong)
  folders(wrong)
  networks(wrong)
  variables()
  print(#wrong == 0 and "Nothing is wrong." or "Wrong:")
  for _, problem in ipairs(wrong) do print("  " .. printable(problem)) end
  return #wrong > 0 and 1 or nil
end

--- Runs the command with the words after `phosphene doctor`; gives the exit status where something is wrong.
function command.run(words) return recipe.run_function("phosphene doctor", text, words, doctor) end

return command
