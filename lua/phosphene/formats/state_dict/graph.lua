-- SPDX-License-Identifier: MIT
-- A network while it is rebuilt from a state dict: the verbs that families of networks are described in, over tensors
-- by the names of modules. Each adds a layer and gives its name. Must not know any family.

local construction = require "phosphene.formats.construction"
local core = require "phosphene.core"
local refuse = require "phosphene.formats.refuse"

local graph = setmetatable({}, construction)
graph.__index = graph

--- Over the tensors of a file; `config` is what config.lua reads.
function graph.new(tensors, config)
  return setmetatable({ tensors = tensors, config = config, read = {}, told = {} }, graph)
end

--- A network with its image, of size { height, width }, to which the verbs then add.
function graph:begin(net, channels, size)
  for key, value in pairs(construction.new(net, channels, size)) do self[key] = value end
end

-- ---- asking ----

--- Whether there is such a tensor, or a module that has a `weight`.
function graph:has_tensor(name) return self.tensors[name] ~= nil end
function graph:has(module) return self:has_tensor(module .. ".weight") end

-- As many of anything as a network can have.
local most = 1000

--- How many modules there are whose names this pattern gives for `first` (0), the next number, and so on.
function graph:count(pattern, first)
  local i = first or 0
  while i < most and self:has(pattern:format(i)) do i = i + 1 end
  return i - (first or 0)
end

--- Ends the building, with a formatted message.
function graph.refuse(_, ...) return refuse.raise(...) end

--- Notes what the file does not say and had to be assumed, to be told.
function graph:assume(...) self.told[#self.told + 1] = string.format(...) end

--- A tensor that a layer is made of.
function graph:tensor(name)
  self.read[name] = true
  return self.tensors[name] or self:refuse("it has no tensor '%s'", name)
end

--- The shape of a module's weight, or of a tensor.
function graph:shape(name, is_tensor)
  name = is_tensor and name or name .. ".weight"
  return (self.tensors[name] or self:refuse("it has no tensor '%s'", name)):shape()
end

--- The height of a convolution's kernel, which is a square.
function graph:kernel(module)
  local shape = self:shape(module)
  if #shape ~= 4 or shape[3] ~= shape[4] then self:refuse("the weight of '%s' is no square kernel", module) end
  return shape[3]
end

--- How many channels a layer has.
function graph:channels(layer) return self.shapes[layer][2] end

--- A tensor of one number.
function graph.scalar(number) return core.tensor({ 1 }, number) end

-- ---- adding ----

--- A layer of any type.
function graph:layer(type, name, from, settings)
  local layer = { type = type, name = name, from = from }
  for key, value in pairs(settings or {}) do layer[key] = value end
  if self.shapes[name] then self:refuse("it has two layers '%s'", name) end
  return self:put(layer)
end

local function optional(self, name) return self:has_tensor(name) and self:tensor(name) or nil end

--- The convolution that a module is. Padding keeps the size, unless `settings` say otherwise or the network is one of
--- TensorFlow's; groups follow from the weight.
function graph:convolution(module, from, settings)
  local kernel, inputs = self:kernel(module), self:channels(from)
  local each = self:shape(module)[2]
  if each < 1 or inputs % each ~= 0 then
    self:refuse("the weight of '%s' is for %d channels, and reads %d", module, each, inputs)
  end
  local all = { weight = self:tensor(module .. ".weight"), bias = optional(self, module .. ".bias"),
    groups = inputs // each }
  for key, value in pairs(settings or {}) do all[key] = value end
  if self.is_same then all.padding_mode = "same" else all.padding = all.padding or (kernel - 1) // 2 end
  return self:layer("convolution", module, from, all)
end

--- The batch normalisation that a module is.
function graph:norm(module, from, epsilon)
  return self:layer("batch_norm", module, from, { mean = self:tensor(module .. ".running_mean"),
    variance = self:tensor(module .. ".running_var"), weight = optional(self, module .. ".weight"),
    bias = optional(self, module .. ".bias"), epsilon = epsilon or 1e-5 })
end

--- The linear module, of one vector for each picture.
function graph:dense(module, from)
  return self:layer("dense", module, from, { weight = self:tensor(module .. ".weight"),
    bias = optional(self, module .. ".bias") })
end

-- What activations are as layers.
local activations = {
  relu = { type = "relu" }, relu6 = { type = "clip", least = 0, most = 6 },
  hard_sigmoid = { type = "hard_sigmoid", alpha = 1 / 6, beta = 0.5 },
}

--- An activation: "relu", "relu6", "hard_sigmoid", or one of the operations of `unary`.
function graph:activation(kind, name, from)
  local settings = activations[kind] or { type = "unary", operation = kind }
  return self:layer(settings.type, name, from, settings)
end

-- ---- names ----

--- Gives the last layer of each module the module's name, where nothing has that: "layer4".
function graph:name_modules()
  local last, order = {}, {}
  for _, layer in ipairs(self.net:layers()) do
    for at in layer:gmatch "()%." do
      local module = layer:sub(1, at - 1)
      if not last[module] then order[#order + 1] = module end
      last[module] = layer
    end
  end
  for _, module in ipairs(order) do
    if not self.shapes[module] then self.net:alias(module, last[module]) end
  end
end

--- A tensor that no layer was made of, and that does not fit one of these patterns; nil where there is none.
function graph:left_over(patterns)
  local names = {}
  for name in pairs(self.tensors) do
    local is_known = self.read[name] or name:find "%.num_batches_tracked$"
    for _, pattern in ipairs(patterns or {}) do is_known = is_known or name:find(pattern) end
    if not is_known then names[#names + 1] = name end
  end
  table.sort(names)
  return names[1]
end

return graph
