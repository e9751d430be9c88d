-- SPDX-License-Identifier: MIT
-- What a name stands for while an ONNX graph is imported: a layer's activation, a short list of numbers that is known
-- (a shape, an index), or a tensor of constants. Shapes are known twice, for the size that the file suggests and for
-- another one (`other`): what differs between the two depends on the picture's size, and must not be taken for a
-- constant. Must not know any operator.

local core = require "phosphene.core"
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

--- A layer's output, of this shape; of that one for the other size, nil where the other size does not fit.
function values.activation(layer, shape, other) return { layer = layer, shape = shape, other = other } end

--- Known numbers. `other`: what they are at the other size, where that differs; `is_sized` marks what depends on the
--- picture's size, known or not at the other one; `sources` lists layers from whose shapes they were computed.
function values.list(list, dims, is_float, other)
  if other and values.same(list, other) then other = nil end
  local is_sized = other ~= nil
  if other and #other ~= #list then other = nil end
  return { list = list, dims = dims, is_float = is_float, other = other, is_sized = is_sized }
end

function values.tensor(tensor, dims) return { tensor = tensor, dims = dims, is_float = true } end

--- From a tensor of a file.
function values.read(t)
  if t.problem then return { problem = t.problem, name = t.name, dims = t.dims } end
  if t.tensor then return values.tensor(t.tensor, t.dims) end
  return values.list(t.integers or t.numbers, t.dims, t.type:find "float" ~= nil)
end

function values.is_constant(v) return v.list ~= nil or v.tensor ~= nil end

--- The shape of any value, and the one at the other size.
function values.shape(v)
  if v.layer then return v.shape, v.other end
  return v.dims, v.dims
end

--- The numbers of a constant, flat, or nil where they are too many.
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
