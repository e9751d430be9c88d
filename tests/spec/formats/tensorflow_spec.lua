-- SPDX-License-Identifier: MIT
-- TensorFlow graphs: Inception 5h under Google's names gives the same bits as the safetensors file of the same weights;
-- each operation what its definition says, with channels last; what is not a network says so.

local ph = require "phosphene"
local core = require "phosphene.core"
local inception5h = require "tensorflow.inception5h"
local overheard = require "overheard"
local writer = require "tensorflow.writer"

local harness = require "tensorflow.harness"
local constant, integers, node = harness.constant, harness.integers, harness.node
local open, run, picture = harness.open, harness.run, harness.picture
local assert_near, placeholder, folder = harness.assert_near, harness.placeholder, harness.folder

lazy_setup(harness.setup)
lazy_teardown(harness.teardown)

describe("Inception 5h as a TensorFlow graph", function()
  local nodes, weights, constants = inception5h(8, 126)
  local net, native

  lazy_setup(function()
    local path = writer.save(folder .. "/any name.pb", writer.graph(nodes))
    writer.save(folder .. "/imagenet_comp_graph_label_strings.txt", "dummy\n" .. ("x\n"):rep(119) .. "kit fox\r\n")
    net = assert(ph.network(path))
    assert(core.save_safetensors(folder .. "/native.safetensors", weights, { architecture = "inception5h" }))
    native = assert(ph.network(folder .. "/native.safetensors"))
  end)

  it("is written as Google's: 142 constants first", function()
    assert.equal(142, constants)
    assert.equal("Const", nodes[142].op)
    assert.equal("Placeholder", nodes[143].op)
  end)

  it("has all layers that the safetensors file of the same weights has, and the same bits", function()
    local random = core.random(3, "picture")
    for _, size in ipairs { { 224, 224 }, { 161, 203 } } do
      local image = random:fill_normal(core.tensor { 1, 3, size[1], size[2] }, 0.5, 0.2)
      local layers = {}
      for name in pairs(native:shapes(size[1], size[2])) do
        if net:shapes(size[1], size[2])[net:layer(name).name] then layers[#layers + 1] = name end
      end
      table.sort(layers)
      assert.is_true(#layers >= (size[1] == 224 and #native:layers() or 150))
      net:forward(image, layers)
      native:forward(image, layers)
      for _, name in ipairs(layers) do
        local s = core.combine("subtract", net:value(name), native:value(name)):statistics()
        assert.is_true(s.most == 0 and s.least == 0, name)
      end
    end
  end)

  it("gives the same gradients", function()
    local image = core.random(4, "picture"):fill_normal(core.tensor { 1, 3, 224, 224 }, 0.5, 0.2)
    for _, layer in ipairs { "softmax2_pre_activation", "softmax0", "mixed4a_pre_relu" } do
      local gradients = {}
      for i, either in ipairs { net, native } do
        either:forward(image, layer)
        local shape = either:value(layer):shape()
        gradients[i] = either:inject(layer, core.random(5, "g"):fill_normal(core.tensor(shape), 0, 1)):backward()
      end
      -- The files list a module's branches in different orders, in which gradients are summed.
      local difference = core.combine("subtract", gradients[1], gradients[2]):statistics().deviation
      local size = gradients[1]:statistics().deviation
      assert.is_true(size > 0 and difference <= 1e-5 * size, layer .. ": " .. difference / size)
    end
  end)

  it("is known by its nodes: preprocessing, classes, labels from the file beside it", function()
    assert.same({ range = { -117, 138 }, order = "RGB", source = "networks called inception5h" }, net:preprocessing())
    assert.same({ "softmax2_pre_activation", "softmax2" }, { net:classes() })
    assert.equal(121, #net:labels())
    assert.equal(120, net:find_label "kit fox")
    assert.equal("convolution", net:layer("mixed4a_3x3_pre_relu").type)
  end)
end)

describe("a TensorFlow operation", function()
  it("sees images with their channels last", function()
    -- 6 elements of 3 channels: (h, w, c).
    local matrix = {}
    for i = 1, 18 do matrix[i] = i end
    local values = run({ integers("shape", -1, 18), node("Reshape", "flat", { "x", "shape" }),
      constant("matrix", { 18, 1 }, matrix), node("MatMul", "y", { "flat", "matrix" }) }, "y")
    local expected = 0
    for y = 0, 1 do
      for x = 0, 2 do
        for c = 0, 2 do expected = expected + (100 * c + 10 * y + x) / 100 * matrix[(y * 3 + x) * 3 + c + 1] end
      end
    end
    assert_near({ expected }, values)
  end)

  it("pads SAME with the odd pixel last, and VALID not at all", function()
    local kernel = constant("k", { 2, 2, 3, 1 }, { 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0 }) -- of channel 0
    local values, shape = run({ kernel, node("Conv2D", "y", { "x", "k" },
      { strides = { 1, 1, 1, 1 }, padding = "SAME" }) }, "y")
    assert.same({ 1, 1, 2, 3 }, shape)
    local p = { { 0, .01, .02, 0 }, { .10, .11, .12, 0 }, { 0, 0, 0, 0 } }
    local expected = {}
    for y = 1, 2 do
      for x = 1, 3 do
        expected[#expected + 1] = p[y][x] + 2 * p[y][x + 1] + 3 * p[y + 1][x] + 4 * p[y + 1][x + 1]
      end
    end
    assert_near(expected, values)
    values, shape = run({ kernel, node("Conv2D", "y", { "x", "k" },
      { strides = { 1, 2, 2, 1 }, padding = "VALID" }) }, "y")
    assert.same({ 1, 1, 1, 1 }, shape)
    assert_near({ expected[1] }, values)
  end)

  it("convolves each channel by itself", function()
    local values, shape = run({ constant("k", { 1, 1, 3, 2 }, { 1, 10, 2, 20, 3, 30 }),
      node("DepthwiseConv2dNative", "d", { "x", "k" }, { strides = { 1, 1, 1, 1 }, padding = "VALID" }),
      constant("b", { 6 }, { 0, 0, 0, 0, 0, 5 }), node("BiasAdd", "y", { "d", "b" }) }, "y")
    assert.same({ 1, 6, 2, 3 }, shape)
    assert_near({ .12, 1.2, 2.24, 22.4, 6.36, 68.6 }, { values[6], values[12], values[18], values[24], values[30],
      values[36] })
  end)

  it("averages what lies inside", function()
    local values = run({ node("AvgPool", "y", { "x" }, { ksize = { 1, 3, 3, 1 }, strides = { 1, 1, 1, 1 },
      padding = "SAME" }) }, "y")
    assert.near((0 + .01 + .10 + .11) / 4, values[1], 1e-6)
    values = run({ node("MaxPool", "y", { "x" }, { ksize = { 1, 2, 2, 1 }, strides = { 1, 2, 2, 1 },
      padding = "SAME" }) }, "y")
    assert_near({ .11, .12, 1.11, 1.12, 2.11, 2.12 }, values)
  end)

  it("normalises batches, spelt out or fused, and folds what can be folded", function()
    local statistics = { constant("m", { 3 }, { 0.5, 1, 2 }), constant("v", { 3 }, { 4, 0.25, 1 }),
      constant("s", { 3 }, { 1, 2, -1 }), constant("o", { 3 }, { 0, 0.5, 1 }) }
    local function expected(c, x)
      local m, v, s, o = ({ 0.5, 1, 2 })[c], ({ 4, 0.25, 1 })[c], ({ 1, 2, -1 })[c], ({ 0, 0.5, 1 })[c]
      return (x - m) / math.sqrt(v + 0.001) * s + o
    end
    local fused = table.move(statistics, 1, 4, 1, {})
    fused[5] = node("FusedBatchNormV3", "y", { "x", "s", "o", "m", "v" }, { epsilon = 0.001, is_training = false })
    -- As tf.nn.batch_normalization leaves it in a frozen graph.
    local spelt = table.move(statistics, 1, 4, 1, {})
    for _, n in ipairs { constant("e", {}, { 0.001 }), node("Identity", "v/read", { "v" }),
      node("Add", "ve", { "v/read", "e" }),
      node("Rsqrt", "r", { "ve" }), node("Mul", "rs", { "r", "s" }), node("Mul", "xr", { "x", "rs" }),
      node("Mul", "mr", { "m", "rs" }), node("Sub", "b", { "o", "mr" }), node("AddV2", "y", { "xr", "b" }) } do
      spelt[#spelt + 1] = n
    end
    for _, nodes in ipairs { fused, spelt } do
      local values = run(nodes, "y")
      for i, x in ipairs(picture():values()) do assert.near(expected((i - 1) // 6 + 1, x), values[i], 1e-4) end
    end
    table.insert(fused, 5, constant("k", { 1, 1, 3, 3 }, { 1, 0, 0, 0, 1, 0, 0, 0, 1 }))
    table.insert(fused, 6, node("Conv2D", "conv", { "x", "k" }, { strides = { 1, 1, 1, 1 }, padding = "VALID" }))
    fused[7].inputs = { "conv", "s", "o", "m", "v" }
    local _, _, net = run(fused, "y")
    assert.equal("convolution", net:layer("y").type)
  end)

  it("calculates with constants on either side", function()
    local function of(op, first, value)
      local inputs = first and { "c", "x" } or { "x", "c" }
      return run({ constant("c", type(value) == "table" and { 3 } or {}, type(value) == "table" and value or { value }),
        node(op, "y", inputs) }, "y")
    end
    local x = picture():values()
    assert.near(x[18] - 2, of("Sub", false, 2)[18], 1e-6)
    assert.near(2 - x[18], of("Sub", true, 2)[18], 1e-6)
    assert.near(x[18] / 4, of("RealDiv", false, 4)[18], 1e-6)
    assert.near(x[18] * 3, of("Mul", true, { 1, 2, 3 })[18], 1e-6)
    assert.near(x[7] + 2, of("Add", true, { 1, 2, 3 })[7], 1e-6)
    assert_near(x, (run({ constant("c", {}, { 0 }), node("Add", "a", { "x", "c" }),
      node("AddN", "y", { "a" }) }, "a")))
  end)

  it("adds, multiplies and concatenates images, and gives the values of identities their names", function()
    local x = picture():values()
    local values = run({ node("Add", "y", { "x", "x" }) }, "y")
    assert.near(2 * x[9], values[9], 1e-6)
    values = run({ node("Mul", "y", { "x", "x" }) }, "y")
    assert.near(x[9] ^ 2, values[9], 1e-6)
    local shape
    values, shape = run({ integers("axis", -1), node("Relu", "r", { "x" }),
      node("ConcatV2", "c", { "x", "r", "axis" }), node("Identity", "y", { "c" }) }, "y")
    assert.same({ 1, 6, 2, 3 }, shape)
    assert.near(x[18], values[36], 1e-6)
  end)

  it("has its activation functions", function()
    local x = picture():values()
    local function of(op, attributes, factor)
      return (run({ constant("c", {}, { factor or 1 }), node("Mul", "m", { "x", "c" }),
        node(op, "y", { "m" }, attributes) }, "y"))
    end
    assert.near(6, of("Relu6", nil, 10)[18], 1e-6)
    assert.near(10 * x[2], of("Relu6", nil, 10)[2], 1e-6)
    assert.near(0, of("Relu6", nil, -1)[18], 1e-6)
    assert.near(math.exp(-x[18]) - 1, of("Elu", nil, -1)[18], 1e-6)
    assert.near(-0.1 * x[18], of("LeakyRelu", { alpha = 0.1 }, -1)[18], 1e-6)
    assert.near(1 / (1 + math.exp(x[18])), of("Sigmoid", nil, -1)[18], 1e-6)
    assert.near(1 / math.sqrt(x[18]), run({ node("Sqrt", "s", { "x" }), node("Reciprocal", "y", { "s" }) }, "y")[18],
      1e-5)
    assert.near(math.log(1 + math.exp(x[18])), of("Softplus")[18], 1e-5)
  end)

  it("calculates with constants that are images, and pads", function()
    local x, list = picture():values(), {}
    for i = 1, 18 do list[i] = i end
    local values = run({ constant("c", { 1, 2, 3, 3 }, list), node("Maximum", "y", { "x", "c" }) }, "y")
    -- channel 2, row 1, column 0: the last channel of the fourth pixel
    assert.near(math.max(x[16], 12), values[16], 1e-6)
    local shape
    values, shape = run({ constant("p", { 4, 2 }, { 0, 0, 1, 0, 0, 2, 0, 0 }, "int32"),
      node("Pad", "y", { "x", "p" }) }, "y")
    assert.same({ 1, 3, 3, 5 }, shape)
    assert.near(x[18], values[2 * 15 + 13], 1e-6)
    assert.equal(0, values[1])
  end)

  it("reshapes images into other images as TensorFlow orders them", function()
    local x = picture():values()
    local values, shape = run({ integers("s", 1, 3, 2, 3), node("Reshape", "y", { "x", "s" }),
      node("Relu", "z", { "y" }) }, "z")
    assert.same({ 1, 3, 3, 2 }, shape)
    -- Pixel 4 of both, counted row by row: row 1, column 1 of the first and row 2, column 0 of the second.
    for c = 0, 2 do assert.near(x[6 * c + 5], values[6 * c + 5], 1e-6) end
    values = run({ integers("axes", 2, 1), node("Max", "y", { "x", "axes" }, { keep_dims = true }) }, "y")
    assert_near({ .12, 1.12, 2.12 }, values)
  end)

  it("reduces images to channels", function()
    local values, _, net = run({ integers("axes", 1, 2), node("Mean", "m", { "x", "axes" }),
      constant("w", { 3, 2 }, { 1, 0, 0, 1, 0, 0 }), node("MatMul", "l", { "m", "w" }), node("Softmax", "p", { "l" }) },
      "l")
    assert_near({ 0.06, 1.06 }, values)
    assert.same({ "l", "p" }, { net:classes() })
    assert_near({ 0.06, 1.06, 2.06 }, (run({
      node("AvgPool", "a", { "x" }, { ksize = { 1, 2, 3, 1 }, strides = { 1, 1, 1, 1 }, padding = "VALID" }),
      node("Squeeze", "y", { "a" }, { squeeze_dims = { 1, 2 } }),
    }, "y")))
  end)
end)

describe("a TensorFlow graph", function()
  it("may have its nodes in any order", function()
    local net = assert(open { node("Relu", "b", { "a" }), node("Relu", "a", { "x" }), placeholder })
    assert.same({ "image", "x", "a", "b" }, net:layers())
  end)

  it("without a placeholder, or with several, wants to be told where the picture goes", function()
    local nodes = { constant("c", { 1 }, { 1 }), node("Mystery", "decoded", { "c" }), node("Relu", "a", { "decoded" }),
      node("Relu", "b", { "a" }) }
    local net, problem = open(nodes)
    assert.is_nil(net)
    assert.matches("x%.pb': it has no placeholder for a picture; the option input", problem)
    net = assert(open(nodes, { range = { 0, 1 }, input = "decoded:0" }))
    assert.same({ "image", "decoded", "a", "b" }, net:layers())
    net, problem = open(nodes, { input = "nothing" })
    assert.is_nil(net)
    assert.matches("no node 'nothing'", problem)
    net, problem = open { placeholder, node("Placeholder", "z", {}, placeholder.attributes),
      node("Add", "a", { "x", "z" }) }
    assert.is_nil(net)
    assert.matches("2 placeholders %('x', 'z'%) that might be the picture", problem)
  end)

  it("leaves out, and says so, what comes after the network", function()
    local said, net = overheard(open, { placeholder, node("Relu", "a", { "x" }), node("ArgMax", "b", { "a" }),
      node("Relu", "c", { "b" }) })
    assert.same({ "image", "x", "a" }, net:layers())
    assert.matches("left out 'b' (ArgMax: not supported) and 1 after it", said, 1, true)
  end)

  it("is refused where nothing is left", function()
    local net, problem = open { placeholder, node("Mystery", "a", { "x" }), constant("k", { 1, 1, 3, 1 }, { 1, 1, 1 }),
      node("Conv2D", "b", { "a", "k" }, { strides = { 1, 1, 1, 1 }, padding = "SAME" }) }
    assert.is_nil(net)
    assert.matches("left out 'a' %(Mystery: not supported%) and 1 after it$", problem)
  end)

  it("says what its input is not known to be", function()
    local said = overheard(open, { placeholder, node("Relu", "a", { "x" }) }, {})
    assert.matches("does not state its preprocessing; assuming RGB, 0..1", said, 1, true)
  end)

  it("takes labels that are given", function()
    local nodes = { placeholder, integers("axes", 1, 2), node("Mean", "m", { "x", "axes" }),
      node("Softmax", "p", { "m" }) }
    assert.same({ "a", "b", "c" }, assert(open(nodes, { labels = { "a", "b", "c" }, range = { 0, 1 } })):labels())
    writer.save(folder .. "/names", "n01440764 tench, Tinca tinca\nb\nc\n\n")
    assert.same({ "tench, Tinca tinca", "b", "c" },
      assert(open(nodes, { labels = folder .. "/names", range = { 0, 1 } })):labels())
    local net, problem = open(nodes, { labels = folder .. "/nowhere" })
    assert.is_nil(net)
    assert.matches("cannot read labels: .*nowhere", problem)
  end)
end)
