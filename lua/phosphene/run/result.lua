-- SPDX-License-Identifier: MIT
-- Results: what a finished run gives, and how it says how it was made. Must not know how a run goes.

local core = require "phosphene.core"
local later = require "phosphene.base.later"
local misuse = require "phosphene.base.misuse"
local options = require "phosphene.run.options"
local picture = require "phosphene.picture.files"

local montage = later "phosphene.picture.montage"

local result = { __name = "ph.result" }
result.__index = result

--- Writes the picture, or a montage of the batch, with its metadata.
result.save = misuse.guard(function(self, path)
  local image = #self.images == 1 and self.image or montage(self.images, { opacity = self.opacity })
  return picture.save(image, path, self.metadata, { opacity = self.opacity })
end)

function result:__tostring()
  local value = self.value and (", value %.4g"):format(self.value) or ""
  return ("result: %s%s after %d steps, seed %d"):format(self.objective, value, self.steps, self.seed)
end

-- Everything that another run needs to make this picture again.
local function metadata_of(run, kept, value)
  local best = kept.best
  local metadata = {
    software = "Phosphene " .. core.version,
    steps = run.step,
    kept = best and ("best, after %d steps"):format(best.step) or nil,
    value = value,
    ended = kept.interrupted and "interrupted" or kept.stopped and "stopped" or nil,
  }
  for _, entry in ipairs(options.identity(run)) do metadata[entry[1]] = entry[2] end
  return metadata
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
    opacity = image:shape()[2] == 4 and run.net:channels() == 3,
    transparency = kept.transparency,
    steps = run.step,
    seed = run.seed,
    snapshots = kept.snapshots,
    objective = tostring(run.objective),
    interrupted = kept.interrupted,
    stopped = kept.stopped,
    seconds = core.clock() - kept.began,
    metadata = metadata_of(run, kept, value),
  }, result)
end

return result
