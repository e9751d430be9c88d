-- SPDX-License-Identifier: MIT
-- Non-negative matrix factorisation: how long it goes on. Where it begins and how it goes on is the core's.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local settings = require "phosphene.analysis.settings"

local at_once = 10 -- iterations, between which it is asked whether to go on

--- See meta/analysis.lua.
local function nmf(x, given)
  settings.samples("nmf", x)
  local options = settings.read("nmf", given, {
    components = { nil, expect.whole(1) }, iterations = { 200, expect.whole(1) },
    tolerance = { 1e-4, expect.within(0, 1) }, progress = settings.progress,
  })
  if options.components == nil then misuse.raise "nmf: components expected, how many" end
  local weights, components = core.nmf_begin(x, options.components)
  local display = settings.display("NMF", options.iterations, options)
  local first = core.nmf_improve(x, weights, components, 0)
  local error_now, done = first, 0
  repeat
    local before = error_now
    local times = math.min(at_once, options.iterations - done)
    error_now, done = core.nmf_improve(x, weights, components, math.tointeger(times)), done + times
    display:update(done, error_now)
  until done >= options.iterations or before - error_now <= options.tolerance * first
  display:finish(done, error_now, "done")
  return { weights = weights, components = components, error = error_now, iterations = math.tointeger(done) }
end

return nmf
