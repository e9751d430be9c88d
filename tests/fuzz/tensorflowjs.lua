-- SPDX-License-Identifier: MIT
-- Fuzzing the JSON of TensorFlow.js, beside weights that are enough for any of the seeds.

local core = require "phosphene.core"
local json = require "phosphene.base.json"
local made = require("fuzz.keras").made
local networks = require "fuzz.networks"
local write = require "keras.write"

local function seeds()
  local list = {}
  for i, name in ipairs { "sequential", "inception", "efficientnet", "unet", "convnext", "nested", "sundries" } do
    list[i] = write.tensorflowjs(made(name), i % 2 == 0 and 8 or nil)
  end
  local keras3 = { modelTopology = "@model@", weightsManifest = { { paths = { "a.bin" }, weights = {} } } }
  local description = write.description(made "efficientnet", true):gsub("%%", "%%%%")
  list[#list + 1] = json.encode(keras3):gsub('"@model@"', description)
  return list
end

local function open(path)
  local folder = path:match "^.*/"
  for _, name in ipairs { "a.bin", "b.bin" } do assert(core.save_text(folder .. name, ("\0\0\x80\x3e"):rep(2000))) end
  return networks.open(path)
end

return { suffix = ".json", seeds = seeds, open = open }
