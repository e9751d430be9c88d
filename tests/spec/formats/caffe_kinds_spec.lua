-- SPDX-License-Identifier: MIT
-- Layers of Caffe's branches and later versions (segmentation, detection, squeeze-and-excitation), options that name a
-- part of a network, and what becomes of a description with layers that are not run. Expected numbers are computed here
-- from the layers' definitions.

local ph = require "phosphene"
local core = require "phosphene.core"
local harness = require "caffe.harness"
local overheard = require "overheard"
local run, open, assert_near = harness.run, harness.open, harness.assert_near

lazy_setup(harness.setup)
lazy_teardown(harness.teardown)

-- One layer "y" over the picture.
local function of(type_name, settings, blobs) return run({ { type_name, "y", { "data" }, "y", settings } },
  { y = blobs }, "y") end

local function vector(...) return { tensor = core.tensor({ select("#", ...) }, { ... }) } end

-- Place of channel c, row y, column x in a picture's list.
local function at(c, y, x) return 12 * c + 4 * y + x + 1 end

describe("a layer of Caffe's branches", function()
  it("cuts out as much as another one has, at every size", function()
    local described = {
      { "Deconvolution", "d", { "data" }, "d", "convolution_param { num_output: 3 kernel_size: 4 stride: 2 group: 3 "
        .. "bias_term: false }" },
      { "Crop", "y", { "d", "data" }, "y", "crop_param { axis: 2 offset: 1 offset: 2 }" } }
    local net = assert(open(described, { d = { { tensor = core.tensor({ 3, 1, 4, 4 }, 1) } } }, 3, 4))
    for _, size in ipairs { { 3, 4 }, { 6, 5 } } do
      local image = core.random(1, "x"):fill_normal(core.tensor { 1, 3, size[1], size[2] })
      net:forward(image, { "d", "y" })
      local d, y = net:value "d", net:value "y"
      assert.same(image:shape(), y:shape())
      for c = 0, 2 do assert.equal(d:at(0, c, 1 + size[1] - 1, 2), y:at(0, c, size[1] - 1, 0)) end
    end
  end)

  it("puts axes into another order, repeats and shuffles", function()
    local values, shape, _, x = of("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }")
    assert.same({ 1, 3, 4, 3 }, shape)
    assert.near(x[at(1, 2, 3)], values[12 * 2 + 3 * 3 + 1 + 1], 1e-6)
    values, shape = of("Tile", "tile_param { axis: 1 tiles: 2 }")
    assert.same({ 1, 6, 3, 4 }, shape)
    assert.equal(values[at(1, 2, 3)], values[at(4, 2, 3)])
    local shuffled = run({ { "Tile", "t", { "data" }, "t", "tile_param { axis: 1 tiles: 2 }" },
      { "ShuffleChannel", "y", { "t" }, "y", "shuffle_channel_param { group: 3 }" } }, {}, "y")
    for c = 0, 5 do assert.near(x[at((c % 3 * 2 + c // 3) % 3, 1, 2)], shuffled[at(c, 1, 2)], 1e-6) end
  end)

  it("normalises within channels, across them, and by themselves", function()
    local values, _, _, x = of("LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.75 norm_region: WITHIN_CHANNEL }")
    local sum = 0
    for y = 1, 3 do
      for column = 0, 2 do sum = sum + (y <= 2 and x[at(1, y, column)] ^ 2 or 0) end
    end
    assert.near(x[at(1, 2, 1)] / (1 + 0.5 * sum / 9) ^ 0.75, values[at(1, 2, 1)], 1e-5)
    values = of("Normalize", "norm_param { across_spatial: false channel_shared: false }", { vector(1, 10, 100) })
    local length = math.sqrt(x[at(0, 2, 3)] ^ 2 + x[at(1, 2, 3)] ^ 2 + x[at(2, 2, 3)] ^ 2)
    assert.near(10 * x[at(1, 2, 3)] / length, values[at(1, 2, 3)], 1e-4)
    values, sum = of("Normalize", "", { vector(2) }), 0
    for _, value in ipairs(x) do sum = sum + value ^ 2 end
    assert.near(2 * x[at(2, 0, 0)] / math.sqrt(sum), values[at(2, 0, 0)], 1e-5)
    values = of("MVN", "mvn_param { normalize_variance: false }")
    assert.near(x[at(2, 2, 3)] - 2.115, values[at(2, 2, 3)], 1e-5)
    local variance = 0
    for i = at(1, 0, 0), at(1, 2, 3) do variance = variance + (x[i] - 1.115) ^ 2 / 12 end
    assert.near((x[at(1, 2, 3)] - 1.115) / math.sqrt(variance), of("MVN", "")[at(1, 2, 3)], 1e-4)
    values = of("BN", "", { vector(1, 2, 3), vector(0, 1, 0), vector(0, 1, 2), vector(4, 4, 4) })
    assert.near((x[at(1, 1, 1)] - 1) / 2 * 2 + 1, values[at(1, 1, 1)], 1e-4)
  end)

  it("scales by another input, one number for each channel", function()
    local pooled = { "Pooling", "p", { "data" }, "p", "pooling_param { pool: AVE global_pooling: true }" }
    local values, _, _, x = run({ pooled, { "Flatten", "f", { "p" }, "f" },
      { "Scale", "y", { "data", "f" }, "y", "scale_param { axis: 0 }" } }, {}, "y")
    assert.near(x[at(2, 1, 3)] * 2.115, values[at(2, 1, 3)], 1e-5)
    values = run({ pooled, { "Axpy", "y", { "p", "data", "data" }, "y" } }, {}, "y")
    assert.near(x[at(1, 1, 3)] * 1.115 + x[at(1, 1, 3)], values[at(1, 1, 3)], 1e-5)
    values = run({ { "Power", "n", { "data" }, "n", "power_param { scale: -1 }" },
      { "Bias", "y", { "data", "n" }, "y", "bias_param { axis: 0 }" } }, {}, "y")
    assert.near(0, values[at(1, 1, 3)], 1e-5)
  end)

  it("enlarges images between pixels, whose corners stay", function()
    local values, shape, _, x = of("Interp", "interp_param { zoom_factor: 3 }")
    assert.same({ 1, 3, 7, 10 }, shape)
    -- row 4 is a third after row 1, column 5 two thirds after column 1
    local expected = x[at(1, 1, 1)] * 2 / 9 + x[at(1, 1, 2)] * 4 / 9 + x[at(1, 2, 1)] / 9 + x[at(1, 2, 2)] * 2 / 9
    assert.near(expected, values[70 + 4 * 10 + 5 + 1], 1e-5)
    assert.near(x[at(2, 2, 3)], values[210], 1e-5)
    values, shape = of("Interp", "interp_param { height: 5 width: 7 }")
    assert.same({ 1, 3, 5, 7 }, shape)
    assert.near((x[at(0, 0, 1)] + x[at(0, 0, 2)] + x[at(0, 1, 1)] + x[at(0, 1, 2)]) / 4, values[7 + 3 + 1], 1e-5)
    values, shape = of("Upsample", "upsample_param { scale: 2 }")
    assert.same({ 1, 3, 6, 8 }, shape)
    assert.near(x[at(1, 2, 3)], values[48 + 5 * 8 + 7 + 1], 1e-6)
  end)

  it("reduces, and computes element by element", function()
    local values, shape, _, x = of("Reduction", "reduction_param { operation: SUMSQ axis: 2 }")
    assert.same({ 1, 3 }, shape)
    local sum = 0
    for i = at(1, 0, 0), at(1, 2, 3) do sum = sum + x[i] ^ 2 end
    assert.near(sum, values[2], 1e-4)
    assert.near(2 ^ (1 + 3 * x[20]), of("Exp", "exp_param { base: 2 scale: 3 shift: 1 }")[20], 1e-2)
    assert.near(math.log(1 + x[20], 10), of("Log", "log_param { base: 10 shift: 1 }")[20], 1e-5)
    assert.near(0.5, of("Clip", "clip_param { min: -1 max: 0.5 }")[36], 1e-6)
    assert.near(x[20] / (1 + math.exp(-x[20])), of("Swish", "")[20], 1e-5)
    values = of("DepthwiseConvolution", "convolution_param { num_output: 3 kernel_size: 1 bias_term: false }",
      { { tensor = core.tensor({ 3, 1, 1, 1 }, { 1, 2, 3 }) } })
    assert_near({ x[1], 2 * x[at(1, 2, 3)], 3 * x[36] }, { values[1], values[at(1, 2, 3)], values[36] })
  end)
end)

describe("a description with layers that are not run", function()
  local described = { { "ReLU", "a", { "data" }, "a" }, { "Convolution", "c", { "a" }, "c",
    "convolution_param { num_output: 2 kernel_size: 1 bias_term: false }" }, { "Proposal", "p", { "c" }, "p" },
    { "ReLU", "q", { "p" }, "q" }, { "ReLU", "r", { "c" }, "c" }, { "Pooling", "s", { "c" }, "s",
      "pooling_param { pool: STOCHASTIC kernel_size: 2 }" } }
  local blobs = { c = { { tensor = core.tensor({ 2, 3, 1, 1 }, { 1, 0, 0, 0, 0, -1 }) } } }

  it("is the rest, and says once what is missing", function()
    local said, net = overheard(open, described, blobs, 3, 4)
    assert.same({ "image", "data", "a", "c_pre_relu", "c" }, net:layers())
    assert.matches("x.prototxt': left out 'p' (Proposal: not supported), 's' (Pooling: method STOCHASTIC) and "
      .. "1 after them\n", said, 1, true)
  end)

  it("has none of the steps of a layer that was begun", function()
    local torn = { { "ReLU", "a", { "data" }, "a" }, { "Normalize", "n", { "a" }, "n" }, { "ReLU", "b", { "a" }, "b" } }
    local said, net = overheard(open, torn, {}, 3, 4)
    assert.same({ "image", "data", "a", "b" }, net:layers())
    assert.matches("left out 'n' (Normalize: the weights have none for it)\n", said, 1, true)
  end)

  it("can be cut, and given other inputs", function()
    local net = assert(open(described, blobs, 3, 4, { range = { 0, 1 }, output = "r" }))
    assert.same({ "image", "data", "a", "c_pre_relu", "c" }, net:layers())
    net = assert(open(described, blobs, 3, 4, { range = { 0, 1 }, input = "a", output = "c" }))
    assert.same({ "image", "a", "c_pre_relu", "c" }, net:layers())
    net = assert(open({ { "Eltwise", "e", { "data", "other" }, "e", "eltwise_param { operation: PROD }" } }, {}, 3, 4,
      { range = { 0, 1 }, inputs = { other = ph.tensor({ 1, 3, 3, 4 }, 2) } }))
    assert.near(3, net:forward(ph.tensor({ 1, 3, 3, 4 }, 1.5), "e"):value("e"):at(0, 0, 1, 1), 1e-6)
    local _, problem = open(described, blobs, 3, 4, { output = "nothing" })
    assert.matches("no layer or blob 'nothing' %(the option output%)", problem)
    _, problem = open(described, blobs, 3, 4, { input = "nothing" })
    assert.matches("no blob 'nothing' %(the option input%)", problem)
  end)

  it("may have inputs that are no pictures, and four channels", function()
    local text = [[input: "im_info" input_shape { dim: 1 dim: 3 }
      input: "data" input_shape { dim: 1 dim: 4 dim: 8 dim: 8 }
      layer { name: "r" type: "ReLU" bottom: "data" top: "r" }
      layer { name: "s" type: "Eltwise" bottom: "r" bottom: "im_info" top: "s" }]]
    local save, writer = require("tensorflow.writer").save, require "caffe.writer"
    save(harness.folder .. "/four.caffemodel", writer.model {})
    local said, net = overheard(ph.network, save(harness.folder .. "/four.prototxt", text), { range = { 0, 1 } })
    assert.same({ 1, 4, 5, 5 }, net:forward(ph.tensor { 1, 4, 5, 5 }, "r"):value("r"):shape())
    assert.matches("left out 's' (Eltwise: it reads 'im_info', which nothing before it writes; the option inputs",
      said, 1, true)
  end)
end)
