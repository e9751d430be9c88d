-- SPDX-License-Identifier: MIT
-- The options of runs, each in one place: what it may be, its default, and, for those that decide the picture's bits,
-- how a run says what it was given. Checks, defaults, the metadata of pictures and the identity of checkpoints follow
-- from this table. What options are for is said in meta/render.lua. Must not know how a run goes.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local loading = require "phosphene.formats.loading"
local misuse = require "phosphene.base.misuse"
local schedules = require "phosphene.run.schedules"

local options = {}

-- What a part of the run says of itself, without the word for what it is.
local function text_of(part) return (tostring(part):gsub("^%l+ ", "")) end

-- An optimiser without what changes from step to step: how many it has taken, and a rate that follows a schedule.
local function lasting_optimiser(run)
  local text = text_of(run.optimiser):gsub(", %d+ steps?$", "")
  return run.schedule and text:gsub(", rate [^,]*", "") or text
end

-- A row is a name and
--   check     what the value may be (expect.lua), where that is not found out by whoever uses it;
--   default   its value where it is not given;
--   text      for what decides the picture's bits: what a run was given, as pictures' metadata say it, or nil;
--   lasting   the same without what changes from step to step, for checkpoints; `text` where it is not there;
--   given     false for what is not an option, but decides the bits all the same;
--   key       what metadata and checkpoints call it, if not by its name.

--- What `ph.steps` takes.
options.of_steps = {
  { "net", key = "network", text = function(run) return loading.name(run.net) end },
  { "weights", given = false, text = function(run) return loading.fingerprint(run.net) end },
  { "objective", text = function(run) return tostring(run.objective) end },
  { "steps", check = expect.whole(0), default = 512 },
  { "size", check = expect.whole(1), default = core.picture_side,
    text = function(run)
      local shape = run.parameterisation:shape()
      return ("%dx%d"):format(shape[4], shape[3])
    end },
  { "width", check = expect.whole(1) },
  { "height", check = expect.whole(1) },
  { "batch", check = expect.whole(1), text = function(run) return run.parameterisation:shape()[1] end },
  { "seed", check = expect.integer, text = function(run) return run.seed end },
  { "image", check = expect.pictures, text = function(run) return run.start end },
  { "parameterisation", default = "fourier", text = function(run) return text_of(run.parameterisation) end },
  { "decorrelate", check = expect.truth },
  { "squash" },
  { "decay" },
  { "deviation" },
  { "transforms", default = "lucid", text = function(run) return tostring(run.transforms) end,
    lasting = function(run) return (tostring(run.transforms):gsub("^custom, .*", "custom")) end },
  { "optimiser", default = "adam",
    check = expect.kinds("a name, a table { name, settings… } or an optimiser", "string", "table", "optimiser"),
    text = function(run) return text_of(run.optimiser) end, lasting = lasting_optimiser },
  { "rate", check = expect.kinds("a number, a schedule or a function", "number", "schedule", "function"),
    text = function(run) return run.schedule and schedules.text_of(run.schedule) end },
  { "relu", default = "redirected", text = function(run) return run.relu_name end },
  { "pool", check = expect.choice(table.unpack(core.modes.pool)),
    text = function(run) return run.forward_options.pool end },
  { "precision", check = expect.choice(table.unpack(core.modes.precision)),
    text = function(run) return run.forward_options.precision end },
  { "resume", check = expect.text },
  { "progress", check = expect.truth },
}

-- The rows of several lists in one.
local function joined(...)
  local all = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #all + 1, all) end
  return all
end

--- What `ph.render` takes: those, and more.
options.of_render = joined(options.of_steps, {
  { "snapshots", check = expect.list(expect.whole(0), "a list of steps, whole numbers of at least 0,") },
  { "counting", check = expect.choice("updates", "lucid"), default = "updates" },
  { "stop" },
  { "keep", check = expect.choice("last", "best"), default = "last" },
  { "restarts", check = expect.whole(1), default = 1 },
  { "transparency", check = expect.truth },
  { "on_step", check = expect.callable },
  { "title", check = expect.text },
  { "output", check = expect.text },
  { "checkpoint", check = expect.text },
  { "checkpoint_every", check = expect.kinds('a number of steps, or of seconds as in "30 s",', "number", "string"),
    default = "60 s" },
})

local default_of = {}
for _, row in ipairs(options.of_render) do default_of[row[1]] = row.default end

--- Raises unless `given` is a table of these options only, each of which is what it may be. The first two may be given
--- by place.
function options.check(given, rows, what)
  local names, expected = {}, {}
  for _, row in ipairs(rows) do
    if row.given ~= false then names[#names + 1], expected[row[1]] = row[1], row.check end
  end
  misuse.check_keys(given, names, what, 2)
  expect.fields(given, expected)
end

--- The value of an option, or its default.
function options.value(given, name)
  if given[name] ~= nil then return given[name] end
  return default_of[name]
end

--- What decides a run's bits, as a list of { key, text }: with everything that another run needs to make the same
--- picture, or, for `lasting`, without what changes from step to step.
function options.identity(run, lasting)
  local identity = {}
  for _, row in ipairs(options.of_steps) do
    local text = lasting and row.lasting or row.text
    if text then identity[#identity + 1] = { row.key or row[1], text(run) } end
  end
  return identity
end

return options
