-- SPDX-License-Identifier: MIT
-- GoogLeNet's description: the graph of each variant has the published shapes, the embedded network works, and, where
-- the large weights are at hand, activations and gradients agree with those that PyTorch computed.

local ph = require "phosphene"
local core = require "phosphene.core"
local googlenet = require "phosphene.network.models.googlenet"

-- Widths of the full network: table 1 of the paper.
local modules = {
  { "mixed3a", 192, 64, 96, 128, 16, 32, 32 }, { "mixed3b", 256, 128, 128, 192, 32, 96, 64 },
  { "mixed4a", 480, 192, 96, 208, 16, 48, 64 }, { "mixed4b", 512, 160, 112, 224, 24, 64, 64 },
  { "mixed4c", 512, 128, 128, 256, 24, 64, 64 }, { "mixed4d", 512, 112, 144, 288, 32, 64, 64 },
  { "mixed4e", 528, 256, 160, 320, 32, 128, 128 }, { "mixed5a", 832, 256, 160, 320, 32, 128, 128 },
  { "mixed5b", 832, 384, 192, 384, 48, 128, 128 },
}

-- Weights of zeros, of the widths above but for what a test alters; `heads` adds the auxiliary classifiers.
local function zeros(classes, width_4a_3x3, heads)
  local tensors = {}
  local function convolution(name, inputs, outputs, kernel)
    tensors[name .. ".weight"] = core.tensor { outputs, inputs, kernel, kernel }
    tensors[name .. ".bias"] = core.tensor { outputs }
  end
  local function dense(name, inputs, outputs)
    tensors[name .. ".weight"] = core.tensor { outputs, inputs }
    tensors[name .. ".bias"] = core.tensor { outputs }
  end
  convolution("conv2d0", 3, 64, 7)
  convolution("conv2d1", 64, 64, 1)
  convolution("conv2d2", 64, 192, 3)
  local inputs
  for _, m in ipairs(modules) do
    local name, three = m[1], m[1] == "mixed4a" and width_4a_3x3 or m[5]
    inputs = inputs or m[2]
    convolution(name .. "_1x1", inputs, m[3], 1)
    convolution(name .. "_3x3_bottleneck", inputs, m[4], 1)
    convolution(name .. "_3x3", m[4], three, 3)
    convolution(name .. "_5x5_bottleneck", inputs, m[6], 1)
    convolution(name .. "_5x5", m[6], m[7], 5)
    convolution(name .. "_pool_reduce", inputs, m[8], 1)
    inputs = m[3] + three + m[7] + m[8]
  end
  dense("softmax2_pre_activation", inputs, classes)
  if heads then
    for i, width in ipairs { 508, 528 } do
      convolution(("head%d_bottleneck"):format(i - 1), width, 128, 1)
      dense(("nn%d"):format(i - 1), 128 * 4 * 4, 1024)
      dense(("softmax%d_pre_activation"):format(i - 1), 1024, classes)
    end
  end
  return {
    get = function(_, name) return assert(tensors[name], name) end,
    has = function(_, name) return tensors[name] ~= nil end,
  }
end

local function shapes_of(weights, architecture)
  local net = core.network { backend = "reference" }
  googlenet.build(net, weights, architecture)
  return net:shapes(224, 224), net
end

describe("the description of GoogLeNet", function()
  it("gives BVLC's network its published shapes", function()
    local shapes, net = shapes_of(zeros(1000, 208), "bvlc_googlenet")
    assert.same({ 64, 112, 112 }, shapes.conv2d0)
    assert.same({ 64, 56, 56 }, shapes.localresponsenorm0)
    assert.same({ 192, 56, 56 }, shapes.conv2d2)
    assert.same({ 192, 28, 28 }, shapes.maxpool1)
    assert.same({ 256, 28, 28 }, shapes.mixed3a)
    assert.same({ 480, 28, 28 }, shapes.mixed3b)
    assert.same({ 480, 14, 14 }, shapes.maxpool4)
    assert.same({ 512, 14, 14 }, shapes.mixed4a)
    assert.same({ 512, 14, 14 }, shapes.mixed4a_pre_relu)
    assert.same({ 832, 14, 14 }, shapes.mixed4e)
    assert.same({ 1024, 7, 7 }, shapes.mixed5b)
    assert.equal(1000, shapes.softmax2[1])
    assert.is_nil(shapes.softmax0)
    assert.same({ "mixed4a_1x1", "mixed4a_3x3", "mixed4a_5x5", "mixed4a_pool_reduce" }, net:layer("mixed4a").from)
    assert.same({ "mixed4a_5x5_pre_relu" }, net:layer("mixed4a_5x5").from)
  end)

  it("gives inception5h its 508 channels and its auxiliary heads", function()
    local shapes = shapes_of(zeros(1008, 204, true), "inception5h")
    assert.same({ 64, 112, 112 }, shapes.conv2d0)
    assert.same({ 508, 14, 14 }, shapes.mixed4a)
    assert.same({ 128, 4, 4 }, shapes.head0_bottleneck)
    assert.equal(1024, shapes.nn1[1])
    assert.equal(1008, shapes.softmax0[1])
    assert.equal(1008, shapes.softmax1[1])
    assert.same({ 832, 7, 7 }, shapes.mixed5a)
  end)
end)

describe("the embedded network", function()
  local net = assert(ph.network "googlenet-tiny")

  it("has the shapes that its description promises", function()
    local shapes = net:shapes(64, 64)
    assert.same({ 32, 32, 32 }, shapes.conv2d0)
    assert.same({ 32, 16, 16 }, shapes.maxpool0)
    assert.same({ 240, 8, 8 }, shapes.mixed3b)
    assert.same({ 256, 4, 4 }, shapes.mixed4a)
    assert.same({ 512, 2, 2 }, shapes.mixed5b)
    assert.equal(200, shapes.softmax2[1])
  end)

  it("knows its classes", function()
    assert.equal(200, #net:labels())
    assert.equal(22, net:find_label "goldfish")
    assert.same({ "softmax2_pre_activation", "softmax2" }, { net:classes() })
  end)

  it("gives probabilities", function()
    local picture = core.random(1, "test"):fill_normal(core.tensor { 2, 3, 64, 64 }, 0.5, 0.2)
    local probabilities = net:forward(picture, "softmax2", { backward = false }):activation "softmax2"
    assert.near(2, probabilities:sum(), 1e-4)
  end)

  it("agrees with itself on the reference backend", function()
    local reference = assert(ph.network("googlenet-tiny", { backend = "reference" }))
    local picture = core.random(2, "test"):fill_normal(core.tensor { 1, 3, 48, 40 }, 0.5, 0.2)
    local taps = { "conv2d2", "mixed4a_pre_relu", "softmax2_pre_activation" }
    net:forward(picture, taps)
    reference:forward(picture, taps)
    for _, tap in ipairs(taps) do
      local a, b = net:activation(tap), reference:activation(tap)
      local scale = a:statistics().deviation
      assert.near(0, a:add(b, -1):statistics().deviation / scale, 1e-4, tap)
    end
  end)

  it("prints its name", function()
    assert.equal(("network googlenet-tiny of %d layers"):format(#net:layers()), tostring(net))
  end)

  it("describes itself as a table", function()
    local text = net:describe(64, 64)
    assert.matches("mixed4a_3x3_pre_relu +convolution +96x4x4 +41%.6k +664k +mixed4a_3x3_bottleneck\n", text)
    assert.matches("total +1%.67M +35%.5M$", text)
  end)
end)
