-- SPDX-License-Identifier: MIT
-- Statistics of a folder of photographs, which are read one by one, measured by the core, and saved to a file. Must not
-- know what they are used for.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local origin = require "phosphene.base.origin"
local picture = require "phosphene.picture.files"
local progress = require "phosphene.base.progress"

local statistics = {}

-- ---- results ----

local result = { __name = "ph.statistics" }
result.__index = result

function result:__tostring()
  return ("statistics of %d pictures of %dx%d: mean colour %.3f %.3f %.3f"):format(self.count, self.size, self.size,
    table.unpack(self.mean))
end

--- Writes what there is to a safetensors file; or nil and a message.
result.save = misuse.guard(function(self, path)
  return core.save_safetensors(path, {
    mean = core.tensor({ 3 }, self.mean),
    covariance = core.tensor({ 3, 3 }, self.covariance),
    matrix = core.tensor({ 3, 3 }, self.matrix),
    spectrum_matrix = core.tensor({ 3, 3 }, self.spectrum_matrix),
    spectrum = self.spectrum,
  }, { kind = "phosphene statistics", count = tostring(self.count), size = tostring(self.size) })
end)

--- What `save` wrote; or nil and a message.
function statistics.load(path)
  local tensors, metadata = core.load_safetensors(expect.value(path, expect.text, "load_statistics"))
  if tensors then origin.used_file(path) end
  if not tensors then return nil, metadata end
  local self = { count = math.tointeger(metadata.count), size = math.tointeger(metadata.size), skipped = {} }
  for _, name in ipairs { "mean", "covariance", "matrix", "spectrum_matrix" } do
    self[name] = tensors[name] and tensors[name]:values()
  end
  self.spectrum = tensors.spectrum
  if metadata.kind ~= "phosphene statistics" or not (self.count and self.size and self.mean and self.covariance
      and self.matrix and self.spectrum_matrix and self.spectrum) then
    return nil, ("'%s' holds no statistics of photographs"):format(path)
  end
  return setmetatable(self, result)
end

-- ---- gathering ----

-- The middle square of a picture, at this size; or nil and a message.
local function square(path, size)
  local image, problem = core.load_image(path, { size = size })
  if not image then return nil, problem end
  return picture.crop(image, size, size)
end

local option_names = { "size", "limit", "matrix", "progress" }

local function finish(gathered, size, matrix, skipped)
  local mean, covariance = gathered:colours()
  local factor, problem = core.colour_factor(covariance)
  if not factor then return nil, problem end
  return setmetatable({
    count = gathered:count(),
    size = size,
    mean = mean,
    covariance = covariance,
    matrix = factor,
    spectrum_matrix = matrix,
    spectrum = gathered:spectrum(),
    skipped = skipped,
  }, result)
end

-- Lucid's colour matrix for ImageNet (optvis/param/color.py), row by row.
local imagenet = {}
for i, value in ipairs { 0.26, 0.09, 0.02, 0.27, 0, -0.05, 0.27, -0.09, 0.03 } do
  imagenet[i] = value / math.sqrt(0.26 ^ 2 + 2 * 0.27 ^ 2)
end

--- Statistics of a folder; see meta/statistics.lua.
function statistics.of(folder, options)
  options = options or {}
  expect.value(folder, expect.text, "statistics: the folder of pictures")
  misuse.check_keys(options, option_names, "statistics")
  local size = misuse.check_count(options.size or 256, 2, "statistics: size")
  local limit = options.limit and misuse.check_count(options.limit, 1, "statistics: limit")
  local paths, problem = picture.list(folder)
  if not paths then return nil, problem end
  local count = math.min(#paths, limit or #paths)
  if count == 0 then return nil, ("no pictures in '%s'"):format(folder) end

  local matrix = options.matrix or imagenet
  local skipped = {}
  local gathered <close> = core.statistics(size, size, matrix)
  local bar = progress.new { on = options.progress, title = "statistics", steps = count }
  for i = 1, count do
    local image, trouble = square(paths[i], size)
    if image then
      gathered:add(image)
      image:close()
    else
      skipped[#skipped + 1] = trouble
    end
    bar:update(i)
  end
  bar:finish(count, nil, "done")
  if gathered:count() == 0 then return nil, ("no picture in '%s' could be read; %s"):format(folder, skipped[1]) end
  return finish(gathered, size, matrix, skipped)
end

return statistics
