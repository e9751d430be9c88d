-- SPDX-License-Identifier: MIT
-- Bounds on what a file may describe, the same for all formats: a file that exceeds them is damaged or malicious. Must
-- not know any format.

return {
  layers = 10000,
  numbers = 1 << 30, -- in an activation
}
