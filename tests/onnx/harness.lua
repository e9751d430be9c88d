-- SPDX-License-Identifier: MIT
-- Runs the graph of a test case: one of its inputs is fed by a picture of one row, brought to the input's shape; the
-- others are constants. So every operator is seen as it is in a network, and its gradient can be taken.

local core = require "phosphene.core"
local build = require "phosphene.formats.onnx.build"
local graph = require "phosphene.formats.onnx.graph"
local values = require "phosphene.formats.onnx.values"

local harness = {}

local function is_source(tensor) return tensor.tensor ~= nil and #tensor.dims > 0 end

--- Inputs of a case that a picture can feed: floats, and no scalars.
function harness.sources(case)
  local list = {}
  for i, tensor in ipairs(case.is_constant and {} or case.inputs) do
    if is_source(tensor) then list[#list + 1] = i end
  end
  return list
end

--- The network of a case, with input `source` (nil: none) fed by the picture, and what its outputs are; or nil and why
--- it cannot be built.
function harness.build(case, source)
  local count = source and case.inputs[source].tensor:count() or 1
  local net = core.network { channels = 1 }
  local g = graph.new(net, 1, { 1, count })
  for i, input in ipairs(case.document.inputs) do
    if i == source then
      net:add { type = "reshape", name = "source", from = "image", shape = case.inputs[i].dims }
      g:measure "source"
      g.values[input.name] = g:activation "source"
    elseif case.inputs[i] then
      g.values[input.name] = values.read(case.inputs[i])
    end
  end
  -- Building takes tensors out of the document.
  local tensors = {}
  for name, tensor in pairs(case.document.tensors) do tensors[name] = tensor end
  local failures = build.run(g, setmetatable({ tensors = tensors }, { __index = case.document }), {})
  if #failures > 0 then return nil, failures[1].problem end
  local outputs = {}
  for i, output in ipairs(case.document.outputs) do outputs[i] = g.values[output.name] end
  return net, outputs
end

--- The picture that feeds an input.
function harness.picture(case, source)
  if not source then return core.tensor { 1, 1, 1, 1 } end
  local tensor = case.inputs[source].tensor
  return tensor:reshape { 1, 1, 1, tensor:count() }
end

-- Layers of the outputs that are any.
local function taps_of(outputs)
  local taps, seen = {}, {}
  for _, output in ipairs(outputs) do
    if output.layer and not seen[output.layer] then taps[#taps + 1] = output.layer end
    if output.layer then seen[output.layer] = true end
  end
  return taps
end

-- The numbers of an output, from the last run where it is a layer.
local function numbers_of(net, output)
  if output.layer then return net:value(output.layer):values() end
  return values.numbers(output)
end

-- As numpy.testing.assert_allclose has it, with the tolerances of ONNX's own runner.
local function compare(got, expected, name)
  if #got ~= #expected then return ("%s has %d numbers instead of %d"):format(name, #got, #expected) end
  for i, want in ipairs(expected) do
    local is_close = got[i] == want or math.abs(got[i] - want) <= 1e-7 + 1e-3 * math.abs(want)
      or (got[i] ~= got[i] and want ~= want)
    if not is_close then
      return ("%s: number %d is %.9g instead of %.9g"):format(name, i - 1, got[i], want)
    end
  end
end

--- Compares a network's outputs with the case's: nil, or what is wrong.
function harness.check_outputs(case, source, net, outputs)
  local taps = taps_of(outputs)
  if #taps > 0 then net:forward(harness.picture(case, source), taps, { backward = false }) end
  for i, output in ipairs(outputs) do
    local wanted = case.outputs[i]
    local expected = wanted.tensor and wanted.tensor:values() or wanted.numbers or wanted.integers
    local dims = case.outputs[i].dims
    local shape = values.shape(output)
    -- A single number is a list of one here.
    if not values.same(shape, #dims == 0 and { 1 } or dims) and not values.same(shape, dims) then
      return ("output %d is %s instead of %s"):format(i - 1, table.concat(shape, "x"), table.concat(dims, "x"))
    end
    local problem = compare(numbers_of(net, output), expected, "output " .. i - 1)
    if problem then return problem end
  end
end

-- ---- gradients ----

-- The outputs' weighted sum for a picture.
local function objective(net, taps, weights, picture)
  net:forward(picture, taps, { backward = false })
  local sum = 0
  for _, tap in ipairs(taps) do sum = sum + net:value(tap):dot(weights[tap]) end
  return sum
end

-- How fast that sum grows along a direction, by steps of h each way, and how much faster ahead than behind.
local function slope(net, taps, weights, picture, direction, h)
  local here = objective(net, taps, weights, picture)
  local up = objective(net, taps, weights, picture:clone():add(direction, h))
  local down = objective(net, taps, weights, picture:clone():add(direction, -h))
  return (up - down) / (2 * h), (up - here) / h - (here - down) / h
end

--- Compares the gradient of a case's outputs with finite differences along random directions. Returns nil and whether
--- it could be (where the outputs bend too much within a step they have no gradient to speak of), or what is wrong.
function harness.check_gradients(case, source, net, outputs)
  local taps, picture = taps_of(outputs), harness.picture(case, source)
  if #taps == 0 then return nil, false end
  local random, weights, compared = core.random(1, case.name), {}, false
  net:forward(picture, taps)
  for _, tap in ipairs(taps) do
    weights[tap] = random:fill_normal(net:value(tap):clone())
    net:inject_value(tap, weights[tap])
  end
  local gradient = net:backward()
  for _ = 1, 3 do
    local direction = random:fill_normal(picture:clone())
    local expected = gradient:dot(direction)
    local wide = slope(net, taps, weights, picture, direction, 4e-3)
    local narrow, bend = slope(net, taps, weights, picture, direction, 1e-3)
    local scale = math.sqrt(gradient:dot(gradient)) + math.abs(narrow) + 1e-2
    if math.abs(wide - narrow) <= 0.01 * scale and math.abs(bend) <= 0.05 * scale then
      compared = true
      if math.abs(narrow - expected) > 0.03 * scale then
        return ("the gradient says %g, finite differences say %g"):format(expected, narrow)
      end
    end
  end
  return nil, compared
end

return harness
