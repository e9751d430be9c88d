-- SPDX-License-Identifier: MIT
-- Receptive fields, for pictures of the size that the network is made for where no other is given. How they are found
-- is the core's.

local expect = require "phosphene.base.expect"
local input_size = require "phosphene.network.input_size"
local misuse = require "phosphene.base.misuse"

local a_side = expect.whole(1, 65536)

--- See meta/network.lua; the core's function comes first.
local function receptive_field(core_field, net, layer, y, x, height, width)
  layer = net:layer(layer).name
  if (y == nil) ~= (x == nil) then misuse.raise "receptive_field: y and x expected, or neither" end
  height, width = input_size.given_or_own(net, height, width, { layer })
  expect.value(height, a_side, "receptive_field: height")
  expect.value(width, a_side, "receptive_field: width")
  return core_field(net, layer, height, width, y, x)
end

return receptive_field
