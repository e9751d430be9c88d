-- SPDX-License-Identifier: MIT
-- Neuron: what one unit at one place responds to. What it cannot see stays as it started.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", layer = "auto", unit = ph.auto.unit(),
  x = { -1, "column in the layer, from 0; -1 is the middle" }, y = { -1, "row" },
  size = ph.auto.size(128), steps = 512, seed = 1, output = "out/neuron.png",
}

local net = assert(ph.network(opt.net)):choose(opt)
local place = { x = opt.x >= 0 and opt.x or nil, y = opt.y >= 0 and opt.y or nil }
local objective = ph.neuron(opt.layer, opt.unit, place)
local result = ph.render { net, objective, size = opt.size, steps = opt.steps, seed = opt.seed }
assert(result:save(opt.output))
return result
