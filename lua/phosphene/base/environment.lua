-- SPDX-License-Identifier: MIT
-- The variables of the environment that are Phosphene's own, and what they are for: `phosphene --help` and `phosphene
-- doctor` print this list, and the manual page and docs/installing.md have it. Must not know who reads them.

return {
  { "PHOSPHENE_THREADS", "how many threads runs use, instead of one a core" },
  { "PHOSPHENE_WEIGHTS", "files and folders, with colons between them, where networks are looked for first" },
  { "PHOSPHENE_FONT", "the font of captions, instead of DejaVu Sans" },
  { "PHOSPHENE_PROGRESS", "0: nothing is said of how runs go, nor where recipes wrote" },
  { "PHOSPHENE_TRACEBACK", "1: errors are followed by the calls that led there" },
}
