-- SPDX-License-Identifier: MIT
-- Parameterisations by name and settings, as `ph.parameterisation` and `ph.render` take them, and the sums that have
-- their own names. Must not know what is optimised, nor how.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local kind_of = require "phosphene.base.kind_of"
local later = require "phosphene.base.later"
local misuse = require "phosphene.base.misuse"

local fit = later("phosphene.picture.fitting", "fit")

local parameterisations = {}

-- { "cppn", hidden = 12 } or { kind = "cppn", hidden = 12 } or "cppn" as a kind and a fresh table of its settings.
local function split(given, what)
  if type(given) == "string" then return given, {} end
  if type(given) ~= "table" then
    misuse.raise("%s: a name, or a table { name, settings… }, expected, got %s", what, misuse.shown(given))
  end
  local settings = {}
  for key, value in pairs(given) do
    if key ~= 1 and key ~= "kind" then settings[key] = value end
  end
  local kind = given[1] or given.kind
  if type(kind) ~= "string" then misuse.raise("%s: the name of a kind expected", what) end
  return kind, settings
end

-- ---- sums ----

local function part(given, number)
  local kind, settings = split(given, ("parameterisation 'sum', part %d"):format(number))
  settings.kind = kind
  return settings
end

-- Sizes as the core settles them, as far as it matters here.
local function sizes(settings)
  local shape = settings.image and settings.image:shape() or {}
  local height = settings.height or shape[3] or settings.width or core.picture_side
  return settings.batch or shape[1] or 1, height, settings.width or shape[4] or height
end

-- Small pictures of an aligned batch, as how many pixels of the image one of theirs is, and how many there are: of
-- 128 pixels 64, 32, 16, 16, 8 and 8, as in Lucid's notebook on feature interpolation.
local shared = { { 2, 1 }, { 4, 1 }, { 8, 1 }, { 8, 2 }, { 16, 1 }, { 16, 2 } }

-- A Fourier part for every image, and small pictures that the batch shares.
local function aligned(settings)
  local batch, height, width = sizes(settings)
  local parts = { { "fourier", decay = settings.decay } }
  for _, small in ipairs(shared) do
    local rows, columns = math.max(1, height // small[1]), math.max(1, width // small[1])
    if small[2] <= batch then
      parts[#parts + 1] = { "low_resolution", size = { rows, columns }, images = small[2] }
    end
  end
  settings.decay = nil
  settings.parts = parts
  return "sum", settings
end

-- The parameterisation, and whether it shows the image that it was given.
local function make(kind, given)
  expect.value(kind, expect.text, "parameterisation: the name of a kind")
  local settings = expect.named(given, "parameterisation")
  if kind == "aligned" then kind, settings = aligned(settings) end
  if kind == "sum" and type(settings.parts) == "table" then
    local parts = {}
    for i, one in ipairs(settings.parts) do parts[i] = part(one, i) end
    settings.parts = parts
  end
  return core.parameterisation(kind, settings)
end

--- A new parameterisation; see meta/parameterisation.lua.
function parameterisations.new(kind, given)
  local made, is_image = make(kind, given)
  if given and given.image and not is_image then fit(made, given.image, kind) end
  return made
end

-- ---- for runs ----

-- Options of a run that are settings of its parameterisation.
local forwarded = { "batch", "decorrelate", "squash", "deviation", "decay", "image" }

-- An image has its size: another one that is asked for would be ignored.
local function check_size(options)
  local shape = options.image and options.image:shape()
  for name, axis in pairs(shape and { size = 3, height = 3, width = 4 } or {}) do
    local is_other = options[name] and (options[name] ~= shape[axis] or name == "size" and options.size ~= shape[4])
    if is_other then
      misuse.raise("%s is %d, but the image is %dx%d; ph.resize_image changes that", name, options[name], shape[4],
        shape[3])
    end
  end
end

--- What a run optimises: from `given`, which is a parameterisation, a name, or a name and settings, and from the run's
--- other options. `usual` has the channels of a picture that nothing else decides, and where they are known height and
--- width; and `image`, the image to start from in these channels.
function parameterisations.of(given, options, seed, usual)
  if kind_of(given) == "parameterisation" then return given end
  check_size(options)
  local kind, settings = split(given, "parameterisation")
  for _, name in ipairs(forwarded) do
    if settings[name] == nil then settings[name] = usual[name] or options[name] end
  end
  if not settings.image then
    settings.channels = settings.channels or usual.channels
    settings.height = settings.height or options.height or options.size or usual.height or core.picture_side
    settings.width = settings.width or options.width or options.size or usual.width or core.picture_side
  end
  settings.random = settings.random or core.random(seed, "init")
  local made, is_image = make(kind, settings)
  -- A resumed run brings values of its own.
  if settings.image and not is_image and not options.resume then
    fit(made, settings.image, kind, options.progress)
  end
  return made
end

return parameterisations
