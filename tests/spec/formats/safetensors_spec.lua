-- SPDX-License-Identifier: MIT
-- Weights files in Lua: there and back, types, messages, memory. What can be wrong with a file is in tests/unit.

local core = require "phosphene.core"
local ph = require "phosphene"

local folder = os.tmpname()
os.remove(folder)
local function path(name) return folder .. "/" .. name end

local function read(file)
  local stream = assert(io.open(file, "rb"))
  local bytes = stream:read "a"
  stream:close()
  return bytes
end

local function exists(file)
  local stream = io.open(file)
  if stream then stream:close() end
  return stream ~= nil
end

local function weights()
  return {
    ["conv.weight"] = core.random(1, "w"):fill_normal(core.tensor { 4, 3, 2, 2 }),
    ["conv.bias"] = core.tensor({ 4 }, { 1, -2, 0.5, 0.1 }),
    scalar = core.tensor({}, 3),
  }
end

describe("core.load_safetensors", function()
  lazy_setup(function() os.execute("mkdir '" .. folder .. "'") end)
  lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  it("skips tensors of whole numbers, and names them", function()
    local header = '{"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},'
      .. '"x":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}'
    local file = assert(io.open(path "whole.safetensors", "wb"))
    file:write(string.pack("<s8", header), string.pack("<i8ff", 3, 0.5, -2))
    file:close()
    local tensors, _, skipped = core.load_safetensors(path "whole.safetensors")
    assert.same({ "n" }, skipped)
    assert.is_nil(tensors.n)
    assert.same({ 0.5, -2 }, tensors.x:values())
  end)

  it("reads back what was saved", function()
    local saved, metadata = weights(), { architecture = "googlenet", labels = '["tench", "n°2"]' }
    assert.is_true(core.save_safetensors(path "deep/a.safetensors", saved, metadata))
    local tensors, texts = core.load_safetensors(path "deep/a.safetensors")
    assert.same(metadata, texts)
    local names = 0
    for name, tensor in pairs(tensors) do
      names = names + 1
      assert.same(saved[name]:shape(), tensor:shape())
      assert.same(saved[name]:values(), tensor:values())
    end
    assert.equal(3, names)
  end)

  it("gives equal bytes for equal contents", function()
    for _, name in ipairs { "b", "c" } do
      assert(core.save_safetensors(path(name), weights(), { z = "1", a = "2", m = 3 }))
    end
    assert.equal(read(path "b"), read(path "c"))
  end)

  it("stores narrower types", function()
    for _, type in ipairs { "F32", "F16", "BF16", "F64" } do
      assert(core.save_safetensors(path "t", weights(), nil, { type = type }))
      local bias = core.load_safetensors(path "t")["conv.bias"]
      assert.near(0.1, bias:at(3), (type == "F32" or type == "F64") and 1e-8 or type == "F16" and 5e-5 or 4e-4)
      assert.equal(-2, bias:at(1))
      assert.equal(type, read(path "t"):match '"dtype":"(%w+)"')
    end
    assert.has_error(function() core.save_safetensors(path "t", weights(), nil, { type = "FP16" }) end,
      "save_safetensors: no type 'FP16'; did you mean 'F16'?")
    assert.has_error(function() core.save_safetensors(path "t", weights(), nil, { kind = "F16" }) end)
  end)

  it("never writes to the file it looks into", function()
    assert(core.save_safetensors(path "d", weights()))
    local before = read(path "d")
    core.load_safetensors(path "d")["conv.weight"]:fill(7)
    assert.equal(before, read(path "d"))
    assert.is_true(core.load_safetensors(path "d")["conv.weight"]:at(0, 0, 0, 0) ~= 7)
  end)

  it("keeps tensors alive, whatever happens to the file", function()
    assert(core.save_safetensors(path "e", weights()))
    local bias = core.load_safetensors(path "e")["conv.bias"]
    collectgarbage()
    assert(core.save_safetensors(path "e", { other = core.tensor { 1000 } }))
    assert.same({ 1, -2, 0.5 }, { bias:at(0), bias:at(1), bias:at(2) })
    os.remove(path "e")
    assert.equal(1, bias:at(0))
  end)

  it("says in one line what is wrong with a file", function()
    local tensors, message = core.load_safetensors(path "missing")
    assert.is_nil(tensors)
    assert.equal("cannot read '" .. path "missing" .. "': No such file or directory", message)
    local stream = assert(io.open(path "f", "wb"))
    local header = '{"mixed4a.weight":{"dtype":"F32","shape":[25],"data_offsets":[0,100]}}'
    stream:write(("<I8"):pack(#header), header, ("\0"):rep(40))
    stream:close()
    tensors, message = core.load_safetensors(path "f")
    assert.is_nil(tensors)
    assert.equal("'" .. path "f" .. "': tensor 'mixed4a.weight' claims bytes 0..100 of 40 bytes of data", message)
  end)

  it("raises for what cannot be saved", function()
    local function save(...)
      local arguments = table.pack(...)
      return function() core.save_safetensors(path "x", table.unpack(arguments, 1, arguments.n)) end
    end
    assert.has_error(save { weight = 3 }, "'weight' is a number, not a tensor")
    assert.has_error(save { core.tensor { 1 } })
    assert.has_error(save { ["a\0b"] = core.tensor { 1 } })
    assert.has_error(save { ["\xFF"] = core.tensor { 1 } })
    assert.has_error(save())
    assert.has_error(save({ a = core.tensor { 1 } }, { seed = {} }), "metadata: seed is a table, not a text")
    assert.has_error(save({ a = core.tensor({ 1 }, 1e6) }, nil, { type = "F16" }))
    local closed = core.tensor { 1 }
    closed:close()
    assert.has_error(save { a = closed })
    assert.is_false(exists(path "x"))
  end)

  it("survives missing memory at any point", function()
    local saved, finished = weights(), nil
    for n = 1, 200 do
      core.fail_after(n)
      local ok, tensors = pcall(function()
        return core.save_safetensors(path "m", saved, { a = "1" }, { type = "F16" }) and core.load_safetensors(path "m")
      end)
      core.fail_after(0)
      finished = ok and tensors
      if finished then break end
    end
    assert.equal(3, finished.scalar:at())
  end)

  it("leaves nothing behind", function()
    collectgarbage()
    collectgarbage()
    local _, blocks = core.memory()
    for _ = 1, 20 do
      core.load_safetensors(path "d")
      core.load_safetensors(path "f")
    end
    collectgarbage()
    collectgarbage()
    assert.equal(blocks, (select(2, core.memory())))
  end)

  it("reads the bundled network's weights", function()
    local tensors, metadata = core.load_safetensors "weights/googlenet-tiny.safetensors"
    assert.equal("googlenet_tiny", metadata.architecture)
    local count = 0
    for _, tensor in pairs(tensors) do
      count = count + 1
      assert.equal(0, tensor:statistics().not_finite)
    end
    assert.is_true(count > 50)
  end)
end)

describe("a network's file", function()
  it("may be overwritten in its place, or cut short, while the network is in use", function()
    local saved = os.tmpname() .. ".safetensors"
    local image = ph.random(1, "image"):fill_normal(ph.tensor { 1, 3, 8, 8 })
    local net = core.network { backend = "dnnl" }
    net:add { type = "convolution", name = "conv", from = "image", padding = { 1, 1 },
      weight = ph.random(2, "weight"):fill_normal(ph.tensor { 4, 3, 3, 3 }) }
    assert(net:save(saved))

    local opened, other = assert(ph.network(saved)), assert(ph.network(saved))
    local expected = net:forward(image, "conv"):activation("conv"):values()
    local file = assert(io.open(saved, "r+b"))
    local size = file:seek "end"
    file:seek("set", size - 100)
    file:write(("\xFF"):rep(100))
    file:close()
    assert.same(expected, opened:forward(image, "conv"):activation("conv"):values())
    assert(io.open(saved, "wb")):close() -- cut to nothing
    assert.same(expected, other:forward(image, "conv"):activation("conv"):values())
    os.remove(saved)
  end)
end)
