-- SPDX-License-Identifier: MIT
-- Photographs as a network takes them: its size, the middle of the picture or all of it, its channels. Must not know
-- what the network is run for.

local expect = require "phosphene.base.expect"
local input_size = require "phosphene.network.input_size"
local misuse = require "phosphene.base.misuse"
local picture = require "phosphene.picture.files"

local a_side = expect.whole(1, 16384)
local expected = { height = a_side, width = a_side, margin = expect.within(0, 0.9), size = a_side }

-- How high and wide, and of how many pixels the shorter side is before the middle is cut out.
local function sides(net, options)
  local logits, probabilities = net:classes()
  local own_height, own_width = input_size.of(net, { probabilities or logits })
  local height = options.height or options.width or own_height
  local width = options.width or options.height or own_width
  if not height then misuse.raise "photograph: give the size that the network takes, { height =, width = }" end
  return height, width, math.floor(math.max(height, width) / (1 - (options.margin or 0)) + 0.5)
end

--- See meta/network.lua.
local function photograph(net, path, options)
  options = expect.named(options, "photograph")
  misuse.check_keys(options, { "height", "width", "margin", "size" }, "photograph")
  expect.fields(options, expected, "photograph: ")
  expect.value(path, expect.text, "photograph: the path of a picture")
  if options.size and (options.height or options.width or options.margin) then
    misuse.raise "photograph: size is that of the whole picture; it excludes height, width and margin"
  end
  local height, width, shorter_side
  if not options.size then height, width, shorter_side = sides(net, options) end
  local image, problem = picture.load(path, { size = options.size or shorter_side })
  if not image then return nil, problem end
  if height then image = picture.crop(image, height, width) end
  image, problem = picture.in_channels(image, net:channels())
  if not image then return nil, ("'%s': %s"):format(path, problem) end
  return image
end

return photograph
