-- SPDX-License-Identifier: MIT
-- What a name stands for while an ONNX graph is imported: a layer's activation, a short list of numbers (a shape, an
-- index), of which some may be formulas of the picture's size, or a tensor of constants. Must not know any operator.

local core = require "phosphene.core"
local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local refuse = require "phosphene.formats.refuse"

local values = {}

--- Whether two lists hold the same.
function values.same(a, b)
  if #a ~= #b then return false end
  for i, value in ipairs(a) do
    if value ~= b[i] then return false end
  end
  return true
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
  if not v.list and v.tensor and v.tensor:count() <= lists.longest then v.list = v.tensor:values() end
  return v.list
end

--- A constant as a tensor, of the shape given instead of its own.
function values.to_tensor(v, dims)
  dims = dims or v.dims
  if lists.count(dims) == 0 then refuse.raise "a constant without elements cannot be computed with" end
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
