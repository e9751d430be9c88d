-- SPDX-License-Identifier: MIT
-- Sizes that TensorFlow graphs compute from the picture's: at each size a network gives what one gives whose graph was
-- written for that size alone, with numbers in the place of its shapes; forward and back, at odd sizes too.

local ph = require "phosphene"
local core = require "phosphene.core"
local harness = require "tensorflow.harness"
local constant, integers, node = harness.constant, harness.integers, harness.node

lazy_setup(harness.setup)
lazy_teardown(harness.teardown)

local sizes = { { 6, 8 }, { 5, 7 }, { 9, 6 }, { 8, 13 }, { 21, 19 } }

-- Nodes for the shape of another, and its parts: computed, or, where a size is given, these numbers.
local function shapes(size)
  local list = {}
  local function add(...) list[#list + 1] = node(...) end
  local builder = { list = list, add = add }

  function builder.constant(...) list[#list + 1] = constant(...) end
  function builder.integers(...) list[#list + 1] = integers(...) end

  -- `of` gives the shape at a size.
  function builder.shape(name, from, of)
    if size then return builder.integers(name, of(size[1], size[2])) end
    add("Shape", name, { from })
  end

  function builder.element(name, from, index)
    builder.integers(name .. "/at", index)
    builder.integers(name .. "/end", index + 1)
    builder.integers(name .. "/step", 1)
    add("StridedSlice", name, { from, name .. "/at", name .. "/end", name .. "/step" }, { shrink_axis_mask = 1 })
  end

  -- Height and width of an image's shape.
  function builder.extent(name, from)
    builder.integers(name .. "/at", 1)
    builder.integers(name .. "/end", 3)
    builder.integers(name .. "/step", 1)
    add("StridedSlice", name, { from, name .. "/at", name .. "/end", name .. "/step" })
  end

  function builder.number(name, value) builder.constant(name, {}, { value }, "int32") end
  return builder
end

local function own(channels) return function(h, w) return 1, h, w, channels end end
local function halved(channels) return function(h, w) return 1, (h + 1) // 2, (w + 1) // 2, channels end end

local random = core.random(3, "sizes")
local function weights(name, dims)
  return constant(name, dims, random:fill_normal(core.tensor(dims), 0, 0.5):values())
end

local kernel, dilated = weights("kernel", { 3, 3, 3, 4 }), weights("dilated", { 3, 3, 3, 2 })
local strided = { strides = { 1, 2, 2, 1 }, padding = "SAME" }

-- What each case adds to the picture `x`; its last node is `y`.
local cases = {
  ["a reshape to a product and a quotient"] = function(b)
    b.shape("s", "x", own(3))
    b.element("h", "s", 1)
    b.element("w", "s", 2)
    b.number("two", 2)
    b.number("six", 6)
    b.number("one", 1)
    b.add("Mul", "columns", { "w", "six" })
    b.add("FloorDiv", "half", { "columns", "two" })
    b.add("Pack", "to", { "one", "h", "half", "one" })
    b.add("Reshape", "r", { "x", "to" })
    b.add("Square", "y", { "r" })
  end,
  ["a list of pixels"] = function(b)
    b.shape("s", "x", own(3))
    b.element("h", "s", 1)
    b.element("w", "s", 2)
    b.number("one", 1)
    b.number("three", 3)
    b.add("Mul", "count", { "h", "w" })
    b.add("Pack", "to", { "one", "count", "three" })
    b.add("Reshape", "pixels", { "x", "to" })
    b.add("BatchMatMulV2", "gram", { "pixels", "pixels" }, { adj_x = true, adj_y = false })
    b.add("Cast", "area", { "count" }, { SrcT = 3, DstT = 1 })
    b.add("RealDiv", "y", { "gram", "area" })
  end,
  ["an image brought to another's size"] = function(b)
    b.list[#b.list + 1] = kernel
    b.add("Conv2D", "down", { "x", "kernel" }, strided)
    b.shape("s", "x", own(3))
    b.extent("size", "s")
    b.add("ResizeBilinear", "up", { "down", "size" }, { half_pixel_centers = true })
    b.integers("axis", 3)
    b.add("ConcatV2", "y", { "up", "x", "axis" })
  end,
  ["a size that is scaled and rounded down"] = function(b)
    b.shape("s", "x", own(3))
    b.extent("size", "s")
    b.add("Cast", "real", { "size" }, { SrcT = 3, DstT = 1 })
    b.constant("scale", {}, { 0.7 })
    b.add("Mul", "scaled", { "real", "scale" })
    b.add("Cast", "whole", { "scaled" }, { SrcT = 1, DstT = 3 })
    b.add("ResizeNearestNeighbor", "y", { "x", "whole" })
  end,
  ["a border that evens out odd sizes, and its half"] = function(b)
    b.shape("s", "x", own(3))
    b.element("h", "s", 1)
    b.element("w", "s", 2)
    b.number("two", 2)
    b.number("zero", 0)
    b.add("FloorMod", "below", { "h", "two" })
    b.add("FloorMod", "right", { "w", "two" })
    b.add("Pack", "none", { "zero", "zero" })
    b.add("Pack", "rows", { "zero", "below" })
    b.add("Pack", "columns", { "zero", "right" })
    b.add("Pack", "border", { "none", "rows", "columns", "none" })
    b.add("Pad", "even", { "x", "border" })
    b.add("FloorDiv", "half", { "h", "two" })
    b.add("Pack", "starts", { "zero", "half", "zero", "zero" })
    b.integers("lengths", -1, -1, -1, -1)
    b.add("Slice", "part", { "even", "starts", "lengths" })
    b.add("Square", "y", { "part" })
  end,
  ["a transposed convolution to the size that there was"] = function(b)
    b.list[#b.list + 1] = kernel
    b.add("Conv2D", "down", { "x", "kernel" }, strided)
    b.shape("s", "x", own(3))
    b.list[#b.list + 1] = constant("bias", { 3 }, { .1, .2, .3 })
    b.add("Conv2DBackpropInput", "up", { "s", "kernel", "down" }, strided)
    b.add("BiasAdd", "y", { "up", "bias" })
  end,
  ["blocks for a dilated convolution"] = function(b)
    b.list[#b.list + 1] = dilated
    b.shape("s", "x", own(3))
    b.extent("size", "s")
    b.integers("blocks", 2, 2)
    b.add("FloorMod", "odd", { "size", "blocks" })
    b.element("below", "odd", 0)
    b.element("right", "odd", 1)
    b.number("two", 2)
    b.number("zero", 0)
    b.add("Add", "bottom", { "below", "two" })
    b.add("Add", "end", { "right", "two" })
    b.add("Pack", "rows", { "two", "bottom" })
    b.add("Pack", "columns", { "two", "end" })
    b.add("Pack", "paddings", { "rows", "columns" })
    b.add("Pack", "cut_rows", { "zero", "below" })
    b.add("Pack", "cut_columns", { "zero", "right" })
    b.add("Pack", "crops", { "cut_rows", "cut_columns" })
    b.add("SpaceToBatchND", "apart", { "x", "blocks", "paddings" })
    b.add("Conv2D", "c", { "apart", "dilated" }, { strides = { 1, 1, 1, 1 }, padding = "VALID" })
    b.add("BatchToSpaceND", "y", { "c", "blocks", "crops" })
  end,
  ["a size of several that is chosen"] = function(b)
    b.list[#b.list + 1] = kernel
    b.add("Conv2D", "down", { "x", "kernel" }, strided)
    b.shape("s", "down", halved(4))
    b.element("h", "s", 1)
    b.element("w", "s", 2)
    b.add("Maximum", "longer", { "h", "w" })
    b.add("Less", "is_high", { "w", "h" })
    b.add("Select", "shorter", { "is_high", "w", "h" })
    b.add("Pack", "size", { "longer", "shorter" })
    b.add("ResizeBilinear", "y", { "down", "size" }, { align_corners = true })
  end,
}

local function open(build, size)
  local b = shapes(size)
  build(b)
  local dims = { -1, size and size[1] or -1, size and size[2] or -1, 3 }
  local all = table.move(b.list, 1, #b.list, 2, { node("Placeholder", "x", {}, { shape = { shape = dims } }) })
  return assert(harness.open(all))
end

-- What the layer y gives, and the gradient of a fixed sum over it.
local function run(net, image)
  local y = net:forward(image, "y"):value("y")
  net:inject_value("y", core.random(5, "seed"):fill_normal(core.tensor(y:shape()), 0, 1))
  return y, net:backward()
end

local function difference(a, b)
  assert.same(a:shape(), b:shape())
  local s = a:clone():add(b, -1):statistics()
  return math.max(s.most, -s.least)
end

describe("at every size, a TensorFlow graph makes", function()
  for name, build in pairs(cases) do
    it(name, function()
      local net = open(build)
      for _, size in ipairs(sizes) do
        local image = random:fill_normal(core.tensor { 1, 3, size[1], size[2] }, 0.5, 0.2)
        local output, gradient = run(net, image)
        local expected, expected_gradient = run(open(build, size), image)
        assert.near(0, difference(expected, output), 1e-5)
        assert.near(0, difference(expected_gradient, gradient), 1e-5)
      end
    end)
  end

  it("as much of a transposed convolution as where its size was written down", function()
    local net = assert(harness.open { node("Placeholder", "x", {}, { shape = { shape = { -1, 6, 8, 3 } } }),
      integers("to", 1, 12, 16, 3), weights("k", { 2, 2, 3, 3 }),
      node("Conv2DBackpropInput", "y", { "to", "k", "x" }, strided) })
    for _, size in ipairs(sizes) do assert.same({ 3, 2 * size[1], 2 * size[2] }, net:shapes(size[1], size[2]).y) end
  end)

  it("a picture of random sizes", function()
    local net = open(cases["an image brought to another's size"])
    local result = ph.render { net, "y:1", size = 24, steps = 30, seed = 1, progress = false }
    assert.is_true(result.value > result.values[1])
  end)
end)
