-- SPDX-License-Identifier: MIT
-- ONNX files: what is read of them, and the networks that they become. Operators one by one are `make conformance`'s;
-- what is wrong with files on purpose is in onnx_hostile_spec.lua.

local ph = require "phosphene"
local core = require "phosphene.core"
local overheard = require "overheard"
local models = require "onnx.models"
local writer = require "onnx.writer"

local folder = os.tmpname()
os.remove(folder)
local function path(name) return folder .. "/" .. name end

local function open(model, options)
  options = options or { range = { 0, 1 } }
  return ph.network(writer.save(path "model.onnx", writer.model(model)), options)
end

local noise, tensor, shape_tensor = models.noise, models.tensor, models.shape_tensor
local node, picture, classifier = models.node, models.picture, models.classifier

describe("core.load_onnx", function()
  lazy_setup(function() os.execute("mkdir '" .. folder .. "'") end)
  lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  it("reads tensors of every type", function()
    local model = { inputs = {}, outputs = {}, nodes = { node("Identity", "y", { "float32" }) }, tensors = {
      { name = "float32", dims = { 2 }, values = { 1.5, -2 } },
      { name = "listed", dims = { 2 }, fields = writer.bytes(4, string.pack("<ff", 0.25, 8)) },
      { name = "float64", type = "float64", dims = { 2 }, values = { 0.5, 3 } },
      { name = "float16", type = "float16", dims = { 2 }, values = { 0x3c00, 0xc000 } },
      { name = "bfloat16", type = "bfloat16", dims = { 1, 2 }, values = { 0x3f80, 0xc000 } },
      { name = "int64", type = "int64", dims = { 2 }, values = { -1, 1 << 40 } },
      { name = "int8", type = "int8", dims = { 2 }, values = { -128, 127 } },
      { name = "listed64", type = "int64", dims = { 2 }, fields = writer.bytes(7, writer.varint(-3) .. "\7") },
      { name = "bool", type = "bool", dims = { 2 }, values = { 0, 1 } },
      { name = "empty", dims = { 0 }, values = {} },
      { name = "text", number = 8, dims = { 1 } },
    } }
    local document = assert(core.load_onnx(writer.save(path "a.onnx", writer.model(model))))
    local by_name = {}
    for _, t in ipairs(document.graph.initializer) do by_name[t.name] = t end
    local floats = {
      float32 = { 1.5, -2 }, listed = { 0.25, 8 }, float64 = { 0.5, 3 }, float16 = { 1, -2 }, bfloat16 = { 1, -2 },
    }
    for name, expected in pairs(floats) do assert.same(expected, by_name[name].tensor:values(), name) end
    assert.same({ 1, 2 }, by_name.bfloat16.tensor:shape())
    local integers = { int64 = { -1, 1 << 40 }, int8 = { -128, 127 }, listed64 = { -3, 7 }, bool = { 0, 1 } }
    for name, expected in pairs(integers) do assert.same(expected, by_name[name].integers, name) end
    assert.same({}, by_name.empty.numbers)
    assert.equal("its type cannot be read", by_name.text.problem)
  end)

  it("finds numbers in a file beside the model", function()
    local function entry(key, value) return writer.bytes(13, writer.bytes(1, key) .. writer.bytes(2, value)) end
    local function external(name, type, ...)
      return { name = name, type = type, dims = { 2 }, fields = writer.number(14, 1) .. entry("location", ...) }
    end
    writer.save(path "weights.bin", string.pack("<ffdd", 1, 2, 3, 4))
    local first, second = external("first", "float32", "weights.bin"), external("second", "float64", "weights.bin")
    second.fields = second.fields .. entry("offset", "8") .. entry("length", "16")
    local model = { nodes = { node("Identity", "y", { "first" }) }, tensors = { first, second } }
    local document = assert(core.load_onnx(writer.save(path "external.onnx", writer.model(model))))
    assert.same({ 1, 2 }, document.graph.initializer[1].tensor:values())
    assert.same({ 3, 4 }, document.graph.initializer[2].tensor:values())
  end)
end)

describe("an ONNX file", function()
  lazy_setup(function() os.execute("mkdir '" .. folder .. "'") end)
  lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  it("becomes a network with its names, classes and labels", function()
    local net = assert(open(classifier()))
    assert.same({ "image", "x", "conv", "features", "mean", "flat", "scores", "p" }, net:layers())
    assert.equal("conv", net:layer("features_pre_relu").name)
    assert.same({ "scores", "p" }, { net:classes() })
    assert.equal(3, net:find_label "d")
    net:forward(core.tensor({ 2, 3, 9, 11 }, 0.5), "p")
    assert.near(2, net:value("p"):sum(), 1e-5)
  end)

  it("runs at sizes and in batches of its own choosing", function()
    local net = assert(open(classifier()))
    local features = net:forward(core.tensor({ 3, 3, 8, 6 }, 0.5), "features"):value "features"
    assert.same({ 3, 4, 8, 6 }, features:shape())
  end)

  it("has its layers under the names of the nodes too", function()
    local model = classifier()
    for i, name in ipairs { "/block/conv/Conv", "/block/relu/Relu" } do
      model.nodes[i].name, model.nodes[i].outputs = name, { name .. "_output_0" }
      model.nodes[i + 1].inputs[1] = name .. "_output_0"
    end
    local net = assert(open(model))
    assert.equal("/block/conv/Conv_output_0", net:layer("conv/Conv").name)
    assert.equal("/block/relu/Relu_output_0", net:layer("relu/Relu").name)
    assert.equal("/block/conv/Conv_output_0", net:layer("relu/Relu_pre_relu").name)
  end)

  it("folds batch normalisation into the convolution before it", function()
    local model = classifier()
    table.insert(model.nodes, 2, node("BatchNormalization", "normal", { "conv", "b", "b", "b", "variance" }))
    model.nodes[3].inputs = { "normal" }
    table.insert(model.tensors, { name = "variance", dims = { 4 }, values = { 1, 2, 3, 4 } })
    local net = assert(open(model))
    assert.equal("convolution", net:layer("normal").type)
    assert.same({ "normal" }, net:layer("features").from)
    -- The convolution's own value is still what it is called by.
    net:forward(core.tensor({ 1, 3, 4, 4 }, 0.5), { "conv", "normal" })
    local b = noise(4)
    local c = 3
    local before, after = net:value("conv"):at(0, c - 1, 1, 1), net:value("normal"):at(0, c - 1, 1, 1)
    assert.near((before - b[c]) / math.sqrt(c + 1e-5) * b[c] + b[c], after, 1e-5)
  end)

  it("says which operators it does not run, all at once", function()
    local model = classifier()
    model.nodes[2] = node("Frobnicate", "features", { "conv" })
    model.nodes[2].domain = "org.example"
    table.insert(model.nodes, node("NonZero", "odd", { "x" }))
    table.insert(model.outputs, "odd")
    local told, net = overheard(open, model)
    assert.same({ "image", "x", "conv" }, net:layers())
    assert.equal(("phosphene: '%s': left out 'features' (org.example.Frobnicate: is not supported), "
      .. "'odd' (NonZero: is not supported) and 4 after them\n"):format(path "model.onnx"), told)
  end)

  it("leaves out what cannot be run", function()
    local model = classifier()
    table.insert(model.nodes, node("NonMaxSuppression", "best", { "p" }))
    model.outputs = { "best" }
    local told, net = overheard(open, model)
    assert.same({ "image", "x", "conv", "features", "mean", "flat", "scores", "p" }, net:layers())
    assert.equal(("phosphene: '%s': left out 'best' (NonMaxSuppression: is not supported)\n")
      :format(path "model.onnx"), told)
  end)

  it("names the layer that a wrong size does not fit", function()
    local model = classifier()
    model.inputs = picture(6, 6)
    table.insert(model.tensors, shape_tensor("target", 1, 4 * 6 * 6))
    table.insert(model.tensors, tensor("wide", 144, 5))
    model.nodes[3] = node("Reshape", "mean", { "features", "target" })
    model.nodes[4] = node("MatMul", "flat", { "mean", "wide" })
    model.nodes[5] = node("Add", "scores", { "flat", "fb" })
    local net = assert(open(model))
    assert.equal(5, net:forward(core.tensor { 1, 3, 6, 6 }, "p"):value("p"):count())
    assert.has_error(function() net:forward(core.tensor { 1, 3, 9, 9 }, "p") end)
  end)

  it("keeps sizes free that were computed from the picture's shape", function()
    local model = {
      inputs = picture("h", "w"), outputs = { "y" },
      tensors = {
        shape_tensor("one", 1), shape_tensor("two", 2), shape_tensor("three", 3), shape_tensor("four", 4),
        { name = "index0", type = "int64", dims = {}, values = { 0 } }, tensor("w", 4, 3, 1, 1),
        shape_tensor("minus", -1), shape_tensor("fifty", 50),
      },
      nodes = {
        node("Conv", "conv", { "x", "w" }),
        node("Shape", "s", { "conv" }), -- n, 4, h, w
        node("Gather", "n", { "s", "index0" }), node("Unsqueeze", "n1", { "n", "axis" }),
        node("Slice", "hw", { "s", "two", "four" }),
        node("Concat", "split_shape", { "n1", "two", "two", "hw" }, { axis = 0 }),
        node("Reshape", "split", { "conv", "split_shape" }), -- n, 2, 2, h, w
        node("Transpose", "turned", { "split" }, { perm = { 0, 2, 1, 3, 4 } }),
        node("Concat", "flat_shape", { "n1", "minus", "hw" }, { axis = 0 }),
        node("Reshape", "shuffled", { "turned", "flat_shape" }),
        node("Mul", "double", { "hw", "two" }), node("Concat", "sizes", { "n1", "four", "double" }, { axis = 0 }),
        node("Resize", "y", { "shuffled", "", "", "sizes" }, {
          mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor",
        }),
      },
    }
    table.insert(model.tensors, shape_tensor("axis", 0))
    local net = assert(open(model))
    for _, size in ipairs { { 5, 7 }, { 8, 8 }, { 12, 3 } } do
      net:forward(core.tensor({ 2, 3, size[1], size[2] }, 0.25), { "y", "conv" })
      assert.same({ 2, 4, 2 * size[1], 2 * size[2] }, net:value("y"):shape())
      for channel, from in ipairs { 0, 2, 1, 3 } do
        assert.near(net:value("conv"):at(1, from, 0, 0), net:value("y"):at(1, channel - 1, 1, 1), 1e-6)
      end
    end
  end)

  it("runs one image where a batch was baked in", function()
    local model = classifier()
    model.inputs[1].dims[1] = 8
    table.insert(model.tensors, shape_tensor("target", 8, -1))
    model.nodes[4] = node("Reshape", "flat", { "mean", "target" })
    local net = assert(open(model))
    assert.same({ 3, 5 }, net:forward(core.tensor { 3, 3, 9, 9 }, "p"):value("p"):shape())
  end)

  it("takes pictures whose channels come last", function()
    local model = classifier()
    model.inputs = { { name = "x", dims = { "n", 32, 32, 3 } } }
    table.insert(model.nodes, 1, node("Transpose", "first", { "x" }, { perm = { 0, 3, 1, 2 } }))
    model.nodes[2].inputs[1] = "first"
    local net = assert(open(model))
    assert.same({ 1, 5 }, net:forward(core.tensor { 1, 3, 20, 24 }, "p"):value("p"):shape())
  end)

  it("computes with constant weights once", function()
    local model = classifier()
    model.nodes[5] = node("Gemm", "scores", { "flat", "turned", "fb" })
    table.insert(model.nodes, 1, node("Transpose", "turned", { "scaled" }, { perm = { 1, 0 } }))
    table.insert(model.nodes, 1, node("Mul", "scaled", { "fc", "half" }))
    table.insert(model.tensors, { name = "half", dims = {}, values = { 0.5 } })
    local net = assert(open(model))
    assert.same({ "image", "x", "conv", "features", "mean", "flat", "scores", "p" }, net:layers())
    local plain = assert(open(classifier()))
    for _, each in ipairs { net, plain } do each:forward(core.tensor({ 1, 3, 4, 4 }, 0.3), { "scores", "flat" }) end
    for unit = 0, 4 do
      local bias = model.tensors[4].values[unit + 1]
      local expected = (plain:value("scores"):at(0, unit) - bias) / 2 + bias
      assert.near(expected, net:value("scores"):at(0, unit), 1e-5)
    end
  end)

  it("makes one layer of functions that were written out in small operators", function()
    local one, two = { name = "one", dims = {}, values = { 1 } }, { name = "two", dims = {}, values = { 2 } }
    local net = assert(open {
      inputs = picture("h", "w"), outputs = { "gelu" },
      tensors = {
        one, two, { name = "root", dims = {}, values = { 2 ^ 0.5 } }, { name = "half", dims = { 1 }, values = { 0.5 } },
        { name = "tiny", dims = {}, values = { 1e-3 } }, tensor("scale", 5), tensor("shift", 5),
        tensor("w", 5, 3, 1, 1),
      },
      nodes = {
        node("Conv", "conv", { "x", "w" }), node("Transpose", "last", { "conv" }, { perm = { 0, 2, 3, 1 } }),
        node("ReduceMean", "mean", { "last" }, { axes = { -1 } }), node("Sub", "centred", { "last", "mean" }),
        node("Pow", "squared", { "centred", "two" }), node("ReduceMean", "variance", { "squared" }, { axes = { -1 } }),
        node("Add", "plus", { "variance", "tiny" }), node("Sqrt", "deviation", { "plus" }),
        node("Div", "normal", { "centred", "deviation" }), node("Mul", "scaled", { "normal", "scale" }),
        node("Add", "norm", { "scaled", "shift" }),
        node("Div", "smaller", { "norm", "root" }), node("Erf", "erf", { "smaller" }),
        node("Add", "more", { "erf", "one" }), node("Mul", "product", { "norm", "more" }),
        node("Mul", "gelu", { "product", "half" }),
      },
    })
    assert.same({ "image", "x", "conv", "last", "norm", "gelu" }, net:layers())
    assert.near(1e-3, net:layer("norm").settings.epsilon, 1e-9)
    local input = core.random(1, "picture"):fill_normal(core.tensor { 1, 3, 2, 2 })
    net:forward(input, { "last", "norm", "gelu" })
    local values, mean, variance = {}, 0, 0
    for c = 0, 4 do values[c] = net:value("last"):at(0, 1, 0, c) end
    for c = 0, 4 do mean = mean + values[c] / 5 end
    for c = 0, 4 do variance = variance + (values[c] - mean) ^ 2 / 5 end
    local scale, shift = noise(5), noise(5)
    local x = (values[3] - mean) / math.sqrt(variance + 1e-3) * scale[4] + shift[4]
    assert.near(x, net:value("norm"):at(0, 1, 0, 3), 1e-5)
    -- erf by its series around 0.
    local sum, term, z = 0, x / 2 ^ 0.5, x / 2 ^ 0.5
    for k = 0, 40 do
      sum = sum + term / (2 * k + 1)
      term = -term * z * z / (k + 1)
    end
    assert.near(0.5 * x * (1 + 2 / math.sqrt(math.pi) * sum), net:value("gelu"):at(0, 1, 0, 3), 1e-5)
  end)

  it("keeps group normalisation written as reshapes free of size", function()
    local net = assert(open {
      inputs = picture(8, 8), outputs = { "back" },
      tensors = {
        tensor("w", 4, 3, 1, 1), shape_tensor("groups", 0, 2, -1), { name = "ones", dims = { 2 }, values = { 1, 1 } },
        { name = "zeros", dims = { 2 }, values = { 0, 0 } },
      },
      nodes = {
        node("Conv", "conv", { "x", "w" }), node("Reshape", "rows", { "conv", "groups" }),
        node("InstanceNormalization", "norm", { "rows", "ones", "zeros" }),
        node("Shape", "shape", { "conv" }), node("Reshape", "back", { "norm", "shape" }),
      },
    })
    for _, size in ipairs { { 8, 8 }, { 5, 9 } } do
      net:forward(core.random(1, "x"):fill_normal(core.tensor { 2, 3, size[1], size[2] }), "back")
      assert.same({ 2, 4, size[1], size[2] }, net:value("back"):shape())
      assert.near(0, net:value("back"):sum(), 1e-3)
    end
  end)

  it("keeps sizes free that an exporter wrote down", function()
    local net = assert(open {
      inputs = picture(8, 6), outputs = { "y", "z" },
      tensors = {
        tensor("w", 4, 3, 1, 1), shape_tensor("split", 1, 2, 2, 8, 6), shape_tensor("whole", -1, 4, 8, 6),
        shape_tensor("rows", 1, 4, 48), shape_tensor("ones", 1, 1, 4, 48, 1), shape_tensor("halves", 1, 4, 4, 2, 6),
      },
      nodes = {
        node("Conv", "conv", { "x", "w" }), node("Reshape", "parts", { "conv", "split" }),
        node("Transpose", "turned", { "parts" }, { perm = { 0, 2, 1, 3, 4 } }),
        node("Reshape", "shuffled", { "turned", "whole" }), node("Reshape", "flat", { "shuffled", "rows" }),
        node("Reshape", "y", { "flat", "ones" }), node("Reshape", "z", { "conv", "halves" }),
      },
    })
    for _, size in ipairs { { 8, 6 }, { 5, 7 } } do
      local height, width = table.unpack(size)
      net:forward(core.random(1, "x"):fill_normal(core.tensor { 2, 3, height, width }), { "y", "conv", "shuffled" })
      assert.same({ 2, 4, height, width }, net:value("shuffled"):shape())
      assert.same({ 2, 1, 4, height * width, 1 }, net:value("y"):shape())
      for channel, from in ipairs { 0, 2, 1, 3 } do
        local place = 2 * width + 3
        assert.equal(net:value("conv"):at(1, from, 2, 3), net:value("y"):at(1, 0, channel - 1, place, 0))
      end
    end
    -- Which of the halves would be longer?
    net:forward(core.tensor { 1, 3, 8, 6 }, "z")
    assert.error_matches(function() net:forward(core.tensor { 1, 3, 16, 6 }, "z") end, "'z': .*cannot become 1x4x4x2x6")
  end)

  -- As PyTorch exports it: a pool along channels, and an axis taken away if it is of length 1.
  it("runs local response norms written out, and branches whose conditions are known", function()
    local net = assert(open {
      inputs = picture(8, 6), outputs = { "y", "lrn" },
      tensors = {
        tensor("w", 5, 3, 1, 1), shape_tensor("axis", 1), shape_tensor("one", 1),
        { name = "k", dims = {}, values = { 2 } },
        shape_tensor("pads", 0, 0, 1, 0, 0, 0, 0, 1, 0, 0), { name = "alpha", dims = {}, values = { 0.75 } },
        { name = "beta", dims = {}, values = { 0.6 } }, { name = "index", type = "int64", dims = {}, values = { 1 } },
      },
      nodes = {
        node("Conv", "conv", { "x", "w" }), node("Mul", "squares", { "conv", "conv" }),
        node("Unsqueeze", "planes", { "squares", "axis" }), node("Pad", "padded", { "planes", "pads" }),
        node("AveragePool", "means", { "padded" }, { kernel_shape = { 3, 1, 1 }, strides = { 1, 1, 1 } }),
        node("Shape", "shape", { "means" }), node("Gather", "length", { "shape", "index" }),
        node("Equal", "is_one", { "length", "one" }),
        node("If", "back", { "is_one" }, {
          then_branch = { nodes = { node("Squeeze", "squeezed", { "means", "axis" }) }, outputs = { "squeezed" } },
          else_branch = {
            nodes = { node("NonMaxSuppression", "same", { "means", "none" }) }, outputs = { "same" },
            tensors = { shape_tensor("none", 0) },
          },
        }),
        node("Mul", "scaled", { "back", "alpha" }), node("Add", "sum", { "scaled", "k" }),
        node("Pow", "power", { "sum", "beta" }), node("Div", "y", { "conv", "power" }),
        node("LRN", "lrn", { "conv" }, { size = 3, alpha = 0.75, beta = 0.6, bias = 2.0 }),
      },
    })
    for _, size in ipairs { { 8, 6 }, { 5, 9 } } do
      net:forward(core.random(1, "x"):fill_normal(core.tensor { 2, 3, size[1], size[2] }), { "y", "lrn" })
      local difference = (net:value "y" - net:value "lrn"):statistics()
      assert.is_true(net:value("lrn"):statistics().deviation > 0.1)
      assert.near(0, math.max(difference.most, -difference.least), 1e-6)
    end
  end)

  it("multiplies and sums over axes with names", function()
    local function result(equation, sizes, tensors)
      local model = {
        inputs = picture(sizes[1], sizes[2]), outputs = { "y" }, tensors = { tensor("w", 4, 3, 1, 1) },
        nodes = { node("Conv", "conv", { "x", "w" }), node("Einsum", "y", { "conv" }, { equation = equation }) },
      }
      for _, other in ipairs(tensors or {}) do
        if type(other) == "table" then table.insert(model.tensors, other) end
        table.insert(model.nodes[2].inputs, type(other) == "table" and other.name or other)
      end
      local net = assert(open(model))
      net:forward(core.random(1, "x"):fill_normal(core.tensor { 1, 3, sizes[1], sizes[2] }), { "conv", "y" })
      return net:value "conv", net:value "y"
    end
    -- Attention's product of all places with all others.
    local a, y = result("bchw, bcij -> bhwij", { 3, 5 }, { "conv" })
    assert.same({ 1, 3, 5, 3, 5 }, y:shape())
    local sum = 0
    for c = 0, 3 do sum = sum + a:at(0, c, 1, 4) * a:at(0, c, 2, 0) end
    assert.near(sum, y:at(0, 1, 4, 2, 0), 1e-5)
    -- Weights; letters of one input alone that are not asked for are sums.
    a, y = result("bchw,dc->bdw", { 3, 5 }, { tensor("m", 2, 4) })
    local m = noise(8)
    sum = 0
    for c = 0, 3 do
      for row = 0, 2 do sum = sum + a:at(0, c, row, 2) * m[4 + c + 1] end
    end
    assert.same({ 1, 2, 5 }, y:shape())
    assert.near(sum, y:at(0, 1, 2), 1e-5)
    a, y = result("bchw->wb", { 2, 3 })
    assert.near(a:slice({ 0, 0, 0, 1 }, { 1, 4, 2, 1 }):sum(), y:reshape({ 3, 1 }):at(1, 0), 1e-5)
    a, y = result("bchw,hwbc", { 4, 4 }, { tensor("m", 4, 4, 1, 4) })
    assert.equal(1, y:count())
    assert.near(a:dot(ph.tensor({ 4, 4, 1, 4 }, noise(64)):transpose { 2, 3, 0, 1 }), y:sum(), 1e-4)
  end)

  it("says which sums over axes are not run", function()
    local function problem(equation, inputs)
      return (overheard(open, {
        inputs = picture(4, 4), outputs = { "z" }, tensors = { tensor("w", 4, 3, 1, 1), tensor("v", 1, 4, 1, 1) },
        nodes = {
          node("Conv", "conv", { "x", "w" }), node("Einsum", "y", inputs or { "conv" }, { equation = equation }),
          node("Conv", "z", { "y", "v" }),
        },
      }))
    end
    assert.matches("axis 'h' twice in 'bchh'", problem "bchh->bch")
    assert.matches("names 3 of 4 axes", problem "bch->bch")
    assert.matches("has an equation, '%.%.%.h%->%.%.%.h', that is not supported", problem "...h->...h")
    assert.matches("has an output axis 'z' that no input has", problem "bchw->bchz")
    assert.matches("names the axes of 2 inputs", problem "bchw,bchw->bchw")
    assert.matches("multiplies 3 inputs", problem("bchw,bchw,bchw->bchw", { "conv", "conv", "conv" }))
  end)

  it("computes with the picture's size at every size", function()
    local net = assert(open {
      inputs = picture("h", "w"), outputs = { "y" },
      tensors = { tensor("w", 4, 3, 1, 1) },
      nodes = {
        node("Conv", "conv", { "x", "w" }), node("Size", "size", { "conv" }),
        node("Cast", "count", { "size" }, { to = 1 }), node("Div", "y", { "conv", "count" }),
      },
    })
    for _, size in ipairs { { 64, 64 }, { 5, 7 } } do
      local height, width = table.unpack(size)
      net:forward(core.tensor({ 1, 3, height, width }, 1), { "conv", "y" })
      local wanted = net:value("conv"):at(0, 1, 0, 0) / (4 * height * width)
      assert.near(wanted, net:value("y"):at(0, 1, 0, 0), 1e-9)
    end
  end)

  it("computes assignments to parts of what is known", function()
    local net = assert(open {
      inputs = picture("h", "w"), outputs = { "y" },
      tensors = {
        { name = "four", dims = { 4 }, values = { 1, 2, 3, 4 } }, tensor("w", 4, 3, 1, 1),
        { name = "places", type = "int64", dims = { 2, 1 }, values = { 3, -4 } },
        { name = "new", dims = { 2 }, values = { 40, 10 } }, shape_tensor("target", 1, 4, 1, 1),
      },
      nodes = {
        node("ScatterND", "scale", { "four", "places", "new" }), node("Reshape", "column", { "scale", "target" }),
        node("Conv", "conv", { "x", "w" }), node("Mul", "y", { "conv", "column" }),
      },
    })
    net:forward(core.tensor({ 1, 3, 2, 2 }, 1), { "conv", "y" })
    for c, factor in ipairs { 10, 2, 3, 40 } do
      assert.near(factor * net:value("conv"):at(0, c - 1, 0, 0), net:value("y"):at(0, c - 1, 0, 0), 1e-4)
    end
  end)

  it("takes what it is told of its input from its metadata", function()
    local model = classifier()
    model.metadata["Image.NominalPixelRange"] = "NominalRange_0_255"
    local net = assert(open(model, {}))
    assert.equal(255, net:layer("x").settings.scale)
  end)
end)
