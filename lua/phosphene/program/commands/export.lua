-- SPDX-License-Identifier: MIT
-- The program's command `export`: a network of PyTorch as an ONNX file. scripts/export.py, which python3 runs, writes
-- the file, and what PyTorch makes of a picture; here it is opened, and compared with that. Must not know PyTorch.

local core = require "phosphene.core"
local network = require "phosphene.formats.loading"
local paths = require "phosphene.base.paths"
local shell = require "phosphene.base.shell"

local command = {}

local function fail(format, ...) error(("export: " .. format):format(...), 0) end

-- Of relative L2 differences; those of sums in another order are a thousandth of it.
local bound = 1e-3

-- Status that shells give where there is no such program.
local no_program = 127

-- |a - b| / |b|; new networks may give zeros.
local function difference(a, b)
  local rest = a:reshape(b:shape()):clone():add(b, -1)
  return math.sqrt(rest:dot(rest) / math.max(b:dot(b), 1e-30))
end

-- Opens what was written, says what it is, and how near it comes to the sample of it.
local function check(path, sample)
  local net, problem = network.load(path)
  if not net then fail("%s", problem) end
  local is_whole = net:aliases().scores or net:classes() == "scores"
  for _, name in ipairs(net:layers()) do is_whole = is_whole or name == "scores" end
  local text = ("%s: %d layers, %d classes with names"):format(path, #net:layers(), #net:labels())
  if not is_whole then return print(text .. "; not the last ones, so that it cannot be compared with PyTorch") end
  net:forward(sample.picture, "scores", { backward = false })
  local distance = difference(net:activation "scores", sample.scores)
  local is_near = distance <= bound -- which what is not a number is not
  if not is_near then fail("'%s' computes something else than PyTorch: scores differ by %.2g", path, distance) end
  print(("%s; differs from PyTorch by %.1g"):format(text, distance))
end

--- Runs the command with the words after `phosphene export`. Gives the exit status of Python where that is not 0.
function command.run(words)
  local sample = os.tmpname()
  local line = { "python3", shell.word(paths.scripts .. "/export.py"), "--sample", shell.word(sample) }
  for _, word in ipairs(words) do line[#line + 1] = shell.word(word) end
  local _, how, status = os.execute(table.concat(line, " "))
  local tensors, metadata = core.load_safetensors(sample)
  os.remove(sample)
  if status == no_program then fail "it needs python3, with PyTorch" end
  if how ~= "exit" or status ~= 0 then return how == "exit" and status or 1 end
  if tensors then check(metadata.path, tensors) end -- else it was asked for help
end

return command
