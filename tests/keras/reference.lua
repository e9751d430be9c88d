-- SPDX-License-Identifier: MIT
-- What Keras's layers compute, by their definitions, in plain Lua and with the channels last: what the importer is held
-- against. A value is { dims = { h, w, c } or { c }, its numbers in that order }. Must not use anything of Phosphene's.

local reference = {}

local function value(dims, f)
  local result = { dims = dims }
  if #dims == 1 then
    for c = 0, dims[1] - 1 do result[c + 1] = f(c) end
    return result
  end
  for y = 0, dims[1] - 1 do
    for x = 0, dims[2] - 1 do
      for c = 0, dims[3] - 1 do result[#result + 1] = f(y, x, c) end
    end
  end
  return result
end

local function at(v, y, x, c) return v[(y * v.dims[2] + x) * v.dims[3] + c + 1] end

-- ---- windows ----

-- The outputs along an axis and the padding before it, as TensorFlow has them.
local function window(length, kernel, stride, dilation, padding)
  local whole = (kernel - 1) * dilation + 1
  if padding == "valid" then return (length - whole) // stride + 1, 0 end
  local outputs = (length + stride - 1) // stride
  return outputs, math.max((outputs - 1) * stride + whole - length, 0) // 2
end

-- For each output: f(y, x, c, each), where each(g) calls g(row, column, ky, kx) for the places inside the image.
local function slide(v, o, outputs, f)
  local height, top = window(v.dims[1], o.kernel[1], o.strides, o.dilation, o.padding)
  local width, left = window(v.dims[2], o.kernel[2], o.strides, o.dilation, o.padding)
  return value({ height, width, outputs }, function(y, x, c)
    return f(c, function(g)
      for ky = 0, o.kernel[1] - 1 do
        for kx = 0, o.kernel[2] - 1 do
          local row, column = y * o.strides - top + ky * o.dilation, x * o.strides - left + kx * o.dilation
          if row >= 0 and row < v.dims[1] and column >= 0 and column < v.dims[2] then g(row, column, ky, kx) end
        end
      end
    end)
  end)
end

-- weight (kh, kw, inputs / groups, outputs)
function reference.convolution(v, o, weight, bias)
  local outputs, each_group = weight.dims[4], weight.dims[3]
  return slide(v, o, outputs, function(c, each)
    local sum, first = bias and bias[c + 1] or 0, c // (outputs // (v.dims[3] // each_group)) * each_group
    each(function(row, column, ky, kx)
      for i = 0, each_group - 1 do
        sum = sum + at(v, row, column, first + i)
          * weight[((ky * o.kernel[2] + kx) * each_group + i) * outputs + c + 1]
      end
    end)
    return sum
  end)
end

-- weight (kh, kw, channels, multiplier)
function reference.depthwise(v, o, weight, bias)
  local channels, multiplier = weight.dims[3], weight.dims[4]
  return slide(v, o, channels * multiplier, function(c, each)
    local sum = bias and bias[c + 1] or 0
    each(function(row, column, ky, kx)
      sum = sum + at(v, row, column, c // multiplier)
        * weight[((ky * o.kernel[2] + kx) * channels + c // multiplier) * multiplier + c % multiplier + 1]
    end)
    return sum
  end)
end

-- The gradient of a convolution from an image of stride times the size, for "same". weight (kh, kw, outputs, inputs)
function reference.transposed(v, o, weight, bias)
  local outputs, inputs = weight.dims[3], weight.dims[4]
  local height, width, offset = v.dims[1] * o.strides, v.dims[2] * o.strides, {}
  for axis = 1, 2 do
    if o.padding == "same" then
      offset[axis] = select(2, window(v.dims[axis] * o.strides, o.kernel[axis], o.strides, 1, "same"))
    else
      offset[axis] = 0
    end
  end
  if o.padding == "valid" then
    height = height + math.max(o.kernel[1] - o.strides, 0)
    width = width + math.max(o.kernel[2] - o.strides, 0)
  end
  local result = value({ height, width, outputs }, function(_, _, c) return bias and bias[c + 1] or 0 end)
  for y = 0, v.dims[1] - 1 do
    for x = 0, v.dims[2] - 1 do
      for ky = 0, o.kernel[1] - 1 do
        for kx = 0, o.kernel[2] - 1 do
          local row, column = y * o.strides - offset[1] + ky, x * o.strides - offset[2] + kx
          if row >= 0 and row < height and column >= 0 and column < width then
            for c = 0, outputs - 1 do
              local place = (row * width + column) * outputs + c + 1
              for i = 0, inputs - 1 do
                result[place] = result[place] + at(v, y, x, i)
                  * weight[((ky * o.kernel[2] + kx) * outputs + c) * inputs + i + 1]
              end
            end
          end
        end
      end
    end
  end
  return result
end

function reference.max_pool(v, o)
  return slide(v, o, v.dims[3], function(c, each)
    local most = -math.huge
    each(function(row, column) most = math.max(most, at(v, row, column, c)) end)
    return most
  end)
end

function reference.average_pool(v, o)
  return slide(v, o, v.dims[3], function(c, each)
    local sum, count = 0, 0
    each(function(row, column) sum, count = sum + at(v, row, column, c), count + 1 end)
    return sum / count
  end)
end

function reference.global_average(v, keep)
  local h, w, channels = table.unpack(v.dims)
  local sums = {}
  for i, number in ipairs(v) do
    local c = (i - 1) % channels + 1
    sums[c] = (sums[c] or 0) + number / (h * w)
  end
  sums.dims = keep and { 1, 1, channels } or { channels }
  return sums
end

-- ---- element by element ----

function reference.map(v, f)
  local result = { dims = v.dims }
  local channels = v.dims[#v.dims]
  for i, number in ipairs(v) do result[i] = f(number, (i - 1) % channels + 1) end
  return result
end

local function erf(x) -- the series, which for such x converges
  local sum, term, n = 0, x, 0
  while math.abs(term) > 1e-17 or n < 3 do
    sum = sum + term / (2 * n + 1)
    n = n + 1
    term = -term * x * x / n
  end
  return 2 / math.sqrt(math.pi) * sum
end

local function sigmoid(x) return 1 / (1 + math.exp(-x)) end

reference.functions = {
  relu = function(x) return math.max(x, 0) end,
  relu6 = function(x) return math.min(math.max(x, 0), 6) end,
  sigmoid = sigmoid,
  swish = function(x) return x * sigmoid(x) end,
  tanh = function(x) return 2 * sigmoid(2 * x) - 1 end,
  elu = function(x) return x > 0 and x or math.exp(x) - 1 end,
  softplus = function(x) return math.log(1 + math.exp(x)) end,
  gelu = function(x) return x / 2 * (1 + erf(x / math.sqrt(2))) end,
  hard_sigmoid = function(x) return math.min(math.max(0.2 * x + 0.5, 0), 1) end,
}

function reference.softmax(v)
  local channels, result = v.dims[#v.dims], { dims = v.dims }
  for first = 1, #v, channels do
    local sum, most = 0, math.max(table.unpack(v, first, first + channels - 1))
    for i = first, first + channels - 1 do sum = sum + math.exp(v[i] - most) end
    for i = first, first + channels - 1 do result[i] = math.exp(v[i] - most) / sum end
  end
  return result
end

function reference.batch_norm(v, gamma, beta, mean, variance, epsilon)
  return reference.map(v, function(x, c)
    return gamma[c] * (x - mean[c]) / math.sqrt(variance[c] + epsilon) + beta[c]
  end)
end

-- Over runs of `count` numbers: the channels of a pixel.
function reference.layer_norm(v, gamma, beta, epsilon)
  local channels, result = v.dims[#v.dims], { dims = v.dims }
  for first = 1, #v, channels do
    local mean, variance = 0, 0
    for i = first, first + channels - 1 do mean = mean + v[i] / channels end
    for i = first, first + channels - 1 do variance = variance + (v[i] - mean) ^ 2 / channels end
    for c = 1, channels do
      result[first + c - 1] = gamma[c] * (v[first + c - 1] - mean) / math.sqrt(variance + epsilon) + beta[c]
    end
  end
  return result
end

-- Over the pixels and neighbouring channels.
function reference.group_norm(v, groups, gamma, beta, epsilon)
  local channels = v.dims[3]
  local each, sums, squares, count = channels // groups, {}, {}, #v // groups
  local function group_of(i) return (i - 1) % channels // each end
  for i, x in ipairs(v) do sums[group_of(i)] = (sums[group_of(i)] or 0) + x / count end
  for i, x in ipairs(v) do
    local g = group_of(i)
    squares[g] = (squares[g] or 0) + (x - sums[g]) ^ 2 / count
  end
  local result = { dims = v.dims }
  for i, x in ipairs(v) do
    local g, c = group_of(i), (i - 1) % channels + 1
    result[i] = gamma[c] * (x - sums[g]) / math.sqrt(squares[g] + epsilon) + beta[c]
  end
  return result
end

-- Of two values, of which the second may have one pixel for all.
function reference.combine(a, b, f)
  if #b > #a then return reference.combine(b, a, function(x, y) return f(y, x) end) end
  local result = { dims = a.dims }
  for i, number in ipairs(a) do result[i] = f(number, b[#a == #b and i or (i - 1) % #b + 1]) end
  return result
end

-- ---- places ----

function reference.concat(list)
  local channels, starts = 0, {}
  for i, v in ipairs(list) do
    starts[i] = channels
    channels = channels + v.dims[3]
  end
  return value({ list[1].dims[1], list[1].dims[2], channels }, function(y, x, c)
    local i = #list
    while starts[i] > c do i = i - 1 end
    return at(list[i], y, x, c - starts[i])
  end)
end

-- { { top, bottom }, { left, right } }, which may be negative.
function reference.pad(v, margins)
  local top, left = margins[1][1], margins[2][1]
  return value({ v.dims[1] + top + margins[1][2], v.dims[2] + left + margins[2][2], v.dims[3] }, function(y, x, c)
    y, x = y - top, x - left
    if y < 0 or x < 0 or y >= v.dims[1] or x >= v.dims[2] then return 0 end
    return at(v, y, x, c)
  end)
end

function reference.repeated(v, factor)
  return value({ v.dims[1] * factor, v.dims[2] * factor, v.dims[3] }, function(y, x, c)
    return at(v, y // factor, x // factor, c)
  end)
end

-- Between the middles of pixels; beyond the outermost, these.
function reference.bilinear(v, factor)
  local function between(i, length)
    local place = math.min(math.max((i + 0.5) / factor - 0.5, 0), length - 1)
    local first = math.floor(place)
    return first, math.min(first + 1, length - 1), place - first
  end
  return value({ v.dims[1] * factor, v.dims[2] * factor, v.dims[3] }, function(y, x, c)
    local y0, y1, v_share = between(y, v.dims[1])
    local x0, x1, h_share = between(x, v.dims[2])
    local above = at(v, y0, x0, c) * (1 - h_share) + at(v, y0, x1, c) * h_share
    local below = at(v, y1, x0, c) * (1 - h_share) + at(v, y1, x1, c) * h_share
    return above * (1 - v_share) + below * v_share
  end)
end

function reference.transpose(v)
  local rows, columns = v.dims[1], v.dims[2]
  local result = { dims = { columns, rows } }
  for i = 0, #v - 1 do result[i + 1] = v[i % rows * columns + i // rows + 1] end
  return result
end

function reference.reshaped(v, dims)
  local result = table.move(v, 1, #v, 1, {})
  result.dims = dims
  return result
end

-- Along the last axis. weight (inputs, outputs)
function reference.dense(v, weight, bias)
  local inputs, outputs = weight.dims[1], weight.dims[2]
  local result = { dims = table.move(v.dims, 1, #v.dims, 1, {}) }
  result.dims[#result.dims] = outputs
  for first = 0, #v - 1, inputs do
    for o = 1, outputs do
      local sum = bias and bias[o] or 0
      for i = 1, inputs do sum = sum + v[first + i] * weight[(i - 1) * outputs + o] end
      result[#result + 1] = sum
    end
  end
  return result
end

return reference
