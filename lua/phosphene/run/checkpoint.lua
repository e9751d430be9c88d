-- SPDX-License-Identifier: MIT
-- Checkpoints: a run in a file, to be continued later as if it had never stopped. The file holds what changes while a
-- run goes on: parameters, the optimiser's memory, the random generator. What stays (network, objective, …) is given
-- again by who resumes, and only compared. Must not know how a step works.

local core = require "phosphene.core"
local misuse = require "phosphene.base.misuse"
local origin = require "phosphene.base.origin"
local options = require "phosphene.run.options"

local checkpoint = {}

--- Writes a run to a safetensors file.
function checkpoint.save(run, path)
  local tensors = { parameters = run.parameterisation:values() }
  for i, tensor in ipairs(run.optimiser:state()) do tensors["optimiser." .. i] = tensor end
  local metadata = {
    step = tostring(run.step),
    optimiser_steps = tostring(run.optimiser:steps()),
    random = run.random:state(),
  }
  for _, entry in ipairs(options.identity(run, "lasting")) do metadata[entry[1]] = entry[2] and tostring(entry[2]) end
  return core.save_safetensors(path, tensors, metadata)
end

--- Reads a checkpoint; raises where there is none. Its `seed` is the run's.
function checkpoint.read(path)
  local tensors, metadata = core.load_safetensors(path)
  if not tensors then misuse.raise("resume: %s", metadata) end
  origin.used_file(path)
  local self = { path = path, tensors = tensors, metadata = metadata }
  for _, key in ipairs { "step", "optimiser_steps", "seed" } do
    self[key] = math.tointeger(tonumber(metadata[key] or ""))
    if not self[key] then misuse.raise("resume: '%s' is not a checkpoint: it has no %s", path, key) end
  end
  return self
end

--- Puts a new run where the checkpoint's was. Raises where it is another run's.
function checkpoint.restore(self, run)
  for _, entry in ipairs(options.identity(run, "lasting")) do
    local key, expected = entry[1], entry[2] and tostring(entry[2])
    if self.metadata[key] ~= expected then
      misuse.raise("resume: '%s' is of another run: its %s is %s, not %s", self.path, key,
        self.metadata[key] or "not given", expected or "not given")
    end
  end
  local parameters = self.tensors.parameters
  if not parameters then misuse.raise("resume: '%s' is not a checkpoint: it has no parameters", self.path) end
  run.parameterisation:values():copy(parameters)

  local state = {}
  while self.tensors["optimiser." .. #state + 1] do state[#state + 1] = self.tensors["optimiser." .. #state + 1] end
  run.optimiser:restore(state, self.optimiser_steps)
  run.random:restore(self.metadata.random or "")
  run.step = self.step
  if type(run.transforms) == "table" then run.transforms.step = self.step end -- asked again at each step
end

return checkpoint
