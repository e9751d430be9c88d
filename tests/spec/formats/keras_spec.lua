-- SPDX-License-Identifier: MIT
-- Keras's files: small models in the manner of well-known ones, in every form that Keras writes, compute in every layer
-- what the layers' definitions say; what else of the files reaches the network; what is left out is said.

local ph = require "phosphene"
local core = require "phosphene.core"
local architectures = require "keras.architectures"
local json = require "phosphene.base.json"
local model = require "keras.model"
local save = require("tensorflow.writer").save
local write = require "keras.write"

local folder = os.tmpname()
os.remove(folder)

lazy_setup(function() assert(os.execute("mkdir '" .. folder .. "'")) end)
lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

-- ---- models and pictures ----

local height, width = 12, 12

local function picture()
  local values, state = { dims = { height, width, 3 } }, 7
  for i = 1, height * width * 3 do
    state = (state * 1103515245 + 12345) % 2147483648
    values[i] = state / 2147483648
  end
  return values
end

-- The same as the network takes it.
local function image_of(v)
  local image = core.tensor { 1, v.dims[3], v.dims[1], v.dims[2] }
  for i, number in ipairs(v) do
    local pixel, c = (i - 1) // v.dims[3], (i - 1) % v.dims[3]
    image:set(0, c, pixel // v.dims[2], pixel % v.dims[2], number)
  end
  return image
end

local function make(name)
  local m = model.new(picture(), name)
  architectures[name](m, m.input)
  return m
end

local function open(path, options)
  local said, stderr = {}, io.stderr
  io.stderr = { write = function(_, text) said[#said + 1] = text end } -- luacheck: ignore
  local net, problem = ph.network(path, options or { range = { 0, 1 }, order = "RGB" })
  io.stderr = stderr -- luacheck: ignore
  return net, problem, table.concat(said)
end

-- ---- agreement ----

-- The largest difference between a layer of the network and the values it should have, relative to the largest of
-- these.
local function difference(net, name, expected)
  local activation = net:value(name)
  if #expected.dims == 3 and #activation:shape() == 4 then activation = activation:transpose { 0, 2, 3, 1 } end
  local most, scale = 0, 1e-3
  local values = activation:values()
  assert.equal(#expected, #values, name)
  for i, number in ipairs(expected) do
    most, scale = math.max(most, math.abs(number - values[i])), math.max(scale, math.abs(number))
  end
  return most / scale
end

local function check_layers(net, m)
  local checked = 0
  for _, layer in ipairs(m.layers) do
    if layer.class ~= "InputLayer" then
      assert.is_true(difference(net, layer.name, m.values[layer.name]) < 1e-5, layer.name)
      checked = checked + 1 + (layer.model and check_layers(net, layer.model) or 0)
    end
  end
  return checked
end

local names = {}
for name in pairs(architectures) do names[#names + 1] = name end
table.sort(names)

local forms = {
  ["Keras 2's .h5"] = function(m) return save(folder .. "/old.h5", write.h5(m)) end,
  ["Keras 2's .h5 in newer HDF5"] = function(m) return save(folder .. "/newer.h5", write.h5(m, true)) end,
  ["Keras 3's .keras"] = function(m) return save(folder .. "/three.keras", write.keras(m)) end,
  ["Keras 3's .keras, deflated"] = function(m) return save(folder .. "/small.keras", write.keras(m, true)) end,
  ["TensorFlow.js"] = function(m)
    local description, a, b = write.tensorflowjs(m)
    save(folder .. "/a.bin", a)
    save(folder .. "/b.bin", b)
    return save(folder .. "/model.json", description)
  end,
}

for form, write_to in pairs(forms) do
  describe("A model as " .. form, function()
    for _, name in ipairs(names) do
      it("computes what its layers are defined to: " .. name, function()
        local m = make(name)
        local net = assert(open(write_to(m)))
        net:forward(image_of(picture()))
        assert.is_true(check_layers(net, m) >= 6)
      end)
    end
  end)
end

-- ---- other ways to the same ----

describe("A Keras model", function()
  -- Everything that says where the channels are, the other way.
  local function to_channels_first(m)
    for _, layer in ipairs(m.layers) do
      local config = layer.config
      if layer.class ~= "Flatten" or config.data_format then config.data_format = "channels_first" end
      if layer.class == "BatchNormalization" and #m.values[layer.name].dims == 3 then config.axis = { 1 } end
      if layer.class == "Concatenate" then config.axis = 1 end
      if config.batch_input_shape then config.batch_input_shape = { "@null@", 3, height, width } end
    end
  end

  for _, name in ipairs { "sequential", "resnet", "mobilenet_v2", "densenet" } do
    it("may have its channels first: " .. name, function()
      local m = make(name)
      to_channels_first(m)
      local net = assert(open(save(folder .. "/first.h5", write.h5(m))))
      net:forward(image_of(picture()))
      assert.is_true(check_layers(net, m) >= 6)
    end)
  end

  it("takes pictures of any size where a pool covers the whole image", function()
    local net = assert(open(save(folder .. "/any.h5", write.h5(make "densenet"))))
    assert.is_truthy(net:forward(core.tensor { 1, 3, 40, 52 }, "dense"))
  end)

  it("may call a layer more than once", function()
    local m = model.new(picture(), "shared")
    local a = m:conv(m:conv(m.input, { filters = 3, kernel = 3, name = "twice" }), { filters = 3, kernel = 3 })
    m.layers[3].variables = {}
    m:global_average(a)
    local description = write.description(m, false):gsub('"conv2d"', '"twice"')
    -- The second layer becomes a second call of the first: its inbound node joins the first's.
    local decoded = json.decode(description, 20, true)
    local layers = decoded.config.layers
    layers[2].inbound_nodes[2] = { { "twice", 0, 0 } }
    table.remove(layers, 3)
    layers[3].inbound_nodes = { { { "twice", 1, 0 } } }
    local text = json.encode(decoded):gsub("false,12,12,3", "null,12,12,3")
    local hdf5 = require "keras.hdf5"
    local kernel, bytes = m.layers[2].variables[1], {}
    for i, number in ipairs(kernel) do bytes[i] = string.pack("<f", number) end
    local objects = { ["twice/twice/kernel:0"] = { dims = kernel.dims, data = table.concat(bytes) },
      ["twice/twice/bias:0"] = { dims = { 3 }, data = string.pack("<fff", table.unpack(m.layers[2].variables[2])) } }
    local net = assert(open(save(folder .. "/shared.h5", hdf5.file(hdf5.tree(objects, {
      [""] = { model_config = text }, twice = { weight_names = { "twice/kernel:0", "twice/bias:0" } } })))))
    local reference = require "keras.reference"
    local o = { kernel = { 3, 3 }, strides = 1, dilation = 1, padding = "same" }
    local second = reference.convolution(m.values.twice, o, kernel, m.layers[2].variables[2])
    net:forward(image_of(picture()))
    assert.is_true(difference(net, "twice_2", second) < 1e-5)
    assert.is_true(difference(net, "globalaveragepooling2d", reference.global_average(second)) < 1e-5)
  end)

  for _, bits in ipairs { 8, 16 } do
    it(("of TensorFlow.js may have weights of %d bits"):format(bits), function()
      local m = make "vgg"
      local description, a, b = write.tensorflowjs(m, bits)
      save(folder .. "/a.bin", a)
      save(folder .. "/b.bin", b)
      local net = assert(open(save(folder .. "/model.json", description)))
      local same = assert(open(save(folder .. "/same.h5", write.h5(m))))
      for _, each in ipairs { net, same } do each:forward(image_of(picture())) end
      local s = core.combine("subtract", net:activation "dense_1", same:activation "dense_1"):statistics()
      assert.is_true(math.max(s.most, -s.least) < 1e-6)
      assert.is_true(m.layers[2].variables[1][1] ~= make("vgg").layers[2].variables[1][1]) -- they are others
    end)
  end
end)

-- ---- what the file says besides ----

describe("The input of a Keras model", function()
  local function preprocessing(m, options)
    return assert(open(save(folder .. "/input.h5", write.h5(m)), options or {})):preprocessing()
  end

  it("is known from the layers that read it first", function()
    local stated = preprocessing(make "efficientnet") -- Rescaling by 1/255
    assert.same({ 0, 255 }, stated.range)
    assert.equal("its file", stated.source)
    assert.same({ 0, 1 }, preprocessing(make "mobilenet_v2").range) -- Rescaling to -1..1
    assert.same({ 0, 1 }, preprocessing(make "mobilenet_v2", { range = { 0, 1 } }).range)
  end)

  it("has the size that the model states", function()
    local m = make "sequential"
    assert.same({ height, width }, { assert(open(save(folder .. "/size.h5", write.h5(m)))):input_size() })
    m.layers[1].config.batch_input_shape = { "@null@", "@null@", "@null@", 3 }
    assert.is_nil(assert(open(save(folder .. "/size.h5", write.h5(m)))):input_size())
  end)

  it("is known from names of Keras Applications", function()
    local stated = preprocessing(make "resnet")
    assert.equal("networks called resnet", stated.source)
    assert.equal("BGR", stated.order)
    assert.is_nil(preprocessing(make "sequential").source)
  end)

  it("is -1..1 where Teachable Machine made the model, whose labels lie beside it", function()
    local m = make "sequential"
    local sub = folder .. "/teachable"
    assert(os.execute(("mkdir -p '%s'"):format(sub)))
    save(sub .. "/labels.txt", "0 cat\n1 big dog\n2 bird\n3 Background Noise\n")
    local net = assert(open(save(sub .. "/keras_model.h5", write.h5(m)), {}))
    assert.same({ -1, 1 }, net:preprocessing().range)
    assert.same({ "cat", "big dog", "bird", "Background Noise" }, net:labels())
    assert.same({ "dense_1/linear", "dense_1" }, { net:classes() })

    local description, a, b = write.tensorflowjs(m)
    save(sub .. "/a.bin", a)
    save(sub .. "/b.bin", b)
    save(sub .. "/metadata.json", '{"tmVersion": "2.4", "userMetadata": {}, "x": null, "labels": ["a", "b", "c", "d"]}')
    net = assert(open(save(sub .. "/model.json", description), {}))
    assert.same({ -1, 1 }, net:preprocessing().range)
    assert.same({ "a", "b", "c", "d" }, net:labels())
  end)
end)

describe("What cannot be run of a Keras model", function()
  local function with_unknown(class, config)
    local m = model.new(picture(), "unknown")
    local first = m:conv(m.input, { filters = 3, kernel = 3 })
    local strange = m:map(first, class, config or {}, function(x) return x end)
    m:global_average(m:conv(strange, { filters = 3, kernel = 3 }))
    local beside = m:activation(first, "relu")
    m.last = m:merge("Concatenate", beside, first)
    return m
  end

  it("is left out with what needs it, which is said, and the rest is there", function()
    local path = save(folder .. "/unknown.h5", write.h5(with_unknown "Attention"))
    local net, _, said = open(path)
    assert.equal(("phosphene: '%s': left out layer 'attention' (Attention is not a type that Phosphene runs) and what "
      .. "needs it, 3 layers in all\n"):format(path), said)
    assert.same({ "image", "inputlayer", "conv2d", "activation", "concatenate" },
      { table.unpack(net:layers(), 1, 5) })
    net:forward(image_of(picture()))
  end)

  it("is the same where a known layer is told something that it cannot do", function()
    local _, _, said = open(save(folder .. "/unknown.h5", write.h5(with_unknown("UpSampling2D", {
      interpolation = "bicubic" }))))
    assert.matches("left out layer 'upsampling2d' %(UpSampling2D cannot be built: interpolation 'bicubic'%)", said)
  end)

  it("is the same where its variables are not there", function()
    local m = with_unknown "Dropout"
    m.layers[4].variables = {}
    local _, _, said = open(save(folder .. "/unknown.h5", write.h5(m)))
    assert.matches("left out layer 'conv2d_1' %(Conv2D cannot be built: the file has 0 variables of it, not 2%)", said)
  end)
end)

describe("A file that is not a Keras model", function()
  local function problem_of(name, bytes)
    local net, problem = open(save(folder .. "/" .. name, bytes))
    assert.is_nil(net)
    return (problem:gsub(folder .. "/", ""))
  end

  it("is refused with one line that says what it is", function()
    local hdf5 = require "keras.hdf5"
    local zip = require "keras.zip"
    assert.equal("'x.h5' is not an HDF5 file", problem_of("x.h5", "nothing\0"))
    assert.equal("'x.h5': it holds weights without a model; model.save writes both, model.save_weights weights alone",
      problem_of("x.h5", hdf5.file(hdf5.tree({}, { [""] = { layer_names = { "a" } } }))))
    assert.equal("'x.keras' is not a zip archive, or is cut off", problem_of("x.keras", "nothing\0"))
    assert.equal("'x.keras': it has no config.json; it is not a Keras model",
      problem_of("x.keras", zip.archive { { "a", "b" } }))
    assert.equal("'x.json': it is not a model of TensorFlow.js", problem_of("x.json", "{}"))
    assert.equal("'x.json': it is a graph model of TensorFlow.js, which is not read; layers models are",
      problem_of("x.json", '{"format": "graph-model", "modelTopology": {"node": []}}'))
    assert.equal("'x.json': it is not JSON, or is damaged (at character 2)", problem_of("x.json", "{"))
  end)

  it("is refused where its picture is none", function()
    local m = model.new({ dims = { 2, 2, 4 }, table.unpack(picture(), 1, 16) }, "four")
    m:global_average(m.input)
    assert.equal("'x.h5': its input 'inputlayer' has 4 channels; a picture has 3 or 1", problem_of("x.h5", write.h5(m)))
  end)
end)

describe("The shared cases", function()
  it("open", function()
    local cases = "../shared/cases/networks/"
    if not io.open(cases .. "keras2.h5") then return pending "needs ../shared/cases" end
    local one, two = assert(open(cases .. "keras2.h5")), assert(open(cases .. "tfjs/model.json"))
    assert.same(one:layers(), two:layers())
    assert.equal(10, #two:labels())
    assert.same({ 28, 28 }, { one:input_size() })
    local result = ph.render { one, ph.logit(3), steps = 2, seed = 1, progress = false }
    assert.equal(2, #result.history[1].values)
  end)
end)
