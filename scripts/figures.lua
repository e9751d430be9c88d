-- SPDX-License-Identifier: MIT
-- Figures: the pictures of the tutorial that need no data, all at once: small, on the embedded network, or full, on
-- GoogLeNet. What is there already is not made again. Units were chosen by looking.
local ph = require "phosphene"
local gallery = require "phosphene.program.gallery"
local opt = ph.options {
  full = { false, "large, on BVLC's GoogLeNet" }, only = { "", "the name of one of them" },
  image = { "", "a photograph for caricature, dream, example and inversion" }, seed = 1,
  output = { "", "the folder, if not out/figures, or out/figures/full" },
}

-- What each has of its own, small and full, beside the recipe's settings.
local quick, grid = { steps = 128, unit = 71 }, { shown = { 1, 8, 32, 64, 128 }, unit = 71 }
local figures = {
  { "progress", { shown = { 0, 4, 32, 256 }, unit = 71 }, {} },
  { "neuron", quick, { size = 224 } },
  { "negative", quick, { size = 192 } },
  { "channel", quick, { size = 224 } },
  { "layer", { steps = 128 }, { size = 224 } },
  { "dream", { size = 160 }, { size = 224 }, image = true },
  { "class", { steps = 128, class = "ladybug" }, { size = 192, class = "goldfinch" } },
  { "depth", { steps = 128 }, {} },
  { "diversity", { steps = 128, unit = 49 }, {} },
  { "directions", { steps = 128 }, {} },
  { "interpolate", { steps = 128 }, { from = 22, to = 43 } },
  { "pairs", { steps = 128 }, { across = { 11, 43, 22 }, down = { 46, 37, 58 }, size = 128 } },
  { "unregularised", grid, {} },
  { "gradient", { size = 128 }, { size = 192 } },
  { "frequency", grid, {} },
  { "robustness", grid, {} },
  { "preconditioning", grid, {} },
  { "parameterisations", quick, {} },
  { "transforms", quick, { size = 192 } },
  { "example", { unit = 71, size = 128 }, { size = 224 }, image = true },
  { "dead", { steps = 64 }, { size = 128 } },
  { "caricature", { size = 128, steps = 192 }, { size = 224 }, image = true },
  { "inversion", { size = 128, steps = 192 }, { size = 224 }, image = true },
}

local list = {}
for i, figure in ipairs(figures) do
  local options = { net = opt.full and "bvlc_googlenet" or "googlenet-tiny", seed = opt.seed }
  if not opt.full then options.size = 96 end
  for name, value in pairs(figure[opt.full and 3 or 2]) do options[name] = value end
  if figure.image then options.image = opt.image end
  list[i] = { name = figure[1], recipe = figure[1], options = options }
end
local folder = opt.output ~= "" and opt.output or opt.full and "out/figures/full" or "out/figures"
return gallery.make(list, folder, opt.only)
