-- SPDX-License-Identifier: MIT
std = "lua54"
max_line_length = 120
files["tests/spec"] = { std = "+busted" }
files["lua/phosphene/meta"] = { ignore = { "11.", "21.", "24.", "631" }, globals = {} } -- signatures without bodies
