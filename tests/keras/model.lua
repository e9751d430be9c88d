-- SPDX-License-Identifier: MIT
-- Keras models for tests, made call by call as with Keras's functional interface: each call notes the layer, its
-- variables and its connections, and computes at once, by reference.lua, what the layer gives for the test's picture.
-- Then the model can be written in Keras 2's and Keras 3's form.

local reference = require "keras.reference"

local model = {}
model.__index = model

--- A model over a picture { dims = { h, w, c }, numbers }, of that name.
function model.new(picture, name, start)
  local self = setmetatable({ name = name, layers = {}, values = {}, counts = {}, state = start or 1 }, model)
  self.last = self:note("InputLayer", { batch_input_shape = { "@null@", table.unpack(picture.dims) } }, {}, {}, picture)
  self.input = self.last
  return self
end

-- Numbers in -0.5..0.5, always the same.
local function random(self)
  self.state = (self.state * 1103515245 + 12345) % 2147483648
  return self.state / 2147483648 - 0.5
end

--- A variable { name =, dims =, numbers } around `middle`.
function model:variable(name, dims, middle, spread)
  local count, result = 1, { name = name, dims = dims }
  for _, length in ipairs(dims) do count = count * length end
  for i = 1, count do
    result[i] = string.unpack("<f", string.pack("<f", (middle or 0) + (spread or 1) * random(self)))
  end
  return result
end

--- Notes a layer, and gives what later layers take it as.
function model:note(class, config, inputs, variables, value, call)
  local base = class:lower()
  self.counts[base] = (self.counts[base] or 0) + 1
  config.name = config.name or (self.counts[base] > 1 and ("%s_%d"):format(base, self.counts[base] - 1) or base)
  local layer = { class = class, config = config, name = config.name, inputs = inputs, variables = variables,
    call = call }
  self.layers[#self.layers + 1] = layer
  value.name = layer.name
  self.values[layer.name] = value
  self.last = value
  return value
end

local function activated(v, name)
  if not name then return v end
  if name == "softmax" then return reference.softmax(v) end
  return reference.map(v, reference.functions[name])
end

-- ---- layers ----

local function window_of(o)
  local kernel = type(o.kernel) == "table" and o.kernel or { o.kernel, o.kernel }
  return { kernel = kernel, strides = o.strides or 1, dilation = o.dilation or 1, padding = o.padding or "same" }
end

local function config_of(w, o)
  return { kernel_size = w.kernel, strides = { w.strides, w.strides }, padding = w.padding,
    dilation_rate = { w.dilation, w.dilation }, data_format = "channels_last", activation = o.activation or "linear",
    use_bias = o.bias ~= false, groups = o.groups or 1, name = o.name }
end

function model:conv(v, o)
  local w = window_of(o)
  local config, inputs = config_of(w, o), v.dims[3]
  config.filters = o.filters
  local kernel = self:variable("kernel", { w.kernel[1], w.kernel[2], inputs // config.groups, o.filters })
  local bias = o.bias ~= false and self:variable("bias", { o.filters }) or nil
  return self:note("Conv2D", config, { v }, { kernel, bias }, activated(reference.convolution(v, w, kernel, bias),
    o.activation))
end

function model:depthwise(v, o)
  local w, multiplier = window_of(o), o.multiplier or 1
  local config, channels = config_of(w, o), v.dims[3]
  config.depth_multiplier = multiplier
  local kernel = self:variable("depthwise_kernel", { w.kernel[1], w.kernel[2], channels, multiplier })
  local bias = o.bias ~= false and self:variable("bias", { channels * multiplier }) or nil
  return self:note("DepthwiseConv2D", config, { v }, { kernel, bias },
    activated(reference.depthwise(v, w, kernel, bias), o.activation))
end

function model:separable(v, o)
  local w, multiplier = window_of(o), o.multiplier or 1
  local config, channels = config_of(w, o), v.dims[3]
  config.filters, config.depth_multiplier = o.filters, multiplier
  local first = self:variable("depthwise_kernel", { w.kernel[1], w.kernel[2], channels, multiplier })
  local second = self:variable("pointwise_kernel", { 1, 1, channels * multiplier, o.filters })
  local bias = self:variable("bias", { o.filters })
  local middle = reference.depthwise(v, w, first)
  return self:note("SeparableConv2D", config, { v }, { first, second, bias },
    activated(reference.convolution(middle, window_of { kernel = 1 }, second, bias), o.activation))
end

function model:transposed(v, o)
  local w = window_of(o)
  local config = config_of(w, o)
  config.filters = o.filters
  local kernel = self:variable("kernel", { w.kernel[1], w.kernel[2], o.filters, v.dims[3] })
  local bias = self:variable("bias", { o.filters })
  return self:note("Conv2DTranspose", config, { v }, { kernel, bias },
    activated(reference.transposed(v, w, kernel, bias), o.activation))
end

function model:dense(v, units, activation)
  local kernel, bias = self:variable("kernel", { v.dims[#v.dims], units }), self:variable("bias", { units })
  return self:note("Dense", { units = units, activation = activation or "linear", use_bias = true }, { v },
    { kernel, bias }, activated(reference.dense(v, kernel, bias), activation))
end

function model:batch_norm(v)
  local channels = { v.dims[#v.dims] }
  local gamma, beta = self:variable("gamma", channels, 1), self:variable("beta", channels)
  local mean, variance = self:variable("moving_mean", channels), self:variable("moving_variance", channels, 1)
  return self:note("BatchNormalization", { axis = { #v.dims }, epsilon = 0.001, scale = true, center = true }, { v },
    { gamma, beta, mean, variance }, reference.batch_norm(v, gamma, beta, mean, variance, 0.001))
end

function model:layer_norm(v)
  local channels = { v.dims[#v.dims] }
  local gamma, beta = self:variable("gamma", channels, 1), self:variable("beta", channels)
  return self:note("LayerNormalization", { axis = { #v.dims }, epsilon = 1e-6, scale = true, center = true }, { v },
    { gamma, beta }, reference.layer_norm(v, gamma, beta, 1e-6))
end

function model:group_norm(v, groups)
  local channels = { v.dims[3] }
  local gamma, beta = self:variable("gamma", channels, 1), self:variable("beta", channels)
  return self:note("GroupNormalization", { groups = groups, axis = -1, epsilon = 1e-3 }, { v }, { gamma, beta },
    reference.group_norm(v, groups, gamma, beta, 1e-3))
end

function model:permute(v)
  return self:note("Permute", { dims = { 2, 1 } }, { v }, {}, reference.transpose(v))
end

function model:activation(v, name)
  return self:note("Activation", { activation = name }, { v }, {}, activated(v, name))
end

function model:pool(v, class, o)
  local w = window_of(o)
  return self:note(class, { pool_size = w.kernel, strides = { w.strides, w.strides }, padding = w.padding,
    data_format = "channels_last" }, { v }, {}, (class == "MaxPooling2D" and reference.max_pool
    or reference.average_pool)(v, w))
end

function model:global_average(v, keep)
  return self:note("GlobalAveragePooling2D", { keepdims = keep or false, data_format = "channels_last" }, { v }, {},
    reference.global_average(v, keep))
end

local merges = { Add = function(a, b) return a + b end, Multiply = function(a, b) return a * b end,
  Subtract = function(a, b) return a - b end, Maximum = math.max, Minimum = math.min }

function model:merge(class, ...)
  local list = { ... }
  local value = list[1]
  for i = 2, #list do value = reference.combine(value, list[i], merges[class] or merges.Add) end
  if class == "Average" then value = reference.map(value, function(x) return x / #list end) end
  if class == "Concatenate" then value = reference.concat(list) end
  return self:note(class, class == "Concatenate" and { axis = -1 } or {}, list, {}, value)
end

function model:pad(v, margins)
  return self:note("ZeroPadding2D", { padding = margins, data_format = "channels_last" }, { v }, {},
    reference.pad(v, margins))
end

function model:crop(v, margins)
  local negative = { { -margins[1][1], -margins[1][2] }, { -margins[2][1], -margins[2][2] } }
  return self:note("Cropping2D", { cropping = margins, data_format = "channels_last" }, { v }, {},
    reference.pad(v, negative))
end

function model:upsample(v, interpolation)
  return self:note("UpSampling2D", { size = { 2, 2 }, interpolation = interpolation, data_format = "channels_last" },
    { v }, {}, (interpolation == "nearest" and reference.repeated or reference.bilinear)(v, 2))
end

function model:flatten(v)
  return self:note("Flatten", { data_format = "channels_last" }, { v }, {}, reference.reshaped(v, { #v }))
end

function model:reshape(v, dims)
  return self:note("Reshape", { target_shape = dims }, { v }, {}, reference.reshaped(v, dims))
end

--- A layer that is f of each element and channel.
function model:map(v, class, config, f, variables)
  return self:note(class, config, { v }, variables or {}, reference.map(v, f))
end

--- Another model, made by make(model) over what this one gives, as a layer.
function model:nested(v, name, make)
  local inner = model.new(reference.reshaped(v, v.dims), name, self.state)
  local value = make(inner)
  self.state = inner.state
  local result = self:note("Functional", { name = name }, { v }, {}, reference.reshaped(value, value.dims))
  self.layers[#self.layers].model = inner
  return result
end

return model
