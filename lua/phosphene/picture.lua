-- Pictures in files: reading, writing with metadata, folders of photographs, centre crops. Must not know of
-- networks, nor of how a picture came to be.

local core = require "phosphene.core"
local misuse = require "phosphene.misuse"

local picture = {}

--- A picture from a file as (1, 3, h, w), RGB in [0, 1]; see meta/phosphene.lua.
function picture.load(path, options)
  return core.load_image(path, options)
end

-- Makes the folders that a file is to lie in.
local function make_folders(path)
  for folder in path:gmatch "()/" do
    if folder > 1 then
      local made, problem = core.make_folder(path:sub(1, folder - 1))
      if not made then return nil, problem end
    end
  end
  return true
end

--- Writes one picture, its values clipped to [0, 1]; folders are made. Metadata: a table of plain values.
function picture.save(tensor, path, metadata)
  local shape = tensor:shape()
  if #shape ~= 4 or shape[1] ~= 1 then
    misuse.raise("save: one picture (1, 3, h, w) expected, got %s; ph.montage makes one of several",
      table.concat(shape, "x"))
  end
  local made, problem = make_folders(path)
  if not made then return nil, problem end
  local texts = {}
  for key, value in pairs(metadata or {}) do texts[key] = tostring(value) end
  return core.save_image(tensor, path, texts)
end

--- The middle (height, width) of each picture of a batch; where a picture is smaller, black surrounds it.
function picture.crop(tensor, height, width)
  local shape = tensor:shape()
  local middle = core.tensor { shape[1], shape[2], height, width }
  return middle:paste(tensor, (height - shape[3]) // 2, (width - shape[4]) // 2)
end

local readable = { png = true, jpg = true, jpeg = true, bmp = true }

--- Paths of the pictures in a folder, sorted by name; or nil and a message.
function picture.list(folder)
  local names, problem = core.list_folder(folder)
  if not names then return nil, problem end
  local paths = {}
  for _, name in ipairs(names) do
    local suffix = name:match "%.(%w+)$"
    if suffix and readable[suffix:lower()] then paths[#paths + 1] = folder .. "/" .. name end
  end
  return paths
end

--- Splits a batch (n, 3, h, w) into a list of n pictures (1, 3, h, w).
function picture.split(batch)
  local images = {}
  for n = 0, batch:shape()[1] - 1 do images[n + 1] = batch:image(n) end
  return images
end

return picture
