-- SPDX-License-Identifier: MIT
-- Transforms by the field's names, and the standard lists of them. Each takes what it cannot do without by place, and
-- the rest in a table of options; the core checks them all. Must not know what is seen through them.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local suggest = require "phosphene.base.suggest"

local transforms = {}

-- A transform of the core from what was given by place and in the table of options.
local function make(kind, key, value, options)
  local settings = expect.named(options, kind)
  if settings[key] ~= nil then misuse.raise("%s: %s is given by place", kind, key) end
  settings[key] = value
  return core.transform(kind, settings)
end

-- `pad(12, { mode = "reflect" })`. That the first is given by place is easily forgotten.
local function of_value(kind, key)
  return misuse.guard(function(value, options)
    if type(value) == "table" then
      misuse.raise("%s: %s comes first, without braces: %s(8, { … })", kind, key, kind)
    end
    return make(kind, key, value, options)
  end)
end

-- `crop(64, 48)`: height and width, or one number for both.
local function of_size(kind, key)
  return misuse.guard(function(height, width, options)
    if type(width) == "table" and options == nil then width, options = nil, width end
    return make(kind, key, width and { height, width } or height, options)
  end)
end

-- `random_scale { 0.9, 1.1, method = "half_pixel" }`: the list and the options share a table.
local function of_list(kind, key)
  return misuse.guard(function(list)
    if type(list) ~= "table" then
      misuse.raise("%s: a list of %s expected, got %s", kind, key, misuse.shown(list))
    end
    local values, options = { table.unpack(list) }, {}
    for name, setting in pairs(list) do
      if math.type(name) ~= "integer" or name < 1 or name > #values then options[name] = setting end
    end
    return make(kind, key, #values > 0 and values or nil, options)
  end)
end

-- The first setting's kind says how it is written.
local of = { pair = of_size, list = of_list }
for _, transform_type in ipairs(core.transform_types()) do
  local first = transform_type.fields[1]
  transforms[transform_type.name] = (of[first.kind] or of_value)(transform_type.name, first.key)
end

-- ---- the standard lists ----

-- f(first), f(first + 1), … f(last)
local function each(first, last, f)
  local values = {}
  for i = first, last do values[#values + 1] = f(i) end
  return values
end

local function itself(i) return i end

-- Nothing: the network sees the picture as it is.
transforms.none = {}

-- Lucid's standard_transforms (lucid/optvis/transform.py). Zero is five more times among the angles: an upright
-- picture is the likeliest.
local tilts = each(-10, 10, itself)
for _ = 1, 5 do tilts[#tilts + 1] = 0 end
transforms.lucid = {
  transforms.pad(12),
  transforms.jitter(8),
  transforms.random_scale(each(-5, 5, function(i) return 1 + i / 50 end)),
  transforms.random_rotate(tilts),
  transforms.jitter(4),
}

-- Those of the figures in Olah, Mordvintsev and Schubert, "Feature Visualization", Distill, 2017, as its footnote has
-- them.
transforms.distill = {
  transforms.pad(16),
  transforms.jitter(16),
  transforms.random_scale { 1, 0.975, 1.025, 0.95, 1.05 },
  transforms.random_rotate(each(-5, 5, itself)),
  transforms.jitter(8),
  transforms.crop_border(16),
}

-- Lists of transforms, end to end.
local function joined(...)
  local all = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #all + 1, all) end
  return all
end

-- Captum's TransformationRobustness (optim-wip, captum/optim/_param/image/transforms.py), whose jitters reflect.
local function reflected(distance, times)
  local list = {}
  for _ = 1, times do
    list = joined(list, { transforms.pad(distance, { mode = "reflect" }), transforms.jitter(2 * distance) })
  end
  return list
end
local fading = each(20, 39, function(n) return 0.998 ^ n end)
local shrinking = joined(each(-5, 79, function(n) return 0.995 ^ n end), fading, fading)
shrinking.method = "pytorch"
local turns = joined(each(-20, 19, itself), each(-10, 9, itself), each(-5, 4, itself), { 0, 0, 0, 0, 0 })
turns.method = "bilinear"
transforms.captum = joined({ transforms.pad(2) }, reflected(4, 10),
  { transforms.random_scale(shrinking), transforms.random_rotate(turns) }, reflected(2, 1))

--- Xplique's generate_standard_transformations (features_visualizations/transformations.py), and its resizing after
--- that to what the network has seen in training.
transforms.xplique = misuse.guard(function(size, seen)
  local unit = misuse.check_count(size, 16, "xplique: size") // 16
  local jitters = {}
  for i, units in ipairs { 2, 2, 4, 4, 4 } do jitters[i] = transforms.jitter(units * unit) end
  return joined({ transforms.pad(4 * unit, { value = 0 }) }, jitters, {
    transforms.random_scale { 0.92, 0.96, draw = "range", method = "half_pixel" },
    transforms.random_blur(1, { most = 1.1, size = 10 }),
    transforms.jitter(unit), transforms.jitter(unit), transforms.flip(),
    transforms.resize(misuse.check_count(seen or 224, 1, "xplique: seen")),
  })
end)

local lists = { captum = transforms.captum, distill = transforms.distill, lucid = transforms.lucid,
  none = transforms.none }

--- A standard list by its name.
transforms.named = misuse.guard(function(name)
  expect.value(name, expect.text, "named: the name of transforms")
  if lists[name] then return lists[name] end
  local names = { "captum", "distill", "lucid", "none" }
  misuse.raise("no transforms '%s'; %s", tostring(name),
    suggest(name, names, "there are " .. table.concat(names, ", ")))
end)

-- ---- running ----

-- A pipeline whose transforms change as the run goes on: each forward asks for those of the next step.
local scheduled = {}
scheduled.__index = scheduled

function scheduled:forward(images, random)
  self.step = self.step + 1
  if self.current then self.current:close() end
  self.current = transforms.pipeline(self.choose(self.step))
  return self.current:forward(images, random)
end

function scheduled:backward(gradient)
  return (self.current or core.pipeline {}):backward(gradient)
end

function scheduled:close()
  if self.current then self.current:close() end
end

function scheduled:__tostring()
  return self.current and ("custom, at step %d %s"):format(self.step, self.current) or "custom"
end

local a_transform = expect.kinds("a transform, ph.jitter(8) for example,", "transform")

-- ph.jitter where ph.jitter(8) was meant would pass for a function that gives the transforms of each step.
local function refuse_constructor(f)
  for name, constructor in pairs(transforms) do
    if rawequal(f, constructor) then
      misuse.raise("transforms: ph.%s is a function; call it, as in ph.%s(8)", name, name)
    end
  end
end

--- What runs them: from a list, a single transform, the name of a standard list, or a function from the step to one of
--- these.
transforms.pipeline = misuse.guard(function(choice)
  if type(choice) == "function" then
    refuse_constructor(choice)
    return setmetatable({ choose = choice, step = 0 }, scheduled)
  end
  if type(choice) == "string" then return core.pipeline(transforms.named(choice)) end
  if type(choice) == "userdata" then choice = { choice } end
  if type(choice) ~= "table" then
    misuse.raise("transforms: a list of transforms or the name of one expected, got %s", misuse.shown(choice))
  end
  return core.pipeline(expect.elements(choice, a_transform, "transforms"))
end)

return transforms
