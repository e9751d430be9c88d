-- SPDX-License-Identifier: MIT
-- Google's Inception 5h as its file has it, node for node, with random numbers in place of the weights and, for quick
-- tests, fewer channels: all 142 constants first, then the graph, with Google's names and shapes.

local core = require "phosphene.core"

local modules = {
  { "mixed3a", 64, 96, 128, 16, 32, 32 }, { "mixed3b", 128, 128, 192, 32, 96, 64 },
  { "mixed4a", 192, 96, 204, 16, 48, 64 }, { "mixed4b", 160, 112, 224, 24, 64, 64 },
  { "mixed4c", 128, 128, 256, 24, 64, 64 }, { "mixed4d", 112, 144, 288, 32, 64, 64 },
  { "mixed4e", 256, 160, 320, 32, 128, 128 }, { "mixed5a", 256, 160, 320, 48, 128, 128 },
  { "mixed5b", 384, 192, 384, 48, 128, 128 },
}

--- Nodes for tensorflow.writer, and the same weights as the safetensors architecture "inception5h" has them. Widths are
--- divided by `divisor`, and there are `classes` classes.
return function(divisor, classes)
  local constants, nodes, weights = {}, {}, {}
  local random = core.random(5, "inception5h")

  local function width(full) return math.max(1, full // divisor) end
  local function node(op, name, inputs, attributes)
    nodes[#nodes + 1] = { op = op, name = name, inputs = inputs, attributes = attributes }
    return name
  end
  local function constant(name, value)
    constants[#constants + 1] = { op = "Const", name = name, attributes = { dtype = 1, value = value } }
    return name
  end

  -- A kernel that keeps activations at about their size, through ReLUs.
  local function weighted(name, ours, theirs, fan_in)
    local weight = random:fill_normal(core.tensor(ours), 0, math.sqrt(2 / fan_in))
    local bias = random:fill_normal(core.tensor { ours[1] }, 0.02, 0.05)
    weights[name .. ".weight"], weights[name .. ".bias"] = weight, bias
    constant(name .. "_w", { tensor = theirs(weight) })
    constant(name .. "_b", { tensor = bias })
  end
  local function relu(name) return node("Relu", name, { name .. "_pre_relu" }) end

  local function convolution(name, from, inputs, outputs, kernel, stride, padding)
    weighted(name, { outputs, inputs, kernel, kernel }, function(w) return w:transpose { 2, 3, 1, 0 } end,
      inputs * kernel * kernel)
    node("Conv2D", name .. "_pre_relu/conv", { from, name .. "_w" },
      { strides = { 1, stride or 1, stride or 1, 1 }, padding = padding or "SAME" })
    node("BiasAdd", name .. "_pre_relu", { name .. "_pre_relu/conv", name .. "_b" })
    return relu(name)
  end

  -- Rows of TensorFlow's matrix are (h, w, c); `channels` says how many of them an image had before it was flattened.
  local function matrix(name, output, from, inputs, outputs, channels)
    weighted(name, { outputs, inputs }, function(w)
      return w:reshape({ outputs, channels, inputs // channels }):transpose({ 2, 1, 0 }):reshape { inputs, outputs }
    end, inputs)
    node("MatMul", output .. "/matmul", { from, name .. "_w" }, { transpose_a = false, transpose_b = false })
    return node("BiasAdd", output, { output .. "/matmul", name .. "_b" })
  end

  local function pool(op, name, from, kernel, stride, padding)
    return node(op, name, { from }, { ksize = { 1, kernel, kernel, 1 }, strides = { 1, stride, stride, 1 },
      padding = padding })
  end
  local function norm(name, from)
    return node("LRN", name, { from }, { depth_radius = 5, bias = 2.0, alpha = 1e-4, beta = 0.5 })
  end
  local function reshape(name, from, count)
    constant(name .. "/shape", { type = "int32", dims = { 2 }, values = { -1, count } })
    return node("Reshape", name, { from, name .. "/shape" })
  end

  local function inception(m, from, inputs)
    local name, a, b, c, d, e, f = m[1], table.unpack(m, 2)
    a, b, c, d, e, f = width(a), width(b), width(c), width(d), width(e), width(f)
    convolution(name .. "_1x1", from, inputs, a, 1)
    convolution(name .. "_3x3_bottleneck", from, inputs, b, 1)
    convolution(name .. "_3x3", name .. "_3x3_bottleneck", b, c, 3)
    convolution(name .. "_5x5_bottleneck", from, inputs, d, 1)
    convolution(name .. "_5x5", name .. "_5x5_bottleneck", d, e, 5)
    pool("MaxPool", name .. "_pool", from, 3, 1, "SAME")
    convolution(name .. "_pool_reduce", name .. "_pool", inputs, f, 1)
    constant(name .. "/concat_dim", { type = "int32", dims = {}, listed = { 3 } })
    node("Concat", name, { name .. "/concat_dim", name .. "_1x1", name .. "_3x3", name .. "_5x5",
      name .. "_pool_reduce" }, { N = 4 })
    return name, a + c + e + f
  end

  local function head(i, from, inputs)
    local bottleneck, nn = ("head%d_bottleneck"):format(i), ("nn%d"):format(i)
    local x = pool("AvgPool", ("head%d_pool"):format(i), from, 5, 3, "VALID")
    x = convolution(bottleneck, x, inputs, width(128), 1, 1, "VALID")
    x = reshape(bottleneck .. "/reshape", x, 16 * width(128))
    matrix(nn, nn .. "_pre_relu", x, 16 * width(128), width(1024), width(128))
    x = reshape(nn .. "/reshape", relu(nn), width(1024))
    local scores = ("softmax%d_pre_activation"):format(i)
    node("Softmax", ("softmax%d"):format(i), { matrix(scores, scores, x, width(1024), classes, 1) })
  end

  node("Placeholder", "input", {}, { dtype = 1 })
  local x, channels = convolution("conv2d0", "input", 3, width(64), 7, 2), width(192)
  x = norm("localresponsenorm0", pool("MaxPool", "maxpool0", x, 3, 2, "SAME"))
  x = convolution("conv2d1", x, width(64), width(64), 1)
  x = norm("localresponsenorm1", convolution("conv2d2", x, width(64), width(192), 3))
  x = pool("MaxPool", "maxpool1", x, 3, 2, "SAME")
  for _, m in ipairs(modules) do
    if m[1] == "mixed4a" then x = pool("MaxPool", "maxpool4", x, 3, 2, "SAME") end
    if m[1] == "mixed5a" then x = pool("MaxPool", "maxpool10", x, 3, 2, "SAME") end
    x, channels = inception(m, x, channels)
    if m[1] == "mixed4a" then head(0, x, channels) end
    if m[1] == "mixed4d" then head(1, x, channels) end
  end
  x = reshape("avgpool0/reshape", pool("AvgPool", "avgpool0", x, 7, 1, "VALID"), channels)
  x = matrix("softmax2_pre_activation", "softmax2_pre_activation", x, channels, classes, 1)
  node("Softmax", "softmax2", { x })

  local count = #constants
  table.move(nodes, 1, #nodes, count + 1, constants)
  return constants, weights, count
end
