-- SPDX-License-Identifier: MIT
-- Custom heads: those that recipes write as functions. Between a network's forward and backward passes the functions
-- are called with the activations they read, and give the evaluation a value and its gradient, which is either computed
-- by the recipe or derived from the recorded operations (tape.lua). Must not know what evaluations do with them.

local core = require "phosphene.core"
local kind_of = require "phosphene.base.kind_of"
local misuse = require "phosphene.base.misuse"
local tape = require "phosphene.objective.tape"

local custom = {}

-- ---- making heads ----

-- Functions are identified by number: an expression in the core cannot hold them.
local made = 0

-- "mine.lua:12", where the function was written.
local function place_of(f)
  local info = debug.getinfo(f, "S")
  return ("%s:%d"):format(info.short_src:match "[^/]*$", info.linedefined)
end

-- A function that is derived, or { value = f, gradient = g }.
local function check_functions(given)
  if type(given) == "function" then return { value = given } end
  if type(given) ~= "table" then
    misuse.raise("head: a function, or a table { value = f, gradient = g }, expected, got %s", misuse.shown(given))
  end
  misuse.check_keys(given, { "value", "gradient" }, "head")
  for _, key in ipairs { "value", "gradient" } do
    if type(given[key]) ~= "function" then
      misuse.raise("head: %s: a function expected, got %s", key, misuse.shown(given[key]))
    end
  end
  return { value = given.value, gradient = given.gradient }
end

-- The result is the sum of one head for each layer: the first of them has the value, and all have their part of the
-- gradient, which in a sum is weighted alike.
--- A head from a function; see meta/objective.lua.
function custom.head(layers, given, options)
  options = options or {}
  if type(options) ~= "table" then misuse.raise("head: a table of options expected, got %s", misuse.shown(options)) end
  misuse.check_keys(options, { "name", "batch", "token" }, "head")
  if type(layers) ~= "table" then layers = { layers } end
  if #layers == 0 then misuse.raise("head: no layer given") end
  local functions = check_functions(given)
  functions.layers = #layers
  functions.name = options.name or place_of(functions.value)
  made = made + 1
  local objective = 0
  for part, layer in ipairs(layers) do
    objective = objective + core.head("head",
      { layer = layer, name = functions.name, batch = options.batch, token = options.token, part = part,
        ["function"] = made },
      { [made] = functions })
  end
  return objective
end

-- ---- calling them ----

-- Readings of one function on one image belong together.
local function group(readings)
  local groups, order = {}, {}
  for i, reading in ipairs(readings) do
    local key = ("%d on %s"):format(reading.number, reading.image or "all")
    if not groups[key] then
      groups[key] = { functions = reading.f, parts = {} }
      order[#order + 1] = groups[key]
    end
    local parts = groups[key].parts
    parts[reading.part] = parts[reading.part] or { layer = reading.layer }
    table.insert(parts[reading.part], i)
  end
  return order
end

local function complain(call, format, ...)
  misuse.raise("layer '%s': head '%s' %s", call.parts[1].layer, call.functions.name, format:format(...))
end

-- A number from what the function returned, which may be a tensor of one element.
local function number_of(call, result)
  if kind_of(result) == "tensor" and result:count() == 1 then return result:sum() end
  if math.type(result) then return result end
  local got = kind_of(result) == "tensor" and "a tensor of " .. table.concat(result:shape(), "x")
    or result == nil and "nothing" or "a " .. kind_of(result)
  complain(call, "gave %s, not one number", got)
end

-- What the functions of a table { value =, gradient = } say.
local function written_out(call, activations, wants_gradient)
  local value = number_of(call, call.functions.value(table.unpack(activations)))
  if not wants_gradient then return value end
  local gradients = { call.functions.gradient(table.unpack(activations)) }
  for part = 1, call.functions.layers do
    if kind_of(gradients[part]) ~= "tensor" then
      complain(call, "gave a %s as its gradient, not a tensor", kind_of(gradients[part]))
    end
  end
  return value, gradients
end

-- What a function did, taken back.
local function derived(call, activations, wants_gradient)
  local variables, gradients = {}, {}
  for part, activation in ipairs(activations) do variables[part] = tape.variable(activation, variables[1]) end
  local result = call.functions.value(table.unpack(variables))
  if math.type(result) then complain(call, "gave a number that does not depend on what it reads") end
  if not tape.is_variable(result) then number_of(call, result) end
  local value = number_of(call, result.value)
  if not wants_gradient then return value end
  tape.back(result)
  for part, reads in ipairs(variables) do gradients[part] = tape.gradient(reads) end
  if next(gradients) == nil then complain(call, "gave a number that does not depend on what it reads") end
  return value, gradients
end

-- x - x is 0, or not a number where x is infinite or none.
local function is_finite(x) return x - x == 0 end

-- A sum in double of what is finite is finite.
local function check_gradient(call, gradient)
  if gradient and not is_finite(gradient:sum()) then complain(call, "has a gradient that is not finite") end
end

-- Calls one function, and hands round what it gave.
local function call_one(evaluation, picture, call, wants_gradient, again)
  local activations = {}
  for part, readings in ipairs(call.parts) do activations[part] = evaluation:read(readings[1], picture) end
  local compute = call.functions.gradient and written_out or derived
  local value, gradients = compute(call, activations, wants_gradient)
  if again and not evaluation:is_current() then again() end
  for part, readings in ipairs(call.parts) do
    local gradient = gradients and gradients[part]
    if is_finite(value) then check_gradient(call, gradient) end
    for _, i in ipairs(readings) do evaluation:give(i, part == 1 and value or 0, gradient) end
  end
end

--- The calls that an evaluation's custom heads come down to; a list, mostly an empty one.
function custom.calls(evaluation) return group(evaluation:functions()) end

--- Makes the calls, and gives the evaluation the values of what the network's last pass gave, and with them, where they
--- are wanted, the gradients. A function may use the network itself, for a picture to compare with: `again` runs the
--- evaluation's own pass once more after that.
custom.give = misuse.guard(function(calls, evaluation, picture, wants_gradient, again)
  for _, call in ipairs(calls) do call_one(evaluation, picture, call, wants_gradient, again) end
end)

return custom
