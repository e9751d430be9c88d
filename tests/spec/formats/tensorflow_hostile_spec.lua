-- SPDX-License-Identifier: MIT
-- TensorFlow files that are damaged, or made to do harm: whatever is in them, opening gives a network, or nil and one
-- line, and afterwards no memory is held.

local ph = require "phosphene"
local core = require "phosphene.core"
local overheard = require "overheard"
local protobuf = require "protobuf"
local limits = require "phosphene.formats.limits"
local writer = require "tensorflow.writer"

local path = os.tmpname() .. ".pb"

local function constant(name, dims, values, type)
  return { op = "Const", name = name, attributes = { value = { type = type, dims = dims, values = values } } }
end
local function node(op, name, inputs, attributes)
  return { op = op, name = name, inputs = inputs, attributes = attributes }
end
local window = { strides = { 1, 1, 1, 1 }, padding = "SAME" }

-- Small, and with something of everything that is read.
local function graph()
  local kernel = {}
  for i = 1, 2 * 2 * 3 * 4 do kernel[i] = (i % 5 - 2) / 4 end
  return {
    node("Placeholder", "x", {}, { shape = { shape = { -1, 8, 8, 3 } } }),
    constant("k", { 2, 2, 3, 4 }, kernel), constant("b", { 4 }, { 0.1, 0.2, 0.3, 0.4 }),
    constant("one", { 4 }, { 1, 1, 1, 1 }), constant("shape", { 2 }, { -1, 64 }, "int32"),
    constant("axis", {}, { 3 }, "int32"), constant("w", { 128, 1 }, kernel, nil),
    node("Conv2D", "c", { "x", "k" }, window), node("BiasAdd", "cb", { "c", "b" }), node("Relu", "r", { "cb" }),
    node("LRN", "n", { "r" }, { depth_radius = 2, bias = 1.0, alpha = 0.1, beta = 0.5 }),
    node("FusedBatchNorm", "f", { "n", "one", "b", "b", "one" }, { epsilon = 0.001, is_training = false }),
    node("MaxPool", "m", { "f" }, { ksize = { 1, 2, 2, 1 }, strides = { 1, 2, 2, 1 }, padding = "VALID" }),
    node("Concat", "j", { "axis", "m", "m" }), node("Mul", "s", { "j", "j" }),
    node("Reshape", "flat", { "m", "shape" }), node("Softmax", "p", { "flat" }),
  }
end

-- Opens bytes as a file. What comes back is a network, and what is said of it, or one line; a network is run, which may
-- raise one line.
local function open(bytes)
  local said, net, problem = overheard(ph.network, writer.save(path, bytes), { range = { 0, 1 } })
  if net then
    pcall(net.forward, net, core.tensor { 1, 3, 8, 8 })
    net:close()
    return true, said
  end
  assert.is_string(problem)
  assert.is_nil(problem:find "\n", problem)
  assert.is_truthy(problem:find(path, 1, true), problem)
  assert.is_true(#problem < 1000, problem)
  return nil, problem
end

-- The message for a graph that is wrong in a way: why it is none, or what of it was left out.
local function problem_of(change)
  local nodes = graph()
  nodes[7] = constant("w", { 64, 1 }, (function()
    local list = {}
    for i = 1, 64 do list[i] = i end
    return list
  end)())
  local bytes = change(nodes)
  return select(2, open(bytes or writer.graph(nodes)))
end

describe("a hostile TensorFlow file", function()
  local before

  before_each(function()
    collectgarbage()
    collectgarbage()
    before = core.memory()
  end)
  after_each(function()
    os.remove(path)
    collectgarbage()
    collectgarbage()
    assert.is_true(core.memory() <= before)
  end)

  local function find(nodes, name)
    for _, n in ipairs(nodes) do
      if n.name == name then return n end
    end
  end

  it("that is none, or empty, says so", function()
    assert.matches("is not a TensorFlow graph, or is damaged", problem_of(function() return "not a graph\0 at all" end))
    assert.matches("is empty: its download may have failed", problem_of(function() return "" end))
    assert.matches("it has no nodes", problem_of(function() return "\x12\0" end))
  end)

  it("may end anywhere", function()
    local nodes = graph()
    table.remove(nodes, 7)
    local bytes = writer.graph(nodes)
    assert.is_true(open(bytes))
    for length = 1, #bytes - 1, 3 do open(bytes:sub(1, length)) end
  end)

  it("may be wrong in any byte", function()
    local nodes = graph()
    table.remove(nodes, 7)
    local bytes = writer.graph(nodes)
    for at = 1, #bytes, 2 do
      for _, value in ipairs { 0, 0xff, bytes:byte(at) ~ 0x10 } do
        open(bytes:sub(1, at - 1) .. string.char(value) .. bytes:sub(at + 1))
      end
    end
  end)

  it("may have a graph that makes no sense", function()
    assert.matches("two nodes are called 'k'", problem_of(function(g) find(g, "b").name = "k" end))
    assert.matches("reads 'nowhere', which is not there", problem_of(function(g)
      find(g, "r").inputs = { "nowhere" }
    end))
    assert.matches("it depends on its own results", problem_of(function(g) find(g, "cb").inputs[2] = "s" end))
    assert.matches("it reads output 3 of 'cb'", problem_of(function(g) find(g, "r").inputs = { "cb:3" } end))
    assert.matches("too few inputs", problem_of(function(g) find(g, "c").inputs = { "x" } end))
    assert.matches("no layer depends on its input", problem_of(function(g) find(g, "c").inputs = { "k", "k" } end))
    assert.matches("padding 'FULL'", problem_of(function(g)
      find(g, "c").attributes = { strides = { 1, 1, 1, 1 }, padding = "FULL" }
    end))
    assert.matches("strides along images or channels", problem_of(function(g)
      find(g, "c").attributes = { strides = { 1, 1, 1, 2 }, padding = "SAME" }
    end))
    assert.matches("kernel that does not fit", problem_of(function(g) find(g, "k").attributes.value.dims = { 48 } end))
    assert.matches("axis 7 of 4", problem_of(function(g) find(g, "axis").attributes.value.values = { 7 } end))
    assert.matches("as in training", problem_of(function(g) find(g, "f").attributes.is_training = true end))
    assert.matches("NaN or infinite", problem_of(function(g) find(g, "b").attributes.value.values[2] = 0 / 0 end))
    assert.matches("a bias that does not fit", problem_of(function(g) find(g, "cb").inputs[2] = "w" end))
    assert.matches("NCHW", problem_of(function(g)
      find(g, "c").attributes = { strides = { 1, 1, 1, 1 }, padding = "SAME", data_format = "NCHW_VECT_C" }
    end))
  end)

  it("may have attributes of wrong types", function()
    local function with(name, attribute, value)
      return problem_of(function(g)
        local n = find(g, name)
        n.attributes = { padding = "SAME", is_training = false, [attribute] = value }
      end)
    end
    for _, value in ipairs { true, 2, "two", { shape = { 1 } }, { dims = { 1 }, values = { 1 } } } do
      assert.matches("attribute 'strides' is not a list of whole numbers", with("c", "strides", value))
    end
    for _, value in ipairs { true, 2.5, { 1, 1, 1, 1 } } do
      assert.matches("attribute 'padding' is not a text", with("c", "padding", value))
    end
    assert.matches("attribute 'data_format' is not a text", with("c", "data_format", 3))
    assert.matches("attribute 'epsilon' is not a number", with("f", "epsilon", "little"))
    assert.matches("attribute 'is_training' is not true or false", with("f", "is_training", 0))
  end)

  it("may have tensors whose numbers do not fit their shape", function()
    local function with(value)
      return function(g) find(g, "k").attributes.value = value end
    end
    assert.matches("takes 192 bytes, not 8", problem_of(with { dims = { 2, 2, 3, 4 }, values = { 1, 2 } }))
    assert.matches("3 numbers", problem_of(with { dims = { 2 }, listed = { 1, 2, 3 } }))
    assert.matches("dimension of %-2", problem_of(with { dims = { -2, 2 }, values = {} }))
    assert.matches("too large", problem_of(with { dims = { 1 << 40, 1 << 40 }, values = {} }))
    assert.matches("type cannot be read", problem_of(with { dims = { 1 }, number = 7, values = {} }))
    assert.matches("stands for several", problem_of(with { dims = { 2, 2, 3, 4 }, listed = { 1, 2, 3 } }))
    local deep = {}
    for i = 1, 100 do deep[i] = 1 end
    assert.matches("100 dimensions", problem_of(with { dims = deep, values = { 1 } }))
  end)

  it("may claim that one number stands for very many", function()
    assert.matches("more than 16777216 elements", problem_of(function(g)
      find(g, "k").attributes.value = { dims = { 1 << 12, 1 << 12, 3, 1 << 8 }, listed = { 1 } }
    end))
    assert.matches("setting of", problem_of(function(g)
      find(g, "axis").attributes.value = { type = "int32", dims = { 1 << 30 }, listed = { 1 } }
    end))
  end)

  it("may be deep", function()
    local nodes = { node("Placeholder", "n0", {}) }
    for i = 1, 3000 do nodes[i + 1] = node("Relu", "n" .. i, { "n" .. i - 1 }) end
    assert.is_true(open(writer.graph(nodes)))
  end)

  it("may have more layers than a network", function()
    local most, nodes = limits.layers, { node("Placeholder", "n0", {}) }
    for i = 1, 6 do nodes[i + 1] = node("Relu", "n" .. i, { "n" .. i - 1 }) end
    limits.layers = 5
    local ok, problem = open(writer.graph(nodes))
    limits.layers = most
    assert.is_nil(ok)
    assert.matches("it has more than 5 layers", problem)
  end)

  it("may consist of empty messages", function()
    local bytes = protobuf.bytes(1, ""):rep(1 << 20)
    local ok, problem = open(bytes)
    assert.is_nil(ok)
    assert.is_string(problem)
  end)
end)
