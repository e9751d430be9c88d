-- SPDX-License-Identifier: MIT
-- The view of a picture that a network takes: what transforms make of it and, where the network takes some sizes only,
-- brought to the nearest of these last, by resampling; gradients return by the exact adjoint. Must not know which
-- transforms there are, nor why a network takes what it takes.

local core = require "phosphene.core"
local input_size = require "phosphene.network.input_size"

local resampled_view = {}
resampled_view.__index = resampled_view

--- Transforms followed by that resampling. `rule` is input_size.lua's.
function resampled_view.new(transforms, rule)
  return setmetatable({ transforms = transforms, rule = rule, resizing = {} }, resampled_view)
end

-- What brings pictures to a size, made once for each.
local function resizing_to(self, height, width)
  local key = ("%dx%d"):format(height, width)
  self.resizing[key] = self.resizing[key] or core.pipeline { core.transform("resize", { size = { height, width } }) }
  return self.resizing[key]
end

function resampled_view:forward(images, random)
  local seen = self.transforms:forward(images, random)
  local shape = seen:shape()
  local height, width = input_size.nearest(self.rule, shape[3], shape[4])
  self.last = (height ~= shape[3] or width ~= shape[4]) and resizing_to(self, height, width)
  return self.last and self.last:forward(seen, random) or seen
end

function resampled_view:backward(gradient)
  return self.transforms:backward(self.last and self.last:backward(gradient) or gradient)
end

function resampled_view:close()
  self.transforms:close()
  for _, resizing in pairs(self.resizing) do resizing:close() end
end

function resampled_view:__tostring()
  return ("%s, then %s"):format(tostring(self.transforms), input_size.text(self.rule))
end

return resampled_view
