-- Runs busted inside phosphene: for builds whose sanitizer must be linked into the program.
require "busted.runner" { standalone = false }
