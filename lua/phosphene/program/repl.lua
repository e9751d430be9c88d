-- SPDX-License-Identifier: MIT
-- The prompt: reads chunks, runs them, shows what they give; with editing, history and completion on a terminal, and
-- plainly where lines come from a pipe. Must not know what the values are.

local complete = require "phosphene.program.complete"
local core = require "phosphene.core"
local help = require "phosphene.program.help"
local show = require "phosphene.program.print_value"

local repl = {}

-- ---- where lines come from: functions from a prompt to a line, nil at the end, or nil and "interrupted" ----

local function history_path()
  local state = os.getenv "XDG_STATE_HOME"
  if not state or state == "" then
    local home = os.getenv "HOME"
    if not home then return nil end
    state = home .. "/.local/state"
  end
  return state .. "/phosphene/history"
end

local function terminal_reader()
  local line = require "phosphene.line"
  local path = history_path()
  if path then line.load_history(path) end
  line.set_completer(function(text, position) return complete(text, position, _G) end)
  local last
  return function(prompt)
    local text, problem = line.readline(prompt)
    if text and text:match "%S" and text ~= last then
      last = text
      line.add_history(text)
      if path then line.save_history(path) end -- a history that cannot be kept is no reason to stop
    end
    return text, problem
  end
end

local function pipe_reader()
  return function() return io.read "l" end
end

-- ---- chunks ----

local chunk_name = "=stdin"

-- What assigns to a variable, and gives nil and why where it was given that: `net = ph.network "nope.onnx"` would say
-- nothing.
local function assignment(text)
  local name, expression = text:match "^%s*([%a_][%w_]*)%s*=%s*([^=].*)$"
  local chunk = name and load(text, chunk_name) and load("return " .. expression, chunk_name)
  return chunk and function()
    local values = table.pack(chunk())
    _G[name] = values[1]
    if values[1] == nil and type(values[2]) == "string" then return nil, values[2] end
  end
end

-- A function from a chunk's text, of which an expression gives its values; or nil, what is wrong, and whether the text
-- may just not be complete yet.
local function compile(text)
  local chunk, expression_problem, problem = load("return " .. text, chunk_name)
  if not chunk then chunk = assignment(text) end
  if not chunk then chunk, problem = load(text, chunk_name) end
  if chunk then return chunk end
  return nil, problem, (problem:match "<eof>$" or expression_problem:match "<eof>$") ~= nil
end

-- The next chunk, over as many lines as it takes: its function; or nil and what is wrong; or nothing at the end.
local function read_chunk(read)
  local text, problem = read "> "
  if not text then return nil, problem end
  while true do
    local chunk, mistake, is_incomplete = compile(text)
    if not is_incomplete then return chunk, mistake end
    local line, interrupted = read ">> "
    if not line then return nil, interrupted or mistake end
    text = text .. "\n" .. line
  end
end

-- ---- running ----

local function print_values(...)
  local texts = {}
  for i = 1, select("#", ...) do texts[i] = show((select(i, ...))) end
  if #texts > 0 then print(table.concat(texts, "\t")) end
end

local function run_chunk(chunk) return print_values(chunk()) end

-- That a mistake was on the first line, most often the only one, goes without saying.
local function complain(message)
  io.stdout:flush()
  io.stderr:write((message:gsub("^stdin:1: ", "")), "\n")
end

local interrupt = 2 -- Ctrl-C's number, the only signal that a session outlives

--- Reads and runs until the end of input, or until another signal than Ctrl-C ends it, whose number is given then.
--- `call(f, …)` is a protected call that signals end: it gives true or false, the last signal or 0, and the results.
function repl.run(call)
  _G.ph = require "phosphene"
  _G.help = help.print
  local terminal = core.is_terminal(0) and core.is_terminal(1)
  if terminal then
    print(("Phosphene %s, %s. The module is `ph`; help() says what there is, Ctrl-D leaves."):format(core.version,
      _VERSION))
  end
  local read = terminal and terminal_reader() or pipe_reader()
  while true do
    local chunk, problem = read_chunk(read)
    if chunk then
      local ok, signal, message = call(run_chunk, chunk)
      if not ok then complain(message) end
      if signal ~= 0 and signal ~= interrupt then return signal end
    elseif problem ~= "interrupted" then
      if not problem then break end
      complain(problem)
    end
  end
  if terminal then print() end
end

return repl
