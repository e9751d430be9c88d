-- SPDX-License-Identifier: MIT
-- Saving networks: what is read back is the same network, to the bit; and what a hostile file may say is refused.

local ph = require "phosphene"
local core = require "phosphene.core"
local json = require "phosphene.base.json"
local preprocessing = require "phosphene.network.preprocessing"

local path = os.tmpname() .. ".safetensors"

local function image(size) return core.random(3, "saving"):fill_normal(core.tensor { 2, 3, size, size }, 0.5, 0.2) end

-- Activations of a layer and the gradient of its sum, as lists.
local function bits(net, layer, size)
  net:forward(image(size), layer)
  local activation = net:activation(layer)
  net:inject(layer, core.tensor(activation:shape(), 1))
  return activation:values(), net:backward():values()
end

-- Saves a network, opens the file and compares.
local function assert_same_when_reopened(net, layer, size)
  assert(net:save(path))
  local again = assert(ph.network(path))
  assert.same(net:layers(), again:layers())
  for _, name in ipairs(net:layers()) do assert.same(net:layer(name), again:layer(name)) end
  assert.same(net:aliases(), again:aliases())
  assert.same(net:labels(), again:labels())
  assert.same({ net:classes() }, { again:classes() })
  local activation, gradient = bits(net, layer, size)
  local activation_again, gradient_again = bits(again, layer, size)
  assert.same(activation, activation_again)
  assert.same(gradient, gradient_again)
  return again
end

-- Many layer types, settings of every kind, second names, a folded batch normalisation.
local function mixture()
  local net = core.network { backend = "dnnl" }
  local random = core.random(1, "mixture")
  local function tensor(...) return random:fill_normal(core.tensor { ... }, 0, 0.5) end
  net:add { type = "preprocess", name = "data", from = "image", scale = 255, mean = { 104, 117, 123.25 },
    order = "bgr" }
  preprocessing.came_from(net, "this test")
  net:add { type = "convolution", name = "a/conv", from = "data", weight = tensor(6, 3, 3, 3), bias = tensor(6),
    stride = 2, padding_mode = "same" }
  net:add { type = "batch_norm", name = "a/norm", from = "a/conv", mean = tensor(6), variance = core.tensor({ 6 }, 1.5),
    weight = tensor(6), epsilon = 0.001 }
  net:add { type = "relu", name = "a/relu", from = "a/norm" }
  net:add { type = "local_response_norm", name = "norm", from = "a/relu", size = 3, alpha = 0.1, beta = 0.7, k = 2 }
  net:add { type = "max_pool", name = "pool", from = "norm", kernel = { 3, 2 }, stride = 1, padding = { 1, 0, 1, 1 } }
  net:add { type = "average_pool", name = "mean", from = "norm", kernel = 3, stride = 1, padding = 1, count_pad = true }
  net:add { type = "convolution", name = "grouped", from = "pool", weight = tensor(4, 3, 1, 3), groups = 2,
    padding = { 0, 1 } }
  net:add { type = "concat", name = "joined", from = { "grouped", "mean", "pool" } }
  net:add { type = "global_average_pool", name = "global", from = "joined" }
  net:add { type = "dense", name = "logits", from = "global", weight = tensor(3, 16) }
  net:add { type = "softmax", name = "prob", from = "logits" }
  net:fold():alias("the/end", "prob"):alias("a/relu_pre_relu", "a/norm")
  return net:set_classes { logits = "logits", probabilities = "prob", labels = { "a", 'b "c"', "ü, d" } }
end

describe("net:save", function()
  after_each(function() os.remove(path) end)

  it("writes what is read back as the same network", function()
    local again = assert_same_when_reopened(mixture(), "prob", 17)
    assert.equal("convolution", again:layer("a/norm").type)
    assert.equal("prob", again:layer("the/end").name)
    assert_same_when_reopened(assert(ph.network "googlenet-tiny"), "softmax2", 64)
  end)

  it("writes the same bytes for what was read back", function()
    assert(mixture():save(path))
    local first = assert(io.open(path, "rb")):read "a"
    assert(assert(ph.network(path)):save(path))
    local second = assert(io.open(path, "rb")):read "a"
    assert.is_true(first == second)
  end)

  it("keeps the preprocessing, and who stated it", function()
    local net = assert(ph.network("googlenet-tiny", { range = { -1, 1 }, order = "BGR" }))
    assert(net:save(path))
    local input = assert(ph.network(path)):preprocessing()
    assert.same({ -1, 1 }, input.range)
    assert.equal("its file", input.source)
    assert_same_when_reopened(net, "mixed4a", 64)
    input = assert(ph.network(path, { mean = { 104, 117, 123 } })):preprocessing()
    assert.same({ range = { 0, 255 }, mean = { 104, 117, 123 }, order = "BGR", source = "the options" }, input)
    input = assert(ph.network(path, { order = "RGB" })):preprocessing()
    assert.same({ range = { -1, 1 }, order = "RGB", source = "its file" }, input)
  end)

  it("keeps other metadata, and rounds on request", function()
    assert(mixture():save(path, { type = "BF16", metadata = { licence = "public" } }))
    local tensors, metadata = core.load_safetensors(path)
    assert.equal("public", metadata.licence)
    assert.equal("BGR, 0..255, mean 104, 117, 123.25", metadata.input)
    assert.same({ 6, 3, 3, 3 }, tensors["a/norm.weight"]:shape())
    assert.error_matches(function() mixture():save(path, { metadata = { labels = "[]" } }) end, "the file's own")
  end)

  it("wants a path that says what it writes", function()
    assert.error_matches(function() mixture():save "net.bin" end, "the path of a .safetensors file expected")
    assert.error_matches(function() mixture():save(path, { kind = 1 }) end, "unknown option 'kind'")
    local ok, problem = mixture():save "/proc/nothing/x.safetensors"
    assert.is_nil(ok)
    assert.matches("/proc/nothing", problem)
  end)
end)

describe("a description that is damaged", function()
  after_each(function() os.remove(path) end)

  local tensors, whole
  setup(function()
    assert(mixture():save(path))
    local metadata
    tensors, metadata = core.load_safetensors(path)
    whole = metadata.network
  end)

  -- What is said of the file whose description was altered.
  local function problem_of(alter)
    local all = json.decode(whole)
    local text = alter(all)
    assert(core.save_safetensors(path, tensors, { network = text or json.encode(all) }))
    local net, problem = ph.network(path)
    assert.is_nil(net)
    assert.is_nil(problem:find "\n")
    return problem
  end

  it("gives nil and one line", function()
    assert.matches("damaged %(at character", problem_of(function() return whole:sub(1, -20) end))
    assert.matches("damaged %(at character", problem_of(function() return ("["):rep(100000) end))
    assert.matches("is no table", problem_of(function() return "3" end))
    assert.matches("version 7", problem_of(function(all) all.version = 7 end))
    assert.matches("list of layers is no table", problem_of(function(all) all.layers = "x" end))
    assert.matches("no layer type 'convolutoin'", problem_of(function(all) all.layers[2].type = "convolutoin" end))
    assert.matches("no layer 'nowhere'", problem_of(function(all) all.layers[3].from = { "nowhere" } end))
    assert.matches("exists already", problem_of(function(all) all.layers[4].name = "data" end))
    assert.matches("no tensor 'a/norm.wight'", problem_of(function(all) all.layers[2].parameters = { "wight" } end))
    assert.matches("no layer has the tensor 'a/norm.bias'", problem_of(function(all)
      all.layers[2].parameters = { "weight" }
    end))
    assert.matches("'strid'", problem_of(function(all) all.layers[2].settings.strid = 2 end))
    assert.matches("setting", problem_of(function(all) all.layers[2].settings = { 1, 2 } end))
    assert.matches("setting", problem_of(function(all) all.layers[2].settings.stride = { { 1 } } end))
    assert.matches("channels", problem_of(function(all) all.channels = "3" end))
    assert.is_string(problem_of(function(all) all.channels = -1 end))
    assert.is_string(problem_of(function(all) all.size = 1e300 end))
    assert.is_string(problem_of(function(all) all.size = 0.5 end))
    assert.matches("no layer 'x'", problem_of(function(all) all.aliases = { y = "x" } end))
    assert.matches("second name", problem_of(function(all) all.aliases = { y = 1 } end))
    assert.matches("no layer 'lgits'", problem_of(function(all) all.logits = "lgits" end))
  end)

  it("may end anywhere, and have any bit flipped", function()
    assert(mixture():save(path))
    local file = assert(io.open(path, "rb"))
    local bytes = file:read "a"
    file:close()
    local header = 8 + ("<I8"):unpack(bytes)
    local function open(altered)
      file = assert(io.open(path, "wb"))
      file:write(altered)
      file:close()
      local net, problem = ph.network(path, { range = { 0, 1 } })
      if net then return net:close() end
      assert.is_truthy(problem:find(path, 1, true), problem)
      assert.is_nil(problem:find "\n", problem)
    end
    for length = 0, #bytes - 1, #bytes // 100 do open(bytes:sub(1, length)) end
    for length = 0, header, header // 100 do open(bytes:sub(1, length)) end
    for at = 1, header, 5 do
      open(bytes:sub(1, at - 1) .. string.char(bytes:byte(at) ~ 1 << at % 8) .. bytes:sub(at + 1))
    end
  end)

  it("has an end", function()
    local text = problem_of(function(all)
      for i = 1, 10001 do all.layers[i] = { type = "relu", name = "r" .. i, from = { "image" } } end
    end)
    assert.matches("more than 10000 layers", text)
  end)
end)

describe("JSON", function()
  it("comes back as it was written", function()
    local value = { a = { 1, 2.5, -3e-7, "x\n\"\\\1ü😀", true, false, {} }, b = { c = { d = math.maxinteger // 2 } } }
    assert.same(value, json.decode(json.encode(value)))
    assert.equal('{"a":[1,0.10000000000000001],"b":"\\u0001"}', json.encode { b = "\1", a = { 1, 0.1 } })
    assert.equal("integer", math.type(json.decode "12"))
    assert.same({ x = { 1, { y = "😀/" } } }, json.decode ' { "x" : [ 1 , {"y":"\\ud83d\\ude00\\/"} ] } ')
  end)

  it("is refused where it is broken, or too deep", function()
    for _, text in ipairs { "", "{", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "[1 2]", "nul", "null", "01", "1.",
      "-", "+1", ".5", "1e", "1e999", "0x10", "\"a", "\"\\q\"", "[1]]", "{\"a\":1,\"a\":2}", "truex", "nan",
      "[\"\t\"]" } do
      local value, at = json.decode(text)
      assert.is_nil(value, text)
      assert.is_number(at, text)
    end
    assert.is_nil(json.decode(("["):rep(9) .. ("]"):rep(9)))
    assert.is_table(json.decode(("["):rep(8) .. ("]"):rep(8)))
    assert.is_nil(json.decode(("["):rep(1e6)))
  end)
end)
