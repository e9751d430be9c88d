-- SPDX-License-Identifier: MIT
-- Results: what a finished run gives, and how it says how it was made. Must not know how a run goes.

local core = require "phosphene.core"
local misuse = require "phosphene.base.misuse"
local montage = require "phosphene.picture.montage"
local network = require "phosphene.formats.loading"
local picture = require "phosphene.picture.files"
local schedules = require "phosphene.run.schedules"

local result = { __name = "ph.result" }
result.__index = result

--- Writes the picture, or a montage of the batch, with its metadata.
result.save = misuse.guard(function(self, path)
  local image = #self.images == 1 and self.image or montage(self.images)
  return picture.save(image, path, self.metadata)
end)

function result:__tostring()
  local value = self.value and (", value %.4g"):format(self.value) or ""
  return ("result: %s%s after %d steps, seed %d"):format(self.objective, value, self.steps, self.seed)
end

-- What a part of the run says of itself, without the word for what it is.
local function text_of(part)
  return (tostring(part):gsub("^%l+ ", ""))
end

-- Everything that another run needs to make this picture again.
local function metadata_of(run, value, best)
  local shape = run.image:shape()
  return {
    software = "Phosphene " .. core.version,
    network = network.name(run.net),
    objective = tostring(run.objective),
    seed = run.seed,
    steps = run.step,
    kept = best and ("best, after %d steps"):format(best.step) or nil,
    size = ("%dx%d"):format(shape[4], shape[3]),
    batch = shape[1],
    parameterisation = text_of(run.parameterisation),
    transforms = tostring(run.transforms),
    optimiser = text_of(run.optimiser),
    rate = run.schedule and schedules.text_of(run.schedule),
    relu = run.relu_name,
    pool = run.forward_options.pool,
    precision = run.forward_options.precision,
    value = value,
  }
end

--- The result of a run, from what the loop kept of it: `snapshots`, `history`, `best` where it was asked for, when the
--- run began, and how it ended (`interrupted`, `stopped`).
function result.of(run, kept)
  local best = kept.best
  local image = best and best.image or run.image:clone()
  local value = run.value
  if best then value = best.value end
  return setmetatable({
    image = image,
    images = picture.split(image),
    value = value,
    values = run.values,
    history = kept.history,
    best = best,
    transparency = kept.transparency,
    steps = run.step,
    seed = run.seed,
    snapshots = kept.snapshots,
    objective = tostring(run.objective),
    interrupted = kept.interrupted,
    stopped = kept.stopped,
    seconds = core.clock() - kept.began,
    metadata = metadata_of(run, value, best),
  }, result)
end

return result
