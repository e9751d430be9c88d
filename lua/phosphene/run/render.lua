-- SPDX-License-Identifier: MIT
-- Render: a whole run in one call, with progress, snapshots, a history, stops, restarts and interruption. The loop
-- itself is in steps.lua, what comes out of it in result.lua. Must not know how a step works.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local picture = require "phosphene.picture.files"
local progress = require "phosphene.base.progress"
local result = require "phosphene.run.result"
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
local function title_of(objective)
  local text, most = tostring(objective), 40
  if (utf8.len(text) or 0) <= most then return text end
  return text:sub(1, utf8.offset(text, most) - 1) .. "…"
end

-- Whether the recipe has had enough.
local function is_stopped(run, options)
  if options.on_step and options.on_step(run.step, run.value, run) == false then return true end
  return options.stop and options.stop(run) and true or false
end

-- Steps until the run is over, is stopped, or Ctrl-C was pressed.
local function loop(run, options, bar, kept)
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
    kept.stopped = is_stopped(run, options)
    kept.interrupted = core.interrupted()
    if kept.stopped or kept.interrupted then return end
  end
end

local function start_keeping(run, options, extra)
  local kept = { snapshots = {}, history = {}, interrupted = false, stopped = false, began = core.clock() }
  kept.wanted = snapshot_steps(options.snapshots, extra)
  kept.idle = {}
  for n = 0, run.image:shape()[1] - 1 do kept.idle[n] = true end
  if options.transparency then kept.transparency = core.tensor(run.image:shape()) end
  if options.keep == "best" then
    kept.best = { image = run.image:clone(), step = run.step }
    kept.before = run.image:clone()
  end
  return kept
end

-- One run from its start to its end: the result, and the run.
local function run_once(options, title, extra)
  local run = steps.new(options)
  run.steps = run.steps + extra
  title = title or title_of(run.objective)
  local bar = progress.new { on = options.progress, title = title, steps = run.steps }
  if not options.seed and not options.resume and options.progress ~= false then progress.tell_seed(run.seed) end

  local kept = start_keeping(run, options, extra)
  core.watch_interrupt(true)
  local ok, problem = xpcall(loop, misuse.relocate, run, options, bar, kept)
  core.watch_interrupt(false)
  if not ok then error(problem, 0) end
  bar:finish(run.step, run.value, kept.interrupted and "interrupted" or kept.stopped and "stopped" or "done")
  if options.progress ~= false then tell_idle(run, kept.idle) end
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

local function check_restarts(options, count)
  if count == 1 then return end
  for _, name in ipairs { "parameterisation", "optimiser" } do
    if type(options[name]) == "userdata" then
      misuse.raise("restarts: %s: each start needs its own; give a name or a table", name)
    end
  end
  if options.resume then misuse.raise "restarts: a resumed run has started already" end
end

-- Several runs, of seeds that follow one another: the best, its run, and what all of them reached.
local function run_all(options, count, extra)
  local seed, all = options.seed or steps.any_seed(), {}
  if not options.seed and options.progress ~= false then progress.tell_seed(seed) end
  local name = options.title or title_of(core.objective(options.objective or options[2]))
  local best, best_run, best_score
  for i = 1, count do
    local own = {}
    for key, value in pairs(options) do own[key] = value end
    own.seed = seed + i - 1
    local made, run = run_once(own, ("%s, start %d of %d"):format(name, i, count), extra)
    local score = score_of(made)
    all[i] = { seed = made.seed, value = score }
    if not best or score > best_score then best, best_run, best_score = made, run, score end
    if made.interrupted then
      best.interrupted = true
      break
    end
  end
  best.restarts = all
  return best, best_run
end

-- ---- options ----

local option_names = table.move(steps.option_names, 1, #steps.option_names, 1, {})
for _, name in ipairs { "snapshots", "counting", "stop", "keep", "restarts", "transparency", "on_step", "progress",
  "title", "output", "checkpoint" } do
  option_names[#option_names + 1] = name
end

local expected = {
  snapshots = expect.list(expect.whole(0), "a list of steps, whole numbers of at least 0,"),
  counting = expect.choice("updates", "lucid"), keep = expect.choice("last", "best"), restarts = expect.whole(1),
  transparency = expect.truth,
  on_step = expect.callable, progress = expect.truth, title = expect.text, output = expect.text,
  checkpoint = expect.text,
}

-- Before hours of work it is found out that its files can be written.
local function check_files(options)
  local can, problem = true, nil
  if options.output then can, problem = picture.can_save(options.output) end
  if can and options.checkpoint then can, problem = core.can_write(options.checkpoint) end
  if not can then misuse.raise("render: %s", problem) end
end

local function check_snapshots(options)
  local steps_made = math.tointeger(options.steps or 512)
  for _, step in ipairs(options.snapshots or {}) do
    if step > steps_made then misuse.raise("snapshots: step %d is after the last, %d", step, steps_made) end
  end
end

--- Raises where something is wrong with the options, as far as that can be told without running.
function render.check(options)
  misuse.check_keys(options, option_names, "render", 2)
  steps.check(options)
  expect.fields(options, expected)
  stops.check(options.stop)
  check_snapshots(options)
  check_files(options)
end

local function check_saved(saved, problem)
  if not saved then misuse.raise("render: %s", problem) end
end

--- A whole run; see meta/render.lua.
function render.run(options)
  render.check(options)
  local count = math.tointeger(options.restarts or 1)
  check_restarts(options, count)
  -- Lucid's loop runs over range(max(thresholds) + 1) and keeps pictures after the update (lucid/optvis/render.py).
  local extra = options.counting == "lucid" and 1 or 0

  local made, run
  if count == 1 then
    made, run = run_once(options, options.title, extra)
  else
    made, run = run_all(options, count, extra)
  end
  if options.output then check_saved(made:save(options.output)) end
  if options.checkpoint then check_saved(run:save(options.checkpoint)) end
  return made
end

return render
