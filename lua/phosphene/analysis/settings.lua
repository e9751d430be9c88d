-- SPDX-License-Identifier: MIT
-- What the analyses have in common: options with their defaults, checked, and progress.

local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local progress = require "phosphene.base.progress"

local settings = {}

--- The options that were given, over the defaults. `known` has for each name { default, check }.
function settings.read(name, given, known)
  local names, checks, read = {}, {}, {}
  given = given or {}
  for key, option in pairs(known) do
    names[#names + 1], checks[key], read[key] = key, option[2], option[1]
  end
  table.sort(names)
  misuse.check_keys(given, names, name)
  expect.fields(given, checks, name .. ": ")
  for key, value in pairs(given) do read[key] = value end
  return read
end

settings.seed = { 1, expect.integer }
settings.progress = { true, expect.truth }

--- The display of a loop of so many steps.
function settings.display(title, steps, options)
  return progress.new { title = title, steps = steps, on = options.progress }
end

--- The number of samples, as far as x has any; what else is wrong with it the core says.
function settings.samples(name, x)
  return expect.value(x, expect.kinds("samples (n, features)", "tensor"), name):shape()[1] or 0
end

return settings
