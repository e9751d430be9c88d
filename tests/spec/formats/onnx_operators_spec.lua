-- SPDX-License-Identifier: MIT
-- ONNX operators of which ONNX's own suite has no case, or none that is like a network: each gives what the same gives
-- that is written out in others, forward and back, at several sizes where these are free.

local ph = require "phosphene"
local core = require "phosphene.core"
local models = require "onnx.models"
local writer = require "onnx.writer"

local node, tensor, shape_tensor, noise = models.node, models.tensor, models.shape_tensor, models.noise

local path = os.tmpname() .. ".onnx"
local sizes = { { 2, 3 }, { 3, 3 }, { 5, 2 } }

after_each(function() os.remove(path) end)

local function bytes(name, type, dims, values) return { name = name, type = type, dims = dims, values = values } end
local function number(name, value) return bytes(name, "float32", {}, { value }) end
local function microsoft(op, name, inputs, attributes)
  local made = node(op, name, inputs, attributes)
  made.domain = "com.microsoft"
  return made
end

-- A network of a convolution `conv` (4 channels) and these nodes, of which `y` and `same` are compared.
local function open(nodes, tensors, input)
  local all = table.move(nodes, 1, #nodes, 2, { node("Conv", "conv", { "x", "w" }) })
  return assert(ph.network(writer.save(path, writer.model {
    inputs = input or models.picture("h", "w"), outputs = { "y", "same" }, nodes = all, opset = 23,
    tensors = table.move(tensors or {}, 1, #(tensors or {}), 2, { tensor("w", 4, 3, 1, 1) }),
  }), { range = { 0, 1 } }))
end

local function difference(a, b)
  local s = a:reshape(b:shape()):clone():add(b, -1):statistics()
  return math.max(s.most, -s.least)
end

-- What a layer gives for a picture, and the gradient of a fixed sum over it.
local function run(net, picture, layer)
  local output = net:forward(picture, layer):value(layer)
  net:inject_value(layer, core.random(5, "seed"):fill_normal(core.tensor(output:shape()), 0, 1))
  return output, net:backward()
end

local function compare(nodes, tensors, input, tolerance)
  local net = open(nodes, tensors, input)
  for _, size in ipairs(input and { { 2, 3 } } or sizes) do
    local picture = core.random(1, "x"):fill_normal(core.tensor { 2, 3, size[1], size[2] }, 0.5, 0.3)
    local y, gradient = run(net, picture, "y")
    local same, expected = run(net, picture, "same")
    assert.near(0, difference(y, same), tolerance or 1e-5)
    assert.near(0, difference(gradient, expected), tolerance or 1e-5)
    assert.is_true(expected:statistics().deviation > 1e-3)
  end
end

describe("attention in an ONNX file", function()
  -- Tokens (n, pixels, 4); queries, keys and values of them; and attention of two heads, written out.
  local function tokens(...)
    local nodes = { node("Reshape", "rows", { "conv", "rows_shape" }),
      node("Transpose", "tokens", { "rows" }, { perm = { 0, 2, 1 } }), node("MatMul", "q", { "tokens", "wq" }),
      node("MatMul", "k", { "tokens", "wk" }), node("MatMul", "v", { "tokens", "wv" }) }
    return table.move({ ... }, 1, select("#", ...), #nodes + 1, nodes)
  end

  local function written(q, k, v, mask)
    local nodes = {}
    local function add(...) nodes[#nodes + 1] = node(...) end
    for name, from in pairs { q = q, k = k, v = v } do
      add("Reshape", name .. "_apart", { from, "heads" })
      add("Transpose", name .. "_heads", { name .. "_apart" }, { perm = { 0, 2, 1, 3 } })
    end
    add("Transpose", "turned", { "k_heads" }, { perm = { 0, 1, 3, 2 } })
    add("MatMul", "products", { "q_heads", "turned" })
    add("Mul", "scores", { "products", "scale" })
    if mask then add("Add", "masked", { "scores", mask }) end
    add("Softmax", "weights", { mask and "masked" or "scores" }, { axis = -1 })
    add("MatMul", "attended", { "weights", "v_heads" })
    add("Transpose", "back", { "attended" }, { perm = { 0, 2, 1, 3 } })
    add("Reshape", "same", { "back", "together" })
    return table.unpack(nodes)
  end

  local function tensors(...)
    local list = { tensor("wq", 4, 4), tensor("wk", 4, 4), bytes("wv", "float32", { 4, 4 }, noise(20)),
      shape_tensor("rows_shape", 0, 4, -1), shape_tensor("heads", 0, 0, 2, 2), shape_tensor("together", 0, 0, 4),
      number("scale", 1 / math.sqrt(2)) }
    list[3].values = table.move(list[3].values, 5, 20, 1, {})
    return table.move({ ... }, 1, select("#", ...), #list + 1, list)
  end

  local heads = { q_num_heads = 2, kv_num_heads = 2 }

  it("is that of features, or of heads", function()
    compare(tokens(node("Attention", "y", { "q", "k", "v" }, heads), written("q", "k", "v")), tensors())
    local nodes = tokens(written("q", "k", "v"))
    table.move({ node("Attention", "of_heads", { "q_heads", "k_heads", "v_heads" }),
      node("Transpose", "unturned", { "of_heads" }, { perm = { 0, 2, 1, 3 } }),
      node("Reshape", "y", { "unturned", "together" }) }, 1, 3, #nodes + 1, nodes)
    compare(nodes, tensors())
  end)

  it("has masks, of numbers or of truth values, or does not look ahead", function()
    local hidden, ahead, counts = {}, {}, {}
    for i = 0, 35 do
      hidden[i + 1] = i % 5 == 1 and -1e9 or 0
      counts[i + 1] = i % 5 == 1 and 0 or 1
      ahead[i + 1] = i % 6 > i // 6 and -1e9 or 0
    end
    local more = tensors(bytes("hidden", "float32", { 6, 6 }, hidden), bytes("counts", "bool", { 6, 6 }, counts),
      bytes("ahead", "float32", { 6, 6 }, ahead))
    local function masked(mask, same, attributes)
      compare(tokens(node("Attention", "y", { "q", "k", "v", mask }, attributes), written("q", "k", "v", same)), more,
        models.picture(2, 3))
    end
    masked("hidden", "hidden", heads)
    masked("counts", "hidden", heads)
    masked("", "ahead", { q_num_heads = 2, kv_num_heads = 2, is_causal = 1 })
  end)

  it("may have fewer heads of keys than of queries, and a scale of its own", function()
    local fewer = { q_num_heads = 2, kv_num_heads = 1, scale = 1 / math.sqrt(2) }
    compare(tokens(node("MatMul", "k1", { "k", "half" }), node("MatMul", "v1", { "v", "half" }),
      node("Concat", "k2", { "k1", "k1" }, { axis = 2 }), node("Concat", "v2", { "v1", "v1" }, { axis = 2 }),
      node("Attention", "y", { "q", "k1", "v1" }, fewer), written("q", "k2", "v2")), tensors(tensor("half", 4, 2)))
  end)

  it("may be com.microsoft's", function()
    local all, bias = {}, noise(12)
    local wq, wk, wv = noise(16), noise(16), tensors()[3].values
    for row = 0, 3 do
      for _, part in ipairs { wq, wk, wv } do table.move(part, row * 4 + 1, row * 4 + 4, #all + 1, all) end
    end
    local more = tensors(bytes("all", "float32", { 4, 12 }, all), bytes("bias", "float32", { 12 }, bias),
      bytes("bq", "float32", { 4 }, table.move(bias, 1, 4, 1, {})),
      bytes("bk", "float32", { 4 }, table.move(bias, 5, 8, 1, {})),
      bytes("bv", "float32", { 4 }, table.move(bias, 9, 12, 1, {})))
    local function biased(...)
      return node("Add", "qb", { "q", "bq" }), node("Add", "kb", { "k", "bk" }), node("Add", "vb", { "v", "bv" }), ...
    end
    compare(tokens(biased(microsoft("Attention", "y", { "tokens", "all", "bias" }, { num_heads = 2 }),
      written("qb", "kb", "vb"))), more)
    compare(tokens(biased(microsoft("MultiHeadAttention", "y", { "q", "k", "v", "bias" }, { num_heads = 2 }),
      written("qb", "kb", "vb"))), more)
  end)
end)

describe("whole numbers in an ONNX file", function()
  local numbers = {
    number("s", 0.02), bytes("z", "uint8", {}, { 100 }), number("t", 0.05), bytes("u", "uint8", {}, { 60 }),
    bytes("wq", "int8", { 2, 4, 1, 1 }, { 10, -20, 30, -40, 50, -60, 70, -80 }),
    bytes("ws", "float32", { 2 }, { 0.02, 0.01 }), bytes("wz", "int8", { 2 }, { 1, -2 }), number("ts", 0.5),
    bytes("b", "int32", { 2 }, { 300, -200 }), bytes("bs", "float32", { 2 }, { 0.02 * 0.02, 0.02 * 0.01 }),
    bytes("mq", "int8", { 3, 2 }, { 10, -20, 30, -40, 50, -60 }), number("ms", 0.01), bytes("mz", "int8", {}, { 3 }),
  }

  -- x as whole numbers, and what it stands for then.
  local function held(...)
    return { node("QuantizeLinear", "q", { "conv", "s", "z" }), node("DequantizeLinear", "d", { "q", "s", "z" }), ... }
  end

  it("are those of products, with what they stand for", function()
    compare(held(node("QLinearConv", "y", { "q", "s", "z", "wq", "ws", "wz", "t", "u", "b" }),
      node("DequantizeLinear", "weights", { "wq", "ws", "wz" }, { axis = 0 }),
      node("DequantizeLinear", "biases", { "b", "bs" }, { axis = 0 }),
      node("Conv", "product", { "d", "weights", "biases" }), node("QuantizeLinear", "same", { "product", "t", "u" })),
      numbers)
    local fixed = models.picture(2, 3)
    compare(held(node("QLinearMatMul", "y", { "q", "s", "z", "mq", "ms", "mz", "t", "u" }),
      node("DequantizeLinear", "matrix", { "mq", "ms", "mz" }), node("MatMul", "product", { "d", "matrix" }),
      node("QuantizeLinear", "same", { "product", "t", "u" })), numbers, fixed)
    compare(held(node("ReduceMean", "mean", { "d", "places" }, { keepdims = 0 }),
      microsoft("QGemm", "y", { "mean", "s", "z", "gq", "ms", "mz", "b", "t", "u" }, { transB = 1, alpha = 0.5 }),
      node("DequantizeLinear", "matrix", { "gq", "ms", "mz" }), node("DequantizeLinear", "biases", { "b", "bg" }),
      node("Gemm", "product", { "mean", "matrix", "biases" }, { transB = 1, alpha = 0.5 }),
      node("QuantizeLinear", "same", { "product", "t", "u" })),
      table.move({ bytes("gq", "int8", { 2, 4 }, { 10, -20, 30, -40, 50, -60, 70, -80 }), number("bg", 0.02 * 0.01),
        shape_tensor("places", 2, 3) }, 1, 3, #numbers + 1, table.move(numbers, 1, #numbers, 1, {})), fixed)
  end)

  it("are those of com.microsoft's sums and functions", function()
    local function same(op, inputs, attributes, ...)
      compare(held(microsoft(op, "y", inputs, attributes), ...), numbers)
    end
    local last = node("QuantizeLinear", "same", { "plain", "t", "u" })
    local two = { "q", "s", "z", "q", "s", "z", "t", "u" }
    same("QLinearAdd", two, {}, node("Add", "plain", { "d", "d" }), last)
    same("QLinearMul", two, {}, node("Mul", "plain", { "d", "d" }), last)
    same("QLinearSigmoid", { "q", "s", "z", "t", "u" }, {}, node("Sigmoid", "plain", { "d" }), last)
    same("QLinearLeakyRelu", { "q", "s", "z", "t", "u" }, { alpha = 0.1 },
      node("LeakyRelu", "plain", { "d" }, { alpha = 0.1 }), last)
    same("QLinearGlobalAveragePool", { "q", "s", "z", "t", "u" }, {}, node("GlobalAveragePool", "plain", { "d" }), last)
    same("QLinearConcat", { "t", "u", "q", "s", "z", "q", "s", "z" }, { axis = 1 },
      node("Concat", "plain", { "d", "d" }, { axis = 1 }), last)
  end)

  it("may be made of what there is, for products without a scale", function()
    local dynamic = { op = "DynamicQuantizeLinear", name = "n", inputs = { "conv" }, outputs = { "dq", "ds", "dz" } }
    compare({ dynamic, node("ConvInteger", "whole", { "dq", "wq", "dz" }),
      node("Cast", "real", { "whole" }, { to = 1 }), node("Mul", "y", { "real", "ds" }),
      node("Cast", "weights", { "wq" }, { to = 1 }), node("Conv", "same", { "conv", "weights" }) }, numbers, nil, 1e-2)
    compare({ dynamic, node("MatMulInteger", "whole", { "dq", "mq", "dz", "mz" }),
      node("Cast", "real", { "whole" }, { to = 1 }), node("Mul", "y", { "real", "ds" }),
      node("DequantizeLinear", "matrix", { "mq", "one", "mz" }), node("MatMul", "same", { "conv", "matrix" }) },
      table.move({ number("one", 1) }, 1, 1, #numbers + 1, table.move(numbers, 1, #numbers, 1, {})),
      models.picture(2, 3), 1e-2)
  end)

  it("may be the picture's own bytes", function()
    local net = assert(ph.network(writer.save(path, writer.model {
      inputs = { { name = "x", number = 2, dims = { 1, 2, 3, 3 } } }, outputs = { "y" },
      nodes = { node("Transpose", "turned", { "x" }, { perm = { 0, 3, 1, 2 } }),
        node("DequantizeLinear", "y", { "turned", "s", "z" }) },
      tensors = { number("s", 0.02), bytes("z", "uint8", {}, { 100 }) } })))
    local y = net:forward(core.tensor({ 1, 3, 2, 3 }, 0.6), "y"):activation "y"
    assert.same({ 1, 3, 2, 3 }, y:shape())
    assert.near((0.6 * 255 - 100) * 0.02, y:at(0, 2, 1, 1), 1e-4)
  end)
end)

describe("running sums and triangles in an ONNX file", function()
  it("go over axes of any length", function()
    local net = open({ node("CumSum", "y", { "conv", "axis" }, { exclusive = 1, reverse = 1 }),
      node("Trilu", "same", { "conv", "k" }, { upper = 0 }) },
      { bytes("axis", "int64", {}, { 2 }), bytes("k", "int64", {}, { 1 }) })
    for _, size in ipairs(sizes) do
      local picture = core.random(1, "x"):fill_normal(core.tensor { 1, 3, size[1], size[2] })
      net:forward(picture, { "conv", "y", "same" })
      local x, y, lower = net:activation "conv", net:activation "y", net:activation "same"
      for column = 0, size[2] - 1 do
        local sum = 0
        for row = size[1] - 1, 0, -1 do
          assert.near(sum, y:at(0, 1, row, column), 1e-5)
          sum = sum + x:at(0, 1, row, column)
          assert.equal(column <= row + 1 and x:at(0, 1, row, column) or 0, lower:at(0, 1, row, column))
        end
      end
    end
  end)
end)
