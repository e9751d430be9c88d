-- SPDX-License-Identifier: MIT
-- From a Keras model's description and its variables to a network: each call of each layer in order, models inside
-- models included. What is not known, or cannot be built, is left out with what needs it.

local activations = require "phosphene.formats.keras.activations"
local elementwise = require "phosphene.formats.keras.elementwise"
local fields = require "phosphene.formats.keras.fields"
local graph = require "phosphene.formats.keras.graph"
local models = require "phosphene.formats.keras.model"
local node = require "phosphene.formats.keras.node"
local pictures = require "phosphene.formats.keras.picture"
local preprocessing = require "phosphene.network.preprocessing"
local refuse = require "phosphene.formats.refuse"
local shapes = require "phosphene.formats.keras.shapes"
local sorted_keys = require "phosphene.base.sorted_keys"
local windows = require "phosphene.formats.keras.windows"

-- ---- what is known ----

local layers, operations = {}, {}
for _, room in ipairs { activations, elementwise, shapes, windows } do
  for name, f in pairs(room.layers or {}) do layers[name] = f end
  for name, f in pairs(room.operations or {}) do operations[name] = f end
end

-- The name of a function of TensorFlow ("math.multiply", "__operators__.add") or of keras.ops ("Multiply") without its
-- module, in lower case.
local function function_of(layer)
  if layer.class == "SlicingOpLambda" then return operations.slice, "slicing" end
  local name = layer.is_operation and layer.class or fields.text(layer.config, "function", "")
  return operations[name:match("[^.]*$"):gsub("(%l)(%u)", "%1_%2"):lower()], name
end

local function builder_of(layer)
  if not layer.is_operation and layer.class ~= "TFOpLambda" and layer.class ~= "SlicingOpLambda" then
    return layers[layer.class], layer.class
  end
  return function_of(layer)
end

-- ---- calls ----

-- An argument with values in the place of references; these are also added to the list of inputs.
local function resolve(argument, known, inputs)
  if type(argument) ~= "table" then return argument end
  if argument.layer then
    local value = known(argument)
    inputs[#inputs + 1] = value
    return value
  end
  local result = {}
  for key, part in pairs(argument) do
    if type(key) ~= "number" then result[key] = part end
  end
  for i, part in ipairs(argument) do result[i] = resolve(part, known, inputs) end
  return result
end

local function resolve_call(call, known)
  local inputs, args, named = {}, {}, {}
  for i, argument in ipairs(call.args) do args[i] = resolve(argument, known, inputs) end
  for _, name in ipairs(sorted_keys(call.named)) do named[name] = resolve(call.named[name], known, inputs) end
  return args, named, inputs
end

local build_model

-- What one call of a layer gives: a list of values.
local function build_call(g, layer, call, known)
  local args, named, inputs = resolve_call(call, known)
  for _, input in ipairs(inputs) do
    if input.problem then return { g:leave_out(layer, input.problem) } end
  end
  if layer.model then
    local outputs = build_model(g, layer.model, inputs)
    if outputs[1] and outputs[1].layer then g:also_called(layer.name, outputs[1].layer) end
    return outputs
  end
  local build, name = builder_of(layer)
  if g.failed[layer] then return { g:leave_out(layer, g.failed[layer]) } end
  if not build then return { g:leave_out(layer, ("%s is not a type that Phosphene runs"):format(name)) } end
  if #inputs == 0 then return { g:leave_out(layer, "it reads nothing") } end
  local ok, result = refuse.catch(build, node.new(g, layer, args, named, inputs))
  if ok then return { result } end
  g.failed[layer] = ("%s cannot be built: %s"):format(name, result)
  g.has_failed = true
  return { g:leave_out(layer, g.failed[layer]) }
end

--- Builds a model that takes these values; gives those that it gives.
function build_model(g, model, inputs)
  local results = {}
  for i, input in ipairs(model.inputs) do
    local missing = { problem = ("input '%s' is not the picture"):format(input.layer) }
    results[input.layer] = { [0] = { inputs[i] or missing } }
  end
  local function known(reference)
    local layer = model.by_name[reference.layer]
    local values = layer and results[layer.name] and results[layer.name][models.node(layer, reference)]
    return values and values[reference.output + 1] or { problem = ("nothing gives '%s'"):format(reference.layer) }
  end
  for _, step in ipairs(models.order(model)) do
    local layer, number = table.unpack(step)
    local call = layer.calls[number + 1]
    if not results[layer.name] then results[layer.name] = {} end
    if call then
      if not g:count_call() then refuse.raise "its models are used by each other too often" end
      results[layer.name][number] = build_call(g, layer, call, known)
    end
  end
  local outputs = {}
  for i, output in ipairs(model.outputs) do outputs[i] = known(output) end
  return outputs
end

-- ---- the network ----

local function names_of(model, list)
  list[#list + 1] = model.name
  for _, layer in ipairs(model.layers) do
    if layer.model then names_of(layer.model, list) end
  end
  return list
end

-- The network's picture as a value of the model.
local function add_picture(g, picture, model, source, options)
  local range = source.range or pictures.range(model, picture.layer, source.variables)
  local name = g:free_name(picture.layer)
  refuse.guard(preprocessing.add, g.net, {
    options = options, metadata = range and { range = range }, format = "keras", channels = picture.channels,
    name = name, names = names_of(model, { source.name }),
  })
  return { layer = g:measure(name), is_moved = picture.is_last }
end

-- The first result that is a softmax gives the classes, else the first that is a list of elements.
local function classes_of(g, outputs)
  for _, value in ipairs(outputs) do
    if value.scores then return value.scores end
  end
  for _, value in ipairs(outputs) do
    if value.layer and #g:shape(value.layer) == 2 then return { logits = value.layer } end
  end
  return {}
end

-- Labels, where there is one for each class.
local function labels_for(g, classes, list)
  local layer = classes.logits
  if not layer or not list then return nil end
  local shape, count = g:shape(layer), 1
  for _, length in ipairs(shape) do count = count * length end
  return count == #list and list or nil
end

-- A network cannot lose a layer that turned out not to fit. So where one did, all is built again without it: `failed`
-- has the layers of earlier attempts, each with the problem.
local function attempt(model, picture, source, options, failed)
  local g = graph.new(picture, source, options)
  g.failed = failed
  local first, inputs = add_picture(g, picture, model, source, options), {}
  for i, input in ipairs(model.inputs) do inputs[i] = input.layer == picture.layer and first or nil end
  local outputs = build_model(g, model, inputs)
  if not g.has_failed then return g, outputs end
  g.net:close()
  return attempt(model, picture, source, options, failed)
end

--- The network of a model. `source` has what the file gave: document = the JSON of the model, variables = as one of
--- variables.lua, is_keras3, name = of the file, and, where they are known, labels and range. Gives the network, and a
--- text that says what was left out, or nil.
return function(source, options)
  local model = models.read(source.document)
  local picture = pictures.of(model)
  local g, outputs = attempt(model, picture, source, options, {})
  if g.layers == 0 then refuse.raise("%s", g.told or "it has no layers that Phosphene runs") end
  local classes = classes_of(g, outputs)
  classes.labels = labels_for(g, classes, source.labels)
  g.net:set_classes(classes)
  refuse.guard(g.net.fold, g.net)
  if not g.told then return g.net end
  return g.net, g.left_out == 1 and g.told or ("%s and what needs it, %d layers in all"):format(g.told, g.left_out)
end
