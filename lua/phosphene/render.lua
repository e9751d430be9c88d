-- Render: a whole run in one call, with progress, snapshots, interruption, and a result that knows how it was made. The
-- loop itself is in steps.lua. Must not know how a step works.

local core = require "phosphene.core"
local misuse = require "phosphene.misuse"
local montage = require "phosphene.montage"
local network = require "phosphene.network"
local picture = require "phosphene.picture"
local progress = require "phosphene.progress"
local schedules = require "phosphene.schedules"
local steps = require "phosphene.steps"

-- ---- results ----

local result = {}
result.__index = result

--- Writes the picture, or a montage of the batch, with its metadata.
function result:save(path)
  local image = #self.images == 1 and self.image or montage(self.images)
  return picture.save(image, path, self.metadata)
end

function result:__tostring()
  local value = self.value and (", value %.4g"):format(self.value) or ""
  return ("result: %s%s after %d steps, seed %d"):format(self.objective, value, self.steps, self.seed)
end

-- What a part of the run says of itself, without the word for what it is.
local function text_of(part)
  return (tostring(part):gsub("^%l+ ", ""))
end

-- Everything that another run needs to make this picture again.
local function metadata_of(run)
  local shape = run.image:shape()
  return {
    software = "Phosphene " .. core.version,
    network = network.name(run.net),
    objective = tostring(run.objective),
    seed = run.seed,
    steps = run.step,
    size = ("%dx%d"):format(shape[4], shape[3]),
    batch = shape[1],
    parameterisation = text_of(run.parameterisation),
    transforms = tostring(run.transforms),
    optimiser = text_of(run.optimiser),
    rate = run.schedule and schedules.text_of(run.schedule),
    relu = run.relu_name,
    pool = run.forward_options.pool,
    value = run.value,
  }
end

local function finish(run, kept)
  local image = run.image:clone()
  return setmetatable({
    image = image,
    images = picture.split(image),
    value = run.value,
    values = kept.values,
    steps = run.step,
    seed = run.seed,
    snapshots = kept.snapshots,
    objective = tostring(run.objective),
    interrupted = kept.interrupted,
    seconds = core.clock() - kept.began,
    metadata = metadata_of(run),
  }, result)
end

-- ---- running ----

-- The objective's expression, cut to leave room for the rest of a progress line.
local function title_of(objective)
  local text, most = tostring(objective), 40
  if (utf8.len(text) or 0) <= most then return text end
  return text:sub(1, utf8.offset(text, most) - 1) .. "…"
end

-- The steps at which pictures are kept, as a set.
local function snapshot_steps(list)
  local wanted = {}
  for _, step in ipairs(list or {}) do wanted[misuse.check_count(step, 0, "snapshots")] = true end
  return wanted
end

-- Steps until the run is over, on_step ends it, or Ctrl-C was pressed.
local function loop(run, options, bar, kept)
  local wanted = snapshot_steps(options.snapshots)
  if wanted[0] then kept.snapshots[0] = run.image:clone() end
  while run.step < run.steps do
    run:advance()
    kept.values[#kept.values + 1] = run.value
    if wanted[run.step] then kept.snapshots[run.step] = run.image:clone() end
    bar:update(run.step, run.value)
    if options.on_step and options.on_step(run.step, run.value, run) == false then return end
    if core.interrupted() then
      kept.interrupted = true
      return
    end
  end
end

local option_names = table.move(steps.option_names, 1, #steps.option_names, 1, {})
for _, name in ipairs { "snapshots", "on_step", "progress", "title", "output", "checkpoint" } do
  option_names[#option_names + 1] = name
end

local function check_saved(saved, problem)
  if not saved then misuse.raise("render: %s", problem) end
end

--- A whole run; see meta/render.lua.
local function render(options)
  misuse.check_keys(options, option_names, "render", 2)
  local run = steps.new(options)
  local title = options.title or title_of(run.objective)
  local bar = progress.new { on = options.progress, title = title, steps = run.steps }
  if not options.seed and not options.resume and options.progress ~= false then progress.tell_seed(run.seed) end

  local kept = { values = {}, snapshots = {}, interrupted = false, began = core.clock() }
  core.watch_interrupt(true)
  local ok, problem = xpcall(loop, misuse.relocate, run, options, bar, kept)
  core.watch_interrupt(false)
  if not ok then error(problem, 0) end
  bar:finish(run.step, run.value, kept.interrupted and "interrupted" or "done")

  local made = finish(run, kept)
  if options.output then check_saved(made:save(options.output)) end
  if options.checkpoint then check_saved(run:save(options.checkpoint)) end
  return made
end

return render
