-- SPDX-License-Identifier: MIT
-- t-SNE: where a layout begins and how fast it moves when. The moves are the core's.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local settings = require "phosphene.analysis.settings"

local exaggerated = 250 -- iterations; then the momentum grows, too
local at_once = 10

-- Small numbers: the principal components, or by chance.
local function begin(x, samples, options)
  local dimensions, deviation = math.tointeger(options.dimensions), 1e-4
  if options.init == "random" then
    return core.random(options.seed, "tsne"):fill_normal(core.tensor { samples, dimensions }, 0, deviation)
  end
  local _, _, _, _, scores = core.pca(x, dimensions)
  local spread = scores:slice({ 0, 0 }, { samples, 1 }):statistics().deviation
  return spread > 0 and scores:scale(deviation / spread) or scores
end

--- See meta/analysis.lua.
local function tsne(x, given)
  local samples = settings.samples("tsne", x)
  local options = settings.read("tsne", given, {
    dimensions = { 2, expect.whole(1, 16) },
    perplexity = { math.min(30, math.max(1, (samples - 1) / 3)), expect.number },
    iterations = { 1000, expect.whole(1) }, early_exaggeration = { 12, expect.within(1, 1000) },
    learning_rate = { nil, expect.number },
    init = { "pca", expect.choice("pca", "random") }, seed = settings.seed, progress = settings.progress,
  })
  local rate = options.learning_rate or math.max(samples / options.early_exaggeration / 4, 50)
  local affinities <close> = core.tsne_affinities(x, options.perplexity)
  local layout = begin(x, samples, options)
  local velocity <close> = core.tensor(layout:shape())
  local gains <close> = core.tensor(layout:shape(), 1)
  local display = settings.display("t-SNE", options.iterations, options)
  local done, divergence = 0, nil
  while done < options.iterations do
    local early = done < exaggerated
    local times = math.tointeger(math.min(at_once, options.iterations - done))
    divergence = core.tsne_move(affinities, layout, velocity, gains, early and options.early_exaggeration or 1,
      early and 0.5 or 0.8, rate, times)
    done = done + times
    display:update(done, divergence)
  end
  display:finish(done, divergence, "done")
  return { layout = layout, kl_divergence = divergence }
end

return tsne
