-- SPDX-License-Identifier: MIT
-- Fuzzing safetensors files, as tables of tensors and as networks.

local core = require "phosphene.core"
local networks = require "fuzz.networks"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "a"
  file:close()
  return bytes
end

local function seeds()
  local path, list = os.tmpname(), {}
  for i, type in ipairs { "F32", "F16", "BF16" } do
    local tensors = { a = core.tensor({ 2, 3 }, 0.5), ["b.weight"] = core.tensor({ 1, 2, 1, 2 }, -2) }
    local metadata = { architecture = "googlenet_tiny", labels = '["a", "b"]' }
    assert(core.save_safetensors(path, tensors, metadata, { type = type }))
    list[i] = read(path)
  end
  os.remove(path)
  return list
end

local function open(path)
  local tensors, problem = core.load_safetensors(path)
  if not tensors then return nil, problem end
  for _, tensor in pairs(tensors) do tensor:statistics() end
  return networks.open(path)
end

return { suffix = ".safetensors", seeds = seeds, open = open }
