-- SPDX-License-Identifier: MIT
-- The values between nodes of a TensorFlow graph while it is rebuilt: constants and activations. TensorFlow has an
-- image's channels last, (n, h, w, c); the layers here have them first, (n, c, h, w). Weights and axes are transposed
-- instead of images. Must not know any operation.

local core = require "phosphene.core"
local refuse = require "phosphene.formats.refuse"

local values = {}

-- ---- activations ----

--- The output of a layer: `rank` as in TensorFlow, `channels` the length of its last axis. A rank of 2 that was an
--- image keeps `image_channels`: its elements lie as (c, h, w), not as TensorFlow's (h, w, c).
function values.activation(layer, rank, channels, image_channels)
  return { layer = layer, rank = rank, channels = channels, image_channels = image_channels }
end

--- TensorFlow's axis of an image as ours.
function values.axis(axis, rank)
  if axis < 0 then axis = axis + rank end
  if axis < 0 or axis >= rank then refuse.raise("axis %d of %d dimensions", axis, rank) end
  return rank == 4 and ({ [0] = 0, 2, 3, 1 })[axis] or axis
end

-- ---- constants ----

-- Elements that one number of the file may stand for, all constants together.
local most_filled = 1 << 24

local function count_of(dims)
  local count = 1
  for _, dim in ipairs(dims) do count = count * dim end
  return count
end

--- A constant from a tensor of the file.
function values.constant(tensor)
  return { constant = tensor, dims = tensor.dims, count = count_of(tensor.dims) }
end

--- A constant of these numbers.
function values.numbers_constant(numbers, dims)
  return { constant = { numbers = numbers, dims = dims }, dims = dims, count = #numbers }
end

-- The tensor of one number, within bounds; `account` keeps the sum.
local function filled(value, account)
  account.filled = (account.filled or 0) + value.count
  if account.filled > most_filled then
    refuse.raise("its constants of one number have more than %d elements", most_filled)
  end
  return core.tensor(value.dims, value.constant.fill)
end

--- A constant's numbers as a tensor of its shape.
function values.tensor(value, account)
  local constant = value.constant
  if not constant then refuse.raise "weights that are computed from the picture" end
  if constant.tensor then return constant.tensor end
  if constant.fill then return filled(value, account) end
  local numbers = constant.integers or constant.numbers
  if not numbers then refuse.raise("a constant cannot be used: %s", constant.problem) end
  return core.tensor(value.dims, numbers)
end

--- A constant's numbers as a list, where it is short enough for one.
function values.numbers(value, most)
  local constant = value.constant
  if not constant then refuse.raise "a setting that is computed from the picture" end
  if value.count > (most or 65536) then refuse.raise("a setting of %d numbers", value.count) end
  if constant.tensor then return constant.tensor:values() end
  if constant.problem then refuse.raise("a constant cannot be used: %s", constant.problem) end
  local list = constant.integers or constant.numbers
  if list then return list end
  list = {}
  for i = 1, value.count do list[i] = constant.fill end
  return list
end

--- The same as whole numbers.
function values.integers(value, most)
  local list = {}
  for i, number in ipairs(values.numbers(value, most or 64)) do
    list[i] = math.tointeger(number) or refuse.raise("%s is not a whole number", number)
  end
  return list
end

--- How a constant's numbers go to the channels of an activation of this rank: a list of one for each channel; nil where
--- it varies along other axes.
function values.per_channel(value, activation)
  if not value.constant then return nil end
  local last = value.dims[#value.dims] or 1
  if value.count ~= last or (last ~= 1 and last ~= activation.channels) then return nil end
  local numbers = values.numbers(value)
  if last == activation.channels then return numbers end
  local list = {}
  for c = 1, activation.channels do list[c] = numbers[1] end
  return list
end

return values
