-- SPDX-License-Identifier: MIT
-- A graph's inputs: which one is the picture, and what the others are. Must not know what the graph does with them.

local core = require "phosphene.core"
local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.onnx.values"

local inputs = {}

-- ---- the picture ----

-- What a file's types are called here: TensorProto.DataType.
local bytes, truths = 2, 9
local is_float = { [1] = true, [10] = true, [11] = true, [16] = true }

-- How many channels pictures have: grey, colours, colours with opacity.
local is_colour = { [1] = true, [3] = true, [4] = true }

local function can_be_picture(input)
  local dims = input.dims
  if input.type and not is_float[input.type] and input.type ~= bytes then return false end
  return not dims or #dims == 4 or #dims == 3 and (is_colour[dims[1]] or is_colour[dims[3]]) or false
end

local function list_text(list)
  local texts = {}
  for i, input in ipairs(list) do
    local dims = {}
    for k, dim in ipairs(input.dims or {}) do dims[k] = dim or "?" end
    texts[i] = ("'%s' (%s)"):format(input.name, #dims > 0 and table.concat(dims, "x") or "no shape")
  end
  return table.concat(texts, ", ")
end

local function find(list, name)
  for _, input in ipairs(list) do
    if input.name == name then return input end
  end
  refuse.raise("it has no input '%s'; there are %s", name, list_text(list))
end

-- The input that is the picture: the one that the options name, or else the only one that can be.
local function choose(list, options)
  if options.input then return find(list, options.input) end
  local candidates, given = {}, options.inputs or {}
  for _, input in ipairs(list) do
    if can_be_picture(input) and given[input.name] == nil then candidates[#candidates + 1] = input end
  end
  if #candidates == 1 then return candidates[1] end
  if #candidates == 0 then refuse.raise("none of its inputs, %s, can be a picture", list_text(list)) end
  refuse.raise("%s can be pictures: the option 'input' says which is optimised, 'inputs' what the others are",
    list_text(candidates))
end

-- How much like channels a length is: opacity is rarer than a height of 4.
local function likeness(length) return is_colour[length] and (length == 4 and 1 or 2) or 0 end

-- As { name, channels, height, width, images, is_last, has_batch, is_bytes }: height and width are false where they are
-- free, is_last says that channels are the last axis.
local function describe(input)
  local dims = input.dims or { false, 3, false, false }
  local has_batch = #dims == 4
  if not has_batch and #dims ~= 3 then
    refuse.raise("its input '%s' has %d dimensions; a picture has four, or three without a batch", input.name, #dims)
  end
  local first = has_batch and 2 or 1
  local is_last = likeness(dims[#dims]) > likeness(dims[first])
  local picture = {
    name = input.name, images = has_batch and dims[1] or 1, has_batch = has_batch, is_last = is_last,
    is_bytes = input.type == bytes, channels = dims[is_last and #dims or first] or 3,
    height = dims[is_last and first or first + 1], width = dims[is_last and first + 1 or first + 2],
  }
  if (picture.height or 0) > 1 << 14 or (picture.width or 0) > 1 << 14 then
    refuse.raise("its input '%s' is too large, %d by %d", input.name, picture.height or 0, picture.width or 0)
  end
  return picture
end

-- ---- the others ----

-- A number, or as many of it as the input has, where that is known.
local function filled(number, dims)
  local count = 1
  for _, dim in ipairs(dims or {}) do count = count and dim and count * dim end
  if not dims or not count then return values.list({ number }, {}, math.type(number) == "float") end
  if count <= 64 then
    local list = {}
    for i = 1, count do list[i] = number end
    return values.list(list, dims, math.type(number) == "float")
  end
  return values.tensor(core.tensor(dims, number), dims)
end

-- What an input is that is not the picture, and whether that had to be assumed.
local function value_of(input, given)
  if type(given) == "userdata" then return values.tensor(given, given:shape()) end
  local is_whole = input.type and not is_float[input.type]
  if type(given) == "boolean" then given = given and 1 or 0 end
  if given then return filled(is_whole and math.tointeger(given) or given + 0.0, input.dims) end
  local count = 1
  for _, dim in ipairs(input.dims or { false }) do count = count * (dim or 2) end
  if count ~= 1 then
    refuse.raise("its input %s needs a value: the option 'inputs' says what", list_text { input })
  end
  return filled(input.type == truths and 0 or is_whole and 1 or 1.0, input.dims), true
end

--- The picture (see `describe`), the values of the other inputs that are needed by name, and what had to be assumed in
--- words, or nil.
function inputs.read(doc, needed, options)
  local list, others, assumed = {}, {}, {}
  for _, input in ipairs(doc.inputs) do
    if needed[input.name] then list[#list + 1] = input end
  end
  for name in pairs(options.inputs or {}) do find(doc.inputs, name) end
  if #list == 0 then list = doc.inputs end
  local picture = choose(list, options)
  for _, input in ipairs(list) do
    if input ~= picture then
      local value, is_assumed = value_of(input, (options.inputs or {})[input.name])
      others[input.name] = value
      if is_assumed then assumed[#assumed + 1] = ("'%s' to be %g"):format(input.name, value.list[1]) end
    end
  end
  return describe(picture), others, #assumed > 0 and "takes its input " .. table.concat(assumed, ", ") or nil
end

return inputs
