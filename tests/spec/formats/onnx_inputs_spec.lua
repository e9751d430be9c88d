-- SPDX-License-Identifier: MIT
-- What ONNX files may bring besides a plain graph over one picture: further inputs, pictures of other layouts, names of
-- modules, operators of their own, nodes in any order, whole numbers that stand for others.

local ph = require "phosphene"
local core = require "phosphene.core"
local models = require "onnx.models"
local writer = require "onnx.writer"

local node, tensor, shape_tensor = models.node, models.tensor, models.shape_tensor

local path = os.tmpname() .. ".onnx"

local function open(model, options)
  options = options or {}
  options.range = options.range or { 0, 1 }
  return ph.network(writer.save(path, writer.model(model)), options)
end

local function noisy(...) return core.random(1, "x"):fill_normal(core.tensor { ... }) end

local function port(name, number, ...) return { name = name, number = number, dims = { ... } } end

-- Convolution, then the nodes given.
local function after_conv(nodes, tensors, inputs)
  table.insert(nodes, 1, node("Conv", "conv", { "x", "w" }))
  return { inputs = inputs or models.picture("h", "w"), outputs = { nodes[#nodes].outputs[1] }, nodes = nodes,
    tensors = table.move(tensors or {}, 1, #(tensors or {}), 2, { tensor("w", 4, 3, 1, 1) }) }
end

local function compare(net, first, second, height, width)
  net:forward(noisy(2, 3, height, width), { first, second })
  local difference = (net:value(first):clone():add(net:value(second), -1)):statistics()
  assert.near(0, math.max(difference.most, -difference.least), 1e-5)
  assert.is_true(net:value(first):statistics().deviation > 0.01)
end

describe("an ONNX file's inputs", function()
  after_each(function() os.remove(path) end)

  it("need nothing where nothing reads them, and little where they are single numbers", function()
    local inputs = { port("x", 1, 1, 3, "h", "w"), port("unread", 1, 1, 7), port("s", 1, 1), port("flag", 9) }
    local model = after_conv({ node("Mul", "y", { "conv", "s" }),
      node("If", "z", { "flag" }, {
        then_branch = { nodes = { node("Neg", "a", { "y" }) }, outputs = { "a" } },
        else_branch = { nodes = { node("Identity", "b", { "y" }) }, outputs = { "b" } },
      }) }, {}, inputs)
    compare(assert(open(model)), "conv", "z", 4, 5)
    local net = assert(open(model, { inputs = { s = -3, flag = true } }))
    net:forward(noisy(1, 3, 2, 2), { "conv", "z" })
    assert.near(3 * net:value("conv"):at(0, 1, 1, 1), net:value("z"):at(0, 1, 1, 1), 1e-5)
  end)

  it("may be several pictures, of which the options say which one is optimised", function()
    local function model()
      return after_conv({ node("Conv", "other", { "z", "w" }), node("Sub", "y", { "conv", "other" }) }, {},
        { port("x", 1, 1, 3, 4, 4), port("z", 1, 1, 3, 4, 4), port("v", 1, 1, 3) })
    end
    local _, problem = open(model())
    assert.matches("'x' %(1x3x4x4%), 'z' %(1x3x4x4%) can be pictures: the option 'input' says", problem)
    local net = assert(open(model(), { input = "z", inputs = { x = core.tensor({ 1, 3, 4, 4 }, 0.5) } }))
    local image = noisy(1, 3, 4, 4)
    net:forward(image, "y")
    local got = net:value("y"):at(0, 2, 1, 3)
    net = assert(open(model(), { input = "x", inputs = { z = 0.5 } }))
    net:forward(image, "y")
    assert.near(-got, net:value("y"):at(0, 2, 1, 3), 1e-5)
    assert.same({ 4, 4 }, { net:input_size() })
    net = assert(open(model(), { input = "z", inputs = { x = 0 }, output = "other" }))
    assert.same({ "image", "z", "other" }, net:layers())
    _, problem = open(model(), { input = "u" })
    assert.matches("no input 'u'; there are 'x'", problem)
    _, problem = open(model(), { input = "z", inputs = { x = 0 }, output = "nowhere" })
    assert.matches("no value 'nowhere'", problem)
    assert.error_matches(function() open(model(), { inputs = { x = "y" } }) end, "inputs: x: a number, true, false")
  end)

  it("may be bytes, with channels last, without a batch, or with opacity", function()
    local bytes = after_conv({}, {}, { port("bytes", 2, 1, 4, 5, 3) })
    table.insert(bytes.nodes, 1, node("Cast", "floats", { "bytes" }, { to = 1 }))
    table.insert(bytes.nodes, 2, node("Transpose", "x", { "floats" }, { perm = { 0, 3, 1, 2 } }))
    local net = assert(ph.network(writer.save(path, writer.model(bytes))))
    net:forward(core.tensor({ 1, 3, 4, 5 }, 0.5), "x")
    assert.same({ 127.5 }, { net:value("x"):at(0, 1, 2, 2) })

    local single = after_conv({}, { shape_tensor("first", 0) }, { port("one", 1, 3, "h", "w") })
    table.insert(single.nodes, 1, node("Unsqueeze", "x", { "one", "first" }))
    net = assert(open(single))
    assert.same({ 1, 4, 6, 7 }, net:forward(noisy(1, 3, 6, 7), "conv"):value("conv"):shape())

    local model = after_conv({}, {}, { port("four", 1, "n", "h", "w", 4) })
    table.insert(model.nodes, 1, node("Transpose", "x", { "four" }, { perm = { 0, 3, 1, 2 } }))
    model.tensors[1] = tensor("w", 4, 4, 1, 1)
    net = assert(open(model))
    assert.equal(4, net:channels())
    assert.same({ 1, 4, 3, 2 }, net:forward(noisy(1, 4, 3, 2), "conv"):value("conv"):shape())
  end)

  it("state a size, or have one that shows", function()
    local function classifier(height, width)
      local model = after_conv({
        node("Flatten", "flat", { "conv" }), node("Gemm", "y", { "flat", "fc" }, { transB = 1 }),
      }, { tensor("fc", 5, 4 * 32 * 32) }, models.picture(height, width))
      return assert(open(model))
    end
    assert.same({ 32, 32 }, { classifier(32, 32):input_size() })
    assert.same({ 32, 32 }, { classifier("h", "w"):input_size() })
    assert.same({ 64, 16 }, { classifier(64, 16):input_size() })
    assert.is_nil(assert(open(after_conv {})):input_size())
  end)
end)

describe("an ONNX file's names", function()
  after_each(function() os.remove(path) end)

  it("are those of values first: a node's name is no other value's", function()
    local first = { op = "Relu", name = "y", inputs = { "conv" }, outputs = { "model/relu:0" } }
    local net = assert(open(after_conv { first, node("Neg", "y", { "model/relu:0" }) }))
    assert.equal("unary", net:layer("y").type)
    assert.equal("relu", net:layer("model/relu:0").type)
  end)

  it("of PyTorch's modules mean their last layer", function()
    local model = after_conv { node("Relu", "relu", { "conv" }), node("Neg", "neg", { "relu" }),
      node("Abs", "y", { "neg" }) }
    for i, name in ipairs { "/features/features.0/block/block.0/Conv", "/features/features.0/block/block.1/Relu",
      "/features/features.1/Neg", "/head/Abs" } do
      model.nodes[i].name = name
    end
    local function check()
      local net = assert(open(model))
      for module, layer in pairs { features = "neg", ["features.0"] = "relu", ["features.0.block"] = "relu",
        ["features.0.block.0"] = "conv", ["features.1"] = "neg", head = "y" } do
        assert.equal(layer, net:layer(module).name, module)
      end
    end
    check()
    for i, scopes in ipairs { "['', 'features', 'features.0', 'features.0.block', 'features.0.block.0', 'conv2d']",
      "['', 'features', 'features.0', 'features.0.block', 'features.0.block.1', 'relu']",
      "['', 'features', 'features.1', 'neg']", "['', 'head', 'abs_1']" } do
      model.nodes[i].name, model.nodes[i].scopes = "n" .. i, scopes
    end
    check()
  end)
end)

describe("an ONNX file's operators", function()
  after_each(function() os.remove(path) end)

  it("may be in any order", function()
    local model = after_conv { node("Relu", "relu", { "conv" }), node("Neg", "neg", { "relu" }),
      node("Add", "y", { "neg", "conv" }) }
    model.nodes = { model.nodes[4], model.nodes[2], model.nodes[3], model.nodes[1] }
    assert.same({ "image", "x", "conv", "relu", "neg", "y" }, assert(open(model)):layers())
  end)

  it("may be the model's own, written out in others", function()
    local model = after_conv { { op = "Twice", domain = "own", name = "two", inputs = { "conv" }, outputs = { "leaky" },
      attributes = { slope = 0.25 } }, node("LeakyRelu", "same", { "conv" }, { alpha = 0.0625 }) }
    local slope = { slope = { refers = "slope" } }
    model.functions = {
      { name = "Leak", domain = "own", inputs = { "a" }, outputs = { "b" },
        nodes = { node("LeakyRelu", "b", { "a" }, { alpha = { refers = "slope" } }) } },
      { name = "Twice", domain = "own", inputs = { "a" }, outputs = { "c" }, nodes = {
        { op = "Leak", domain = "own", inputs = { "a" }, outputs = { "b" }, attributes = slope },
        { op = "Leak", domain = "own", inputs = { "b" }, outputs = { "c" }, attributes = slope },
      } },
    }
    model.outputs = { "leaky", "same" }
    local net = assert(open(model))
    compare(net, "leaky", "same", 3, 4)
    assert.equal("leaky", net:layer("two").name)
    model.functions[1].nodes[1].op, model.functions[1].nodes[1].domain = "Twice", "own"
    local _, problem = open(model)
    assert.matches("calls functions too deeply", problem)
  end)

  it("may be com.microsoft's, where their meaning is a usual one", function()
    local function microsoft(op, inputs, attributes)
      return { op = op, domain = "com.microsoft", inputs = inputs, outputs = { "y" }, attributes = attributes }
    end
    local function same(fused, plain, tensors)
      local model = after_conv({ fused, table.unpack(plain) }, tensors, models.picture(3, 4))
      model.outputs = { "y", plain[#plain].outputs[1] }
      compare(assert(open(model)), "y", plain[#plain].outputs[1], 3, 4)
    end
    same(microsoft("FusedConv", { "x", "w" }, { activation = "LeakyRelu", activation_params = { 0.5 } }),
      { node("LeakyRelu", "same", { "conv" }, { alpha = 0.5 }) })
    same(microsoft("FusedMatMul", { "conv", "m" }, { transB = 1, alpha = 0.5 }),
      { node("Transpose", "turned", { "m" }, { perm = { 1, 0 } }), node("MatMul", "product", { "conv", "turned" }),
        node("Mul", "same", { "product", "half" }) },
      { tensor("m", 3, 4), { name = "half", dims = {}, values = { 0.5 } } })
    same(microsoft("Gelu", { "conv" }), { node("Gelu", "same", { "conv" }) })
    same(microsoft("QuickGelu", { "conv" }), { node("Swish", "same", { "conv" }, { alpha = 1.702 }) })
    same(microsoft("BiasGelu", { "conv", "b" }),
      { node("Add", "sum", { "conv", "b" }), node("Gelu", "same", { "sum" }) }, { tensor("b", 4) })
    same(microsoft("FastGelu", { "conv" }), { node("Gelu", "same", { "conv" }, { approximate = "tanh" }) })
    same(microsoft("SkipLayerNormalization", { "conv", "conv", "s", "b" }, { epsilon = 0.01 }),
      { node("Add", "sum", { "conv", "conv" }),
        node("LayerNormalization", "same", { "sum", "s", "b" }, { epsilon = 0.01, axis = -1 }) },
      { tensor("s", 4), tensor("b", 4) })
    same(microsoft("SkipSimplifiedLayerNormalization", { "conv", "conv", "s" }, { epsilon = 0.01 }),
      { node("Add", "sum", { "conv", "conv" }),
        node("RMSNormalization", "same", { "sum", "s" }, { epsilon = 0.01, axis = -1 }) }, { tensor("s", 4) })
  end)

  it("compare, choose and calculate with activations", function()
    local model = after_conv({
      node("Greater", "up", { "conv", "level" }), node("Not", "down", { "up" }), node("Neg", "neg", { "conv" }),
      node("Where", "chosen", { "up", "conv", "neg" }), node("Where", "same", { "down", "neg", "conv" }),
      node("Cast", "mask", { "up" }, { to = 1 }), node("Xor", "other", { "up", "down" }),
    }, { { name = "level", dims = {}, values = { 0.1 } } })
    model.outputs = { "chosen", "same", "mask", "other" }
    local net = assert(open(model))
    compare(net, "chosen", "same", 3, 4)
    net:forward(noisy(1, 3, 5, 5), { "conv", "chosen", "mask", "other" })
    for i, x in ipairs(net:value("conv"):values()) do
      assert.near(x > 0.1 and x or -x, net:value("chosen"):values()[i], 1e-6)
      assert.equal(x > 0.1 and 1 or 0, net:value("mask"):values()[i])
    end
    assert.near(100, net:value("other"):sum(), 1e-6)
  end)

  it("may go to whole numbers and back", function()
    local many = {}
    for i = 1, 300 * 300 do many[i] = i * 37 % 251 - 125 end
    local model = after_conv({
      node("QuantizeLinear", "q", { "conv", "scale", "zero" }),
      node("DequantizeLinear", "back", { "q", "scale", "zero" }),
      node("DequantizeLinear", "weights", { "wq", "scales" }, { axis = 0 }),
      node("Conv", "y", { "back", "weights" }), node("DequantizeLinear", "large", { "many", "scale" }),
    }, {
      { name = "scale", dims = {}, values = { 0.5 } }, { name = "zero", type = "int8", dims = {}, values = { 28 } },
      { name = "wq", type = "int8", dims = { 2, 4, 1, 1 }, values = { 1, -2, 3, -4, 5, -6, 7, -8 } },
      { name = "scales", dims = { 2 }, values = { 0.5, 0.25 } },
      { name = "many", type = "int8", dims = { 300, 300 }, values = many },
    }, models.picture(2, 300))
    model.outputs = { "y", "back" }
    local net = assert(open(model))
    net:forward(noisy(1, 3, 2, 2) * 100, { "conv", "back", "y" })
    local function back(c) return net:value("back"):at(0, c, 1, 0) end
    for c = 0, 3 do
      assert.near(math.max(-78, math.min(49.5, net:value("conv"):at(0, c, 1, 0))), back(c), 1e-4)
    end
    local wanted = 0.25 * (5 * back(0) - 6 * back(1) + 7 * back(2) - 8 * back(3))
    assert.near(wanted, net:value("y"):at(0, 1, 1, 0), 1e-3)
    model.nodes[#model.nodes + 1] = node("MatMul", "product", { "conv", "large" })
    model.outputs = { "product" }
    net = assert(open(model))
    net:forward(core.tensor({ 1, 3, 2, 300 }, 1), { "conv", "product" })
    local sum = 0
    for row = 0, 299 do sum = sum + 0.5 * many[row * 300 + 8] * net:value("conv"):at(0, 1, 1, row) end
    assert.near(sum, net:value("product"):at(0, 1, 1, 7), 1e-2)
  end)
end)
