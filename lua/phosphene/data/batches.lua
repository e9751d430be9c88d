-- SPDX-License-Identifier: MIT
-- A scan through a dataset: pictures come in batches, decoded ahead by the core's threads. What cannot be read is said
-- and left out, until it is too much of it. Must not know where pictures lie.

local core = require "phosphene.core"
local misuse = require "phosphene.base.misuse"
local printable = require "phosphene.base.printable"
local progress = require "phosphene.base.progress"

local scan = {}
scan.__index = scan

-- So many must have been tried before a share of them says anything.
local enough = 20

-- Ends the scan's threads and its display; what was reached stays shown.
local function close(self, how)
  if not self.loader then return end
  self.loader:close()
  self.loader = nil
  self.bar:finish(self.tried, nil, how)
  if self.failed > 0 then
    progress.tell(("%d of %d pictures could not be read"):format(self.failed, self.tried))
  end
end

function scan:__close(problem) close(self, problem and "interrupted" or "done") end

-- Notes a picture that could not be read. Raises where that is too many.
function scan:leave_out(place, problem)
  local data = self.data
  self.failed = self.failed + 1
  local path = data:path(place)
  if not data.said[path] then
    data.said[path] = true
    self.bar:say(printable(problem))
  end
  if self.tried >= enough and self.failed > data.unreadable * self.tried then
    error(("%s: %d of %d pictures cannot be read, more than a share of %g (option unreadable); the last: %s"):format(
      printable(data.name), self.failed, self.tried, data.unreadable, printable(problem)), 0)
  end
end

-- Fills `images` and gives the places of what is in it, as many as there are images but at the end.
function scan:fill(images, count)
  local indices = {}
  while #indices < count do
    local place, problem = self.loader:next(images, #indices)
    if not place then break end
    self.tried = self.tried + 1
    if problem then self:leave_out(place, problem) else indices[#indices + 1] = place end
    self.bar:update(self.tried)
  end
  return indices
end

-- The next batch, or nil at the end.
function scan:next()
  if not self.loader then return nil end
  local count, as = self.count, self.as
  local images = core.tensor { count, as.channels, as.height, as.width }
  local indices = self:fill(images, count)
  if #indices < count and self.failed == self.tried and self.tried > 0 then
    error(("%s: none of its pictures can be read"):format(printable(self.data.name)), 0)
  end
  if #indices == 0 then return close(self, "done") end
  if #indices < count then
    images = images:slice({ 0, 0, 0, 0 }, { #indices, as.channels, as.height, as.width })
  end
  local batch = { images = images, indices = indices }
  if self.data.labelled then
    batch.labels = {}
    for k, place in ipairs(indices) do batch.labels[k] = self.data:label(place) end
  end
  return batch
end

--- An iterator of batches for a generic `for`, with what ends the scan when the loop is left. `as` is what is done to
--- pictures; `options` are `count`, `shuffle`, `threads` and `progress`.
return function(data, as, options)
  local count = options.count
  local loader = data.catalogue:scan(data.items or nil, options.shuffle, options.threads, count, as)
  local self = setmetatable({ data = data, as = as, count = count, loader = loader, tried = 0, failed = 0,
    bar = progress.new { on = options.progress, title = "reading", steps = #data, unit = "pictures" } }, scan)
  local step = misuse.guard(function(...) return self:next(...) end)
  return step, nil, nil, self
end
