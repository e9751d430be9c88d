-- SPDX-License-Identifier: MIT
-- Steps: the loop of feature visualisation, one update of the picture at a time. Parameters make a picture, transforms
-- change the view of it, the network sees that view, the objective judges; the gradient returns the same way, and the
-- optimiser takes a step. Must not know of progress bars, pictures in files or snapshots: that is render.lua's.

local checkpoint = require "phosphene.run.checkpoint"
local core = require "phosphene.core"
local custom_heads = require "phosphene.objective.custom_heads"
local input_size = require "phosphene.network.input_size"
local kind_of = require "phosphene.base.kind_of"
local misuse = require "phosphene.base.misuse"
local network = require "phosphene.formats.loading"
local options = require "phosphene.run.options"
local origin = require "phosphene.base.origin"
local parameterisations = require "phosphene.picture.parameterisations"
local picture = require "phosphene.picture.files"
local progress = require "phosphene.base.progress"
local resampled_view = require "phosphene.run.resampled_view"
local schedules = require "phosphene.run.schedules"
local suggest = require "phosphene.base.suggest"
local transforms = require "phosphene.picture.transforms"

local steps = {}

-- ---- a run, and its one verb ----

local run = { __name = "ph.run" }
run.__index = run

-- What can fail within a step is that a number is none any more; the message says which.
local function check(self, result, problem)
  return result or misuse.raise("step %d: %s", self.step + 1, problem)
end

-- The rate of the step that comes, where it has a schedule.
function run:set_rate()
  if not self.schedule then return end
  local rate = self.schedule(self.step + 1, self.steps)
  if not math.type(rate) then
    misuse.raise("step %d: the rate's schedule gave %s, not a number", self.step + 1, tostring(rate))
  end
  self.optimiser:rate(rate)
end

-- L-BFGS judges a step by the slopes at both of its ends, which must be those of one objective.
local function check_is_steady(self, transforms_draw)
  local remedies = {}
  if transforms_draw then remedies[1] = 'transforms = "none"' end
  if self.relu_name == "redirected" then remedies[#remedies + 1] = 'relu = "plain"' end
  if #remedies == 0 then return end
  misuse.raise("optimiser 'lbfgs' needs an objective that is the same at every step; give %s",
    table.concat(remedies, " and "))
end

-- The network, on the view of this step; once more where a head's own function has used it for something else.
function run:run_network() self.evaluation:forward(self.view, self.forward_options) end

-- Where the objective names pictures and the view has several copies of each, all of a picture's copies are read. How
-- many there are may change from step to step.
function run:follow_copies(view)
  local copies = view:shape()[1] // self.pictures
  if copies == self.copies then return end
  self.copies = copies
  self.evaluation = core.evaluation(copies > 1 and self.objective:in_copies(self.pictures, copies) or self.objective,
    self.net)
  self.custom_calls = custom_heads.calls(self.evaluation)
end

--- One update of the picture. `value` is the objective of the picture as it was before; `image` the one after.
function run:advance()
  local state = self.needs_steady_objective and self.random:state()
  local view = self.transforms:forward(self.image, self.random)
  if state then check_is_steady(self, self.random:state() ~= state) end
  if self.pictures then self:follow_copies(view) end
  self.forward_options.relu = self.relu(self.step + 1)
  self.view = view
  self:run_network()
  custom_heads.give(self.custom_calls, self.evaluation, self.image, true, self.again)
  self.value = check(self, self.evaluation:evaluate(self.image))

  self.net:backward(self.gradient)
  self.image_gradient = self.transforms:backward(self.gradient)
  if self.reads_picture then self.evaluation:add_picture_gradient(self.image_gradient) end
  self.parameterisation:backward(self.image_gradient)
  self:set_rate()
  check(self, self.optimiser:step(self.parameters, self.parameters_gradient))
  self.image = self.parameterisation:forward()
  self.step = self.step + 1
  self.values[#self.values + 1] = self.value
end

--- What each head of the objective gave at the last step: a list of { text =, value = }.
function run:terms() return self.evaluation:terms() end

--- Writes the run to a file that `resume` continues from.
run.save = misuse.guard(checkpoint.save)

-- ---- from options to a run ----

-- Lucid redirects ReLU gradients while global_step <= 16 (lucid/misc/redirected_relu_grad.py), which is 17 updates.
local redirected_steps = 17

-- A function from the step to the mode of its ReLUs, and a name for it.
local function relu_modes(choice)
  if type(choice) == "function" then
    return function(step)
      return choice(step) or misuse.raise("step %d: relu: the function gave nil, not the name of a mode", step)
    end, "custom"
  end
  if choice == "redirected" then
    return function(step) return step <= redirected_steps and "redirected" or "plain" end, choice
  end
  local names = core.modes.relu
  for _, name in ipairs(names) do
    if choice == name then return function() return choice end, choice end
  end
  misuse.raise("relu: no '%s'; %s", tostring(choice),
    suggest(choice, names, ("there are %s, or a function of the step"):format(table.concat(names, ", "))))
end

local function network_of(given)
  if kind_of(given) == "network" then return given end
  if given == nil then
    misuse.raise("net: a network or its name expected, got nil; assert(ph.network(…)) says why one was not loaded")
  end
  if type(given) ~= "string" then misuse.raise("net: a network or its name expected, got %s", misuse.shown(given)) end
  local net, problem = network.load(given)
  return net or misuse.raise("%s", problem)
end

-- Networks whose users know by now that they take some sizes only.
local told = setmetatable({}, { __mode = "k" })

local function tell_rule(net, rule, progress_wanted)
  if told[net] or progress_wanted == false then return end
  told[net] = true
  progress.tell(("%s takes pictures %s%s; the view is resized to that last"):format(network.name(net),
    rule.multiple and "of " or "", input_size.text(rule)))
end

-- The optimiser, and the schedule of its rate where it has one.
local function optimiser_of(asked)
  local given, rate, settings = options.value(asked, "optimiser"), asked.rate, {}
  if type(given) == "table" then
    for key, value in pairs(given) do
      if key ~= 1 then settings[key] = value end
    end
    if rate and settings.rate then misuse.raise("rate is given twice, to the optimiser and beside it") end
    given, rate = given[1] or options.value({}, "optimiser"), rate or settings.rate
  end
  local schedule = schedules.is_schedule(rate) and rate or nil
  settings.rate = not schedule and rate or nil
  if type(given) ~= "userdata" then return core.optimiser(given, settings), schedule end
  if settings.rate then given:rate(settings.rate) end
  return given, schedule
end

local function from_the_clock() return (os.time() * 1000 + math.floor(core.clock() * 1000)) & 0x7FFFFFFF end

--- A seed for runs that were given none.
function steps.any_seed() return origin.seed(from_the_clock) end

-- What is optimised, in the channels and by default of the size that the network is made for.
local function parameterisation_for(net, asked, seed)
  local usual = { channels = net:channels() }
  usual.height, usual.width = net:input_size()
  usual.image = asked.image and picture.in_channels(asked.image, usual.channels)
  return parameterisations.of(options.value(asked, "parameterisation"), asked, seed, usual)
end

--- A new run from checked options: what `ph.steps` iterates over.
function steps.new(asked)
  local resumed = asked.resume and checkpoint.read(asked.resume)
  local seed = asked.seed or resumed and resumed.seed or steps.any_seed()
  local net = network_of(asked.net or asked[1])
  local objective = core.objective(asked.objective or asked[2])
  local self = setmetatable({
    net = net,
    objective = objective,
    seed = seed,
    start = asked.image and asked.image:fingerprint(),
    step = 0,
    values = {},
    steps = math.tointeger(options.value(asked, "steps")),
    parameterisation = parameterisation_for(net, asked, seed),
    transforms = transforms.pipeline(options.value(asked, "transforms")),
    random = core.random(seed, "transforms"),
    evaluation = core.evaluation(objective, net),
    forward_options = { pool = asked.pool, precision = asked.precision },
    gradient = core.tensor { 1, 3, 1, 1 },
  }, run)
  self.optimiser, self.schedule = optimiser_of(asked)
  self.relu, self.relu_name = relu_modes(options.value(asked, "relu"))

  local rule = input_size.rule(net, self.evaluation:taps())
  if rule then
    self.transforms = resampled_view.new(self.transforms, rule)
    tell_rule(net, rule, asked.progress)
  end

  -- What stays for the whole run is asked once, not at each step.
  self.parameters, self.parameters_gradient = self.parameterisation:values(), self.parameterisation:gradient()
  self.needs_steady_objective = self.optimiser:kind() == "lbfgs"
  self.custom_calls = custom_heads.calls(self.evaluation)
  self.again = function() self:run_network() end
  self.reads_picture = self.evaluation:reads_picture()
  if objective:names_images() then self.pictures, self.copies = self.parameterisation:shape()[1], 1 end
  -- Without transforms the view is the picture, which the step's end overwrites.
  self.forward_options.images_stay = type(self.transforms) == "userdata" and tostring(self.transforms) ~= "none"

  if resumed then checkpoint.restore(resumed, self) end
  self.image = self.parameterisation:forward()
  return self
end

--- Iterates over the steps of a new run; see meta/render.lua.
function steps.iterate(asked, ...)
  core.refuse_interrupted()
  options.check(asked, options.of_steps, "steps")
  misuse.check_no_more("steps", ...)
  local self = steps.new(asked)
  if not asked.seed and not asked.resume and asked.progress ~= false then progress.tell_seed(self.seed) end
  return misuse.guard(function(_, _) -- a loop hands over its state
    if self.step >= self.steps then return nil end
    self:advance()
    return self.step, self
  end)
end

return steps
