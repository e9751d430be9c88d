-- SPDX-License-Identifier: MIT
-- Names of layers: in full, second names, endings; the points before ReLUs; and the drawing that shows them all.

local ph = require "phosphene"
local core = require "phosphene.core"
local pre_relu = require "phosphene.network.pre_relu"

-- An imported network's names, in small.
local function network()
  local net = core.network { backend = "reference" }
  local weight = core.tensor({ 2, 3, 1, 1 }, { 1, 2, -3, -1, 0, 1 })
  net:add { type = "convolution", name = "/layer1/conv1/Conv", from = "image", weight = weight }
  net:add { type = "relu", name = "/layer1/relu", from = "/layer1/conv1/Conv" }
  net:add { type = "convolution", name = "/layer2/conv1/Conv", from = "image", weight = weight }
  net:add { type = "relu", name = "/layer2/relu", from = "/layer2/conv1/Conv" }
  net:add { type = "concat", name = "joined.1", from = { "/layer1/relu", "/layer2/relu" } }
  return net:add { type = "max_pool", name = "pool:0", from = "joined.1", kernel = 2 }
end

describe("a layer's name", function()
  local net = network()

  it("may be an ending after a separator, if only one layer has it", function()
    assert.equal("/layer2/conv1/Conv", net:layer("layer2/conv1/Conv").name)
    assert.equal("joined.1", net:layer("1").name)
    assert.equal("pool:0", net:layer("0").name)
    assert.equal("/layer1/relu", net:layer("layer1/relu").name)
  end)

  it("is not guessed where several layers end so, or none does", function()
    assert.error_matches(function() net:layer "relu" end,
      "several layers end in 'relu': '/layer1/relu', '/layer2/relu'$")
    assert.error_matches(function() net:layer "elu" end, "no layer 'elu'")
    assert.error_matches(function() net:layer "" end, "no layer ''")
    assert.error_matches(function() net:layer "joined.2" end, "did you mean 'joined.1'")
    local long = network():alias("/features/stage/block/relu", "joined.1")
    assert.error_matches(function() long:layer "block/rely" end, "no layer 'block/rely'; did you mean 'block/relu'")
  end)

  it("is meant in full where it has one, even if it ends others", function()
    local named = network()
    named:add { type = "relu", name = "relu", from = "pool:0" }
    assert.equal("relu", named:layer("relu").name)
  end)

  it("works wherever a name does", function()
    local image = core.tensor({ 1, 3, 4, 4 }, 0.5)
    net:forward(image, { "layer1/relu", "pool:0" })
    assert.same(net:activation("/layer1/relu"):values(), net:activation("layer1/relu"):values())
    local evaluation = core.evaluation(ph.channel("layer1/conv1/Conv", 0), net)
    assert.same({ "/layer1/conv1/Conv" }, evaluation:taps())
  end)

  it("is needed in full where a network is built", function()
    assert.error_matches(function() net:add { type = "relu", name = "x", from = "layer1/relu" } end,
      "relu 'x': no layer 'layer1/relu'; did you mean '/layer1/relu'")
    assert.error_matches(function() net:alias("y", "layer1/relu") end, "no layer 'layer1/relu'")
  end)

  it("names at most four of many", function()
    local many = core.network { backend = "reference" }
    for i = 1, 6 do many:add { type = "relu", name = i .. "/relu", from = "image" } end
    assert.error_matches(function() many:layer "relu" end, "'1/relu', '2/relu', '3/relu', '4/relu', …$")
  end)
end)

describe("second names", function()
  it("stand for their layer, endings too", function()
    local net = network():alias("first/second", "joined.1")
    assert.equal("joined.1", net:layer("first/second").name)
    assert.equal("joined.1", net:layer("second").name)
    assert.same({ ["first/second"] = "joined.1" }, net:aliases())
    assert.error_matches(function() net:alias("first/second", "pool:0") end, "exists already")
    assert.error_matches(function() net:alias("pool:0", "joined.1") end, "exists already")
    assert.error_matches(function() net:add { type = "relu", name = "first/second", from = "image" } end,
      "exists already")
  end)

  it("two of one layer are not ambiguous", function()
    local net = network():alias("a/x", "joined.1"):alias("b/x", "joined.1")
    assert.equal("joined.1", net:layer("x").name)
  end)

  it("mean the same before and after folding", function()
    local net = core.network { backend = "reference" }
    net:add { type = "convolution", name = "conv", from = "image", weight = core.tensor({ 1, 3, 1, 1 }, 1) }
    net:add { type = "batch_norm", name = "bn", from = "conv", mean = core.tensor({ 1 }, 1),
      variance = core.tensor({ 1 }, 4), weight = core.tensor({ 1 }, -3), bias = core.tensor({ 1 }, 0.5) }
    net:add { type = "batch_norm", name = "scale", from = "bn", mean = core.tensor({ 1 }, 0.5),
      variance = core.tensor({ 1 }, 1), weight = core.tensor({ 1 }, 2) }
    net:add { type = "relu", name = "relu", from = "scale" }
    net:alias("norm", "bn"):alias("rectified", "relu")
    local names, values, gradients = { "conv", "norm", "scale", "rectified" }, {}, {}
    local image = core.random(1, "fold"):fill_normal(core.tensor { 2, 3, 4, 5 })
    local function run(visit)
      for _, name in ipairs(names) do
        net:forward(image, name)
        local value = net:activation(name)
        net:inject(name, value)
        visit(name, value:values(), net:backward():values())
      end
    end
    run(function(name, value, gradient) values[name], gradients[name] = value, gradient end)
    net:fold()
    assert.equal("convolution", net:layer("scale").type)
    assert.same({ "scale" }, net:layer("relu").from)
    run(function(name, value, gradient)
      for i, x in ipairs(values[name]) do assert.near(x, value[i], 1e-4, name) end
      for i, x in ipairs(gradients[name]) do assert.near(x, gradient[i], 1e-3, name) end
    end)
  end)

  it("keep their values where folding would lose them", function()
    local net = core.network { backend = "reference" }
    net:add { type = "convolution", name = "conv", from = "image", weight = core.tensor({ 1, 3, 1, 1 }, 1) }
    net:add { type = "batch_norm", name = "bn", from = "conv", mean = core.tensor({ 1 }, 1),
      variance = core.tensor({ 1 }, 1), weight = core.tensor({ 1 }, 0), bias = core.tensor({ 1 }, 2) }
    net:fold():forward(core.tensor({ 1, 3, 1, 1 }, 1), { "conv", "bn" })
    assert.same({ 3 }, net:activation("conv"):values())
    assert.same({ 2 }, net:activation("bn"):values())
  end)
end)

describe("the points before ReLUs", function()
  it("are offered under Lucid's names", function()
    local net = network()
    pre_relu.offer(net)
    assert.equal("/layer1/conv1/Conv", net:layer("/layer1/relu_pre_relu").name)
    assert.equal("/layer2/conv1/Conv", net:layer("layer2/relu_pre_relu").name)
    assert.same({ "/layer1/conv1/Conv", "/layer2/conv1/Conv" }, net:layer("joined.1_pre_relu").from)
    local image = core.random(1, "names"):fill_normal(core.tensor { 1, 3, 3, 3 }, 0, 1)
    net:forward(image, { "joined.1", "joined.1_pre_relu" })
    local before, after = net:activation("joined.1_pre_relu"):values(), net:activation("joined.1"):values()
    for i, value in ipairs(before) do assert.equal(math.max(value, 0), after[i]) end
  end)

  it("are offered for second names of ReLUs, where theirs is not taken", function()
    local net = network():alias("a", "/layer1/relu"):alias("b", "/layer2/relu"):alias("c", "pool:0")
    net:alias("b_pre_relu", "pool:0")
    pre_relu.offer(net)
    assert.equal("/layer1/conv1/Conv", net:layer("a_pre_relu").name)
    assert.equal("pool:0", net:layer("b_pre_relu").name)
    assert.is_nil(net:aliases().c_pre_relu)
  end)

  it("are not offered twice, nor where the name is taken", function()
    local net = assert(ph.network "googlenet-tiny")
    local count = #net:layers()
    pre_relu.offer(net)
    assert.equal(count, #net:layers())
    assert.same({}, net:aliases())
    assert.equal("convolution", net:layer("conv2d0_pre_relu").type)
  end)
end)

describe("net:parameter", function()
  it("gives the tensor, or nil where there is none", function()
    local net = network()
    assert.same({ 2, 3, 1, 1 }, net:parameter("layer1/conv1/Conv", "weight"):shape())
    assert.is_nil(net:parameter("layer1/conv1/Conv", "bias"))
    assert.is_nil(net:parameter("layer1/relu", "weight"))
    assert.error_matches(function() net:parameter("nowhere", "weight") end, "no layer 'nowhere'")
  end)
end)

describe("net:graph", function()
  local path = os.tmpname()
  after_each(function() os.remove(path) end)

  it("writes every layer with its type and shape, every edge, and frames", function()
    assert(network():graph(path, 8))
    local text = assert(io.open(path)):read "a"
    assert.matches('"/layer1/conv1/Conv" [label="/layer1/conv1/Conv\\nconvolution 1x1\\n2x8x8"', text, 1, true)
    assert.matches('"/layer1/relu" -> "joined.1";', text, 1, true)
    assert.matches('"pool:0" [label="pool:0\\nmax_pool 2x2\\n4x7x7"', text, 1, true)
    assert(assert(ph.network "googlenet-tiny"):graph(path, 64, 32))
    text = assert(io.open(path)):read "a"
    assert.matches('subgraph cluster_%d+ { label="mixed4a"', text)
    assert.matches('softmax\\n200"', text, 1, true)
    local opening, closing = select(2, text:gsub("{", "")), select(2, text:gsub("}", ""))
    assert.equal(opening, closing)
  end)

  it("puts names in quotes, whatever is in them", function()
    local net = core.network { backend = "reference" }
    net:add { type = "relu", name = 'a "b" \\c', from = "image" }
    assert(net:graph(path, 8))
    assert.matches('"image" -> "a \\"b\\" \\\\c";', assert(io.open(path)):read "a", 1, true)
  end)

  it("gives nil and a message where it cannot write", function()
    local ok, problem = network():graph "/proc/nothing/x.dot"
    assert.is_nil(ok)
    assert.matches("/proc/nothing", problem)
    assert.error_matches(function() network():graph() end, "a path expected")
  end)
end)
