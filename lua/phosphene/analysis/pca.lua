-- SPDX-License-Identifier: MIT
-- Principal components, by the names that they have in scikit-learn. They are found by the core.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local settings = require "phosphene.analysis.settings"

--- See meta/analysis.lua.
local function pca(x, given)
  local samples = settings.samples("pca", x)
  local options = settings.read("pca", given, { components = { nil, expect.whole(1) } })
  local count = options.components or math.max(1, math.min(samples, x:shape()[2] or 1))
  local found = {}
  found.mean, found.components, found.explained_variance, found.explained_variance_ratio, found.scores =
    core.pca(x, count)
  return found
end

return pca
