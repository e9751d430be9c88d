-- SPDX-License-Identifier: MIT
-- What docs/networks.md says of files is so: each kind that it says opens is written, opened and run, and of each other
-- the message says what the page does.

local ph = require "phosphene"
local core = require "phosphene.core"
local caffe = require "caffe.writer"
local dicts = require "torch.dicts"
local hdf5 = require "keras.hdf5"
local keras = require "keras.write"
local model = require "keras.model"
local onnx = require "onnx.writer"
local tensorflow = require "tensorflow.writer"

local folder = os.tmpname()
os.remove(folder)
lazy_setup(function() assert(os.execute("mkdir -p '" .. folder .. "/saved' '" .. folder .. "/net.mlpackage'")) end)
lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

local function save(name, bytes) return tensorflow.save(folder .. "/" .. name, bytes) end

-- The rows of the page's tables of so many columns, as lists of cells without links.
local function rows(columns)
  local file = assert(io.open "docs/networks.md")
  local section = file:read("a"):match "\n## I have a … file\n(.-)\n## "
  file:close()
  local list = {}
  for line in section:gmatch "[^\n]+" do
    local cells = {}
    for cell in line:gsub("%[(.-)%]%(.-%)", "%1"):gmatch "| ([^|]+) %f[|]" do cells[#cells + 1] = cell end
    if #cells == columns and cells[1] ~= "file" and cells[1] ~= "---" then list[#list + 1] = cells end
  end
  return list
end

-- ---- kinds that open ----

-- Eight by eight pixels of three channels, as Keras has them, and two layers.
local function keras_model()
  local picture = { dims = { 8, 8, 3 } }
  for i = 1, 8 * 8 * 3 do picture[i] = i / 200 end
  local m = model.new(picture, "small")
  m:dense(m:global_average(m.input), 3)
  return m
end

local weight = core.random(1, "networks_page_spec"):fill_normal(core.tensor { 4, 3, 3, 3 }, 0, 0.3)
local convolution = "convolution_param { num_output: 4 kernel_size: 3 bias_term: false }"

local opens = {
  [".onnx"] = function()
    return save("net.onnx", onnx.model { opset = 13, inputs = { { name = "x", dims = { 1, 3, 8, 8 } } },
      outputs = { "y" }, nodes = { { op = "Relu", name = "y", inputs = { "x" }, outputs = { "y" } } }, tensors = {} })
  end,
  [".safetensors of Phosphene"] = function()
    local net = core.network { channels = 3 }
    net:add { type = "convolution", name = "c", from = "image", weight = weight }
    assert(net:save(folder .. "/own.safetensors"))
    return folder .. "/own.safetensors"
  end,
  [".safetensors of a known family"] = function()
    assert(core.save_safetensors(folder .. "/dict.safetensors", dicts.resnet().tensors))
    return folder .. "/dict.safetensors"
  end,
  [".keras"] = function() return save("net.keras", keras.keras(keras_model())) end,
  [".h5, .hdf5"] = function()
    local bytes = keras.h5(keras_model())
    return save("net.h5", bytes), save("net.hdf5", bytes)
  end,
  ["model.json"] = function()
    local description, a, b = keras.tensorflowjs(keras_model())
    save("a.bin", a)
    save("b.bin", b)
    return save("model.json", description)
  end,
  [".pb"] = function()
    return save("net.pb", tensorflow.graph {
      { op = "Placeholder", name = "x", inputs = {}, attributes = { shape = { shape = { 1, 8, 8, 3 } } } },
      { op = "Relu", name = "y", inputs = { "x" } },
    })
  end,
  [".prototxt, .caffemodel"] = function()
    return save("net.prototxt", caffe.prototxt({ { "Convolution", "c", { "data" }, "c", convolution } }, 8)),
      save("net.caffemodel", caffe.model { { name = "c", blobs = { { tensor = weight } } } })
  end,
}

-- ---- kinds that do not ----

-- The beginning of an archive: the header of its first file.
local function zip(first) return "PK\3\4" .. ("\0"):rep(22) .. string.pack("<I2I2", #first, 0) .. first end

local function saved_model() return save("saved/saved_model.pb", "\8\1\18\40\10\20\10\4tags") end

-- A function that writes such a file.
local function bytes(name, content) return function() return save(name, content) end end

local others = {
  [".pt, .pth, .bin, .ckpt of PyTorch"] = function()
    local content = zip "archive/data.pkl"
    return save("w.pt", content), save("w.pth", content), save("w.bin", content), save("w.ckpt", content)
  end,
  ["the same, of PyTorch before 1.6"] = bytes("old.pth", "\128\2\138\10l\252\156F\249 j\168P\25."),
  [".pt2"] = bytes("net.pt2", zip "net/archive_format"),
  [".safetensors of another family"] = function()
    assert(core.save_safetensors(folder .. "/w.safetensors", { ["conv.weight"] = weight }))
    return folder .. "/w.safetensors"
  end,
  [".h5 of save_weights"] = function() return save("w.h5", hdf5.file(hdf5.tree({}, { [""] = { backend = "x" } }))) end,
  ["model.json of a graph model"] = bytes("graph.json", '{"format": "graph-model", "modelTopology": {"node": []}}'),
  ["a SavedModel's folder"] = function() return saved_model() and folder .. "/saved" end,
  ["saved_model.pb"] = saved_model,
  ["checkpoint"] = bytes("checkpoint", 'model_checkpoint_path: "model.ckpt-1"\n'),
  [".pbtxt"] = bytes("net.pbtxt", 'node {\n  name: "x"\n}\n'),
  [".tflite"] = bytes("net.tflite", "\28\0\0\0TFL3"),
  [".mlmodel, .mlpackage"] = function()
    return save("net.mlmodel", "\8\4\18\40\10\20\10\4data"), folder .. "/net.mlpackage"
  end,
  [".xml of OpenVINO"] = bytes("net.xml", '<?xml version="1.0"?>\n<net name="x" version="11">'),
  ["-symbol.json"] = bytes("net-symbol.json", '{\n  "nodes": [\n    { "op": "null" }]}'),
  [".ort"] = bytes("net.ort", "\24\0\0\0ORTM\0\0"),
  [".mat"] = bytes("net.mat", "MATLAB 5.0 MAT-file, Platform: GLNXA64\0\1IM"),
  [".npz"] = bytes("w.npz", zip "conv.npy"),
  ["config.json"] = bytes("config.json", '{ "architectures": ["ResNetForImageClassification"] }'),
  [".index.json"] = bytes("w.index.json", '{ "metadata": {}, "weight_map": { "a": "1.safetensors" } }'),
  [".gz, .tgz"] = function() return save("net.gz", "\31\139\8\0"), save("net.tgz", "\31\139\8\0") end,
  [".tar"] = bytes("net.tar", ("\0"):rep(257) .. "ustar\0"),
  [".zip"] = bytes("net.zip", zip "readme.txt"),
  ['a few lines, beginning with "version"'] = bytes("lfs.onnx", "version https://git-lfs.github.com/spec/v1\n"),
  ["a page, <html>"] = bytes("page.onnx", "<!DOCTYPE html>\n<html>"),
}

-- ---- the page ----

-- Each row has its kind here and each kind its row; calls check(row, path) for each file of it.
local function check_rows(columns, kinds, check)
  local seen = {}
  for _, row in ipairs(rows(columns)) do
    local name = row[1]:gsub("`", "")
    seen[name] = assert(kinds[name], name)
    for _, path in ipairs { kinds[name]() } do check(row, path) end
  end
  for name in pairs(kinds) do assert.is_truthy(seen[name], name) end
end

describe("docs/networks.md", function()
  it("lists files that open, and run", function()
    check_rows(2, opens, function(row, path)
      local net, problem = ph.network(path, { range = { 0, 1 } })
      assert(net, problem)
      local layers = net:layers()
      local height, width = net:input_size()
      local image = core.tensor({ 1, 3, height or 32, width or 32 }, 0.5)
      net:forward(image, layers[#layers])
      assert.is_true(net:activation(layers[#layers]):count() > 0, row[1])
    end)
  end)

  it("says of the others what the message does", function()
    check_rows(3, others, function(row, path)
      local net, problem = ph.network(path)
      assert.is_nil(net, row[1])
      assert.is_truthy(problem:find(row[2], 1, true), problem)
      for command in row[3]:gmatch "`(.-)`" do
        assert.is_truthy(problem:find(command, 1, true), problem)
      end
    end)
  end)
end)
