-- SPDX-License-Identifier: MIT
-- k-means, several times from other centres, and for several numbers of clusters. One run is the core's.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local settings = require "phosphene.analysis.settings"

local kmeans = {}

local a_count = expect.whole(1)
local counts = {
  text = "a number of clusters, or a list of such numbers from 2 on",
  fits = function(value)
    return a_count.fits(value)
      or expect.list(expect.whole(2), "").fits(value) and #value > 0
  end,
}

-- Silhouettes compare all pairs: of more samples than this, so many are drawn.
local most_compared = 4096

--- See meta/analysis.lua.
function kmeans.silhouette(x, labels)
  local most = 0
  settings.samples("silhouette", x)
  expect.elements(labels, expect.whole(0), "silhouette: labels")
  for _, label in ipairs(labels) do most = math.max(most, label) end
  return core.silhouette(x, labels, math.tointeger(most) + 1)
end

-- The worst there is where all are in one cluster, as samples that are alike are.
local function silhouette_or_worst(x, labels)
  for _, label in ipairs(labels) do
    if label ~= labels[1] then return kmeans.silhouette(x, labels) end
  end
  return -1
end

-- Of some of the samples, where there are many.
local function sampled_silhouette(x, labels, seed)
  if #labels <= most_compared then return silhouette_or_worst(x, labels) end
  local random, places, some, all = core.random(seed, "silhouette"), {}, {}, {}
  for i = 1, #labels do all[i] = i end
  for i = 1, most_compared do
    local other = i + random:below(#labels - i + 1)
    all[i], all[other] = all[other], all[i]
    places[i], some[i] = all[i] - 1, labels[all[i]]
  end
  return silhouette_or_worst(x:gather(0, places), some)
end

-- The best of several runs.
local function best_of(x, clusters, options, after_run)
  local best
  local random = core.random(options.seed, "kmeans " .. clusters)
  for _ = 1, options.restarts do
    local run = { clusters = clusters }
    run.centres, run.labels, run.inertia, run.iterations =
      core.kmeans(x, clusters, options.iterations, options.tolerance, random)
    if not best or run.inertia < best.inertia then best = run end
    after_run(best)
  end
  return best
end

--- See meta/analysis.lua.
function kmeans.run(x, given)
  local samples = settings.samples("kmeans", x)
  local options = settings.read("kmeans", given, {
    clusters = { nil, counts }, restarts = { 10, a_count }, iterations = { 300, a_count },
    tolerance = { 1e-4, expect.within(0, 1) }, seed = settings.seed, progress = settings.progress,
  })
  if options.clusters == nil then misuse.raise("kmeans: clusters expected, %s", counts.text) end
  local several = type(options.clusters) == "table"
  local tried = several and options.clusters or { options.clusters }
  for _, clusters in ipairs(tried) do expect.value(clusters, expect.whole(1, samples), "kmeans: clusters") end
  local display, done, best = settings.display("k-means", #tried * options.restarts, options), 0, nil
  local silhouettes = {}
  for _, clusters in ipairs(tried) do
    local found = best_of(x, math.tointeger(clusters), options, function(so_far)
      done = done + 1
      display:update(done, so_far.inertia)
    end)
    if several then
      found.silhouette = sampled_silhouette(x, found.labels, options.seed)
      silhouettes[found.clusters] = found.silhouette
    end
    if not best or found.silhouette > best.silhouette then best = found end
  end
  display:finish(done, best.inertia, "done")
  best.silhouettes = several and silhouettes or nil
  return best
end

return kmeans
