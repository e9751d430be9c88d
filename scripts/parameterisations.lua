-- SPDX-License-Identifier: MIT
-- Parameterisations: one unit, under each way of making a picture out of numbers. The objective is the same; what
-- differs is which pictures are near, and so where the climb ends.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(), size = ph.auto.size(128), steps = 512, seed = 1,
  output = "out/parameterisations.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
-- A CPPN's first picture is smooth, and many units are silent on it for long.
local function relu(step) return step <= 128 and "redirected" or "plain" end

local comparison = ph.compare({
  net, ph.channel(opt.layer, opt.unit), size = opt.size, steps = opt.steps, seed = opt.seed,
}, {
  { "pixels, plain colours", parameterisation = "pixels", decorrelate = false },
  { "pixels", parameterisation = "pixels" },
  { "Laplacian pyramid", parameterisation = "laplacian" },
  { "Fourier, plain colours", decorrelate = false },
  { "Fourier" },
  { "Fourier, decay 2", decay = 2, rate = 0.01 },
  { "CPPN", parameterisation = "cppn", rate = 0.005, relu = relu },
  { "MaCo", parameterisation = "maco", rate = 1, optimiser = "nadam", squash = "sigmoid" },
}, { columns = 4, title = ("%s, channel %d, by parameterisation"):format(opt.layer, opt.unit) })
assert(comparison:save(opt.output))
return comparison
