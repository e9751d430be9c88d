-- SPDX-License-Identifier: MIT
-- How much memory it takes to open a large ONNX file: its numbers and not much more, also where weights have to be
-- turned, widened or folded. Each file is opened by a process of its own, which tells its peak.

local writer = require "onnx.writer"

local build = os.getenv "PHOSPHENE_TEST_BUILD" or "build"
local is_sanitized = (os.getenv "PHOSPHENE_TEST_PRELOAD" or "") ~= ""

local folder = os.tmpname()
os.remove(folder)
local function path(name) return folder .. "/" .. name end

local opening = [[
local net = assert(require "phosphene".network(arg[1], { range = { 0, 1 } }))
print(io.open("/proc/self/status"):read "a":match "VmHWM:%s*(%d+)")
]]

-- The peak, in bytes, of a process that opens a file.
local function peak(file)
  local pipe = assert(io.popen(("LUA_PATH_5_4='lua/?.lua;lua/?/init.lua' LUA_CPATH_5_4='%s/lua/?.so' lua5.4 %s %s")
    :format(build, path "open.lua", file)))
  local line = pipe:read "l"
  assert(pipe:close(), "the file was not opened")
  return tonumber(line) * 1024
end

local kinds = { float32 = "\0\0\128\60", float16 = "\0\36" } -- 1/64

local function tensor(name, kind, ...)
  local count = 1
  for _, dim in ipairs { ... } do count = count * dim end
  return { name = name, dims = { ... }, type = kind, raw = kinds[kind]:rep(count) }
end

local function node(op, name, inputs, attributes)
  return { op = op, name = name, inputs = inputs, outputs = { name }, attributes = attributes }
end

local function save(name, nodes, tensors)
  return writer.save(path(name), writer.model {
    inputs = { { name = "x", dims = { 1, 3, 16, 16 } } }, outputs = { nodes[#nodes].name },
    nodes = nodes, tensors = tensors,
  })
end

-- Products whose weights are all stored the other way round from how they are used.
local function products(kind, units)
  return {
    node("Flatten", "flat", { "x" }),
    node("MatMul", "first", { "flat", "w1" }), node("Gemm", "second", { "first", "w2" }),
    node("Transpose", "turned", { "w3" }), node("MatMul", "third", { "second", "turned" }),
  }, { tensor("w1", kind, 768, units), tensor("w2", kind, units, units), tensor("w3", kind, units, units) }
end

-- Convolutions whose weights change with the normalisation behind them.
local function convolutions(kind, units)
  local normal = { "one", "one", "one", "one" }
  local function normalised(name, from)
    return node("BatchNormalization", name, { from, table.unpack(normal) })
  end
  return {
    node("Conv", "c1", { "x", "w1" }), normalised("n1", "c1"),
    node("Conv", "c2", { "n1", "w2" }), normalised("n2", "c2"),
    node("Conv", "c3", { "n2", "w3" }), normalised("n3", "c3"),
  }, { tensor("w1", kind, units, 3, 1, 1), tensor("w2", kind, units, units, 1, 1),
    tensor("w3", kind, units, units, 1, 1), tensor("one", kind, units) }
end

describe("opening a large ONNX file", function()
  local least

  lazy_setup(function()
    os.execute("mkdir '" .. folder .. "'")
    writer.save(path "open.lua", opening)
    least = peak(save("small.onnx", products("float32", 8)))
  end)
  lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  for name, make in pairs { products = products, convolutions = convolutions } do
    for kind, size in pairs { float32 = 4, float16 = 2 } do
      it(("takes at most twice the memory of its numbers: %s in %s"):format(name, kind), function()
        if is_sanitized then return end
        local units = 2304
        local file = save("large.onnx", make(kind, units))
        local bytes = assert(io.open(file)):seek "end"
        assert.is_true(bytes > 2 * size * units ^ 2)
        local numbers = bytes / size * 4
        local taken = peak(file) - least
        assert(taken <= 2 * numbers, ("%.0f MB were taken for %.0f MB"):format(taken / 1e6, numbers / 1e6))
      end)
    end
  end
end)
