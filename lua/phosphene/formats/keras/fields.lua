-- SPDX-License-Identifier: MIT
-- Reading the settings of a layer from JSON, of which nothing is believed: each function gives a setting, or the
-- default where there is none (null reads as false), and refuses what is of another type.

local refuse = require "phosphene.formats.refuse"
local whole = require "phosphene.formats.whole"

local fields = {}

-- Lengths and counts beyond this belong to no network.
local most = 1 << 24

local function expect(config, key, wanted, default)
  local value = config[key]
  if value == nil or (value == false and wanted ~= "boolean") then return default end
  if type(value) ~= wanted then refuse.raise("'%s' is a %s, not a %s", key, type(value), wanted) end
  return value
end

function fields.text(config, key, default) return expect(config, key, "string", default) end
function fields.flag(config, key, default) return expect(config, key, "boolean", default) end
function fields.number(config, key, default) return expect(config, key, "number", default) end
function fields.table(config, key, default) return expect(config, key, "table", default) end

--- A whole number from `least` on.
function fields.whole(value, name, least) return whole(value, name, least, most) end

function fields.count(config, key, default, least)
  local value = config[key]
  if value == nil or value == false then return default end
  return fields.whole(value, key, least or 1)
end

--- Two whole numbers, of which one may stand for both.
function fields.pair(config, key, default, least)
  local value = config[key]
  if not value then return default end
  if type(value) ~= "table" then value = { value, value } end
  if #value ~= 2 then refuse.raise("'%s' of %d axes", key, #value) end
  return { fields.whole(value[1], key, least or 1), fields.whole(value[2], key, least or 1) }
end

--- Whole numbers, of any sign: a list, or one.
function fields.integers(value, name)
  local list = {}
  for i, number in ipairs(type(value) == "table" and value or { value }) do
    list[i] = fields.whole(number, name, -most)
  end
  return list
end

-- Lists in lists, as deep as tensors are, into one.
local function flatten(value, name, list, depth)
  if type(value) == "number" then
    list[#list + 1] = value
  elseif type(value) == "table" and depth > 0 and #list <= most then
    for _, entry in ipairs(value) do flatten(entry, name, list, depth - 1) end
  else
    refuse.raise("'%s' is not made of numbers", name)
  end
  return list
end

--- Numbers in any brackets: a flat list.
function fields.numbers(value, name) return flatten(value, name, {}, 6) end

return fields
