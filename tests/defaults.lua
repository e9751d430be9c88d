-- SPDX-License-Identifier: MIT
-- Defaults as the reference states them, and what shows that the program has them: given, a default changes nothing,
-- and another value does. Must not know what is asked about.

local util = require "luassert.util"

local defaults = {}

-- The literal that a clause begins with, if nothing but its explanation follows: "0.01, of `maco` 1", "224 by default".
local function literal_of(clause)
  local value = clause:match '^"[^"]*"' or clause:match "^%-?%d+%.?%d*e?%-?%d*" or clause:match "^true"
    or clause:match "^false"
  local rest = value and clause:sub(#value + 1) or ""
  for _, explained in ipairs { "^$", "^, ", "^ by default", "^ %(" } do
    if value and rest:find(explained) then return load("return " .. value)() end
  end
end

--- The default that a text of the reference states, "…; 0.5" or "1 by default"; nil where it states none, or in prose.
function defaults.stated(text)
  local is_first = true
  for clause in (text .. "; "):gmatch "(.-); " do
    local value = literal_of(clause)
    -- What comes first is what the field is for, unless nothing else is said.
    if value ~= nil and (not is_first or clause == text or clause:find "by default") then return value end
    is_first = false
  end
  local value = text:match 'by default ("[^"]*")' or text:match ': ("[^"]*")$'
    or text:match "by default (%-?%d+%.?%d*e?%-?%d*)" or text:match "by default (%l+)$"
  if value and not value:match '^["%d-]' and value ~= "true" and value ~= "false" then return nil end
  if value then return load("return " .. value)() end
end

--- Values of this type, as the reference writes it, that are not the default.
function defaults.others(type_text, default)
  if type(default) == "boolean" then return { not default } end
  if type(default) == "number" then return { default + 1, default + 2, default / 2 + 0.25, default // 2 } end
  local list = {}
  for choice in type_text:gmatch '"([^"]*)"' do
    if choice ~= default then list[#list + 1] = choice end
  end
  return list
end

--- `probe` gives what can be told of something from a value, or from none: the default must make no difference, and
--- one of the other values must.
function defaults.check(what, probe, default, others)
  local without = probe(nil)
  if not util.deepcompare(without, probe(default)) then error(what .. ": the program's default is another") end
  for _, value in ipairs(others) do
    local ok, found = pcall(probe, value)
    if ok and not util.deepcompare(without, found) then return end
  end
  error(what .. ": no other value makes a difference, so that the probe shows nothing")
end

return defaults
