-- SPDX-License-Identifier: MIT
-- What of the program is no recipe but called like one: the modules that have `run(words)`, and what they do.

return {
  weights = { module = "phosphene.program.commands.weights", summary = "networks' weights: list, fetch, convert" },
}
