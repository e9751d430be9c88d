-- SPDX-License-Identifier: MIT
-- Reads the fields of an untrusted message that prototxt.lua parsed: each function gives the first value of a field, or
-- the default if there is none, and refuses values of another type.

local refuse = require "phosphene.formats.refuse"
local whole = require "phosphene.formats.whole"

local fields = {}

-- Lengths, sizes and counts beyond this belong to no network.
local most = 1 << 20

local function first(message, name)
  local list = message[name]
  return list and list[1]
end

local function expect(value, wanted, name, default)
  if value == nil then return default end
  if type(value) ~= wanted then refuse.raise("'%s' is a %s, not a %s", name, type(value), wanted) end
  return value
end

function fields.message(message, name) return expect(first(message, name), "table", name, {}) end
function fields.text(message, name, default) return expect(first(message, name), "string", name, default) end
function fields.flag(message, name, default) return expect(first(message, name), "boolean", name, default) end
function fields.number(message, name, default) return expect(first(message, name), "number", name, default) end

--- A whole number of at least `least`, 0 by default.
function fields.count(message, name, default, least)
  local value = first(message, name)
  if value == nil then return default end
  return whole(value, name, least or 0, most)
end

--- All values of a field, which must be of one type: "number", "string" or "table".
function fields.all(message, name, wanted)
  for _, value in ipairs(message[name] or {}) do expect(value, wanted, name) end
  return message[name] or {}
end

--- All values of a field as whole numbers of at least `least`.
function fields.counts(message, name, least)
  local list = {}
  for i, value in ipairs(message[name] or {}) do list[i] = whole(value, name, least or 0, most) end
  return list
end

return fields
