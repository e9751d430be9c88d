-- SPDX-License-Identifier: MIT
-- Photographs as a network takes them: its size, the middle of the picture or all of it, its channels. Must not know
-- what the network is run for.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local origin = require "phosphene.base.origin"
local treatment = require "phosphene.network.treatment"

local a_side = expect.whole(1, 16384)
local expected = { height = a_side, width = a_side, margin = expect.within(0, 0.9), size = a_side }

--- See meta/network.lua.
local function photograph(net, path, options)
  options = expect.named(options, "photograph")
  misuse.check_keys(options, { "height", "width", "margin", "size" }, "photograph")
  expect.fields(options, expected, "photograph: ")
  expect.value(path, expect.text, "photograph: the path of a picture")
  if options.size and (options.height or options.width or options.margin) then
    misuse.raise "photograph: size is that of the whole picture; it excludes height, width and margin"
  end
  local as, problem = treatment(net, options, "photograph")
  if not as then return nil, ("'%s': %s"):format(path, problem) end
  local image
  image, problem = core.load_photograph(path, as)
  if not image then return nil, problem end
  origin.used_file(path)
  return image
end

return photograph
