-- SPDX-License-Identifier: MIT
-- Objectives by the field's names: what a recipe calls to say what it wants. Each takes what it cannot do without by
-- place, and the rest in a table of options; the core checks them all. Must not know networks.

local core = require "phosphene.core"
local custom = require "phosphene.objective.custom_heads"
local expect = require "phosphene.base.expect"
local kind_of = require "phosphene.base.kind_of"
local misuse = require "phosphene.base.misuse"

local objectives = {}

-- A head of the core from what was given by place and in the table of options.
local function head(kind, by_place, options)
  local settings = expect.named(options, kind)
  for key, value in pairs(by_place) do
    if settings[key] ~= nil then misuse.raise("%s: %s is given twice", kind, key) end
    settings[key] = value
  end
  return core.head(kind, settings)
end

-- ---- arguments ----

-- Which kind of value a setting is for.
local function value_kind(head_type, key)
  if key == "tensor" then return "tensor" end
  for _, field in ipairs(head_type.fields) do
    if field.key == key then return field.kind == "text" and "string" or "number" end
  end
end

-- Where a tensor is meant, and the argument says so, it may be written as a list.
local function to_tensor(argument, value)
  if not argument.list or type(value) ~= "table" then return value end
  return core.tensor({ #value }, value)
end

-- The setting that an argument's value is for: the one that it fits, the first where it fits none.
local function setting_of(head_type, argument, value)
  for _, key in ipairs(argument.settings) do
    if value_kind(head_type, key) == kind_of(value) then return key end
  end
  return argument.settings[1]
end

-- A constructor of what the type says: its arguments by place, then the options.
local function plain(head_type)
  local arguments, as_tensor = head_type.arguments, head_type.tensor_option
  local names = {}
  for i, argument in ipairs(arguments) do names[i] = argument.name end
  names[#names + 1] = "options"
  return function(...)
    misuse.check_surplus(head_type.name, names, 0, ...)
    local by_place, options = {}, select(#arguments + 1, ...)
    for i, argument in ipairs(arguments) do
      local value = select(i, ...)
      by_place[setting_of(head_type, argument, value)] = to_tensor(argument, value)
    end
    if as_tensor and type(options) == "table" and options[as_tensor.name] then
      options = expect.named(options, head_type.name)
      by_place.tensor = to_tensor(as_tensor, options[as_tensor.name])
      options[as_tensor.name] = nil
    end
    return head(head_type.name, by_place, options)
  end
end

-- ---- likeness to a target ----

-- What some types make of a tensor that is their target: style has the Gram matrix of an activation.
local prepare = {
  style = function(target) return kind_of(target) == "tensor" and #target:shape() > 2 and target:gram() or target end,
}

-- What the layer is compared with: an image of the batch, a tensor, or what a network computed there in its last run.
local function target_at(head_type, layer, target, options)
  if math.type(target) then return { layer = layer, to = target } end
  if kind_of(target) == "network" then target = target:activation(layer, { token = options and options.token }) end
  if prepare[head_type.name] then target = prepare[head_type.name](target) end
  return { layer = layer, tensor = to_tensor(head_type.arguments[2], target) }
end

-- A constructor of heads that compare with a target: at a layer, or the sum of one at each of several.
local function comparing(head_type)
  local kind = head_type.name
  return function(layers, target, options)
    if type(layers) ~= "table" then return head(kind, target_at(head_type, layers, target, options), options) end
    if #layers == 0 then misuse.raise("%s: no layer given", kind) end
    if kind_of(target) == "tensor" and #layers > 1 then
      misuse.raise("%s: a tensor is the target of one layer; give %d layers a network or an image of the batch", kind,
        #layers)
    end
    local total = 0
    for _, layer in ipairs(layers) do
      total = total + head(kind, target_at(head_type, layer, target, options), options)
    end
    return total
  end
end

-- ---- one constructor a type ----

for _, head_type in ipairs(core.head_types()) do
  local second = head_type.arguments[2]
  local make = second and second.name == "target" and comparing or plain
  objectives[head_type.name] = make(head_type)
end

objectives.deepdream = objectives.layer

-- ---- a recipe's own ----

objectives.head = custom.head

-- ---- several objectives ----

local an_objective = expect.kinds("an objective (ph.channel and the like, \"layer:unit\" or a number)", "objective",
  "string", "number")

local function check_list(list, what)
  if type(list) ~= "table" or next(list) == nil then misuse.raise("%s: a list of objectives expected", what) end
  expect.elements(list, an_objective, what)
end

function objectives.sum(list)
  check_list(list, "sum")
  local total = 0
  for _, objective in ipairs(list) do total = total + core.objective(objective) end
  return core.objective(total)
end

-- Image i of the batch has objective i + 1 of the list.
function objectives.each(list)
  check_list(list, "each")
  local total = 0
  for i, objective in ipairs(list) do total = total + core.objective(objective):on(i - 1) end
  return core.objective(total)
end

function objectives.interpolate(from, to, options)
  options = options or {}
  misuse.check_keys(options, { "frames" }, "interpolate")
  local frames = misuse.check_count(options.frames, 2, "interpolate: frames")
  local first, last, total = core.objective(from), core.objective(to), 0
  for i = 0, frames - 1 do
    local t = i / (frames - 1)
    total = total + (1 - t) * first:on(i) + t * last:on(i)
  end
  return total
end

return objectives
