-- Class labels: as weights files carry them, a JSON list of texts, and as text files do, one a line. Must not know of
-- networks.

local json = require "phosphene.json"

local labels = {}

--- The strings of a JSON list such as `["tench", "goldfish"]`, or nil and what is wrong.
function labels.parse(text)
  local list, at = json.decode(text, 1)
  local is_list = type(list) == "table" and (next(list) == nil or list[1] ~= nil)
  for _, label in ipairs(is_list and list or {}) do is_list = is_list and type(label) == "string" end
  if is_list then return list end
  return nil, ("labels: not a JSON list of strings (at character %d)"):format(at or 1)
end

return labels
