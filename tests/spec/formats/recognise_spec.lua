-- SPDX-License-Identifier: MIT
-- Files are told by their first bytes: those of other kinds are named, with advice, and networks are opened whatever
-- their suffix says.

local ph = require "phosphene"
local core = require "phosphene.core"
local recognise = require "phosphene.formats.recognise"
local writer = require "onnx.writer"

local folder = os.tmpname()
os.remove(folder)

lazy_setup(function() assert(os.execute("mkdir -p '" .. folder .. "/saved'")) end)
lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

local function save(name, bytes)
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

-- What is said of a file of these bytes, without the path.
local function told(name, bytes)
  local path = save(name, bytes)
  local net, problem = ph.network(path)
  assert.is_nil(net)
  assert.is_nil(problem:find "\n")
  return (problem:gsub(path:gsub("%p", "%%%0"), "FILE"))
end

-- The beginning of an archive: the header of its first file.
local function zip(first) return "PK\3\4" .. ("\0"):rep(22) .. string.pack("<I2I2", #first, 0) .. first end

local function onnx()
  return writer.model { opset = 13, inputs = { { name = "x", dims = { 1, 3, 8, 8 } } }, outputs = { "y" },
    nodes = { { op = "Relu", name = "y", inputs = { "x" }, outputs = { "y" } } }, tensors = {},
    metadata = { range = "0 1" } }
end

local command = "`phosphene export torchvision:NAME %-%-state%-dict 'FILE'`"

describe("a file that is no network's", function()
  it("is named, with advice", function()
    for name, case in pairs {
      ["lfs.onnx"] = { "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
        "a Git LFS pointer.*git lfs pull" },
      ["page.pb"] = { "\n\n<!DOCTYPE html>\n<html>", "a web page: .*address" },
      ["page.prototxt"] = { "\239\187\191<html><body>", "a web page" },
      ["answer.onnx"] = { "<?xml version='1.0'?><Error/>", "a server's answer" },
      ["weights.pth"] = { zip "archive/data.pkl", "PyTorch's.*" .. command },
      ["model.pt"] = { zip "net/version", "PyTorch's.*" .. command },
      ["old.pth"] = { "\128\2\138\10l\252\156F\249 j\168P\25.", "a Python pickle.*" .. command },
      ["arrays.npz"] = { zip "conv.npy", "arrays of NumPy" },
      ["some.zip"] = { zip "readme.txt", "a zip archive %(its first file is 'readme%.txt'%): unpack" },
      ["net.onnx.gz"] = { "\31\139\8\0", "compressed by gzip: gunzip" },
      ["net.tar"] = { ("\0"):rep(257) .. "ustar\0", "a tar archive: tar %-xf" },
      ["net.tflite"] = { "\28\0\0\0TFL3", "TensorFlow Lite's: .*%-%-tflite 'FILE'" },
      ["net.mlmodel"] = { "\8\4\18\40\10\20\10\4data", "Core ML's: .*ONNX" },
      ["graph.pbtxt"] = { 'node {\n  name: "x"\n}\n', "a TensorFlow graph as text: .*as_text=False" },
      ["net.pb"] = { "hello there\n", "text, beginning with 'hello there'" },
      ["net.txt"] = { 'layer { name: "c" }', "a description.*%.prototxt" },
      ["empty.onnx"] = { "", "empty" },
      ["what.xyz"] = { "\1\2\3\0\5", "of no format that is read: .*%.safetensors" },
    } do
      assert.matches("'FILE' is " .. case[2], told(name, case[1]))
    end
  end)

  it("may be a SavedModel, with its folder", function()
    local path = save("saved/saved_model.pb", "\8\1\18\40\10\20\10\4tags")
    local expected = "python3 %-m tf2onnx%.convert %-%-saved%-model " .. (folder .. "/saved"):gsub("%p", "%%%0")
    assert.matches(expected, select(2, ph.network(path)))
    assert.matches(expected, select(2, ph.network(folder .. "/saved")))
    assert.matches("is a folder", select(2, ph.network(folder)))
  end)

  it("may be weights without a graph", function()
    local path = folder .. "/state.safetensors"
    assert(core.save_safetensors(path, { ["conv.weight"] = core.tensor { 1, 1, 1, 1 } }))
    assert.matches("holds weights without a graph.*`phosphene export torchvision:NAME", select(2, ph.network(path)))
  end)
end)

describe("a network's file", function()
  it("is opened under any suffix", function()
    for _, name in ipairs { "net.ONNX", "net.pb", "net.bin", "network" } do
      local net = assert(ph.network(save(name, onnx())))
      assert.same({ "image", "x", "y" }, net:layers())
    end
    local path = folder .. "/tiny.weights"
    assert(ph.network("googlenet-tiny"):save(folder .. "/tiny.safetensors"))
    assert(os.rename(folder .. "/tiny.safetensors", path))
    assert.equal(#ph.network("googlenet-tiny"):layers(), #assert(ph.network(path)):layers())
  end)

  it("of Keras or TensorFlow.js is handed to the module that reads it", function()
    for name, case in pairs {
      ["net.h5"] = { "keras", "\137HDF\r\n\26\n\0" },
      ["net"] = { "keras", zip "metadata.json" },
      ["model.json"] = { "tensorflowjs", '{"format": "layers-model", "modelTopology": {}}' },
    } do
      assert.equal(case[1], recognise.module(save(name, case[2])))
    end
  end)
end)
