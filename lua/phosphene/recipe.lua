-- SPDX-License-Identifier: MIT
-- The public name of recipes, for specs and programs: `require("phosphene.recipe").run("channel", { steps = 3 })`.
-- Must hold no logic.

return require "phosphene.program.recipe"
