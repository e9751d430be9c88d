-- SPDX-License-Identifier: MIT
-- The folders of the recipes and weights that are part of Phosphene. In the source tree they are beside the folder lua;
-- installed, Phosphene is among Lua's modules, share/lua/5.4, and they are in share/phosphene. Must not know what is in
-- them.

local paths = {}

-- The folder that holds phosphene/, as the search path spells it: "lua/", "/usr/share/lua/5.4//", "./" or "".
local library = debug.getinfo(1, "S").source:match "^@(.*)phosphene/base/paths%.lua$"

-- The folder that holds the others, in a short spelling where there is one.
local installed = library:match "^(.*/)lua/+5%.4/+$"
local root = installed and installed .. "phosphene/" or ("/" .. library):match "^/(.*/)lua/+$"
  or (library:match "^lua/+$" and "") or library .. "../"

--- The folder of Phosphene's modules.
paths.library = library .. "phosphene"

--- The folder of the bundled recipes.
paths.scripts = root .. "scripts"

--- The folder of the bundled weights.
paths.weights = root .. "weights"

return paths
