-- SPDX-License-Identifier: MIT
-- Class labels: a JSON list of texts in weights files, or one label per line in text files. Must not know of networks.

local json = require "phosphene.base.json"
local reading = require "phosphene.base.reading"

local labels = {}

--- The strings of a JSON list such as `["tench", "goldfish"]`, or nil and what is wrong.
function labels.parse(text)
  local list, at = json.decode(text, 1)
  local is_list = type(list) == "table" and (next(list) == nil or list[1] ~= nil)
  for _, label in ipairs(is_list and list or {}) do is_list = is_list and type(label) == "string" end
  if is_list then return list end
  return nil, ("labels: not a JSON list of strings (at character %d)"):format(at or 1)
end

--- A list of labels from what a JSON file holds: a list of texts, or names by number, { "0": "tench" }, which
--- Hugging Face's config.json has under id2label. Nil where it is neither.
function labels.of_json(value)
  if type(value) ~= "table" then return nil end
  value = value.id2label or value
  if type(value) ~= "table" then return nil end
  local list, entries = {}, 0
  for key, label in pairs(value) do
    local number = type(key) == "string" and math.tointeger(tonumber(key))
    local place = number and number + 1 or key
    if type(label) ~= "string" or math.type(place) ~= "integer" then return nil end
    list[place], entries = label, entries + 1
  end
  return #list == entries and list or nil
end

-- Networks may have some outputs more than there are classes (Inception 5h 1008).
local most_unnamed = 8

-- Lines without their numbers, where all of them are counted from 0 ("0 cat", "1 dog"), as Teachable Machine does.
local function uncounted(list)
  local rest = {}
  for i, line in ipairs(list) do
    local number, label = line:match "^(%d+)[%s:,]+(.*%S)"
    if math.tointeger(tonumber(number)) ~= i - 1 then return list end
    rest[i] = label
  end
  return rest
end

-- Longer files are not labels.
local most_bytes = 1 << 22

--- The labels of a text file: its lines, without the WordNet numbers ("n01440764 tench") or the counting ("0 tench")
--- that some begin with; or of a JSON file. Nil and a message where it has none.
function labels.read(path)
  local file, problem = reading.open(path)
  if not file then return nil, ("cannot read labels: %s"):format(problem) end
  local text = file:read(most_bytes + 1) or ""
  file:close()
  if #text > most_bytes or text:find "%z" then return nil, ("'%s' holds no labels"):format(path) end
  text = text:gsub("^\xEF\xBB\xBF", ""):gsub("\r", "")
  if text:find "^%s*[%[{]" then
    local named = labels.of_json((json.decode(text, 3)))
    if named then return named end
    return nil, ("'%s' holds no labels: it is neither a JSON list of texts nor names by number"):format(path)
  end
  local list = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do list[#list + 1] = line:gsub("^n%d%d%d%d%d%d%d%d%s+", "") end
  while list[#list] == "" do list[#list] = nil end
  return uncounted(list)
end

local backgrounds = { background = true, __background__ = true, dummy = true, none = true }

local function without_blanks(list)
  local rest = {}
  for _, label in ipairs(list) do
    if label:find "%S" then rest[#rest + 1] = label end
  end
  return rest
end

--- The list as labels of `count` classes: without blank lines, and without a background class that the network does not
--- have, where that makes it as many. Nil and a message where it is not as many.
function labels.fit(list, count)
  if #list == count then return list end
  local rest = without_blanks(list)
  if #rest == count then return rest end
  if #rest == count + 1 and backgrounds[rest[1]:lower()] then return table.move(rest, 2, #rest, 1, {}) end
  local missing = count - #rest
  if missing > 1 and missing <= most_unnamed and #rest > 0 then return rest end
  return nil, ("labels: %d for %d classes%s"):format(#rest, count, missing == 1
    and "; if the network's first class is the background, the list must begin with a line for it" or "")
end

-- What label files are called that come with published networks: Google's, Caffe's, and PyTorch's.
local usual = { "imagenet_comp_graph_label_strings.txt", "synset_words.txt", "imagenet_classes.txt" }

--- Labels for `count` classes in a text file beside a network's file: one that is called after the network, or as is
--- usual. Nil where there is none of about so many lines.
function labels.beside(path, count)
  local folder, stem = path:match "^(.*/)" or "", (path:match "([^/]*)%.%w+$" or path):gsub("[._-]deploy$", "")
  for _, name in ipairs { stem .. ".labels.txt", stem .. "_labels.txt", stem .. ".synset_words.txt", stem .. ".txt",
    table.unpack(usual) } do
    local list = labels.read(folder .. name)
    if list and #list > 0 and labels.fit(list, count) then return labels.fit(list, count) end
  end
end

return labels
