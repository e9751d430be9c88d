-- SPDX-License-Identifier: MIT
-- Caffe's files: GoogLeNet in the old form and the newer gives the bits of the safetensors file of the same weights;
-- each layer type what its definition says; which files belong together.

local ph = require "phosphene"
local core = require "phosphene.core"
local googlenet = require "caffe.googlenet"
local names = require "phosphene.network.models.googlenet_names"
local save = require("tensorflow.writer").save
local writer = require "caffe.writer"

local harness = require "caffe.harness"
local run, assert_near, folder = harness.run, harness.assert_near, harness.folder

-- BVLC's architecture with a few channels.
local function narrow_weights()
  local random, tensors = core.random(1, "narrow"), {}
  local function add(name, outputs, inputs, kernel)
    local shape = kernel and { outputs, inputs, kernel, kernel } or { outputs, inputs }
    local fan_in = inputs * (kernel or 1) ^ 2
    tensors[name .. ".weight"] = random:fill_normal(core.tensor(shape), 0, math.sqrt(2 / fan_in))
    tensors[name .. ".bias"] = random:fill_normal(core.tensor { outputs }, 0, 0.1)
  end
  add("conv2d0", 4, 3, 7)
  add("conv2d1", 4, 4, 1)
  add("conv2d2", 6, 4, 3)
  local inputs = 6
  for _, module in ipairs { "3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b" } do
    for _, part in ipairs { { "1x1", 3, inputs, 1 }, { "3x3_bottleneck", 2, inputs, 1 }, { "3x3", 4, 2, 3 },
      { "5x5_bottleneck", 2, inputs, 1 }, { "5x5", 2, 2, 5 }, { "pool_reduce", 3, inputs, 1 } } do
      add("mixed" .. module .. "_" .. part[1], table.unpack(part, 2))
    end
    inputs = 12
  end
  add("softmax2_pre_activation", 10, 12)
  return tensors
end

lazy_setup(harness.setup)
lazy_teardown(harness.teardown)

local function difference(a, b)
  local s = core.combine("subtract", a, b):statistics()
  return math.max(s.most, -s.least)
end

local function assert_same_bits(net, native, size)
  local image = core.random(2, "picture"):fill_normal(core.tensor { 1, 3, size, size }, 0.5, 0.2)
  net:forward(image)
  native:forward(image)
  for _, layer in ipairs(native:layers()) do
    local theirs = layer == "image" and "image" or layer == "input" and "data" or names.caffe(layer)
    assert.equal(0, difference(net:value(theirs), native:value(layer)), layer)
  end
  for _, layer in ipairs { "softmax2_pre_activation", "mixed4a_pre_relu" } do
    local gradients = {}
    for i, pair in ipairs { { net, names.caffe(layer) }, { native, layer } } do
      local either, name = table.unpack(pair)
      either:forward(image, name)
      local shape = either:value(name):shape()
      gradients[i] = either:inject(name, core.random(5, "g"):fill_normal(core.tensor(shape), 0, 1)):backward()
    end
    assert.equal(0, difference(gradients[1], gradients[2]))
  end
end

describe("GoogLeNet as Caffe's files", function()
  local weights = narrow_weights()
  local native

  lazy_setup(function()
    assert(core.save_safetensors(folder .. "/native.safetensors", weights, { architecture = "bvlc_googlenet" }))
    native = assert(ph.network(folder .. "/native.safetensors"))
  end)

  for _, form in ipairs { "old", "newer" } do
    it("gives the bits of the safetensors file, in the " .. form .. " form", function()
      local described, weighted = googlenet(weights)
      save(folder .. "/bvlc_googlenet.caffemodel", writer.model(weighted, form == "old"))
      save(folder .. "/bvlc_googlenet.deploy.prototxt", writer.prototxt(described, 224, form == "old"))
      local net = assert(ph.network(folder .. "/bvlc_googlenet.caffemodel"))
      assert_same_bits(net, native, form == "old" and 224 or 161)
      assert.same({ "loss3/classifier", "prob" }, { net:classes() })
      assert.same({ range = { 0, 255 }, mean = { 104, 117, 123 }, order = "BGR",
        source = "networks called bvlc_googlenet" }, net:preprocessing())
      assert.equal("relu", net:layer("inception_4c/1x1").type)
      assert.equal("inception_4c/1x1", net:layer("inception_4c/relu_1x1").name)
      assert.equal("inception_4c/1x1_pre_relu", net:layer("inception_4c/relu_1x1_pre_relu").name)
    end)
  end

  it("gives the bits of BVLC's weights with BVLC's description", function()
    local shared = "../shared/weights/bvlc_googlenet"
    local tensors = core.load_safetensors(shared .. ".safetensors")
    if not tensors then return pending "needs ../shared/weights, which are not part of the project" end
    local _, weighted = googlenet(tensors)
    local path = save(folder .. "/bvlc_googlenet.caffemodel", writer.model(weighted, true))
    local net = assert(ph.network(path, { prototxt = shared .. ".deploy.prototxt" }))
    assert_same_bits(net, assert(ph.network(shared .. ".safetensors")), 224)
  end)
end)

describe("a Caffe layer", function()
  it("convolves in groups, with sizes for each axis", function()
    local values, shape = run({ { "Convolution", "y", { "data" }, "y", [[convolution_param { num_output: 3 group: 3
      kernel_h: 1 kernel_w: 2 stride_w: 2 stride_h: 1 bias_term: false }]] } },
      { y = { { tensor = core.tensor({ 3, 1, 1, 2 }, { 1, 2, 3, 4, 5, 6 }) } } }, "y")
    assert.same({ 1, 3, 3, 2 }, shape)
    assert.near(.00 + 2 * .01, values[1], 1e-6)
    assert.near(3 * 1.12 + 4 * 1.13, values[10], 1e-5)
    assert.near(5 * 2.22 + 6 * 2.23, values[18], 1e-5)
  end)

  it("pools with sizes rounded up, and means that count the padding", function()
    local function pooled(settings)
      return run({ { "Pooling", "y", { "data" }, "y", ("pooling_param { %s }"):format(settings) } }, {}, "y")
    end
    local values, shape = pooled "kernel_size: 2 stride: 2"
    assert.same({ 1, 3, 2, 2 }, shape)
    assert_near({ .11, .13, .21, .23 }, table.move(values, 1, 4, 1, {}))
    values = pooled "pool: AVE kernel_size: 2 stride: 2"
    assert_near({ .055, .075, .205, .225 }, table.move(values, 1, 4, 1, {}))
    values = pooled "pool: AVE kernel_size: 3 pad: 1 stride: 2"
    assert.near((0 + .01 + .10 + .11) / 9, values[1], 1e-6)
    values, shape = pooled "pool: AVE global_pooling: true"
    assert.same({ 1, 3, 1, 1 }, shape)
    assert.near(1.115, values[2], 1e-6)
  end)

  it("normalises, scales and rectifies in place, and folds what can be folded", function()
    local identity = core.tensor({ 3, 3, 1, 1 }, { 1, 0, 0, 0, 1, 0, 0, 0, 1 })
    local values, _, net, x = run({
      { "Convolution", "conv", { "data" }, "conv",
        "convolution_param { num_output: 3 kernel_size: 1 bias_term: false }" },
      { "BatchNorm", "bn", { "conv" }, "conv", "batch_norm_param { use_global_stats: true eps: 0.001 }" },
      { "Scale", "scale", { "conv" }, "conv", "scale_param { bias_term: true }" },
      { "ReLU", "relu", { "conv" }, "conv" },
    }, { conv = { { tensor = identity } },
      bn = { { tensor = core.tensor({ 3 }, { 1, 2, 3 }) }, { tensor = core.tensor({ 3 }, { 2, 4, 8 }) },
        { tensor = core.tensor({ 1 }, 2) } },
      scale = { { tensor = core.tensor({ 3 }, { 1, -1, 2 }) }, { tensor = core.tensor({ 3 }, { 0.5, 0.25, 0 }) } },
    }, "conv")
    for i, value in ipairs(x) do
      local c = (i - 1) // 12 + 1
      local normal = (value - c / 2) / math.sqrt(({ 1, 2, 4 })[c] + 0.001)
      assert.near(math.max(0, ({ 1, -1, 2 })[c] * normal + ({ 0.5, 0.25, 0 })[c]), values[i], 1e-5)
    end
    assert.equal("convolution", net:layer("conv_pre_relu").type)
    assert.equal("convolution", net:layer("scale").type)
  end)

  it("computes element by element", function()
    local function of(type_name, settings, bottoms, blobs)
      return run({ { type_name, "y", bottoms or { "data" }, "y", settings } }, blobs or {}, "y")
    end
    local x = select(4, of "Sigmoid")
    assert.near(1 / (1 + math.exp(-x[20])), of("Sigmoid")[20], 1e-5)
    assert.near((math.exp(2 * x[20]) - 1) / (math.exp(2 * x[20]) + 1), of("TanH")[20], 1e-5)
    assert.near((1 + 2 * x[20]) ^ 3, of("Power", "power_param { power: 3 scale: 2 shift: 1 }")[20], 1e-3)
    assert.near(1 - x[20], of("Power", "power_param { scale: -1 shift: 1 }")[20], 1e-5)
    assert.near(math.exp(-x[20]) - 1, run({ { "Power", "n", { "data" }, "n", "power_param { scale: -1 }" },
      { "ELU", "y", { "n" }, "y" } }, {}, "y")[20], 1e-5)
    assert.near(-0.5 * x[20], run({ { "Power", "n", { "data" }, "n", "power_param { scale: -1 }" },
      { "ReLU", "y", { "n" }, "y", "relu_param { negative_slope: 0.5 }" } }, {}, "y")[20], 1e-5)
    assert.near(-3 * x[20], run({ { "Power", "n", { "data" }, "n", "power_param { scale: -1 }" },
      { "PReLU", "y", { "n" }, "y" } }, { y = { { tensor = core.tensor({ 3 }, { 2, 3, 4 }) } } }, "y")[20], 1e-5)
    assert.near(2 * x[20] - x[20], of("Eltwise", "eltwise_param { operation: SUM coeff: 2 coeff: -1 }",
      { "data", "data" })[20], 1e-5)
    assert.near(x[20] ^ 2, of("Eltwise", "eltwise_param { operation: PROD }", { "data", "data" })[20], 1e-5)
    assert.near(x[20], of("Eltwise", "eltwise_param { operation: MAX }", { "data", "data", "data" })[20], 1e-5)
  end)

  it("splits, slices, concatenates and flattens", function()
    local values, shape, _, x = run({
      { "Split", "split", { "data" }, { "a", "b" } },
      { "Slice", "slice", { "a" }, { "s1", "s2" }, "slice_param { axis: 1 slice_point: 1 }" },
      { "Concat", "joined", { "s2", "s1", "b" }, "joined" }, { "Flatten", "flat", { "joined" }, "flat" },
      { "InnerProduct", "fc", { "flat" }, "fc", "inner_product_param { num_output: 1 bias_term: false }" },
    }, { fc = { { tensor = core.tensor({ 1, 72 }, (function()
      local list = {}
      for i = 1, 72 do list[i] = i end
      return list
    end)()) } } }, "fc")
    assert.same({ 1, 1 }, shape)
    local expected = 0
    for i = 1, 72 do
      expected = expected + i * (i <= 24 and x[12 + i] or i <= 36 and x[i - 24] or x[i - 36])
    end
    assert_near({ expected }, values)
  end)
end)

describe("Caffe's two files", function()
  local described = { { "ReLU", "y", { "data" }, "y" } }

  it("are found beside each other, or named", function()
    local place = folder .. "/two"
    os.execute("mkdir '" .. place .. "'")
    local prototxt = save(place .. "/deploy.prototxt", writer.prototxt(described, 8))
    local net, problem = ph.network(prototxt, { range = { 0, 1 } })
    assert.is_nil(net)
    assert.matches("deploy.prototxt': there is no .caffemodel beside it called 'deploy'; the option caffemodel",
      problem, 1, true)
    local model = save(place .. "/some.caffemodel", writer.model {})
    assert(ph.network(prototxt, { range = { 0, 1 } }))
    assert(ph.network(model, { range = { 0, 1 } }))
    save(place .. "/other.caffemodel", writer.model {})
    net, problem = ph.network(prototxt, { range = { 0, 1 } })
    assert.is_nil(net)
    assert.matches("the option caffemodel", problem)
    assert(ph.network(prototxt, { range = { 0, 1 }, caffemodel = model }))
  end)

  it("may be made for training: what only that needs is left out, its means are taken", function()
    local text = [[
      layer { name: "train" type: "Data" top: "data" top: "label" include { phase: TRAIN } }
      layer { name: "test" type: "Data" top: "data" top: "label" include { phase: TEST }
        transform_param { crop_size: 20 mean_value: 104 mean_value: 117 mean_value: 123.5 scale: 0.5 } }
      layer { name: "r" type: "ReLU" bottom: "data" top: "r" }
      layer { name: "drop" type: "Dropout" bottom: "r" top: "r" }
      layer { name: "loss" type: "SoftmaxWithLoss" bottom: "r" bottom: "label" top: "loss" }
      layer { name: "accuracy" type: "Accuracy" bottom: "r" bottom: "label" top: "accuracy" }
    ]]
    save(folder .. "/t.caffemodel", writer.model {})
    local net = assert(ph.network(save(folder .. "/t.prototxt", text)))
    assert.same({ "image", "data", "r", "loss" }, net:layers())
    assert.same({ range = { 0, 255 }, mean = { 104, 117, 123.5 }, std = { 2, 2, 2 }, order = "BGR",
      source = "its file" }, net:preprocessing())
    assert.same({}, { net:classes() }) -- maps of scores are none
    assert.equal("r", net:layer("drop").name)
  end)
end)
