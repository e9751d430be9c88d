-- SPDX-License-Identifier: MIT
-- Fuzzing pictures: PNG and JPEG, which are told by their bytes.

local core = require "phosphene.core"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "a"
  file:close()
  return bytes
end

local function seeds()
  local folder, list = os.tmpname(), {}
  os.remove(folder)
  local image = core.random(1, "picture"):fill_normal(core.tensor { 1, 3, 9, 7 })
  for i, ending in ipairs { ".png", ".jpg" } do
    local path = folder .. ending
    assert(core.save_image(image, path))
    list[i] = read(path)
    os.remove(path)
  end
  return list
end

return { suffix = ".png", seeds = seeds, open = function(path) return core.load_image(path) end }
