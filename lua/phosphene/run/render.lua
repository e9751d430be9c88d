-- SPDX-License-Identifier: MIT
-- Render: a whole run in one call, with progress, snapshots, a history, stops, restarts and interruption. The loop
-- itself is in steps.lua, what comes out of it in result.lua. Must not know how a step works.

local core = require "phosphene.core"
local files = require "phosphene.run.files"
local misuse = require "phosphene.base.misuse"
local options = require "phosphene.run.options"
local progress = require "phosphene.base.progress"
local result = require "phosphene.run.result"
local shorten = require "phosphene.base.shorten"
local steps = require "phosphene.run.steps"
local stops = require "phosphene.run.stops"

local render = {}

-- ---- what is kept of a run ----

-- The steps at which pictures are kept: a map from how many updates have been made to the number that was asked for.
local function snapshot_steps(list, extra)
  local wanted = {}
  for _, step in ipairs(list or {}) do wanted[step + extra] = step end
  return wanted
end

local function keep_snapshot(run, kept)
  local number = kept.wanted[run.step]
  if number then kept.snapshots[number] = run.image:clone() end
end

-- Every head's values, each step.
local function keep_history(run, kept)
  for i, term in ipairs(run:terms()) do
    local entry = kept.history[i]
    if not entry then
      entry = { text = term.text, values = {} }
      kept.history[i] = entry
    end
    entry.values[#entry.values + 1] = term.value
  end
end

-- A step's value is that of the picture before its update, which `before` holds.
local function keep_best(run, kept)
  local best = kept.best
  if best.value and run.value <= best.value then return end
  best.image, kept.before = kept.before, best.image
  best.value, best.step = run.value, run.step - 1
end

-- ---- images that nothing moves ----

-- Strikes out those that now have a gradient.
local function drop_moved(run, idle)
  for n in pairs(idle) do
    local gradient <close> = run.image_gradient:image(n)
    if gradient:dot(gradient) ~= 0 then idle[n] = nil end
  end
end

-- A unit that is silent on the noise that runs start from may need some steps to wake.
local steps_to_wake = 32

-- One that gave 0 all along was not woken: what the picture shows is not what it looks for. That the images which it
-- reads never had a gradient need not be said as well.
local function tell_silent(kept)
  for _, entry in ipairs(kept.history) do
    local is_silent = #entry.values >= steps_to_wake
    for _, value in ipairs(entry.values) do is_silent = is_silent and value == 0 end
    if is_silent then
      progress.tell(("%s stayed silent: its value was 0 at each of %d steps"):format(entry.text, #entry.values))
      local image = math.tointeger(tonumber(entry.text:match ":on%((%d+)%)$" or ""))
      for n in pairs(kept.idle) do
        if not image or n == image then kept.idle[n] = nil end
      end
    end
  end
end

-- One who asks for five images and reads three is left with two of noise: that should not pass in silence.
local function tell_idle(run, idle)
  local numbers = {}
  for n in pairs(idle) do numbers[#numbers + 1] = n end
  if run.step == 0 or #numbers == 0 then return end
  table.sort(numbers)
  local batch, several = run.image:shape()[1], #numbers > 1
  local which = ("image%s %s of 0..%d"):format(several and "s" or "", table.concat(numbers, ", "), batch - 1)
  progress.tell(("%s never had a gradient: no term of the objective depends on %s"):format(
    batch > 1 and which or "the image", several and "them" or "it"))
end

-- ---- running ----

-- The objective's expression, cut to leave room for the rest of a progress line.
local function title_of(objective) return shorten(tostring(objective), 40) end

-- Whether the recipe has had enough.
local function is_stopped(run, asked)
  if asked.on_step and asked.on_step(run.step, run.value, run) == false then return true end
  return asked.stop and asked.stop(run) and true or false
end

-- Steps until the run is over, is stopped, or a signal asks for its end.
local function loop(run, asked, bar, kept)
  keep_snapshot(run, kept)
  while run.step < run.steps do
    if kept.best then kept.before:copy(run.image) end
    run:advance()
    drop_moved(run, kept.idle)
    keep_history(run, kept)
    if kept.best then keep_best(run, kept) end
    if kept.transparency then kept.transparency:add(run.image_gradient:map "abs") end
    keep_snapshot(run, kept)
    bar:update(run.step, run.value)
    if kept.files then kept.files:update(run) end
    kept.stopped = is_stopped(run, asked)
    kept.interrupted = core.interrupted()
    if kept.stopped or kept.interrupted then return end
  end
end

local function start_keeping(run, asked, extra)
  local kept = { snapshots = {}, history = {}, interrupted = false, stopped = false, began = core.clock() }
  kept.files = files.checkpoints(asked)
  kept.wanted = snapshot_steps(asked.snapshots, extra)
  kept.idle = {}
  for n = 0, run.image:shape()[1] - 1 do kept.idle[n] = true end
  if asked.transparency then kept.transparency = core.tensor(run.image:shape()) end
  if asked.keep == "best" then
    kept.best = { image = run.image:clone(), step = run.step }
    kept.before = run.image:clone()
  end
  return kept
end

-- One run from its start to its end: the result, and the run.
local function run_once(asked, title, extra)
  local run = steps.new(asked)
  run.steps = run.steps + extra
  title = title or title_of(run.objective)
  local bar = progress.new { on = asked.progress, title = title, steps = run.steps }
  if not asked.seed and not asked.resume and asked.progress ~= false then progress.tell_seed(run.seed) end

  local kept = start_keeping(run, asked, extra)
  core.watch_interrupt(true)
  local ok, problem = xpcall(loop, misuse.relocate, run, asked, bar, kept)
  core.watch_interrupt(false)
  if not ok then
    local kept_in = files.rescue(run, asked, result.of(run, kept))
    error(type(problem) == "string" and problem .. kept_in or problem, 0)
  end
  bar:finish(run.step, run.value, kept.interrupted and "interrupted" or kept.stopped and "stopped" or "done")
  if asked.progress ~= false then
    tell_silent(kept)
    tell_idle(run, kept.idle)
  end
  return result.of(run, kept), run
end

-- ---- restarts ----

-- How good a run was: its best value where that is kept, and else the mean over its last tenth, because a single step's
-- transforms may have been lucky.
local function score_of(made)
  if made.best then return made.best.value or -math.huge end
  local values, sum = made.values, 0
  local count = math.max(1, #values // 10)
  if #values == 0 then return -math.huge end
  for i = #values - count + 1, #values do sum = sum + values[i] end
  return sum / count
end

local function check_restarts(asked, count)
  if count == 1 then return end
  for _, name in ipairs { "parameterisation", "optimiser" } do
    if type(asked[name]) == "userdata" then
      misuse.raise("restarts: %s: each start needs its own; give a name or a table", name)
    end
  end
  if asked.resume then misuse.raise "restarts: a resumed run has started already" end
end

-- Several runs, of seeds that follow one another: the best, its run, and what all of them reached.
local function run_all(asked, count, extra)
  local seed, all = asked.seed or steps.any_seed(), {}
  if not asked.seed and asked.progress ~= false then progress.tell_seed(seed) end
  local name = asked.title or title_of(core.objective(asked.objective or asked[2]))
  local best, best_run, best_score
  for i = 1, count do
    local own = {}
    for key, value in pairs(asked) do own[key] = value end
    own.seed = seed + i - 1
    local made, run = run_once(own, ("%s, start %d of %d"):format(name, i, count), extra)
    local score = score_of(made)
    all[i] = { seed = made.seed, value = score }
    if not best or score > best_score then best, best_run, best_score = made, run, score end
    if core.interrupted() then
      best.interrupted = true
      break
    end
  end
  best.restarts = all
  return best, best_run
end

-- ---- options ----

local function check_snapshots(asked)
  local steps_made = math.tointeger(options.value(asked, "steps"))
  for _, step in ipairs(asked.snapshots or {}) do
    if step > steps_made then misuse.raise("snapshots: step %d is after the last, %d", step, steps_made) end
  end
end

--- Raises where something is wrong with the options, as far as that can be told without running.
function render.check(asked)
  options.check(asked, options.of_render, "render")
  stops.check(asked.stop)
  check_snapshots(asked)
  files.check(asked)
end

--- A whole run; see meta/render.lua.
function render.run(asked, ...)
  core.refuse_interrupted()
  render.check(asked)
  misuse.check_no_more("render", ...)
  local count = math.tointeger(options.value(asked, "restarts"))
  check_restarts(asked, count)
  -- Lucid's loop runs over range(max(thresholds) + 1) and keeps pictures after the update (lucid/optvis/render.py).
  local extra = options.value(asked, "counting") == "lucid" and 1 or 0

  local made, run
  if count == 1 then
    made, run = run_once(asked, asked.title, extra)
  else
    made, run = run_all(asked, count, extra)
  end
  files.finish(run, asked, made)
  return made
end

return render
