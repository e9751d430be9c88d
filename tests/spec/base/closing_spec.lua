-- SPDX-License-Identifier: MIT
-- Objects that are closed by a finaliser while a binding runs that holds them: they are let go when it has returned.

local core = require "phosphene.core"

local function blocks()
  local _, count = core.memory()
  return count
end

local function small_network()
  local net = core.network { backend = "reference" }
  assert(net:add { type = "convolution", name = "c", from = "image", weight = core.tensor({ 2, 3, 1, 1 }, 1) })
  return net
end

describe("an object that is closed while a binding runs", function()
  local side = 600 -- so large that each copy makes the collector take a step

  -- Copies a tensor until a finaliser runs in that, which closes it by `close`: how many blocks that gave back, at once
  -- and after the binding.
  local function given_back(close)
    for _ = 1, 200 do
      local t, before, within = core.tensor({ 1, 3, side, side }, 2), nil, nil
      setmetatable({}, { __gc = function()
        if debug.getinfo(2, "S").what ~= "C" then return end -- the collector's step was Lua's own
        before = blocks()
        close(t)
        within = before - blocks()
      end })
      local ok, copy = pcall(t.clone, t)
      if within then
        assert.is_true(ok)
        assert.equal(2, copy:at(0, 2, side - 1, side - 1))
        assert.has_error(function() t:shape() end)
        return within, before - blocks()
      end
    end
    error "no finaliser ran in a binding"
  end

  it("is let go once that has returned", function()
    local within, after = given_back(function(t) t:close() end)
    assert.is_true(within <= 0)
    assert.is_true(after > 0)
  end)

  it("also from a coroutine", function()
    local within, after = given_back(function(t) coroutine.wrap(function() t:close() end)() end)
    assert.is_true(within <= 0)
    assert.is_true(after > 0)
  end)

  it("is let go at once where the binding ended by an error", function()
    local t = core.tensor({ 3, 4 }, 2)
    assert.is_false(pcall(t.map, t, "no such operation"))
    collectgarbage()
    local before = blocks()
    t:close()
    assert.equal(2, before - blocks())
  end)
end)

describe("tables of arguments", function()
  it("are read without metamethods", function()
    local hostile = setmetatable({}, { __index = function() error "was called" end })
    local net = small_network()
    for _, call in ipairs {
      function() net:add(hostile) end,
      function() core.network(hostile):close() end,
      function() net:set_classes(hostile) end,
      function() core.parameterisation("sum", { parts = { hostile } }) end,
      function() net:forward(core.tensor({ 1, 3, 2, 2 }, 0), nil, hostile) end,
    } do
      local _, problem = pcall(call)
      assert.is_nil(tostring(problem):match "was called")
    end
  end)
end)

describe("net:backward", function()
  it("does not resize what others hold", function()
    local net = small_network()
    net:forward(core.tensor({ 1, 3, 2, 2 }, 0), "c")
    local _, problem = pcall(net.backward, net, net:parameter("c", "weight"))
    assert.matches("expected a tensor of shape 1x3x2x2, got 2x3x1x1", problem)
    assert.same({ 2, 3, 1, 1 }, net:parameter("c", "weight"):shape())
    local own = core.tensor { 9 }
    net:backward(own)
    assert.same({ 1, 3, 2, 2 }, own:shape())
  end)
end)
