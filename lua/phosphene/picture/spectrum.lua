-- SPDX-License-Identifier: MIT
-- Power spectra of pictures or gradients. The transform is the core's Fourier parameterisation, which computes the
-- coefficients of a picture. Must not know what is in the pictures.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"

local spectrum = {}

local result = { __name = "ph.spectrum" }
result.__index = result

-- ---- measuring ----

-- The coefficients (n, c, h, w // 2 + 1, 2) that images are made of, as a flat list, and the factor that makes powers
-- of their squares. Of the parameterisation, image = irfft2(coefficients * sqrt(h w)) / 4, the inverse transform being
-- divided by h w; by Parseval's theorem squares / (16 h w) then add up to the mean square.
local function coefficients_of(images)
  local shape = images:shape()
  local parameterisation <close> = core.parameterisation("fourier", {
    image = images, channels = shape[2], decay = 0, decorrelate = false, squash = "none",
  })
  return parameterisation:values():values(), 1 / (16 * shape[3] * shape[4])
end

-- Power by frequency, the mean over images of the sum over channels, as a flat list (h, w) with frequency 0 at
-- (h // 2, w // 2). Columns beyond w // 2 are the mirrored ones of a real picture's spectrum.
local function power_of(images)
  local shape = images:shape()
  local planes, h, w = shape[1] * shape[2], shape[3], shape[4]
  local values, factor = coefficients_of(images)
  factor = factor / shape[1]
  local power = {}
  for i = 1, h * w do power[i] = 0 end
  local i = 1
  for _ = 1, planes do
    for y = 0, h - 1 do
      for x = 0, w // 2 do
        local energy = factor * (values[i] ^ 2 + values[i + 1] ^ 2)
        local here = (y + h // 2) % h * w + (x + w // 2) % w + 1
        local there = (h // 2 - y) % h * w + (w // 2 - x) % w + 1
        power[here] = power[here] + energy
        if x > 0 and 2 * x < w then power[there] = power[there] + energy end
        i = i + 2
      end
    end
  end
  return power
end

-- f(frequency in cycles a pixel, power) for every frequency but 0.
local function each(self, f)
  local h, w = self.height, self.width
  for i, power in ipairs(self.list) do
    local fy, fx = ((i - 1) // w - h // 2) / h, ((i - 1) % w - w // 2) / w
    if fy ~= 0 or fx ~= 0 then f(math.sqrt(fy ^ 2 + fx ^ 2), power) end
  end
end

-- The mean power in rings one cycle a picture wide, from 1 on.
local function rings(self)
  local sums, counts, side = {}, {}, math.max(self.height, self.width)
  for k = 1, side // 2 do sums[k], counts[k] = 0, 0 end
  each(self, function(frequency, power)
    local k = math.floor(frequency * side + 0.5)
    if sums[k] then sums[k], counts[k] = sums[k] + power, counts[k] + 1 end
  end)
  for k, count in ipairs(counts) do sums[k] = count > 0 and sums[k] / count or 0 end
  return sums
end

--- The spectrum of images (n, c, h, w); see meta/spectrum.lua.
function spectrum.of(images)
  local shape = expect.value(images, expect.images, "spectrum"):shape()
  local list = power_of(images)
  local self = setmetatable({ list = list, height = shape[3], width = shape[4] }, result)
  self.power = core.tensor({ 1, 1, shape[3], shape[4] }, list)
  self.radial = rings(self)
  return self
end

-- ---- what can be asked of a spectrum ----

--- The part of all power but the mean's that lies at frequencies from `low` to below `high`, in cycles a pixel.
result.share = misuse.guard(function(self, low, high)
  expect.value(low, expect.number, "share: low")
  expect.value(high, expect.number, "share: high")
  local sum, inside = 0, 0
  each(self, function(frequency, power)
    sum = sum + power
    if frequency >= low and frequency < high then inside = inside + power end
  end)
  return sum > 0 and inside / sum or 0
end)

local decades = 4 -- of power, from black to white

--- The spectrum as a grey picture (1, 3, h, w), brighter by powers of ten up to the largest; the mean is left out.
function result:picture()
  local most = 0
  each(self, function(_, power) most = math.max(most, power) end)
  local floor, levels = most * 10 ^ -decades, {}
  for i, power in ipairs(self.list) do
    levels[i] = most > 0 and math.min(1, math.max(0, math.log(math.max(power, floor) / floor, 10) / decades)) or 0
  end
  local picture = core.tensor { 1, 3, self.height, self.width }
  local plane = core.tensor({ 1, 1, self.height, self.width }, levels)
  local rows = core.tensor { 1, 1, 3 * self.height, self.width } -- the channels, one below the other
  for k = 0, 2 do rows:paste(plane, k * self.height, 0) end
  return picture:copy(rows:reshape(picture:shape()))
end

function result:__tostring()
  return ("spectrum of %dx%d, %.0f %% of its power below a tenth of a cycle a pixel"):format(self.width, self.height,
    100 * self:share(0, 0.1))
end

return spectrum
