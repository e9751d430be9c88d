-- SPDX-License-Identifier: MIT
-- Frozen graphs of the kinds that people have: what training left in them (dropout, switches, learning phases), shapes
-- that are computed, other formats and sizes. What comes out is what TensorFlow's definitions say, computed here in its
-- own order of axes.

local ph = require "phosphene"
local harness = require "tensorflow.harness"
local overheard = require "overheard"
local constant, integers, node = harness.constant, harness.integers, harness.node
local open, run, picture = harness.open, harness.run, harness.picture
local assert_near, placeholder = harness.assert_near, harness.placeholder

lazy_setup(harness.setup)
lazy_teardown(harness.teardown)

-- Numbers that look random, from a list of dimensions.
local function numbers(count, seed)
  local list, state = {}, seed or 1
  for i = 1, count do
    state = (state * 1103515245 + 12345) % 2147483648
    list[i] = state / 2147483648 - 0.5
  end
  return list
end

local window = { strides = { 1, 1, 1, 1 }, padding = "SAME" }
local flag = node("Placeholder", "phase", {}, { dtype = 10 })

-- What nodes after a placeholder of this size make of the picture of another.
local function run_sized(nodes, name, stated, height, width, channels)
  local all = table.move(nodes, 1, #nodes, 2, { node("Placeholder", "x", {}, { shape = { shape = stated } }) })
  local net = assert(open(all))
  local image = picture(channels or 3, height, width)
  return net:forward(image, name):value(name), image, net
end

describe("what training left in a graph", function()
  it("is a branch that is not taken", function()
    local values, _, net = run({ flag, node("Identity", "p", { "phase" }), node("Switch", "s", { "x", "p" }),
      node("Switch", "sp", { "phase", "phase" }), node("Identity", "sf", { "sp" }), node("Identity", "st", { "sp:1" }),
      constant("two", {}, { 2 }), node("Mul", "tested", { "s", "two" }), node("Mystery", "trained", { "s:1" }),
      node("RandomUniform", "noise", { "two", "^st" }), node("Add", "noisy", { "trained", "noise" }),
      node("Merge", "m", { "tested", "noisy" }), node("Identity", "y", { "m" }) }, "y")
    assert_near({ 0, .02, .04 }, { values[1], values[2], values[3] })
    assert.same({ "image", "x", "tested" }, net:layers())
    local nodes = { placeholder, flag, node("Switch", "s", { "x", "phase" }), constant("two", {}, { 2 }),
      node("Mul", "a", { "s", "two" }), node("Neg", "b", { "s:1" }), node("Merge", "y", { "a", "b" }) }
    local net2 = assert(open(nodes, { range = { 0, 1 }, inputs = { phase = true } }))
    assert.same({ "image", "x", "b" }, net2:layers())
  end)

  it("is dropout, with a probability that is fed or known", function()
    local function drop(first) -- as tf.nn.dropout writes it before version 2, with the mask on either side
      return { node("Placeholder", "keep_prob", {}, {}), node("Relu", "r", { "x" }),
        node("RealDiv", "scaled", { "r", "keep_prob" }), node("Shape", "shape", { "scaled" }),
        node("RandomUniform", "u", { "shape" }), node("Add", "v", { "keep_prob", "u" }), node("Floor", "mask", { "v" }),
        node("Mul", "y", first and { "mask", "scaled" } or { "scaled", "mask" }), node("Neg", "z", { "y" }) }
    end
    local later = { constant("scale", {}, { 1.25 }), constant("rate", {}, { 0.2 }),
      node("Mul", "scaled", { "x", "scale" }), node("Shape", "shape", { "scaled" }),
      node("RandomUniform", "u", { "shape" }),
      node("GreaterEqual", "g", { "u", "rate" }), node("Cast", "mask", { "g" }, { SrcT = 10, DstT = 1 }),
      node("Mul", "y", { "scaled", "mask" }), node("Neg", "z", { "y" }) }
    for _, nodes in ipairs { drop(false), drop(true), later } do
      local said, values, _, net = overheard(run, nodes, "z")
      assert.equal("", said)
      assert.is_nil(net:aliases().scaled)
      assert_near({ 0, -.01, -.02, -.10 }, table.move(values, 1, 4, 1, {}))
    end
  end)

  it("is placeholders that nothing asks for", function()
    local net = assert(open { placeholder, flag, node("PlaceholderWithDefault", "rate", { "half" }),
      constant("half", {}, { 0.5 }), node("Placeholder", "labels", {}, { shape = { shape = { -1, 10 } } }),
      node("Mul", "a", { "x", "rate" }), node("Relu", "b", { "a" }) })
    assert.same({ "image", "x", "a", "b" }, net:layers())
  end)

  it("is losses, which are left out with what they need", function()
    local said, net = overheard(open, { placeholder, integers("axes", 1, 2), node("Mean", "m", { "x", "axes" }),
      node("Placeholder", "labels", {}, { shape = { shape = { -1, 3 } } }), node("Sub", "error", { "m", "labels" }),
      node("Square", "loss", { "error" }) })
    assert.matches("left out 'error' (Sub: it needs 'labels' (Placeholder: its value is not known; the option inputs "
      .. "of ph.network gives it one)) and 1 after it", said, 1, true)
    assert.equal("m", (net:classes()))
  end)
end)

describe("options", function()
  local nodes = { placeholder, node("Relu", "a", { "x" }), node("Placeholder", "w", {}, { shape = { shape = { 3 } } }),
    node("Mul", "b", { "a", "w" }), node("Neg", "c", { "b" }), node("Mystery", "d", { "c" }) }

  it("give other inputs values, and cut the graph", function()
    local net = assert(open(nodes, { range = { 0, 1 }, output = "c",
      inputs = { w = ph.tensor({ 3 }, { 1, 10, 100 }) } }))
    assert.same({ "image", "x", "a", "b", "c" }, net:layers())
    local values = net:forward(picture(), "c"):value("c"):values()
    assert_near({ -.01, -10.1, -201 }, { values[2], values[8], values[14] })
    net = assert(open(nodes, { range = { 0, 1 }, input = "b", output = "c:0" }))
    assert.same({ "image", "b", "c" }, net:layers())
  end)

  it("that name nothing are refused", function()
    for option, text in pairs { input = "nothing", output = "nothing" } do
      local net, problem = open(nodes, { [option] = text })
      assert.is_nil(net)
      assert.matches("no node 'nothing' %(the option " .. option, problem)
    end
    assert.matches("no node 'z' %(the option inputs%)", select(2, open(nodes, { inputs = { z = 1 } })))
    assert.matches("does not depend on the input", select(2, open(nodes, { output = "w" })))
    assert.has_error(function() open(nodes, { inputs = { w = "one" } }) end,
      "network: inputs: w: a number, true, false or a tensor expected, got 'one'")
    assert.has_error(function() open(nodes, { output = 1 }) end, "network: output: a text expected, got 1")
  end)

  it("reach a convolution before its bias, whose name a layer has that holds it", function()
    local biased = { placeholder, constant("k", { 1, 1, 3, 1 }, { 1, 0, 0 }), node("Conv2D", "c", { "x", "k" }, window),
      constant("b", { 1 }, { 5 }), node("BiasAdd", "cb", { "c", "b" }), node("Relu", "r", { "cb" }) }
    local net = assert(open(biased))
    assert.same({ "image", "x", "cb", "r" }, net:layers())
    assert.near(5.12, net:forward(picture(), "cb"):value("cb"):at(0, 0, 1, 2), 1e-5)
    net = assert(open(biased, { range = { 0, 1 }, output = "c" }))
    assert.near(0.12, net:forward(picture(), "c"):value("c"):at(0, 0, 1, 2), 1e-5)
    table.insert(biased, node("Neg", "other", { "c" }))
    net = assert(open(biased))
    assert.near(0.12, net:forward(picture(), "c"):value("c"):at(0, 0, 1, 2), 1e-5)
    assert.near(5.12, net:forward(picture(), "cb"):value("cb"):at(0, 0, 1, 2), 1e-5)
  end)
end)

describe("where the picture goes", function()
  local function opened(nodes) return assert(open(nodes, {})) end

  it("may have four channels, or its channels first", function()
    local _, four = overheard(opened, { node("Placeholder", "x", {}, { shape = { shape = { -1, 8, 8, 4 } } }),
      node("Relu", "r", { "x" }) })
    assert.same({ 1, 4, 5, 5 }, four:forward(picture(4, 5, 5), "r"):value("r"):shape())
    local _, first = overheard(opened, { node("Placeholder", "x", {}, { shape = { shape = { -1, 3, 8, 9 } } }),
      node("Relu", "r", { "x" }) })
    assert.same({ 1, 3, 8, 9 }, first:forward(picture(3, 8, 9), "r"):value("r"):shape())
  end)

  it("may be where a file was read, or bytes", function()
    local said, net = overheard(opened, { node("Placeholder", "contents", {}, { dtype = 7 }),
      node("DecodeJpeg", "decoded", { "contents" }, { channels = 3 }),
      node("Cast", "float", { "decoded" }, { SrcT = 4, DstT = 1 }), integers("zero", 0),
      node("ExpandDims", "batch", { "float", "zero" }), integers("size", 4, 6),
      node("ResizeBilinear", "r", { "batch", "size" }) })
    assert.equal("", said)
    assert.same({ range = { 0, 255 }, order = "RGB", source = "its file" }, net:preprocessing())
    local r = net:forward(picture(3, 2, 3), "r"):value("r")
    assert.same({ 1, 3, 4, 6 }, r:shape())
    assert.near(255 * 1.105, r:at(0, 1, 2, 1), 1e-3) -- row 1, halfway between columns 0 and 1
  end)

  it("may be a list of pixels that is given a shape", function()
    local _, net = overheard(opened, { node("Placeholder", "pixels", {}, { shape = { shape = { -1, 12 } } }),
      integers("shape", -1, 3, 4, 1), node("Reshape", "image_shaped", { "pixels", "shape" }),
      node("Relu", "r", { "image_shaped" }) })
    assert.same({ "image", "image_shaped", "r" }, net:layers())
    assert.same({ 1, 1, 3, 4 }, net:forward(picture(1, 3, 4), "r"):value("r"):shape())
  end)
end)

describe("shapes that a graph computes", function()
  -- Flattening as TensorFlow 1 writes it: shape, its first element, packed with -1.
  local function flattened(from)
    return { node("Shape", "s", { from }), integers("b0", 0), integers("b1", 1),
      node("StridedSlice", "batch", { "s", "b0", "b1", "b1" }, { shrink_axis_mask = 1 }),
      constant("rest", {}, { -1 }, "int32"), node("Pack", "to", { "batch", "rest" }, { axis = 0 }),
      node("Reshape", "flat", { from, "to" }) }
  end

  it("flatten an image without moving anything", function()
    local nodes = flattened "x"
    local weights = numbers(18)
    nodes[#nodes + 1] = constant("w", { 18, 1 }, weights)
    nodes[#nodes + 1] = node("MatMul", "y", { "flat", "w" })
    local values, _, net = run(nodes, "y")
    local expected, image = 0, picture()
    for i = 0, 17 do expected = expected + weights[i + 1] * image:at(0, i % 3, i // 9, i // 3 % 3) end
    assert_near({ expected }, values)
    assert.same({ "x" }, net:layer("y").from)
  end)

  it("enlarge images at every size", function()
    local nodes = { node("Shape", "s", { "x" }), integers("b1", 1), integers("b3", 3), integers("one", 1),
      integers("two", 2, 2), node("StridedSlice", "size", { "s", "b1", "b3", "one" }),
      node("Mul", "double", { "size", "two" }),
      node("ResizeNearestNeighbor", "y", { "x", "double" }) }
    for _, size in ipairs { { 2, 3 }, { 5, 4 } } do
      local y, image = run_sized(nodes, "y", { -1, 2, 3, 3 }, size[1], size[2])
      assert.same({ 1, 3, 2 * size[1], 2 * size[2] }, y:shape())
      for row = 0, 2 * size[1] - 1 do
        for column = 0, 2 * size[2] - 1 do
          assert.equal(image:at(0, 2, row // 2, column // 2), y:at(0, 2, row, column))
        end
      end
    end
  end)

  it("shuffle channels, at every size", function()
    local nodes = { node("Shape", "s", { "x" }), integers("b0", 0), integers("b3", 3), integers("one", 1),
      node("StridedSlice", "lead", { "s", "b0", "b3", "one" }), integers("groups", 2, 3), integers("zero", 0),
      node("ConcatV2", "split", { "lead", "groups", "axis" }), constant("axis", {}, { 0 }, "int32"),
      node("Reshape", "a", { "x", "split" }), integers("order", 0, 1, 2, 4, 3),
      node("Transpose", "b", { "a", "order" }), node("Reshape", "c", { "b", "s" }), node("Relu", "y", { "c" }) }
    for _, size in ipairs { { 4, 5 }, { 6, 3 } } do
      local all = table.move(nodes, 1, #nodes, 4, { node("Placeholder", "picture", {},
        { shape = { shape = { -1, 4, 5, 3 } } }), constant("k", { 1, 1, 3, 6 },
        { 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1 }), node("Conv2D", "x", { "picture", "k" }, window) })
      local net, image = assert(open(all)), picture(3, size[1], size[2])
      local y = net:forward(image, "y"):value("y")
      assert.same({ 1, 6, size[1], size[2] }, y:shape())
      for c = 0, 5 do -- channel c of x is channel c % 3 of the picture; of y it is x's channel c % 2 * 3 + c // 2
        assert.near(image:at(0, (c % 2 * 3 + c // 2) % 3, 3, 1), y:at(0, c, 3, 1), 1e-6)
      end
    end
  end)

  it("may be those of many images", function()
    local net = assert(open { node("Placeholder", "x", {}, { shape = { shape = { 64, 4, 4, 3 } } }),
      integers("s", 64, 48), node("Reshape", "f", { "x", "s" }), constant("w", { 48, 2 }, numbers(96)),
      node("MatMul", "y", { "f", "w" }) })
    assert.same({ 1, 2 }, net:forward(picture(3, 4, 4), "y"):value("y"):shape())
  end)
end)

describe("parts of images", function()
  it("are slices by TensorFlow's masks", function()
    local y, image = run_sized({ integers("b", 0, 1, -1, 0), integers("e", 0, 0, -9, 2), integers("s", 1, 2, -1, 1),
      node("StridedSlice", "y", { "x", "b", "e", "s" }, { begin_mask = 9, end_mask = 3 }) }, "y", { -1, 5, 4, 3 }, 5, 4)
    assert.same({ 1, 2, 2, 4 }, y:shape())
    assert.equal(image:at(0, 1, 3, 0), y:at(0, 1, 1, 3))
    y = run_sized({ integers("b", 0, 1, 1, 0), integers("n", -1, 2, -1, 3),
      node("Slice", "y", { "x", "b", "n" }) }, "y", { -1, 5, 4, 3 }, 5, 4)
    assert.same({ 1, 3, 2, 3 }, y:shape())
  end)

  it("are split and put together again", function()
    local nodes = { constant("axis", {}, { 3 }, "int32"), node("Split", "s", { "axis", "x" }, { num_split = 3 }),
      node("ConcatV2", "y", { "s:2", "s", "s:1", "axis" }), integers("sizes", 2, -1),
      node("SplitV", "v", { "x", "sizes", "axis" }), node("Neg", "z", { "v:1" }) }
    local y, image, net = run_sized(nodes, "y", { -1, 2, 3, 3 }, 2, 3)
    for c = 0, 2 do assert.equal(image:at(0, (c + 2) % 3, 1, 2), y:at(0, c, 1, 2)) end
    assert.near(-image:at(0, 2, 1, 2), net:forward(image, "z"):value("z"):at(0, 0, 1, 2), 1e-6)
  end)
end)

describe("sizes and formats", function()
  it("are bilinear by three rules, and nearest by three", function()
    -- Where output pixel i lies in the input, of lengths `from` and `to`.
    local rules = { [""] = function(i, from, to) return i * from / to end,
      align_corners = function(i, from, to) return i * (from - 1) / (to - 1) end,
      half_pixel_centers = function(i, from, to) return (i + 0.5) * from / to - 0.5 end }
    local function pixel(image, row, column)
      return image:at(0, 1, math.max(0, math.min(1, row)), math.max(0, math.min(2, column)))
    end
    for name, rule in pairs(rules) do
      local attributes = name ~= "" and { [name] = true } or {}
      local nodes = { integers("size", 5, 7), node("ResizeBilinear", "y", { "x", "size" }, attributes),
        node("ResizeNearestNeighbor", "z", { "x", "size" }, attributes) }
      local y, image, net = run_sized(nodes, "y", { -1, 2, 3, 3 }, 2, 3)
      local linear, nearest = y:clone(), net:forward(image, "z"):value("z")
      for row = 0, 4 do
        for column = 0, 6 do
          local v, h = math.max(0, rule(row, 2, 5)), math.max(0, rule(column, 3, 7))
          local top, left, dv, dh = v // 1 | 0, h // 1 | 0, v % 1, h % 1
          assert.near((1 - dv) * ((1 - dh) * pixel(image, top, left) + dh * pixel(image, top, left + 1))
            + dv * ((1 - dh) * pixel(image, top + 1, left) + dh * pixel(image, top + 1, left + 1)),
            linear:at(0, 1, row, column), 1e-5)
          local function near(i, from, to)
            if name == "half_pixel_centers" then return math.floor((i + 0.5) * from / to) end
            return name == "" and math.floor(rule(i, from, to)) or math.floor(rule(i, from, to) + 0.5)
          end
          assert.near(pixel(image, near(row, 2, 5), near(column, 3, 7)), nearest:at(0, 1, row, column), 1e-6)
        end
      end
    end
  end)

  it("are channels first as well, with the same results", function()
    local kernel, bias = numbers(3 * 3 * 3 * 4), numbers(4, 7)
    local function graph(format)
      local first = format == "NCHW"
      local stride = first and { 1, 1, 2, 2 } or { 1, 2, 2, 1 }
      return { node("Placeholder", "x", {}, { shape = { shape = first and { -1, 3, 8, 8 } or { -1, 8, 8, 3 } } }),
        constant("k", { 3, 3, 3, 4 }, kernel), constant("b", { 4 }, bias), constant("o", { 4 }, { 1, 1, 1, 1 }),
        node("Conv2D", "c", { "x", "k" }, { strides = stride, padding = "SAME", data_format = format }),
        node("BiasAdd", "cb", { "c", "b" }, { data_format = format }),
        node("FusedBatchNorm", "n", { "cb", "b", "o", "b", "o" }, { is_training = false, data_format = format }),
        node("MaxPool", "p", { "n" }, { ksize = stride, strides = stride, padding = "VALID", data_format = format }),
        integers("axes", table.unpack(first and { 2, 3 } or { 1, 2 })), node("Mean", "y", { "p", "axes" }),
        constant("axis", {}, { first and 1 or 3 }, "int32"), node("ConcatV2", "j", { "p", "p", "axis" }) }
    end
    local results = {}
    for i, format in ipairs { "NHWC", "NCHW" } do
      local net = assert(open(graph(format)))
      net:forward(picture(3, 8, 8), { "y", "j" })
      results[i] = { net:value("y"):values(), net:value("j"):values() }
    end
    assert_near(results[1][1], results[2][1], 1e-6)
    assert_near(results[1][2], results[2][2], 1e-6)
  end)

  it("are dilated by taking images apart", function()
    local kernel = numbers(3 * 3 * 3 * 2)
    local y, image, net = run_sized({ constant("k", { 3, 3, 3, 2 }, kernel), integers("block", 2, 2),
      constant("pads", { 2, 2 }, { 2, 3, 2, 2 }, "int32"), constant("crops", { 2, 2 }, { 0, 1, 0, 0 }, "int32"),
      node("SpaceToBatchND", "s", { "x", "block", "pads" }),
      node("Conv2D", "c", { "s", "k" }, { strides = { 1, 1, 1, 1 }, padding = "VALID" }),
      constant("b", { 2 }, { 1, 2 }), node("BiasAdd", "cb", { "c", "b" }), node("Relu", "r", { "cb" }),
      node("BatchToSpaceND", "y", { "r", "block", "crops" }) }, "y", { -1, 7, 6, 3 }, 7, 6)
    assert.same({ 1, 2, 7, 6 }, y:shape())
    assert.equal("convolution", net:layer("cb").type)
    for row = 0, 6 do
      for column = 0, 5 do
        local sum = 1
        for i = 0, 2 do
          for j = 0, 2 do
            local v, h = row + 2 * i - 2, column + 2 * j - 2
            for c = 0, 2 do
              local inside = v >= 0 and v < 7 and h >= 0 and h < 6
              sum = sum + (inside and image:at(0, c, v, h) or 0) * kernel[((i * 3 + j) * 3 + c) * 2 + 1]
            end
          end
        end
        assert.near(math.max(0, sum), y:at(0, 0, row, column), 1e-5)
      end
    end
  end)

  it("are convolutions run backwards", function()
    local kernel = numbers(4 * 4 * 2 * 3)
    for _, case in ipairs { { "SAME", 6, 8 }, { "SAME", 5, 7 }, { "VALID", 8, 10 } } do
      local padding, height, width = table.unpack(case)
      local y, image = run_sized({ constant("k", { 4, 4, 2, 3 }, kernel), integers("shape", 1, height, width, 2),
        node("Conv2DBackpropInput", "y", { "shape", "k", "x" }, { strides = { 1, 2, 2, 1 }, padding = padding }) }, "y",
        { -1, 3, 4, 3 }, 3, 4)
      assert.same({ 1, 2, height, width }, y:shape())
      -- SAME's padding before the first row of the convolution from the output to the input.
      local function before(to, from) return padding == "SAME" and math.max(0, (from - 1) * 2 + 4 - to) // 2 or 0 end
      for row = 0, height - 1 do
        for column = 0, width - 1 do
          local sum = 0
          for v = 0, 2 do
            for h = 0, 3 do
              local i, j = row + before(height, 3) - 2 * v, column + before(width, 4) - 2 * h
              if i >= 0 and i < 4 and j >= 0 and j < 4 then
                for c = 0, 2 do sum = sum + image:at(0, c, v, h) * kernel[((i * 4 + j) * 2 + 1) * 3 + c + 1] end
              end
            end
          end
          assert.near(sum, y:at(0, 1, row, column), 1e-5)
        end
      end
    end
  end)
end)

describe("weights", function()
  it("may be of half precision, or of a few bits", function()
    local half = constant("h", { 3 }, { 0x3c00, 0xc000, 0x3800 }, "float16") -- 1, -2, 0.5
    local values = run({ half, node("Cast", "w", { "h" }, { SrcT = 19, DstT = 1 }),
      node("Mul", "y", { "x", "w" }) }, "y")
    assert_near({ .01, -2.02, 1.005 }, { values[2], values[8], values[14] })
    local count, list = 3 * 30000, {}
    for i = 1, count do list[i] = i % 256 end
    local y = run_sized({ constant("q", { 1, 1, 3, 30000 }, list, "quint8"), constant("low", {}, { -1 }),
      constant("high", {}, { 1.55 }), node("Dequantize", "k", { "q", "low", "high" }, { mode = "MIN_FIRST" }),
      node("Conv2D", "y", { "x", "k" }, window) }, "y", { -1, 1, 1, 3 }, 1, 1)
    local expected = 0
    for c = 0, 2 do expected = expected + c * (-1 + (c * 30000 + 5 + 1) % 256 * 0.01) end
    assert.near(expected, y:at(0, 5, 0, 0), 1e-4)
  end)

  it("may be computed from others, broadcast as TensorFlow does", function()
    local values = run({ constant("a", { 3, 1 }, { 1, 2, 3 }), constant("b", { 1, 3 }, { 10, 20, 30 }),
      node("Mul", "c", { "a", "b" }), node("Mul", "y", { "x", "c" }) }, "y")
    -- (3, 3) is of columns and channels
    assert_near({ .02 * 30, 1.02 * 60, 2.12 * 90 }, { values[3], values[9], values[18] })
  end)

  it("may normalise images by themselves", function()
    local values = run({ integers("axes", 1, 2), node("Mean", "m", { "x", "axes" }, { keep_dims = true }),
      node("SquaredDifference", "d", { "x", "m" }), node("Mean", "v", { "d", "axes" }, { keep_dims = true }),
      node("Rsqrt", "s", { "v" }), node("Sub", "c", { "x", "m" }), node("Mul", "y", { "c", "s" }) }, "y")
    local mean, variance = .06, (.06 ^ 2 + .05 ^ 2 + .04 ^ 2) / 3
    assert_near({ (.12 - mean) / math.sqrt(variance) }, { values[6] }, 1e-4)
  end)
end)
