-- SPDX-License-Identifier: MIT
-- The program's commands that are called like recipes but are modules: those with `run(words)`, which may give an
-- exit status, and what they do.

return {
  again = { module = "phosphene.program.commands.again", summary = "a picture's recipe once more, for the same bytes" },
  doctor = { module = "phosphene.program.commands.doctor", summary = "what is installed, and what is wrong" },
  export = { module = "phosphene.program.commands.export", summary = "a network of PyTorch as a file that opens here" },
  weights = { module = "phosphene.program.commands.weights", summary = "networks' weights: list, fetch, convert" },
}
