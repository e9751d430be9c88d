-- SPDX-License-Identifier: MIT
-- What a network's input is made of: who states it, what is made of that, and the check that shows which one fits.

local ph = require "phosphene"
local core = require "phosphene.core"
local preprocessing = require "phosphene.network.preprocessing"

local function network() return core.network { backend = "reference" } end

-- The picture (1, 3, 1, 1) as the network sees it, in its channel order.
local function seen(request, picture)
  local net = network()
  local name = preprocessing.add(net, request)
  return net:forward(core.tensor({ 1, 3, 1, 1 }, picture), name):activation(name):values(), net
end

local function assert_near(expected, got)
  for i, value in ipairs(expected) do assert.near(value, got[i], 1e-4 * (1 + math.abs(value))) end
end

describe("preprocessing", function()
  local picture = { 0.25, 0.5, 1 }

  it("takes the user's options", function()
    assert_near({ -0.5, 0, 1 }, seen({ options = { range = { -1, 1 } } }, picture))
    assert_near({ 255 - 104, 127.5 - 117, 63.75 - 123 },
      seen({ options = { mean = { 104, 117, 123 }, order = "bgr" } }, picture))
    assert_near({ (0.25 - 0.5) / 0.2, 0, 0.5 / 0.2 }, seen({ options = { mean = 0.5, std = 0.2 } }, picture))
  end)

  it("takes what the architecture, the file, or a well-known name says, in this order", function()
    local metadata = { mean = "0.485, 0.456 0.406", std = "[0.229,0.224,0.225]" }
    assert_near({ 63.75, 127.5, 255 }, seen({ model = { range = { 0, 255 } }, metadata = metadata }, picture))
    assert_near({ (0.25 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (1 - 0.406) / 0.225 },
      seen({ metadata = metadata, format = "caffe", names = { "bvlc_googlenet" } }, picture))
    local values, net = seen({ format = "caffe", names = { "x", "BVLC_GoogLeNet" } }, picture)
    assert_near({ 151, 10.5, -59.25 }, values)
    assert.equal("networks called BVLC_GoogLeNet", preprocessing.of(net).source)
    assert_near({ 151, 10.5, -59.25 },
      seen({ metadata = { ["Image.NominalPixelRange"] = "NominalRange_0_255", ["Image.BitmapPixelFormat"] = "Bgr8",
        mean = "104 117 123" } }, picture))
    assert_near({ -53.25, 10.5, 138 }, seen({ format = "tensorflow", names = { "inception5h" } }, picture))
    assert_near({ 0.25, 0.5, 1 }, seen({ format = "onnx", names = { "bvlc_googlenet_not", "x" }, channels = 3,
      options = { range = { 0, 1 }, order = "RGB" } }, picture))
  end)

  it("replaces range, mean and deviation together, the order alone", function()
    local model = { range = { 0, 255 }, mean = { 104, 117, 123 }, order = "BGR" }
    assert_near({ 1, 0, -0.5 }, seen({ model = model, options = { range = { -1, 1 } } }, picture))
    assert_near({ 63.75 - 104, 127.5 - 117, 255 - 123 }, seen({ model = model, options = { order = "RGB" } }, picture))
  end)

  it("does not believe metadata that make no sense", function()
    for _, metadata in ipairs { { range = "1 1" }, { range = "a b" }, { std = "0 1 1" }, { mean = "nan" },
      { order = "BGR" }, { mean = "1e9" }, {} } do
      assert.is_nil(preprocessing.stated(metadata))
    end
  end)

  it("is told by the network, in the terms of the options", function()
    local net = assert(ph.network "googlenet-tiny")
    local input = net:preprocessing()
    assert.same({ 0, 255 }, input.range)
    assert.same({ 70, 70, 70 }, input.std)
    assert.equal("RGB", input.order)
    assert.equal("its architecture", input.source)
    assert.matches("^input: RGB, 0%.%.255, mean 122%.4, 114%.24, 101%.235, std 70, 70, 70 %(from its architecture%)\n",
      net:describe())
    net = assert(ph.network("googlenet-tiny", { range = { -1, 1 }, order = "BGR" }))
    assert.same({ range = { -1, 1 }, order = "BGR", source = "the options" }, net:preprocessing())
    local _, unknown = seen({}, { 0, 0, 0 })
    assert.is_nil(unknown:preprocessing().source)
    assert.is_nil(network():preprocessing())
  end)

  it("refuses options that make no sense", function()
    for option, value in pairs { range = { 1 }, mean = "0.5", std = { 0, 1, 1 }, order = "GBR" } do
      assert.error_matches(function() ph.network("googlenet-tiny", { [option] = value }) end,
        "network: " .. option .. ": ")
    end
    assert.error_matches(function() ph.network("googlenet-tiny", { range = { 0, 0 } }) end, "two different numbers")
  end)
end)

describe("net:check", function()
  local folder = os.tmpname() .. "_photographs"
  local net = assert(ph.network("googlenet-tiny", { range = { 0, 1 }, order = "BGR" }))

  setup(function()
    for i = 1, 4 do
      local image = core.random(i, "check"):fill_normal(core.tensor { 1, 3, 70, 64 }, 0.5, 0.2)
      assert(core.save_image(image, ("%s/%d.png"):format(folder, i)))
    end
  end)
  teardown(function()
    for _, name in ipairs(core.list_folder(folder) or {}) do os.remove(folder .. "/" .. name) end
    os.remove(folder)
  end)

  local function row_of(result, text)
    for _, row in ipairs(result.rows) do
      if preprocessing.text(row.preprocessing, 3) == text then return row end
    end
  end

  it("shows what the network would make of a picture under each candidate", function()
    local path = folder .. "/1.png"
    local result = assert(net:check(path, { size = 64 }))
    local image = ph.crop_image(assert(ph.load_image(path, { size = 64 })), 64, 64)
    for text, options in pairs {
      ["BGR, 0..1"] = { range = { 0, 1 }, order = "BGR" },
      ["BGR, 0..255, mean 104, 117, 123"] = { mean = { 104, 117, 123 }, order = "BGR" },
      ["RGB, 0..1, mean 0.485, 0.456, 0.406, std 0.229, 0.224, 0.225"] =
        { mean = { 0.485, 0.456, 0.406 }, std = { 0.229, 0.224, 0.225 }, order = "RGB" },
    } do
      local row = row_of(result, text)
      local other = assert(ph.network("googlenet-tiny", options))
      local probabilities = other:forward(image, "softmax2", { backward = false }):activation "softmax2":values()
      for _, class in ipairs(row.classes) do assert.near(probabilities[class.index + 1], class.probability, 1e-4) end
      assert.equal(other:labels()[row.classes[1].index + 1], row.classes[1].label)
      assert.near(row.confidence, row.classes[1].probability, 1e-9)
    end
    assert.is_true(row_of(result, "BGR, 0..1").loaded)
  end)

  it("leaves the network as it is, and prints a table", function()
    local image = core.tensor({ 1, 3, 64, 64 }, 0.3)
    local before = net:forward(image, "softmax2"):activation "softmax2":values()
    local result = assert(net:check(folder, { limit = 2, size = 64 }))
    assert.same(before, net:forward(image, "softmax2"):activation "softmax2":values())
    assert.equal(2, result.count)
    local text = tostring(result)
    assert.matches("%*  BGR, 0%.%.1 ", text)
    assert.matches("2 of 4 pictures, 64 px", text)
    assert.matches("RGB, 0%.%.1, mean 0%.485", text)
  end)

  it("looks at pictures that are spread over the folder", function()
    local paths = ph.list_images(folder)
    local result = assert(net:check(folder, { limit = 2, size = 64 }))
    local first = assert(net:check(paths[1], { size = 64 }))
    local middle = assert(net:check(paths[3], { size = 64 }))
    for _, row in ipairs(result.rows) do
      local text = preprocessing.text(row.preprocessing, 3)
      assert.near((row_of(first, text).confidence + row_of(middle, text).confidence) / 2, row.confidence, 1e-9)
    end
  end)

  it("takes what the field trains on where the network takes any size", function()
    assert.matches(", 224 px;", tostring(assert(net:check(folder .. "/1.png"))))
  end)

  it("looks at a hundred of many", function()
    local many, plain = os.tmpname() .. "_many", network()
    plain:add { type = "global_average_pool", name = "scores", from = "image" }
    for i = 1, 101 do assert(core.save_image(core.tensor { 1, 3, 4, 4 }, ("%s/%d.png"):format(many, i))) end
    local result = plain:check(many, { size = 4 })
    for i = 1, 101 do os.remove(("%s/%d.png"):format(many, i)) end
    os.remove(many)
    assert.matches("100 of 101 pictures", tostring(result))
  end)

  it("knows pictures whose files are named after their class", function()
    assert(core.save_image(core.tensor({ 1, 3, 64, 64 }, 0.5), folder .. "/x.png"))
    local class = assert(net:check(folder .. "/x.png", { size = 64 })).rows[1].classes[1]
    local renamed = ("%s/n01_%s 7.png"):format(folder, class.label:match "^[^,]+":upper())
    assert(os.rename(folder .. "/x.png", renamed))
    local result = assert(net:check(renamed, { size = 64 }))
    assert.equal(1, result.rows[1].named)
    assert.matches("named", tostring(result))
  end)

  it("gives nil and a message where there are no pictures", function()
    local result, problem = net:check "/nowhere"
    assert.is_nil(result)
    assert.matches("/nowhere", problem)
    assert.error_matches(function() net:check(folder, { sise = 3 }) end, "did you mean 'size'")
  end)
end)
