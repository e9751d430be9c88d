-- SPDX-License-Identifier: MIT
-- Other programs are run by the shell. Must not know which.

--- A text as one word of a shell's command.
local function shell_word(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

return shell_word
