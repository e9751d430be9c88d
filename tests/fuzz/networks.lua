-- SPDX-License-Identifier: MIT
-- Opening networks, for fuzzing: a network that comes of a file is asked for its shapes, and run if it is small.

local ph = require "phosphene"
local core = require "phosphene.core"

local networks = {}

local most_numbers = 20000

local function is_small(net, size)
  local numbers = 0
  for _, shape in pairs(net:shapes(size, size)) do
    local count = 1
    for _, length in ipairs(shape) do count = count * length end
    numbers = numbers + count
  end
  return numbers < most_numbers
end

local function channels(net) return net:layer("image").settings.channels end

--- Opens a file as a network; nil and a message where it is none.
function networks.open(path)
  local net, problem = ph.network(path, { range = { 0, 1 }, backend = "reference" })
  if not net then return nil, problem end
  if is_small(net, 16) then
    -- A size that does not fit is the caller's mistake, and raises.
    pcall(function()
      net:forward(core.tensor { 1, channels(net), 16, 16 })
      net:backward()
    end)
  end
  net:describe(16, 16)
  net:close()
  return true
end

return networks
