-- SPDX-License-Identifier: MIT
-- The folders of the recipes and weights that are part of Phosphene, beside the Lua folder, both in the source tree and
-- installed. Must not know what is in them.

local paths = {}

-- The folder that holds phosphene/, as the search path spells it: "lua/", "/usr/share/phosphene/lua//", "./" or "".
local library = debug.getinfo(1, "S").source:match "^@(.*)phosphene/base/paths%.lua$"

-- The folder above it, in a short spelling where there is one.
local root = ("/" .. library):match "^/(.*/)lua/+$" or (library:match "^lua/+$" and "") or library .. "../"

--- The folder of the bundled recipes.
paths.scripts = root .. "scripts"

--- The folder of the bundled weights.
paths.weights = root .. "weights"

return paths
