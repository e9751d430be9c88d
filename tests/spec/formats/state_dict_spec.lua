-- SPDX-License-Identifier: MIT
-- State dicts of the families that open as they are: small ones, made here by torchvision's and by timm's names of the
-- same network, open, run, and compute the same; what config.json says counts; others are refused in a line. That the
-- values are PyTorch's is for tests/conformance/state_dicts.lua.

local core = require "phosphene.core"
local json = require "phosphene.base.json"
local dicts = require "torch.dicts"
local overheard = require "overheard"
local ph = require "phosphene"

local folder

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir " .. folder))
end)
teardown(function() os.execute("rm -r " .. folder) end)

-- ---- opening them ----

local function write_config(config)
  local path = folder .. "/config.json"
  os.remove(path)
  if not config then return end
  local file = assert(io.open(path, "w"))
  file:write(config)
  file:close()
end

-- The network of such a dict, with this config.json beside it; what was wrong; what was said.
local function open(d, config, options)
  write_config(config)
  local path = folder .. "/net.safetensors"
  assert(core.save_safetensors(path, d.tensors))
  local said, net, problem = overheard(ph.network, path, options)
  return net, problem, said
end

-- ---- what they compute ----

local function picture(side)
  return core.random(2, "picture"):fill_normal(core.tensor { 2, 3, side, side }, 0.5, 0.2)
end

local function scores(net, side)
  local logits = net:classes()
  net:forward(picture(side), logits, { backward = false })
  local result = net:activation(logits):clone()
  assert.is_true(result:statistics().deviation > 1e-4)
  return result:reshape { result:count() }
end

local function same(a, b)
  for i, value in ipairs(a:values()) do assert.near(value, b:values()[i], 1e-4 * (1 + math.abs(value))) end
end

local function has(net, names)
  local known = net:aliases()
  for _, name in ipairs(net:layers()) do known[name] = name end
  for name in names:gmatch "%S+" do assert.is_truthy(known[name], name .. " is no layer") end
end

describe("a state dict", function()
  for title, case in pairs {
    ["ResNet"] = { dicts.resnet, "fc",
      "layer4.0.conv2 layer4.0.bn2 layer4.0.relu_1 layer4.0 layer4 maxpool" },
    ["ResNet of timm's, with more in it"] = { dicts.seresnext_d, "fc",
      "conv1.6 conv1 layer2.0.se layer2.0.conv3 layer2.0.downsample.0" },
    ["VGG"] = { dicts.vgg, "classifier.6", "features.1 features.2 features.14 classifier.1", 224 },
    ["VGG with norms"] = { function() return dicts.vgg(true) end, "classifier.6",
      "features.1 features.3 features", 224 },
    ["DenseNet"] = { dicts.densenet, "classifier",
      "features.denseblock1.denselayer2.conv2 features.denseblock2 features.transition1.pool features.norm5" },
    ["GoogLeNet"] = { dicts.googlenet, "fc", "inception4a.branch2.1.conv inception4a.branch4.0 inception4a conv3" },
    ["MobileNet v2"] = { dicts.mobilenet_v2, "classifier.1", "features.14.conv.1.0 features.14 features.18.2" },
    ["MobileNet v3"] = { dicts.mobilenet_v3, "classifier.3", "features.4.block.2 features.4.block.2.fc1 features.12" },
    ["EfficientNet"] = { dicts.efficientnet, "classifier.1", "features.2.1.block.1.0 features.2.1 features.2" },
    ["vision transformer"] = { dicts.vit, "heads.head",
      "encoder.layers.encoder_layer_1.ln_2 encoder.ln encoder.layers.encoder_layer_0.self_attention.in_proj", 32 },
  } do
    it("of a " .. title .. " opens, under the names of its modules", function()
      local net = assert(open(case[1]()))
      assert.equal(case[2], (net:classes()))
      has(net, case[3])
      assert.is_truthy(net:preprocessing().source)
      assert.equal(10, scores(net, case[4] or 64):count())
    end)
  end

  it("by timm's names computes the same as by torchvision's", function()
    local as_torchvision = { range = { 0, 1 }, mean = { 0.485, 0.456, 0.406 }, std = { 0.229, 0.224, 0.225 } }
    for _, case in ipairs {
      { dicts.mobilenet_v2, dicts.timm_v2, "mobilenetv2_100", "blocks.3.2.conv_dw" },
      { dicts.efficientnet, dicts.timm_efficientnet, "efficientnet_b0", "blocks.1.1.se.conv_reduce" },
      { dicts.vgg, dicts.timm_vgg, "vgg11", "pre_logits.fc1", 224 },
      -- At odd sizes TensorFlow's padding is the same on either side.
      { dicts.mobilenet_v3, dicts.timm_v3, "tf_mobilenetv3_small_100", "blocks.4.2.se.conv_expand", 65 },
      { dicts.vit, dicts.timm_vit, "vit_base_patch8_32", "blocks.1.attn.qkv", 32 },
    } do
      local expected = scores(assert(open(case[1]())), case[5] or 64)
      local config = json.encode { architecture = case[3], model_args = { num_heads = 2 } }
      local net = assert(open(case[2](case[1]()), config, as_torchvision))
      has(net, case[4])
      same(expected, scores(net, case[5] or 64))
    end
  end)

  it("of a vision transformer knows which token is the class's", function()
    local net = assert(open(dicts.vit(), '{"num_heads": 2}'))
    for _, token in ipairs { "class", "patches" } do
      local objective = ph.channel("encoder.layers.encoder_layer_1", 3, { token = token })
      local result = ph.render { net, objective, size = 32, steps = 1, transforms = "none", progress = false }
      assert.equal(1, #result.values)
    end
  end)

  it("says what it had to assume, and nothing of the counters of norms", function()
    local _, _, said = open(dicts.vit())
    assert.matches("^phosphene: '.*net%.safetensors': assumed that it has 2 heads of attention\n$", said)
    _, _, said = open(dicts.vit(), '{"num_heads": 4}')
    assert.equal("", said)
    _, _, said = open(dicts.timm_v2(dicts.mobilenet_v2()))
    assert.matches("assumed that it is not one of timm's tf_ networks", said)
  end)

  it("takes TensorFlow's padding and epsilon where config.json says so", function()
    local plain = assert(open(dicts.timm_efficientnet(dicts.efficientnet()),
      '{"architecture": "efficientnet_b0"}'))
    local other = assert(open(dicts.timm_efficientnet(dicts.efficientnet()),
      '{"architecture": "tf_efficientnet_b0"}'))
    assert.not_equal("same", plain:layer("bn1").settings.padding_mode) -- the convolution, which took the norm in
    assert.equal("same", other:layer("bn1").settings.padding_mode)
    local a, b = scores(plain, 64), scores(other, 64)
    assert.is_true(a:clone():add(b, -1):statistics().deviation > 1e-3 * a:statistics().deviation)
  end)

  it("takes input, labels and size from config.json", function()
    local net = assert(open(dicts.resnet(), json.encode { architecture = "resnet10t",
      label_names = { "a", "b", "c", "d", "e" },
      pretrained_cfg = { mean = { 0.5, 0.4, 0.3 }, std = { 0.25, 0.25, 0.125 }, input_size = { 3, 96, 128 } } }))
    assert.same({ "a", "b", "c", "d", "e" }, net:labels())
    assert.same({ 96, 128 }, { net:input_size() })
    local input = net:preprocessing()
    assert.near(0.4, input.mean[2], 1e-6)
    assert.near(0.125, input.std[3], 1e-6)
    net = assert(open(dicts.resnet(), '{"id2label": {"0": "a", "1": "b", "2": "c", "3": "d", "4": "e"}}'))
    assert.equal("e", net:labels()[5])
  end)

  it("may have what training wraps around names, older names, and no classes", function()
    local wrapped = dicts.new()
    for name, tensor in pairs(dicts.densenet().tensors) do
      wrapped.tensors["module." .. name:gsub("(denselayer%d%.%a+)(%d)%.", "%1.%2.")] = tensor
    end
    same(scores(assert(open(dicts.densenet())), 64), scores(assert(open(wrapped)), 64))
    local headless = dicts.resnet()
    headless.tensors["fc.weight"], headless.tensors["fc.bias"] = nil, nil
    local net = assert(open(headless))
    assert.is_nil(net:classes())
    has(net, "avgpool")
  end)
end)

describe("a state dict that cannot be rebuilt", function()
  local function refused(expected, d, config)
    local net, problem = open(d, config)
    assert.is_nil(net)
    assert.matches(expected, problem)
    assert.is_nil(problem:find "\n")
  end

  it("of another family is told how to get a graph", function()
    refused("of no family that is known: `phosphene export torchvision:NAME %-%-state%-dict '.*net.safetensors'`",
      dicts.new():conv("features.0", 8, 3, 11))
  end)

  it("with more in it than the family has is refused", function()
    refused("its tensor 'layer1%.0%.eca%.conv%.weight' is of no ResNet that is known; `phosphene export",
      dicts.resnet():add("layer1.0.eca.conv.weight", { 1, 1, 3 }))
    refused("config.json says that it is 'resnetblur50', which is not known", dicts.resnet(),
      '{"architecture": "resnetblur50"}')
    refused("config.json says that it is 'mnasnet_100'", dicts.timm_v2(dicts.mobilenet_v2()),
      '{"architecture": "mnasnet_100"}')
  end)

  it("of odd shapes is refused in words", function()
    for name, case in pairs {
      ["fc.weight"] = { { 5, 15 }, "dense 'fc': weight expects 15 inputs, got 16" },
      ["layer2.0.conv1.weight"] = { { 16, 7, 3, 3 }, "weight of 'layer2%.0%.conv1' is for 7 channels, and reads 8" },
      ["layer3.0.conv1.weight"] = { { 16, 16 }, "the weight of 'layer3%.0%.conv1' is no square kernel" },
      ["bn1.running_var"] = { { 7 }, "batch_norm 'bn1': variance: expected shape 8, got 7" },
      ["conv1.weight"] = { { 8, 3, 3, 3 }, "its first convolution is not 7x7" },
      ["layer4.0.bn2.running_mean"] = { nil, "it has no tensor 'layer4%.0%.bn2%.running_mean'" },
    } do
      local d = dicts.resnet()
      d.tensors[name] = case[1] and core.tensor(case[1], 0.5)
      refused(case[2], d)
    end
    local d = dicts.vit()
    refused("concat 'class_token.cat'", d:add("class_token", { 1, 1, 64 }))
    refused("binary 'encoder.pos_embedding'", dicts.vit():add("encoder.pos_embedding", { 1, 19, 128 }))
    refused("3 heads", dicts.vit(), '{"num_heads": 3}')
    d = dicts.mobilenet_v2()
    d.tensors["features.17.conv.0.0.weight"] = nil
    refused("it has 16 blocks, whose strides are not known", d)
  end)

  it("is not helped by a config.json that is none", function()
    for _, text in ipairs { "", "[]", "{", "3",
      '{"mean": "x", "std": [1], "num_heads": -1, "pretrained_cfg": 3, "id2label": [1]}' } do
      assert(open(dicts.vit(), text))
    end
  end)
end)
