-- SPDX-License-Identifier: MIT
-- The program's command line: what `phosphene …` does with its arguments, as lua's own program would, with recipes by
-- name and a prompt added. src/main.c calls `main`. Must not know what recipes do, nor how lines are edited.

local commands = require "phosphene.program.commands"
local core = require "phosphene.core"
local environment = require "phosphene.base.environment"
local printable = require "phosphene.base.printable"
local recipe = require "phosphene.program.recipe"
local request = require "phosphene.base.running_recipe"
local shorten = require "phosphene.base.shorten"
local sorted_keys = require "phosphene.base.sorted_keys"
local suggest = require "phosphene.base.suggest"

local program = {}

local usage = [==[
usage: phosphene [options] [recipe [arguments]]

  recipe     a Lua script, or the name of a bundled recipe
  -          run what is read from standard input
  -e code    run code; `ph` is the phosphene module
  -l module  require a module into a global of its name; -l name=module into another
  -i         go on to the prompt afterwards
  -E         ignore LUA_PATH and LUA_CPATH
  -v         print the version
  -h         this help

Without a recipe there is a prompt. Options of a recipe follow its name; `phosphene recipe --help` lists them.
]==]

-- ---- arguments ----

local known = { "-e", "-l", "-i", "-E", "-v", "-h", "--help", "--version", "--", "-" }

-- What the arguments ask for: code and modules in their order, switches, and where the recipe's name is. Nil and a
-- message where they cannot be understood.
local function parse(arguments)
  local wanted = { actions = {} }
  local i = 1
  while arguments[i] and arguments[i]:match "^%-." do
    local option, value = arguments[i]:match "^(%-[el])(.*)$"
    if option then
      if value == "" then
        i = i + 1
        value = arguments[i]
      end
      if not value then return nil, ("%s needs %s"):format(option, option == "-e" and "code" or "a module's name") end
      wanted.actions[#wanted.actions + 1] = { option = option, value = value }
    elseif arguments[i] == "--" then
      i = i + 1
      break
    elseif arguments[i]:match "^%-[iEvh]$" or arguments[i] == "--help" or arguments[i] == "--version" then
      wanted[arguments[i]] = true
    else
      return nil, ("unknown option '%s'; %s"):format(arguments[i], suggest(arguments[i], known,
        "options of a recipe follow its name, and `phosphene --help` lists the others"))
    end
    i = i + 1
  end
  wanted.script = arguments[i] and i
  return wanted
end

-- The global `arg`, as lua sets it: the script is arg[0], its arguments follow, what came before has negative indices.
local function publish_arguments(arguments, script)
  local list = {}
  for i = 0, #arguments do list[i - (script or 0)] = arguments[i] end
  _G.arg = list
end

-- ---- where modules are looked for ----

-- Relative entries would load code from whatever folder the program is run in.
local function absolute_entries(path)
  local entries = {}
  for entry in path:gmatch "[^;]+" do
    if entry:sub(1, 1) == "/" then entries[#entries + 1] = entry end
  end
  return table.concat(entries, ";")
end

-- The user's choice from the environment, in which ";;" stands for the default; or the default.
local function from_environment(name, default)
  local path = os.getenv(name .. "_5_4") or os.getenv(name)
  if not path then return default end
  path = (";" .. path .. ";"):gsub(";;", ";" .. default:gsub("%%", "%%%%") .. ";", 1)
  return (path:gsub("^;+", ""):gsub(";+$", ""))
end

-- Our own files first, then a script's neighbours (not those of the folder that one happens to be in when a bundled
-- recipe is asked for by name), then the user's, then the system's.
local function set_search_path(host, script, use_environment)
  local path, cpath = absolute_entries(host.default_path), absolute_entries(package.cpath)
  if use_environment then
    path, cpath = from_environment("LUA_PATH", path), from_environment("LUA_CPATH", cpath)
  end
  local folder = script and (script:match "^(.*/)" or "./")
  local neighbours = folder and ("%s?.lua;%s?/init.lua;"):format(folder, folder) or ""
  package.path = ("%s/?.lua;%s/?/init.lua;%s%s"):format(host.library, host.library, neighbours, path)
  package.cpath = cpath
end

-- ---- running ----

-- Errors as one line; with PHOSPHENE_TRACEBACK=1 the calls that led there follow.
local function explain(problem)
  local kind = type(problem)
  if kind ~= "string" and kind ~= "number" then
    local metatable = debug.getmetatable(problem)
    problem = metatable and metatable.__tostring and tostring(problem) or ("an error that is a %s value"):format(kind)
  end
  if os.getenv "PHOSPHENE_TRACEBACK" == "1" then return debug.traceback(problem, 2) end
  return tostring(problem)
end

local function complain(message)
  io.stdout:flush()
  io.stderr:write("phosphene: ", printable(message), "\n")
end

-- What recipes print may be from files: labels, metadata. A terminal gets it as the program's own messages; files and
-- pipes get it as it is, and so does who uses io.write.
local function guard_terminal()
  if not core.is_terminal(1) then return end
  local print_raw = print
  function _G.print(...)
    local texts = table.pack(...)
    for i = 1, texts.n do texts[i] = printable(tostring(texts[i])) end
    print_raw(table.unpack(texts, 1, texts.n))
  end
end

local misused = 2 -- the exit status where the command line cannot be understood, as for other programs

-- Calls f. Gives nil if all went well, and otherwise, after saying what happened, the exit status.
local function attempt(host, f, ...)
  local is_refused = false
  local ok, signal, problem = host.interruptible(false, function(raised)
    is_refused = request.is_refusal(raised)
    return explain(raised)
  end, f, ...)
  if not ok then complain(problem) end
  -- A run that Ctrl-C ended gave its picture all the same.
  if signal ~= 0 then return 128 + signal end
  if not ok then return is_refused and misused or 1 end
end

local function run_code(code)
  _G.ph = require "phosphene"
  local chunk, problem = load(code, "=(command line)")
  if not chunk then error(problem, 0) end
  return chunk()
end

local function require_module(text)
  local name, module = text:match "^([%a_][%w_]*)=(.+)$"
  module = module or text
  local ok, value = pcall(require, module)
  if not ok then error(value, 0) end -- without a position, which would be this line's
  _G[name or module] = value
end

local function run_stdin(words) return recipe.run_text(io.read "a", "=stdin", words) end

-- Each in its order; the exit status of the first that fails.
local function run_actions(host, actions)
  for _, action in ipairs(actions) do
    local status = attempt(host, action.option == "-e" and run_code or require_module, action.value)
    if status then return status end
  end
end

local function run_command(host, name, words)
  local status
  return attempt(host, function() status = require(commands[name].module).run(words) end) or status
end

local function run_script(host, script)
  local given = host.arguments
  local name, following = given[script], table.move(given, script + 1, #given, 1, {})
  if name == "-" then return attempt(host, run_stdin, following) end
  if commands[name] then return run_command(host, name, following) end
  return attempt(host, recipe.run_words, name, following)
end

local function print_help()
  io.write(usage)
  local recipes, width = recipe.list(), 0
  for _, entry in ipairs(recipes) do width = math.max(width, #entry.name) end
  print "\ncommands:"
  for _, name in ipairs(sorted_keys(commands)) do
    print(("  %-" .. width .. "s  %s"):format(name, commands[name].summary))
  end
  if #recipes > 0 then print "\nbundled recipes:" end
  for _, entry in ipairs(recipes) do
    print(shorten(("  %-" .. width .. "s  %s"):format(entry.name, entry.summary), 110))
  end
end

local function print_variables()
  print "\nvariables of the environment:"
  for _, variable in ipairs(environment) do print(("  %-19s  %s"):format(table.unpack(variable))) end
end

local function print_version() io.write("Phosphene ", core.version, ", ", _VERSION, "\n") end

--- Does what the arguments ask for, and gives the exit status.
function program.main(host)
  local wanted, problem = parse(host.arguments)
  if not wanted then
    complain(problem)
    return misused
  end
  local script = wanted.script and host.arguments[wanted.script]
  publish_arguments(host.arguments, wanted.script)
  guard_terminal()
  set_search_path(host, script and script ~= "-" and recipe.has_neighbours(script) and script, not wanted["-E"])

  if wanted["-h"] or wanted["--help"] then
    print_help()
    print_variables()
    return 0
  end
  local says_version = wanted["-v"] or wanted["--version"]
  if says_version then print_version() end
  local status = run_actions(host, wanted.actions)
  if not status and script then status = run_script(host, wanted.script) end
  if status and not wanted["-i"] then return status end

  local nothing_to_do = not script and #wanted.actions == 0 and not says_version
  if wanted["-i"] or (nothing_to_do and core.is_terminal(0)) then
    local repl = require "phosphene.program.repl"
    local ended_by = repl.run(function(f, ...) return host.interruptible(true, explain, f, ...) end)
    if ended_by then return 128 + ended_by end
  elseif nothing_to_do then
    status = attempt(host, run_stdin, {})
  end
  return status or 0
end

return program
