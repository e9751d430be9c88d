-- SPDX-License-Identifier: MIT
-- A network while it is rebuilt from a Keras model: what its calls share. Must not know any layer.

local construction = require "phosphene.formats.construction"
local core = require "phosphene.core"
local refuse = require "phosphene.formats.refuse"

local graph = setmetatable({}, construction)
graph.__index = graph

-- Models that are called again and again, by models that are, would not come to an end.
local most_calls = 20000

--- `picture` is picture.lua's; `source` has `variables`, as one of variables.lua, and `is_keras3`.
function graph.new(picture, source, options)
  local net = core.network { backend = options.backend, channels = picture.channels }
  local self = setmetatable(construction.new(net, picture.channels, picture.size), graph)
  self.variables, self.is_keras3 = source.variables, source.is_keras3
  if picture.is_stated then refuse.guard(net.set_input_size, net, picture.size[1], picture.size[2]) end
  self.is_channels_last, self.left_out, self.calls = picture.is_last, 0, 0
  return self
end

--- Gives a layer another name too, for Keras's layers that do nothing here.
function graph:also_called(name, layer)
  if self.taken[name] or name == "" then return end
  self.taken[name] = true
  self.net:alias(name, layer)
end

--- Notes that a layer was left out; the first problem is kept, to be told.
function graph:leave_out(layer, problem)
  self.left_out = self.left_out + 1
  self.told = self.told or ("layer '%s' (%s)"):format(layer.name, problem)
  return { problem = problem }
end

--- Counts a call; false after too many.
function graph:count_call()
  self.calls = self.calls + 1
  return self.calls <= most_calls
end

return graph
