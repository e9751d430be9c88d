-- SPDX-License-Identifier: MIT
-- Numbers that follow from the picture's size. Exporters ask for shapes and compute with them; each element of such a
-- list is either a number or a formula over the lengths of layers' outputs, which becomes a setting of a layer as text
-- (src/core/network/formula.h) and holds at any size. What a formula comes to is also known at a few sizes of the
-- picture, of which the first is the file's own. Must not know any operator.

local core = require "phosphene.core"
local ranges = require "phosphene.formats.ranges"
local refuse = require "phosphene.formats.refuse"
local sorted_keys = require "phosphene.base.sorted_keys"

local formulas = {}

local formula = {}
formula.__index = formula

-- Words of a formula, and layers that all formulas of a layer may be over: the core's bounds.
local most_words, most_layers = 500, 26

function formulas.is(x) return getmetatable(x) == formula end

--- What x comes to at the file's own size, which is size 1, or at size k: nil where a layer does not fit that size.
function formulas.at(x, k)
  if formulas.is(x) then return x.known[k or 1] end
  return x
end

--- The length of a layer's output along an axis; `known` is what it is at each size, nil where the layer does not fit
--- it. A number where it is the same at all of them.
function formulas.length(layer, axis, known, sizes)
  local differs = false
  for k = 1, sizes do differs = differs or known[k] ~= nil and known[k] ~= known[1] end
  if not differs then return known[1] end
  return setmetatable({ layer = layer, axis = axis, known = known, sizes = sizes, words = 1,
    range = ranges.length }, formula)
end

local function range_of(operation, operands)
  local list = {}
  for i, x in ipairs(operands) do list[i] = formulas.is(x) and x.range or ranges.of(x) end
  return ranges.apply(operation, table.unpack(list))
end

--- What an operation makes of numbers and formulas: a number, or a formula where one of them is.
function formulas.apply(operation, ...)
  local operands, sizes, words = { ... }, nil, 1
  for _, x in ipairs(operands) do
    if formulas.is(x) then sizes = x.sizes end
    words = words + (formulas.is(x) and x.words or 1)
  end
  if not sizes then return core.calculate(operation, ...) end
  local range = range_of(operation, operands)
  if range[1] == range[2] then return range[1] end
  if operation == "?" and not formulas.is(operands[1]) then return operands[operands[1] ~= 0 and 2 or 3] end
  if words > most_words then refuse.raise("a size is computed in more than %d steps", most_words) end
  local known = {}
  for k = 1, sizes do
    local numbers, fits = {}, true
    for i, x in ipairs(operands) do
      numbers[i] = formulas.at(x, k)
      fits = fits and numbers[i] ~= nil
    end
    known[k] = fits and core.calculate(operation, table.unpack(numbers)) or nil
  end
  return setmetatable({ operation = operation, operands = operands, known = known, sizes = sizes, words = words,
    range = range }, formula)
end

--- Whether x and y are the same at all sizes that are known.
function formulas.same(x, y)
  if not formulas.is(x) and not formulas.is(y) then return x == y end
  for k = 1, (formulas.is(x) and x or y).sizes do
    local a, b = formulas.at(x, k), formulas.at(y, k)
    if a and b and a ~= b then return false end
  end
  return true
end

--- Likewise of lists.
function formulas.all_same(a, b)
  if #a ~= #b then return false end
  for i, x in ipairs(a) do
    if not formulas.same(x, b[i]) then return false end
  end
  return true
end

--- Whether any element of a list is a formula.
function formulas.any(list)
  for _, x in ipairs(list) do
    if formulas.is(x) then return true end
  end
  return false
end

--- A list as it is at the file's own size, of numbers alone.
function formulas.nominal(list)
  local numbers = {}
  for i, x in ipairs(list) do numbers[i] = formulas.at(x) end
  return numbers
end

-- ---- as text ----

-- "b2": axis 2 of the second layer; a layer that is new joins the list.
local function length_text(f, layers)
  local at = layers[f.layer]
  if not at then
    at = #layers
    if at == most_layers then refuse.raise("sizes are computed from those of more than %d layers", most_layers) end
    layers[at + 1], layers[f.layer] = f.layer, at
  end
  return ("%c%d"):format(97 + at, f.axis)
end

local function text_of(x, layers)
  if not formulas.is(x) then return ("%.17g"):format(x) end
  if x.layer then return length_text(x, layers) end
  local words = {}
  for i, operand in ipairs(x.operands) do words[i] = text_of(operand, layers) end
  words[#words + 1] = x.operation
  return table.concat(words, " ")
end

--- Settings as a layer's description has them: with numbers of the file's own size in the place of formulas, and the
--- formulas apart, as `formulas` over the layers `sized_by`.
function formulas.describe(settings)
  local texts, layers, description = {}, {}, {}
  for _, key in ipairs(sorted_keys(settings)) do
    local value = settings[key]
    local list = type(value) == "table" and not formulas.is(value) and value or { value }
    for i, x in ipairs(list) do
      if formulas.is(x) then texts[#texts + 1] = { key, i, text_of(x, layers) } end
    end
    description[key] = list == value and formulas.nominal(list) or formulas.at(value)
  end
  if #texts > 0 then description.formulas, description.sized_by = texts, table.move(layers, 1, #layers, 1, {}) end
  return description
end

return formulas
