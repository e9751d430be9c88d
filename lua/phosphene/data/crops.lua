-- SPDX-License-Identifier: MIT
-- Examples as pictures: all of what the network saw, the part that an example is about, or all of it dimmed where the
-- unit was silent. Must not know how examples were found.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local picture = require "phosphene.picture.files"

local crops = {}

--- An example's picture as the network saw it, (1, channels, height, width), or nil and a message.
function crops.seen(examples, example)
  return examples.data:image(example.index, examples.treatment)
end

-- ---- which part ----

local function clamp(value, least, most) return math.max(least, math.min(most, value)) end

-- The square of `side` pixels around a place, moved into the picture, and as large as it at most.
local function square(examples, centre_y, centre_x, side)
  local height, width = examples.treatment.height, examples.treatment.width
  side = math.floor(clamp(side, 1, math.min(height, width)) + 0.5)
  local top = clamp(math.floor(centre_y - side / 2 + 0.5), 0, height - side)
  local left = clamp(math.floor(centre_x - side / 2 + 0.5), 0, width - side)
  return top, left, side
end

local function field_of(examples, example)
  local seen = examples.treatment
  return examples.net:receptive_field(example.layer, example.y, example.x, seen.height, seen.width)
end

-- Cells of the layer's map that a crop is wide: as Lucid's examples are cut, since the field in theory is soon the
-- whole picture, while most of what counts lies near its middle.
local usual_factor = 4

-- Where a crop of an example is, nil where the layer has no places.
local function box_of(examples, example, options)
  local field = field_of(examples, example)
  if not field or math.max(field.stride[1], field.stride[2]) == 0 then return nil end
  local top, left, bottom, right = table.unpack(options.as == "field" and field.box or field.whole)
  local side = math.max(field.stride[1], field.stride[2]) * (options.factor or usual_factor)
  if options.as == "field" then side = math.max(bottom - top, right - left) end
  return square(examples, (top + bottom) / 2, (left + right) / 2, side)
end

-- ---- how it looks ----

-- Where the unit is above a share of all its values, softly bounded, 0 to 1: (1, 1, height, width).
local function mask_of(examples, example, image)
  local level = examples:value(example.layer, example.unit, 0.99)
  local map = examples.net:forward(image, example.layer, { backward = false }):activation(example.layer)
  local shape = map:shape()
  if #shape ~= 4 then return nil end
  map = map:slice({ 0, example.unit, 0, 0 }, { 1, 1, shape[3], shape[4] })
  map = core.resize_image(map, examples.treatment.height, examples.treatment.width)
  local softness = math.max((example.value - level) / 4, 1e-6)
  local edge = core.tensor({ 1, 1, 1, 1 }, level - softness / 2)
  return map:combine("subtract", edge):scale(1 / softness):clip(0, 1)
end

local darkest = 0.25 -- what is left of pixels outside

local function dimmed(examples, example, image)
  local mask = mask_of(examples, example, image)
  image = picture.visible(image)
  if not mask then return image end
  local light = mask:scale(1 - darkest):combine("add", core.tensor({ 1, 1, 1, 1 }, darkest))
  return image:combine("multiply", light)
end

local function draw(examples, example, options)
  local image, problem = crops.seen(examples, example)
  if not image then return nil, problem end
  if options.as == "mask" then return dimmed(examples, example, image) end
  image = picture.visible(image)
  if options.as == "whole" then return image end
  local top, left, side = box_of(examples, example, options)
  if not top then return image end
  return image:slice({ 0, 0, top, left }, { 1, 3, side, side })
end

-- Of `size` pixels on the longer side.
local function resized(image, size)
  local shape = image:shape()
  local height, width = shape[3], shape[4]
  local scale = size / math.max(height, width)
  return core.resize_image(image, math.max(1, math.floor(height * scale + 0.5)),
    math.max(1, math.floor(width * scale + 0.5)))
end

local a_list = expect.kinds("a list of examples", "table", "example_list")
local expected = { as = expect.choice("crop", "field", "whole", "mask"), size = expect.whole(1, 4096),
  factor = expect.within(1, 64) }

--- See meta/examples.lua.
function crops.of(examples, list, options)
  options = expect.named(options, "pictures")
  misuse.check_keys(options, { "as", "size", "factor" }, "pictures")
  expect.fields(options, expected, "pictures: ")
  options.as = options.as or "crop"
  local images = {}
  expect.value(list, a_list, "pictures")
  for i, example in ipairs(list) do
    local image, problem = draw(examples, example, options)
    if not image then return nil, problem end
    images[i] = options.size and resized(image, options.size) or image
  end
  return images
end

local gap = 2 -- pixels between the pictures of a sheet
local nothing = 0.85 -- grey where there is no example

--- See meta/examples.lua.
function crops.sheet(examples, list, size)
  expect.value(list, a_list, "sheet")
  expect.value(size, expect.whole(1, 4096), "sheet: size")
  local across = math.max(1, math.ceil(math.sqrt(#list)))
  local sheet = core.tensor({ 1, 3, size, size }, #list > 0 and 1 or nothing)
  local function start(i) return math.floor(i * (size + gap) / across + 0.5) end -- of row or column i
  for i, example in ipairs(list) do
    local image, problem = draw(examples, example, { as = "crop" })
    if not image then return nil, problem end
    local row, column = (i - 1) // across, (i - 1) % across
    local height, width = start(row + 1) - gap - start(row), start(column + 1) - gap - start(column)
    sheet:paste(core.resize_image(image, math.max(1, height), math.max(1, width)), start(row), start(column))
  end
  return sheet
end

return crops
