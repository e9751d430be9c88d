-- SPDX-License-Identifier: MIT
-- What a run leaves in files: checkpoints as it goes, its picture and its last checkpoint at the end, and, where one of
-- them cannot be written or the run fails, all that can still be kept. Must not know how a run goes.

local core = require "phosphene.core"
local misuse = require "phosphene.base.misuse"
local options = require "phosphene.run.options"
local picture = require "phosphene.picture.files"
local progress = require "phosphene.base.progress"

local files = {}

-- ---- options ----

-- How often checkpoints are written: `{ steps = }` or `{ seconds = }`.
local function interval(asked)
  local every = options.value(asked, "checkpoint_every")
  local seconds = type(every) == "string" and tonumber(every:match "^%s*([%d.]+)%s*s$")
  if seconds and seconds > 0 then return { seconds = seconds } end
  local steps = type(every) == "number" and math.tointeger(every)
  if steps and steps >= 1 then return { steps = steps } end
  misuse.raise('checkpoint_every: a number of steps, or of seconds as in "30 s", expected, got %s', misuse.shown(every))
end

--- Before hours of work it is found out that its files can be written.
function files.check(asked)
  local can, problem = true, nil
  if asked.checkpoint_every and not asked.checkpoint then
    misuse.raise "checkpoint_every: there is no checkpoint to write; give its path as checkpoint"
  end
  if asked.checkpoint_every and asked.restarts and asked.restarts > 1 then
    misuse.raise "checkpoint_every: of restarts only the best one's end is written"
  end
  if asked.output and asked.output == asked.checkpoint then
    misuse.raise("output and checkpoint are the same file, '%s'", asked.output)
  end
  if asked.output then can, problem = picture.can_save(asked.output) end
  if can and asked.checkpoint then
    interval(asked)
    can, problem = core.can_write(asked.checkpoint)
  end
  if not can then misuse.raise("render: %s", problem) end
end

-- ---- as the run goes ----

local checkpoints = {}
checkpoints.__index = checkpoints

--- What writes checkpoints from time to time, where there are to be any.
function files.checkpoints(asked)
  if not asked.checkpoint or (asked.restarts or 1) > 1 then return nil end
  return setmetatable({ path = asked.checkpoint, every = interval(asked), written = core.clock() }, checkpoints)
end

--- Called after each step. That one cannot be written now does not end the run: it may be possible later.
function checkpoints:update(run)
  local is_due = self.every.steps and run.step % self.every.steps == 0
  if self.every.seconds then is_due = core.clock() - self.written >= self.every.seconds end
  if not is_due or run.step == run.steps then return end
  local saved, problem = run:save(self.path)
  if not saved and not self.told then progress.tell(("no checkpoint after step %d: %s"):format(run.step, problem)) end
  self.told = not saved
  self.written = core.clock()
end

-- ---- at its end ----

-- Folders that can be written to where the one that was wanted cannot.
local function other_folders()
  local folders = {}
  for _, folder in ipairs { os.getenv "TMPDIR" or "", "/tmp", "~" } do
    if folder ~= "" then folders[#folders + 1] = folder end
  end
  return folders
end

-- Writes the picture wherever that is possible; gives where, or nil.
local function save_elsewhere(made, path)
  local name = path:match "[^/]*$"
  for _, folder in ipairs(other_folders()) do
    local other = ("%s/phosphene-%d-%s"):format(folder, os.time(), name)
    if other ~= path and made:save(other) then return other end
  end
end

-- Writes both files. Gives what went wrong, as texts.
local function save(run, asked, made, path)
  local problems = {}
  if asked.checkpoint then
    local saved, problem = run:save(asked.checkpoint)
    if not saved then problems[1] = problem end
  end
  if path then
    local saved, problem = made:save(path)
    local other = not saved and save_elsewhere(made, path)
    if other then problem = ("%s; the picture is in '%s'"):format(problem, other) end
    if not saved then problems[#problems + 1] = problem end
  end
  return problems
end

--- Writes the checkpoint and the picture that were asked for; raises only after both were tried.
function files.finish(run, asked, made)
  local problems = save(run, asked, made, asked.output)
  if #problems > 0 then misuse.raise("render: %s", table.concat(problems, "; and ")) end
end

local long = 10 -- seconds: what took longer is kept though nobody asked for files

--- For a run that failed: keeps what it had reached. Gives what to add to the message.
function files.rescue(run, asked, made)
  if run.step == 0 then return "" end
  local said, path = {}, asked.output and picture.marked(asked.output, "failed")
  if not path and made.seconds >= long then path = save_elsewhere(made, "failed.png") end
  local problems = save(run, asked, made, asked.output and path)
  if path then said[1] = ("the picture after %d steps is in '%s'"):format(run.step, path) end
  if asked.checkpoint then said[#said + 1] = ("the checkpoint is in '%s'"):format(asked.checkpoint) end
  if #problems > 0 then said = problems end
  return #said > 0 and ("; " .. table.concat(said, ", ")) or ""
end

return files
