-- SPDX-License-Identifier: MIT
-- Class labels: as weights files carry them, a JSON list of texts, and as text files do, one a line. Must not know of
-- networks.

local json = require "phosphene.base.json"

local labels = {}

--- The strings of a JSON list such as `["tench", "goldfish"]`, or nil and what is wrong.
function labels.parse(text)
  local list, at = json.decode(text, 1)
  local is_list = type(list) == "table" and (next(list) == nil or list[1] ~= nil)
  for _, label in ipairs(is_list and list or {}) do is_list = is_list and type(label) == "string" end
  if is_list then return list end
  return nil, ("labels: not a JSON list of strings (at character %d)"):format(at or 1)
end

-- Longer files are no labels.
local most_bytes = 1 << 22

--- The lines of a text file, without the WordNet numbers ("n01440764 tench") that some begin with; or nil and a
--- message.
function labels.read(path)
  local file, problem = io.open(path, "rb")
  if not file then return nil, ("cannot read labels: %s"):format(problem) end
  local text = file:read(most_bytes + 1) or ""
  file:close()
  if #text > most_bytes or text:find "%z" then return nil, ("'%s' holds no labels"):format(path) end
  local list = {}
  for line in (text:gsub("^\xEF\xBB\xBF", ""):gsub("\r", "") .. "\n"):gmatch "(.-)\n" do
    list[#list + 1] = line:gsub("^n%d%d%d%d%d%d%d%d%s+", "")
  end
  while list[#list] == "" do list[#list] = nil end
  return list
end

-- What label files are called that come with published networks: Google's, Caffe's, and PyTorch's.
local usual = { "imagenet_comp_graph_label_strings.txt", "synset_words.txt", "imagenet_classes.txt" }

-- Networks may have some outputs more than there are classes (Inception 5h 1008).
local most_unnamed = 8

--- Labels for `count` classes in a text file beside a network's file: one that is called after the network, or as is
--- usual. Nil where there is none of about so many lines.
function labels.beside(path, count)
  local folder, stem = path:match "^(.*/)" or "", (path:match "([^/]*)%.%w+$" or path):gsub("[._-]deploy$", "")
  for _, name in ipairs { stem .. ".labels.txt", stem .. "_labels.txt", stem .. ".synset_words.txt", stem .. ".txt",
    table.unpack(usual) } do
    local list = labels.read(folder .. name)
    if list and #list <= count and #list > 0 and #list >= count - most_unnamed then return list end
  end
end

return labels
