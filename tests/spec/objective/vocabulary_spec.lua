-- SPDX-License-Identifier: MIT
-- One vocabulary: tensors and the variables of heads have the same words, which give the same numbers; and what is
-- given more than it takes says so.

local documentation = require "phosphene.program.documentation"
local ph = require "phosphene"
local tape = require "phosphene.objective.tape"

local random = ph.random(3, "vocabulary")
local x = random:fill_normal(ph.tensor { 2, 3, 4, 5 })
local y = random:fill_normal(ph.tensor { 1, 3, 1, 1 })

local function numbers(value)
  if type(value) == "number" then return { value } end
  return value:values()
end

describe("tensors and variables", function()
  local words = {
    { "abs" }, { "exp" }, { "sin" }, { "cos" }, { "tanh" }, { "sigmoid" }, { "relu" },
    { "maximum", y }, { "minimum", 0.2 }, { "clip", -0.5, 0.5 }, { "softmax" }, { "softmax", 3 },
    { "sum" }, { "sum", 2, 3 }, { "mean" }, { "mean", 1 }, { "max" }, { "max", -1 }, { "min", 0, 2 }, { "norm" },
    { "norm", 1 }, { "slice", 2, 1 }, { "slice", 3, 1, 2 }, { "channel", 2 }, { "image", 1 }, { "transpose" },
    { "transpose", 1, 0, 3, 2 }, { "reshape", { 6, -1 } }, { "gather", 1, { 2, 0, 2 } }, { "at", 1, 2, 3, 4 },
    { "dot", x }, { "shape" },
  }

  for _, word in ipairs(words) do
    local name = word[1]
    it("both know " .. name, function()
      local of_tensor = x[name](x, table.unpack(word, 2))
      local recorded = tape.variable(x)
      local of_variable = recorded[name](recorded, table.unpack(word, 2))
      if name == "shape" then return assert.same(of_tensor, of_variable) end
      of_variable = of_variable:constant()
      assert.equal(type(of_tensor), type(of_variable))
      local a, b = numbers(of_tensor), numbers(of_variable)
      assert.equal(#a, #b)
      for i = 1, #a do assert.near(a[i], b[i], 1e-6) end
    end)
  end

  it("both know each word of variables", function()
    local count = 0
    for _, entry in ipairs(documentation.read().functions) do
      local name = entry.owner == "ph.variable" and entry.name
      if name then assert.is_function(x[name], name) end
      count = count + (name and 1 or 0)
    end
    assert.is_true(count > 20)
  end)

  it("are joined alike", function()
    local recorded = tape.variable(x)
    for _, axis in ipairs { 0, 1, -1 } do
      for _, join in ipairs { ph.concatenate, ph.stack } do
        assert.same(join({ x, x }, axis):values(), join({ x, recorded }, axis):constant():values())
      end
    end
    local a, b = ph.tensor({ 2 }, { 1, 2 }), ph.tensor({ 2 }, { 3, 4 })
    assert.equal("tensor 4 {1, 2, 3, 4}", tostring(ph.concatenate { a, b }))
    assert.equal("tensor 2x2 {{1, 2}, {3, 4}}", tostring(ph.stack { a, b }))
    assert.equal("tensor 2x2 {{1, 3}, {2, 4}}", tostring(ph.stack({ a, b }, -1)))
  end)

  it("are not joined where they do not fit", function()
    local a = ph.tensor { 2 }
    local calls = {
      ["stack: at least one tensor expected"] = function() ph.stack {} end,
      ["concatenate: number 2: a tensor or a variable of one expected, got 3"] = function() ph.concatenate { a, 3 } end,
      ["concatenate: axis: a whole number from %-1 to 0 expected, got 1"] = function() ph.concatenate({ a }, 1) end,
      ["stack: tensors of shapes 2 and, number 2, 3 are not alike"] = function() ph.stack { a, ph.tensor { 3 } } end,
    }
    for message, call in pairs(calls) do assert.error_matches(call, message) end
  end)

  it("give what NumPy gives", function()
    local a = ph.tensor({ 2, 2 }, { 1, -2, 3, 4 })
    assert.same({ 4, 2 }, a:sum(0):values())
    assert.same({ -1, 7 }, a:sum(1):values())
    assert.equal(6, a:sum(0, 1):at(0, 0))
    assert.equal(1.5, a:mean())
    assert.same({ -2, 3 }, a:min(1):values())
    assert.near(math.sqrt(30), a:norm(), 1e-6)
    assert.same({ 1, 0, 2, 2 }, a:clip(0, 2):values())
  end)

  it("take a block of a tensor along all axes at once, too", function()
    assert.same(x:slice(2, 1, 2):values(), x:slice({ 0, 0, 1, 0 }, { 2, 3, 2, 5 }):values())
    assert.same(x:transpose(1, 0, 3, 2):values(), x:transpose({ 1, 0, 3, 2 }):values())
  end)
end)

describe("what is given more than it takes", function()
  local net = assert(ph.network "googlenet-tiny")
  local calls = {
    ["clone: no arguments expected, got 2"] = function() x:clone(1, 2) end,
    ["layers: no arguments expected, got 1"] = function() net:layers(3) end,
    ["forward: at most 3 arguments expected, got 4"] = function() net:forward(x, nil, nil, 1) end,
    ["a coordinate for each of 4 axes expected, got 5 arguments"] = function() x:at(0, 0, 0, 0, 0) end,
    ["a coordinate for each of 4 axes and a value expected, got 6 arguments"] = function() x:set(0, 0, 0, 0, 1, 2) end,
    ["abs: no arguments expected, got 1"] = function() x:abs(1) end,
    ["at most 1 argument %(axis%) expected, got 2"] = function() x:softmax(1, 2) end,
    ["at most 3 arguments %(layer, unit, options%) expected, got 4"] = function() ph.channel("mixed4a", 1, {}, 2) end,
    ["render: nothing expected after the table of options"] = function()
      ph.render({ net, "mixed4a:1", steps = 1, seed = 1 }, 3)
    end,
    ["normal: no arguments expected, got 1"] = function() random:normal(1) end,
  }
  for message, call in pairs(calls) do
    it("says " .. message, function()
      assert.error_matches(call, message)
    end)
  end

  it("is not what follows as nil", function()
    assert.equal(120, x:clone(nil, nil):count())
    assert.equal(3, #x:channel(0, nil):shape() - 1)
  end)
end)
