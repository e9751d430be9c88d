-- SPDX-License-Identifier: MIT
-- Fuzzing HDF5 files: every attribute that Keras asks for and every data set is read.

local core = require "phosphene.core"
local hdf5 = require "keras.hdf5"

local function objects()
  local data = ("abcd"):rep(12)
  return {
    ["g/plain"] = { dims = { 3, 4 }, data = data }, ["g/half"] = { type = "float16", dims = { 24 }, data = data },
    ["g/whole"] = { type = "int8", dims = { 6, 8 }, data = data },
    compact = { dims = { 12 }, data = data, compact = true },
    ["h/a/chunks"] = { dims = { 3, 5 }, chunk = { 2, 3 }, filters = true, chunks = {
      { offset = { 0, 0 }, data = ("x"):rep(24) }, { offset = { 0, 3 }, data = ("y"):rep(24) },
      { offset = { 2, 0 }, data = ("z"):rep(24) }, { offset = { 2, 3 }, data = ("w"):rep(24) } } },
    ["h/b"] = { type = "opaque2", dims = {}, data = "ab", attributes = { dtype = "bfloat16" } },
  }
end

local function seeds()
  local attributes = { [""] = { model_config = "{}" }, g = { weight_names = { "plain", "half" } },
    h = { layer_names = {} } }
  return { hdf5.file(hdf5.tree(objects(), attributes), false), hdf5.file(hdf5.tree(objects(), attributes), true) }
end

local attributes = { "model_config", "weight_names", "layer_names", "dtype" }

local function open(path)
  local file, problem = core.open_hdf5(path)
  if not file then return nil, problem end
  local names = file:names()
  for i = 1, math.min(#names, 40) do
    for _, attribute in ipairs(attributes) do
      local texts
      texts, problem = file:texts(names[i], attribute)
      if not texts and problem then return nil, problem end
    end
    local tensor
    tensor, problem = file:tensor(names[i])
    if tensor then tensor:statistics() elseif not problem:find(path, 1, true) then return nil, problem end
  end
  file:close()
  return true
end

return { suffix = ".h5", seeds = seeds, open = open }
