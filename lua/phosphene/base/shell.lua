-- SPDX-License-Identifier: MIT
-- Words of a shell's commands: other programs are run by the shell, and pictures say by what command they were made.
-- Must not know which.

local shell = {}

--- A text as one word of a command.
function shell.word(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- A command for people to read: words in quotes only where they need them.
function shell.line(words)
  local out = {}
  for i, word in ipairs(words) do out[i] = word:match "^[%w_./:=,@%%+-]+$" and word or shell.word(word) end
  return table.concat(out, " ")
end

--- The words of a command that `line` wrote; nil where it is not of that kind, as with variables and pipes.
function shell.words(line)
  local words, at = {}, 1
  while at <= #line do
    local word, is_word = "", false
    while at <= #line and line:sub(at, at) ~= " " do
      local part, after = line:match("^'([^']*)'()", at)
      if not part then part, after = line:match("^\\(')()", at) end
      if not part then part, after = line:match("^([%w_./:=,@%%+-]+)()", at) end
      if not part then return nil end
      word, at, is_word = word .. part, after, true
    end
    if is_word then words[#words + 1] = word end
    at = at + 1
  end
  return words
end

return shell
