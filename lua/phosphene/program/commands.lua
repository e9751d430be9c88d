-- SPDX-License-Identifier: MIT
-- The program's commands that are called like recipes but are modules: those with `run(words)`, and what they do.

return {
  weights = { module = "phosphene.program.commands.weights", summary = "networks' weights: list, fetch, convert" },
}
