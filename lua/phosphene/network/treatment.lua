-- SPDX-License-Identifier: MIT
-- How photographs become the input of a network: of its size, the middle of the picture, in its channels. Must not know
-- what the network is run for, nor where the photographs come from.

local input_size = require "phosphene.network.input_size"
local misuse = require "phosphene.base.misuse"

--- What core.load_photograph takes, by a network and the options `height`, `width` and `margin`, or `size`, of the
--- whole picture's shorter side; without a network, the options state all. Nil and a message where pictures cannot have
--- the network's channels.
local function treatment(net, options, what)
  local channels = options.channels or (net and net:channels()) or 3
  if channels ~= 1 and channels ~= 3 then
    return nil, ("pictures of 3 channels cannot become ones of %d"):format(channels)
  end
  if options.size then return { size = options.size, channels = channels } end
  local height, width = options.height or options.width, options.width or options.height
  if net and not height then
    local logits, probabilities = net:classes()
    height, width = input_size.of(net, { probabilities or logits })
  end
  if not height then misuse.raise("%s: give the size that the network takes, { height =, width = }", what) end
  return { height = height, width = width, channels = channels,
    size = math.floor(math.max(height, width) / (1 - (options.margin or 0)) + 0.5) }
end

return treatment
