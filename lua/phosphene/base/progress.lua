-- SPDX-License-Identifier: MIT
-- Progress of a run on stderr: on a terminal a bar that is redrawn in place, otherwise a line now and then. Silent on
-- request, or if PHOSPHENE_PROGRESS=0. Must not know what is being run.

local core = require "phosphene.core"

local printable = require "phosphene.base.printable"
local shorten = require "phosphene.base.shorten"

local progress = {}
progress.__index = progress

local redraw_every = 0.1 -- seconds, on a terminal
local line_every = 10 -- seconds, elsewhere
local bar_width = 24

local function is_wanted() return os.getenv "PHOSPHENE_PROGRESS" ~= "0" end

-- Where the terminal does not say how wide it is.
local usual_columns = 80

local function columns() return core.terminal_width(2) or usual_columns end

--- `on`: false silences; `title` begins each line, `unit` is what the steps are.
--- `stream`, `terminal`, `columns` and `clock` are for tests.
function progress.new(settings)
  local terminal = settings.terminal
  if terminal == nil then terminal = core.is_terminal(2) end
  local clock = settings.clock or core.clock
  return setmetatable({
    on = settings.on ~= false and is_wanted(),
    title = printable(settings.title),
    steps = settings.steps,
    unit = settings.unit or "steps",
    stream = settings.stream or io.stderr,
    terminal = terminal,
    columns = settings.columns or columns,
    clock = clock,
    began = clock(),
    drawn = clock(),
    width = 0,
  }, progress)
end

local function duration(seconds)
  seconds = math.floor(seconds + 0.5)
  if seconds < 3600 then return ("%d:%02d"):format(seconds // 60, seconds % 60) end
  return ("%d:%02d:%02d"):format(seconds // 3600, seconds // 60 % 60, seconds % 60)
end

local function bar(fraction)
  local full = math.floor(fraction * bar_width + 0.5)
  return "[" .. ("#"):rep(full) .. ("."):rep(bar_width - full) .. "]"
end

local function width_of(text) return utf8.len(text) or #text end

-- The first of several ways to say it that fits beside the title, or else the last one, for which the title is cut.
function progress:fit(ways)
  local most = self.terminal and self.columns() - 1 or math.huge -- the last column makes some terminals go on
  for _, text in ipairs(ways) do
    if width_of(self.title) + 2 + width_of(text) <= most then return self.title .. "  " .. text end
  end
  local last = ways[#ways]
  local room = most - 2 - width_of(last)
  if room >= 2 then return shorten(self.title, room) .. "  " .. last end
  return most >= 2 and shorten(last, most) or ""
end

-- "mixed4a:476  [####....] 128/512  value 12.3  41.2 steps/s  0:09 left"; in a narrow terminal first without the bar,
-- then without the rate.
function progress:text(step, value)
  local elapsed = self.clock() - self.began
  local rate = elapsed > 0 and step / elapsed or 0
  local left = rate > 0 and duration((self.steps - step) / rate) or "?"
  local shown = value and ("value %.4g  "):format(value) or ""
  local count, time = ("%d/%d  %s"):format(step, self.steps, shown), ("%s left"):format(left)
  local full = ("%s%.3g %s/s  %s"):format(count, rate, self.unit, time)
  if not self.terminal then return self:fit { full } end
  return self:fit { bar(self.steps > 0 and step / self.steps or 1) .. " " .. full, full, count .. time }
end

function progress:draw(text)
  -- Spaces overwrite the rest of a longer previous line.
  local width = width_of(text)
  self.stream:write("\r", text, (" "):rep(math.min(self.width, self.columns() - 1) - width))
  self.stream:flush()
  self.width = width
end

--- Shows the state after `step` steps, if it is time to.
function progress:update(step, value)
  if not self.on then return end
  local now = self.clock()
  if now - self.drawn < (self.terminal and redraw_every or line_every) then return end
  self.drawn = now
  if self.terminal then
    self:draw(self:text(step, value))
  else
    self.stream:write(self:text(step, value), "\n")
  end
end

--- A line about the run.
function progress.tell(text)
  if is_wanted() then io.stderr:write("phosphene: ", printable(text), "\n") end
end

--- A line in the middle of the display, which is drawn again below it.
function progress:say(text)
  if self.on and self.width > 0 then self:draw "" end
  if self.on and self.terminal then self.stream:write "\r" end
  progress.tell(text)
end

--- Prints the seed of a run for which none was given.
function progress.tell_seed(seed) progress.tell("seed " .. seed) end

--- Ends the display: `how` is "done" or "interrupted"; there is no value if no step was made. Without a terminal, a
--- short run prints nothing.
function progress:finish(step, value, how)
  if not self.on then return end
  local elapsed = self.clock() - self.began
  local short = ("%s after %d %s in %s"):format(how, step, self.unit, duration(elapsed))
  local full = value and ("%s, value %.4g"):format(short, value) or short
  local ways = { full, short }
  if self.terminal and how == "interrupted" then table.insert(ways, 1, full .. "; Ctrl-C again ends all") end
  local text = self:fit(ways)
  if self.terminal then
    self:draw(text)
    self.stream:write "\n"
  elseif elapsed >= line_every or how ~= "done" then
    self.stream:write(text, "\n")
  end
end

return progress
