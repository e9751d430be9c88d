-- SPDX-License-Identifier: MIT
-- Texts that must fit. Must not know what they say.

--- The text, or as many of its characters as fit into `most`, of which the last one is then "…". What is no UTF-8 stays
--- as it is.
return function(text, most)
  local length = utf8.len(text)
  if not length or length <= most then return text end
  return text:sub(1, utf8.offset(text, most) - 1) .. "…"
end
