-- SPDX-License-Identifier: MIT
-- Pictures in files: writing with metadata, folders of photographs, centre crops. Must not know of networks, nor of how
-- a picture was made.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local origin = require "phosphene.base.origin"
local progress = require "phosphene.base.progress"

local picture = {}

--- The path with a word before its suffix: "a.png" becomes "a.interrupted.png".
function picture.marked(path, word)
  local stem, suffix = path:match "^(.*[^/])(%.%w+)$"
  return ("%s.%s%s"):format(stem or path, word, suffix or "")
end

local a_tensor = expect.kinds("a tensor", "tensor")

--- Writes one picture, its values clipped to [0, 1]; missing folders are made. Metadata is a table of plain values,
--- which PNG files keep; `opacity` says that a fourth channel is that. While the program is ending because of a signal,
--- the picture may not be what it was to become: its name says so, so that what skips pictures that are there does not
--- take it for finished.
function picture.save(tensor, path, metadata, options)
  expect.value(tensor, a_tensor, "save")
  expect.value(path, expect.text, "save: the path of a picture")
  local texts = expect.named(metadata, "save")
  for key, value in pairs(texts) do texts[key] = tostring(value) end
  local asked = expect.named(options, "save")
  misuse.check_keys(asked, { "opacity" }, "save")
  if expect.images.fits(tensor) then tensor = picture.visible(tensor, asked.opacity) end
  path = origin.stamp(path, texts)
  if not path then return true end
  local was_interrupted = core.interrupted()
  if was_interrupted then path = picture.marked(path, "interrupted") end
  local saved, problem = core.save_image(tensor, path, texts)
  if not saved then return nil, problem end
  if was_interrupted then
    progress.tell(("interrupted; the picture is in '%s'"):format(path))
  else
    origin.wrote(path)
  end
  return true
end

--- A picture from a file; see meta/image.lua.
function picture.load(path, options)
  expect.value(path, expect.text, "load_image: the path of a picture")
  local image, problem = core.load_image(path, options)
  if not image then return nil, problem end
  origin.used_file(path)
  return image
end

local a_side = expect.whole(1, 16384) -- as large as a picture may be

--- The middle (height, width) of each picture of a batch; where a picture is smaller, black surrounds it.
function picture.crop(tensor, height, width)
  local shape = expect.value(tensor, expect.images, "crop_image"):shape()
  expect.value(height, a_side, "crop_image: height")
  expect.value(width, a_side, "crop_image: width")
  local middle = core.tensor { shape[1], shape[2], math.tointeger(height), math.tointeger(width) }
  return middle:paste(tensor, (height - shape[3]) // 2, (width - shape[4]) // 2)
end

--- Pictures (n, c, h, w) in as many channels as a network takes: colours become grey by their luminance, and grey is
--- repeated as red, green and blue. Nil and a message for what has no such meaning.
function picture.in_channels(images, channels)
  local given = images:shape()[2]
  if given == channels then return images end
  if given == 3 and channels == 1 then return core.luminance(images) end
  if given == 1 and channels == 3 then return images:combine("multiply", core.tensor({ 1, 3, 1, 1 }, 1)) end
  return nil, ("pictures of %d channels cannot become ones of %d"):format(given, channels)
end

--- Pictures as they can be seen, (n, 3, h, w), or, of four channels where the last is said to be opacity, (n, 4, h, w):
--- of those with another number of channels the first three, as red, green and blue; what is missing is black.
function picture.visible(images, has_opacity)
  local shape = images:shape()
  local n, channels, height, width = shape[1], shape[2], shape[3], shape[4]
  if channels == 3 or (channels == 4 and has_opacity) then return images end
  if channels == 1 then return picture.in_channels(images, 3) end
  if channels > 3 then return images:slice({ 0, 0, 0, 0 }, { n, 3, height, width }) end
  return images:place({ n, 3, height, width }, { 0, 0, 0, 0 })
end

local written = { png = true, jpg = true, jpeg = true }

local function suffix(path) return (path:match "%.(%w+)$" or ""):lower() end

--- Whether a path ends as those of pictures do that can be read.
function picture.is_picture(path) return written[suffix(path)] or suffix(path) == "webp" end

--- Whether a picture could be written there: true, or nil and what stands in the way.
function picture.can_save(path)
  if written[suffix(path)] then return core.can_write(path) end
  return nil, ("cannot write '%s': pictures end in .png, .jpg or .jpeg"):format(path)
end

--- Paths of the pictures in a folder, sorted by name; or nil and a message.
function picture.list(folder)
  local names, problem = core.list_folder(expect.value(folder, expect.text, "list_images: the folder of pictures"))
  if not names then return nil, problem end
  local paths = {}
  for _, name in ipairs(names) do
    if picture.is_picture(name) then paths[#paths + 1] = folder .. "/" .. name end
  end
  return paths
end

local square = 8 -- pixels of a checkerboard's squares
local light, dark = 0.8, 0.6 -- and their greys

--- A checkerboard (1, 3, h, w), as programs for pictures show behind what can be seen through.
function picture.checkerboard(height, width)
  local board = core.tensor({ 1, 3, height, width }, light)
  local patch = core.tensor({ 1, 3, square, square }, dark)
  for y = 0, height - 1, square do
    for x = (y // square + 1) % 2 * square, width - 1, 2 * square do board:paste(patch, y, x) end
  end
  return board
end

--- A picture with opacity (1, 4, h, w) laid over another (1, 3, h, w), or over a colour.
function picture.over(image, below)
  local shape = image:shape()
  local height, width = shape[3], shape[4]
  local planes = image:reshape { 4, 1, height, width }
  local others = type(below) == "userdata" and below:reshape { 3, 1, height, width }
  local opacity = planes:image(3)
  local rest = core.tensor({ 1, 1, height, width }, 1):add(opacity, -1)
  local column = core.tensor { 1, 1, 3 * height, width } -- the channels, one below the other
  for k = 0, 2 do
    local backdrop = others and others:image(k) or core.tensor({ 1, 1, height, width }, below[k + 1])
    column:paste(planes:image(k):multiply(opacity):add(backdrop:multiply(rest)), k * height, 0)
  end
  return column:reshape { 1, 3, height, width }
end

--- Splits a batch (n, 3, h, w) into a list of n pictures (1, 3, h, w).
function picture.split(batch)
  local images = {}
  for n = 0, batch:shape()[1] - 1 do images[n + 1] = batch:image(n) end
  return images
end

return picture
