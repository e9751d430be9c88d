-- SPDX-License-Identifier: MIT
-- A recipe's help: its opening comment and its options, as `--help` prints them. Must not know how recipes are run.

local option = require "phosphene.program.option_kind"

local usage = {}

--- The comment that a recipe's text begins with, as lines without their dashes; a licence's tag is not part of it.
function usage.description(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    local comment = line:match "^%-%-%s?(.*)$"
    local may_precede = #lines == 0 and (line == "" or line:match "^#!" or line:match "^%-%-%s*SPDX%-")
    if comment and not may_precede then
      lines[#lines + 1] = comment
    elseif not may_precede then
      break
    end
  end
  return lines
end

--- The first sentence of that comment, or as much as stands before a semicolon, without the recipe's name in front.
function usage.summary(text, name)
  local all = table.concat(usage.description(text), " ")
  local first = all:match "^(.-)[%.;]%s" or all:match "^(.-)%.?$"
  local prefix = first:match "^([%w_-]+): "
  if prefix and name and prefix:lower() == name:lower() then first = first:sub(#prefix + 3) end
  return first
end

-- Options in the order that the recipe's text declares them: tables in Lua have none.
local function in_order(options, text)
  local at = {}
  local start = text:find("options%s*[({]") or 1
  for _, o in ipairs(options) do
    local name = o.name:gsub("%-", "%%-")
    at[o] = text:find("%f[%w_]" .. name .. "%f[^%w_\"'%]][\"'%]]*%s*=", start) or #text + 1
  end
  local sorted = table.move(options, 1, #options, 1, {})
  table.sort(sorted, function(a, b)
    if at[a] ~= at[b] then return at[a] < at[b] end
    return a.name < b.name
  end)
  return sorted
end

local function left_column(o)
  local name = o.name:gsub("_", "-")
  if option.is_switch(o) then return ("  --[no-]%s"):format(name) end
  return ("  --%s %s"):format(name, o.kind.placeholder)
end

local function right_column(o)
  local parts = {}
  local default = option.default_text(o)
  for _, part in ipairs { o.description, option.restriction(o), default ~= "" and "default " .. default or "" } do
    if part ~= "" then parts[#parts + 1] = part end
  end
  return table.concat(parts, "; ")
end

--- The text of `--help` for a recipe that is `called` so and has this text.
function usage.text(called, text, options)
  local width, lines = 0, usage.description(text)
  if #lines > 0 then lines[#lines + 1] = "" end
  lines[#lines + 1] = ("usage: %s [options]"):format(called)
  for i, o in ipairs(in_order(options, text)) do
    if i == 1 then lines[#lines + 1] = "" end
    lines[#lines + 1] = { left_column(o), right_column(o) }
    width = math.max(width, utf8.len(left_column(o)))
  end
  for i, line in ipairs(lines) do
    if type(line) == "table" then
      local gap = (" "):rep(width - utf8.len(line[1]) + 2)
      lines[i] = (line[1] .. gap .. line[2]):gsub("%s+$", "")
    end
  end
  return table.concat(lines, "\n")
end

return usage
