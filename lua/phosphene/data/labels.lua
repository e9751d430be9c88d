-- SPDX-License-Identifier: MIT
-- The labels of a dataset's pictures: from the folders that they lie in, or from a file. Must not know what pictures
-- are.

local reading = require "phosphene.base.reading"

local labels = {}

-- Labels by number, from 0 in the bytewise order of their names: { of = number of each picture, names = list }.
local function numbered(given)
  local names, number = {}, {}
  for i = 1, #given do
    if not number[given[i]] then names[#names + 1], number[given[i]] = given[i], true end
  end
  table.sort(names)
  for k, name in ipairs(names) do number[name] = k - 1 end
  local of = {}
  for i = 1, #given do of[i] = number[given[i]] end
  return { of = of, names = names }
end

-- The folder of each path that begins at its place in `starts`; nil and a path that has none.
local function folders_at(paths, starts)
  local list = {}
  for i, path in ipairs(paths) do
    local slash = path:find("/", starts[i], true)
    if not slash then return nil, path end
    list[i] = path:sub(starts[i], slash - 1)
  end
  return list
end

local function all_equal(list)
  for i = 2, #list do
    if list[i] ~= list[1] then return false end
  end
  return true
end

--- Labels are the first folders in which the paths differ, or the last ones that all have. Nil and a path where one
--- lies in no folder.
function labels.of_folders(paths)
  local starts = {}
  for i = 1, #paths do starts[i] = 1 end
  local list, without = folders_at(paths, starts)
  if not list then return nil, without end
  while all_equal(list) do
    for i, path in ipairs(paths) do starts[i] = path:find("/", starts[i], true) + 1 end
    local below = folders_at(paths, starts)
    if not below then break end
    list = below
  end
  return numbered(list)
end

-- ---- files ----

-- Longer files are not labels.
local most_bytes = 1 << 30

-- A line's path and label: separated by a tab, or else a comma, or else blanks; the last of them.
local function split(line)
  local path, label = line:match "^(.*)\t%s*(.-)%s*$"
  if not path then path, label = line:match "^(.*),%s*(.-)%s*$" end
  if not path then path, label = line:match "^(.-)%s+(%S+)%s*$" end
  return path and path:match "^%s*(.-)%s*$", label
end

-- The lines of a file: the label of each path, and how many there are. Nil and a message.
local function read(file)
  local stream, problem = reading.open(file)
  if not stream then return nil, ("cannot read labels: %s"):format(problem) end
  local text = stream:read(most_bytes + 1) or ""
  stream:close()
  if #text > most_bytes or text:find "%z" then return nil, ("'%s' holds no labels"):format(file) end
  local label_of, count, number = {}, 0, 0
  for line in (text:gsub("^\xEF\xBB\xBF", ""):gsub("\r", "") .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local path, label = split(line)
    if line:find "%S" and not (path and path ~= "" and label ~= "") then
      return nil, ("'%s', line %d: a path and a label expected"):format(file, number)
    end
    if path then
      if (label_of[path] or label) ~= label then
        return nil, ("'%s', line %d: '%s' has another label already"):format(file, number, path)
      end
      count = count + (label_of[path] and 0 or 1)
      label_of[path] = label
    end
  end
  return label_of, count
end

local function are_numbers(list)
  for _, label in ipairs(list) do
    if not label:find "^%d+$" or #label > 9 then return false end
  end
  return true
end

--- Labels by a file, whose lines have a picture's path, or the last part of it, and its label. Labels that are whole
--- numbers stay those numbers, without names. Gives as well how many lines are of no picture; or nil and a message.
function labels.of_file(paths, file)
  local label_of, count = read(file)
  if not label_of then return nil, count end
  local list, missing, first, used = {}, 0, nil, {}
  for i, path in ipairs(paths) do
    local key = label_of[path] and path or path:match "[^/]*$"
    list[i] = label_of[key]
    used[key] = list[i] and true
    if not list[i] then missing, first = missing + 1, first or path end
  end
  if missing > 0 then
    return nil, ("'%s' has no label for '%s'%s"):format(file, first,
      missing > 1 and (" and %d more of %d pictures"):format(missing - 1, #paths) or "")
  end
  for _ in pairs(used) do count = count - 1 end
  if not are_numbers(list) then return numbered(list), count end
  for i, label in ipairs(list) do list[i] = math.tointeger(label) end
  return { of = list, names = {} }, count
end

return labels
