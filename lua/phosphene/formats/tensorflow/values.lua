-- SPDX-License-Identifier: MIT
-- The values between nodes of a TensorFlow graph while it is rebuilt: constants, and activations, which are layers seen
-- through TensorFlow's axes (view.lua). Numbers of a constant may be formulas of the picture's size. Must not know any
-- operation.

local core = require "phosphene.core"
local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local refuse = require "phosphene.formats.refuse"

local values = {}

--- The output of a layer. `axes` lists, for each of TensorFlow's axes, the axes of the layer that it consists of,
--- slowest first: an image with its channels last is { { 0 }, { 2 }, { 3 }, { 1 } }, the same flattened { { 0 }, { 2,
--- 3, 1 } }. An axis of none has length 1, and so have the layer's that are not listed.
function values.activation(layer, axes) return { layer = layer, axes = axes } end

--- The same view of another layer.
function values.like(x, layer) return { layer = layer, axes = x.axes, blocks = x.blocks } end

--- What never comes: the outputs of a branch that is not taken.
values.dead = { dead = true }

-- ---- constants ----

-- Elements that one number of the file may stand for, all constants together.
local most_filled = 1 << 24

-- Constants that are computed with as lists; longer ones are tensors.
local longest_list = 65536

--- A constant from a tensor of the file.
function values.constant(tensor)
  return { constant = tensor, dims = tensor.dims, count = lists.count(tensor.dims) }
end

--- A constant of these numbers and formulas; `is_float` as lists.lua has it.
function values.list(numbers, dims, is_float)
  return { constant = { numbers = numbers }, dims = dims, count = #numbers, is_float = is_float }
end

--- A constant of a tensor's numbers.
function values.of_tensor(tensor)
  return { constant = { tensor = tensor }, dims = tensor:shape(), count = tensor:count() }
end

--- The same constant of another shape.
function values.reshaped(value, dims)
  if lists.count(dims) ~= value.count then refuse.raise("a constant of %d numbers as %s", value.count,
    table.concat(dims, "x")) end
  return { constant = value.constant, dims = dims, count = value.count, is_float = value.is_float }
end

--- Whether a constant is short enough to be computed with as a list.
function values.is_short(value) return value.count <= longest_list end

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
  local dims = #value.dims > 0 and value.dims or { 1 }
  if constant.tensor then
    local own = constant.tensor:shape()
    return table.concat(own, "x") == table.concat(dims, "x") and constant.tensor or constant.tensor:reshape(dims)
  end
  if constant.fill then return filled({ dims = dims, count = value.count, constant = constant }, account) end
  local numbers = constant.integers or constant.numbers
  if not numbers then refuse.raise("a constant cannot be used: %s", constant.problem) end
  if formulas.any(numbers) then refuse.raise "weights that depend on the picture's size" end
  return core.tensor(dims, numbers)
end

--- Whether a constant depends on the picture's size.
function values.is_sized(value) return value.constant.numbers ~= nil and formulas.any(value.constant.numbers) end

--- Whether a constant's numbers are floating-point, as lists.lua has it.
function values.is_float(value)
  if value.is_float ~= nil then return value.is_float end
  local type = value.constant.type or "float32"
  return type == "float64" and type or type:find "float" ~= nil
end

--- A constant's numbers as a list, formulas among them, where it is short enough for one.
function values.numbers(value, most)
  local constant = value.constant
  if not constant then refuse.raise "a setting that is computed from the picture" end
  if value.count > (most or longest_list) then refuse.raise("a setting of %d numbers", value.count) end
  if value.count == 0 then return {} end
  if constant.problem then refuse.raise("a constant cannot be used: %s", constant.problem) end
  local list = constant.integers or constant.numbers or constant.tensor and constant.tensor:values()
  if not list then
    local number = (constant.type or ""):find "int" and math.tointeger(constant.fill) or constant.fill
    list = {}
    for i = 1, value.count do list[i] = number end
  end
  return list
end

local function whole(list)
  local result = {}
  for i, number in ipairs(list) do
    result[i] = formulas.is(number) and number or math.tointeger(number)
      or refuse.raise("%s is not a whole number", number)
  end
  return result
end

--- The same as whole numbers and formulas of such.
function values.lengths(value, most) return whole(values.numbers(value, most or 64)) end

-- Numbers that are the same at every size.
local function settled(list)
  local numbers = formulas.nominal(list)
  if not formulas.all_same(list, numbers) then refuse.raise "a setting that depends on the picture's size" end
  return numbers
end

--- The same where formulas will not do.
function values.integers(value, most) return whole(settled(values.numbers(value, most or 64))) end

--- A constant of one number.
function values.number(value) return settled(values.numbers(value, 1))[1] end

return values
