-- SPDX-License-Identifier: MIT
-- Prints docs/api.md: the annotations in lua/phosphene/meta as a page. `make docs` runs it. Must not know how
-- annotations are written: that is documentation.lua's.

local documentation = require "phosphene.program.documentation"

-- Files in the order of reading; others follow by name.
local order = { "phosphene", "render", "objective", "heads", "transform", "transforms", "network", "layers", "tensor",
  "variable", "optimiser", "parameterisation", "random", "image", "dataset", "safetensors" }

-- Classes that functions of many files belong to; their functions stand alone.
local is_module = { ["ph"] = true, ["phosphene.core"] = true }

local all = documentation.read()
local page = {}

local function add(format, ...) page[#page + 1] = format:format(...) end

-- ---- text ----

-- What Markdown would take for markup, outside of `code`.
local function escape(text)
  local parts = {}
  for plain, code in (text .. "``"):gmatch "([^`]*)(`[^`]*`)" do
    parts[#parts + 1] = plain:gsub("[*<]", "\\%0") .. (code == "``" and "" or code)
  end
  return table.concat(parts)
end

-- Lines of an annotation: paragraphs, and what is indented there as it is.
local function add_text(lines)
  local is_code = false
  for _, line in ipairs(lines) do
    local indented = line:match "^%s%s" ~= nil
    if indented ~= is_code then add(indented and "\n```text" or "```\n") end
    is_code = indented
    add("%s", indented and line or escape(line))
  end
  if is_code then add "```" end
  add ""
end

local function add_list(list)
  for _, entry in ipairs(list) do
    local text = entry.text ~= "" and ": " .. escape(entry.text) or ""
    add("- `%s` (`%s`)%s", entry.name, entry.type, text)
  end
  if #list > 0 then add "" end
end

-- ---- entries ----

local function add_function(level, entry)
  local name = entry.full_name:gsub("^ph%.(.*:)", "%1") -- of methods, whose object is nobody's field
  add("%s `%s(%s)`\n", level, name, entry.arguments)
  add_text(entry.text)
  add_list(entry.parameters)
  local results = {}
  for i, result in ipairs(entry.returns) do
    results[i] = ("`%s`%s"):format(result.type, result.text ~= "" and " " .. escape(result.text) or "")
  end
  if #results > 0 then add("Gives %s.\n", table.concat(results, ", ")) end
end

local function add_class(class)
  local parent = class.parent ~= "" and (" (with all fields of `%s`)"):format(class.parent) or ""
  add("### `%s`%s\n", class.name, parent)
  add_text(class.text)
  add_list(class.fields)
  for _, entry in ipairs(class.functions) do add_function("####", entry) end
end

-- ---- sections ----

local function title_of(file) return file == "phosphene" and "The module" or file:sub(1, 1):upper() .. file:sub(2) end

local function add_section(file)
  add("## %s\n", title_of(file))
  for _, entry in ipairs(all.functions) do
    if entry.file == file and is_module[entry.owner] then add_function("###", entry) end
  end
  for _, class in ipairs(all.classes) do
    if class.file == file and not is_module[class.name] then add_class(class) end
  end
end

-- All files that have something to themselves, in their order. (Where a class is taken up again, what is added stands
-- with the class.)
local function files()
  local list, place, known = {}, {}, {}
  for i, file in ipairs(order) do place[file] = i end
  local function add_file(file)
    if not known[file] then list[#list + 1] = file end
    known[file] = true
  end
  for _, entry in ipairs(all.functions) do
    if is_module[entry.owner] then add_file(entry.file) end
  end
  for _, class in ipairs(all.classes) do
    if not is_module[class.name] then add_file(class.file) end
  end
  table.sort(list, function(a, b)
    local x, y = place[a] or math.huge, place[b] or math.huge
    if x == y then return a < b end
    return x < y
  end)
  return list
end

add "# Reference\n"
add [[
Made by `make docs` from [lua/phosphene/meta](../lua/phosphene/meta), which is where to change it; what
heads, transforms and layers say of themselves, in [src/core](../src/core).
]]
add_text(all.classes.phosphene.text)
for _, file in ipairs(files()) do
  local title = title_of(file)
  add("- [%s](#%s)", title, (title:lower():gsub(" ", "-")))
end
add ""
for _, file in ipairs(files()) do add_section(file) end

io.write((table.concat(page, "\n"):gsub("\n\n\n+", "\n\n"):gsub("%s+$", "\n")))
