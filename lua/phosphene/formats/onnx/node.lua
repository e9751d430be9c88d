-- SPDX-License-Identifier: MIT
-- A node of an ONNX graph, for the functions of its operators: gives typed attributes and inputs as layers, shapes or
-- numbers, and adds layers under the node's names. Must not know any operator.

local document = require "phosphene.formats.onnx.document"
local formulas = require "phosphene.formats.formulas"
local lists = require "phosphene.formats.lists"
local refuse = require "phosphene.formats.refuse"
local values = require "phosphene.formats.onnx.values"

local node = {}
node.__index = node

--- A node of a document, to be put into a graph.
function node.new(description, graph, opset)
  return setmetatable({ description = description, op = description.op, graph = graph, opset = opset, steps = 0 }, node)
end

--- Ends the node with a message that names it.
function node:refuse(format, ...)
  refuse.raise("%s %s", document.node_text(self.description), format:format(...))
end

-- ---- attributes ----

local function typed(check, kind)
  return function(self, name, default)
    local value = self.description.attributes[name]
    if value == nil then value = default end
    if value == nil then self:refuse("has no attribute '%s'", name) end
    if not check(value) then self:refuse("has an attribute '%s' that is no %s", name, kind) end
    return value
  end
end

local function all(check)
  return function(list)
    if type(list) ~= "table" then return false end
    for _, value in ipairs(list) do
      if not check(value) then return false end
    end
    return list.dims == nil
  end
end

local function is_integer(value) return math.type(value) == "integer" end
local function is_number(value) return type(value) == "number" and value == value end

--- Attributes by type; each takes a name and a default, without which the attribute must be there.
node.integer = typed(is_integer, "whole number")
node.real = typed(is_number, "number")
node.text = typed(function(value) return type(value) == "string" end, "text")
node.integers = typed(all(is_integer), "list of whole numbers")
node.reals = typed(all(is_number), "list of numbers")

function node:has_attribute(name) return self.description.attributes[name] ~= nil end

--- A tensor attribute as a value, or nil.
function node:constant(name)
  local t = self.description.attributes[name]
  if type(t) ~= "table" or not t.dims then return nil end
  return self:checked(values.read(t))
end

-- ---- inputs ----

function node:checked(value)
  if value.problem then self:refuse("needs tensor '%s', but %s", value.name, value.problem) end
  return value
end

--- Whether input i is given.
function node:has(i) return (self.description.inputs[i] or "") ~= "" end
function node:input_count() return #self.description.inputs end

--- Input i, as a value (values.lua).
function node:input(i)
  if not self:has(i) then self:refuse("has no input %d", i) end
  return self:checked(self.graph.values[self.description.inputs[i]])
end

--- The layer that input i is; a constant becomes one.
function node:layer(i)
  return self.graph:layer_of(self:input(i), self.description.inputs[i])
end

--- Says that what the node computes is right for the file's own size only: it will not run for another.
function node:fix() self.is_fixed = true end

--- Layers of all inputs.
function node:layers()
  local layers = {}
  for i = 1, self:input_count() do layers[i] = self:layer(i) end
  return layers
end

--- Input i's shape at the file's own size; and its lengths, some of which may be formulas of the picture's size.
function node:shape(i) return values.shape(self:input(i)) end
function node:lengths(i)
  local value = self:input(i)
  return value.layer and self.graph:lengths(value.layer) or value.dims
end
function node:rank(i) return #(self:shape(i)) end

--- An axis of input i, counted from 0 where it may be negative.
function node:axis(axis, rank)
  local counted = math.tointeger(axis) or self:refuse("has an axis %s, which is not a whole number", axis)
  if counted < 0 then counted = counted + rank end
  if counted < 0 or counted >= rank then self:refuse("has axis %d, but only %d axes", axis, rank) end
  return counted
end

--- The elements of input i, which must be known: numbers, and formulas of the picture's size.
function node:elements(i)
  return values.numbers(self:input(i)) or self:refuse("needs a constant as its input %d", i)
end

--- Likewise where formulas will not do: the numbers at the file's own size, for which alone the node will run.
function node:numbers(i)
  local list = self:elements(i)
  if not formulas.any(list) then return list end
  local numbers = formulas.nominal(list)
  if not formulas.all_same(list, numbers) then self:fix() end
  return numbers
end

--- The only number of input i.
function node:number(i)
  local list = self:numbers(i)
  if #list ~= 1 then self:refuse("needs one number as its input %d, not %d", i, #list) end
  return list[1]
end

--- Input i as a tensor, which must be constant; of the shape `dims` where that is given. nil where the input is absent.
function node:tensor(i, dims)
  if not self:has(i) then return nil end
  local value = self:input(i)
  if not values.is_constant(value) then self:refuse("needs a constant as its input %d", i) end
  if values.is_sized(value) then value = values.list(self:numbers(i), value.dims, value.is_float) end
  if dims and lists.count(dims) ~= lists.count(value.dims) then
    self:refuse("has an input %d of %s numbers instead of %d", i, table.concat(value.dims, "x"), lists.count(dims))
  end
  return values.to_tensor(value, dims)
end

--- Whether anything reads output j.
function node:is_read(j)
  local name = self.description.outputs[j] or ""
  return name ~= "" and self.graph.is_read[name] or false
end

--- Likewise of an input that must be there.
function node:weight(i) return self:tensor(i) or self:refuse("has no input %d", i) end

-- ---- layers ----

-- Where it must not run at other sizes, one of its inputs is held to its shape.
local function hold(self, from)
  for i, layer in ipairs(from) do
    if formulas.any(self.graph:lengths(layer)) then
      self.is_fixed = false
      from[i] = self:step("reshape", layer, { shape = self.graph:shape(layer) })
      return
    end
  end
end

local function list_of(self, from)
  from = type(from) == "table" and from or { from }
  if self.is_fixed then hold(self, from) end
  return from
end

--- Adds a layer on the way to the node's own; returns its name. `from`: a layer or a list of them.
function node:step(type, from, settings)
  self.steps = self.steps + 1
  local name = self.graph:free_name(("%s/%d"):format(self.description.outputs[1] or self.op, self.steps))
  return self.graph:add(type, name, list_of(self, from), settings)
end

--- Adds the layer that is the node's output j (1 where nil), under its name.
function node:add(type, from, settings, j)
  local output = self.description.outputs[j or 1] or ""
  if output == "" then return self:step(type, from, settings) end
  local name = self.graph:value_name(output)
  self.graph:add(type, name, list_of(self, from), settings)
  self:give(self.graph:activation(name), j)
  return name
end

--- Makes a value that is there already the node's output j (1 where nil).
function node:give(value, j)
  local output = self.description.outputs[j or 1] or ""
  if output == "" then return end
  self.graph.values[output] = value
  if value.layer then self.graph:value_called(output, value.layer) end
end

--- A layer that is a constant value, on the way to the node's own.
function node:constant_layer(value)
  self.steps = self.steps + 1
  return self.graph:layer_of(value, ("%s/%d"):format(self.description.outputs[1] or self.op, self.steps))
end

--- A layer that is one number.
function node:number_layer(number) return self:constant_layer(values.list({ number }, { 1 }, true)) end

--- Makes an input pass as it is.
function node:pass(i) self:give(self:input(i)) end

return node
