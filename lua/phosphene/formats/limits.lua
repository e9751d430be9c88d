-- SPDX-License-Identifier: MIT
-- Bounds on what a file may describe, the same for all formats: beyond them it is damaged, or made to do harm. Must not
-- know any format.

return {
  layers = 10000,
  numbers = 1 << 30, -- in an activation
}
