-- SPDX-License-Identifier: MIT
-- What a name stands for while an ONNX graph is imported: a layer's activation, a short list of numbers (a shape, an
-- index), of which some may be formulas of the picture's size, or a tensor of constants. Must not know any operator.

local core = require "phosphene.core"
local formulas = require "phosphene.formats.onnx.formulas"
local refuse = require "phosphene.formats.refuse"

local values = {}

-- Lists longer than this stay tensors, and tensors longer than this are never made into lists.
values.longest_list = 1 << 18

--- Elements of a shape.
function values.count(dims)
  local count = 1
  for _, dim in ipairs(dims) do
    if dim ~= 0 and count > (1 << 44) // dim then refuse.raise "a shape is too large" end
    count = count * dim
  end
  return count
end

--- For each dimension, how far apart its elements are.
function values.strides(dims)
  local result, step = {}, 1
  for i = #dims, 1, -1 do
    result[i] = step
    step = step * dims[i]
  end
  return result
end

--- Whether two lists hold the same.
function values.same(a, b)
  if #a ~= #b then return false end
  for i, value in ipairs(a) do
    if value ~= b[i] then return false end
  end
  return true
end

--- The shape that two shapes are broadcast to as NumPy does, or nil.
function values.broadcast(a, b)
  local rank, dims = math.max(#a, #b), {}
  for i = 1, rank do
    local x, y = a[i - rank + #a] or 1, b[i - rank + #b] or 1
    if x ~= y and x ~= 1 and y ~= 1 then return nil end
    dims[i] = x == 1 and y or x
  end
  return dims
end

--- A layer's output, of this shape at the file's own size.
function values.activation(layer, shape) return { layer = layer, shape = shape } end

--- Numbers and formulas. `is_float`: "float64" where they are such, true where they are narrower.
function values.list(list, dims, is_float) return { list = list, dims = dims, is_float = is_float } end

function values.tensor(tensor, dims) return { tensor = tensor, dims = dims, is_float = true } end

--- From a tensor of a file.
function values.read(t)
  if t.problem then return { problem = t.problem, name = t.name, dims = t.dims } end
  local is_float = t.type == "float64" and t.type or t.type:find "float" ~= nil
  if t.tensor then return { tensor = t.tensor, dims = t.dims, is_float = is_float } end
  local v = values.list(t.integers or t.numbers, t.dims, is_float)
  v.type = t.type
  return v
end

--- Whether a value is a list that depends on the picture's size.
function values.is_sized(v) return v.list ~= nil and formulas.any(v.list) end

function values.is_constant(v) return v.list ~= nil or v.tensor ~= nil end

--- The shape of any value, at the file's own size.
function values.shape(v) return v.layer and v.shape or v.dims end

--- The numbers of a constant, flat, formulas among them, or nil where they are too many.
function values.numbers(v)
  if not v.list and v.tensor and v.tensor:count() <= values.longest_list then v.list = v.tensor:values() end
  return v.list
end

--- A constant as a tensor, of the shape given instead of its own.
function values.to_tensor(v, dims)
  dims = dims or v.dims
  if values.count(dims) == 0 then refuse.raise "a constant without elements cannot be computed with" end
  if #dims > 6 then refuse.raise "a constant has more than six dimensions" end
  if not v.tensor then
    for _, number in ipairs(v.list) do
      if number ~= number or math.abs(number) == math.huge then
        refuse.raise "a constant holds numbers that are not finite"
      end
    end
    v.tensor = core.tensor(v.dims, v.list)
  end
  return values.same(dims, v.tensor:shape()) and v.tensor or v.tensor:reshape(dims)
end

return values
