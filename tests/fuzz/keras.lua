-- SPDX-License-Identifier: MIT
-- Fuzzing Keras's HDF5 files as networks.

local architectures = require "keras.architectures"
local model = require "keras.model"
local networks = require "fuzz.networks"
local write = require "keras.write"

-- A model of the test's architectures, over a grey picture.
local function made(name)
  local picture = { dims = { 12, 12, 3 } }
  for i = 1, 12 * 12 * 3 do picture[i] = i % 7 / 7 end
  local m = model.new(picture, name)
  architectures[name](m, m.input)
  return m
end

local function seeds()
  local list = {}
  for i, name in ipairs { "sequential", "mobilenet_v2", "efficientnet", "nested", "sundries" } do
    list[i] = write.h5(made(name), i % 2 == 0)
  end
  return list
end

return { suffix = ".h5", seeds = seeds, open = networks.open, made = made }
