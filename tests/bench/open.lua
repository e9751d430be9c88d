-- SPDX-License-Identifier: MIT
-- How soon a large ONNX model is read, and how much memory that takes against the file's size: 500 MB (MEGABYTES) of
-- weights in tensors of 16 MB, then in one. Not among what `make bench` runs, since the file has to be written.
local core = require "phosphene.core"
local measure = require "measure"
local writer = require "onnx.writer"

local megabyte = 1 << 20
local size = (tonumber(os.getenv "MEGABYTES") or 500) * megabyte

local function peak() return tonumber(io.open("/proc/self/status"):read("a"):match "VmHWM:%s*(%d+)") * 1024 end

-- A length-delimited field whose bytes follow.
local function head(field, length) return writer.varint(field << 3 | 2) .. writer.varint(length) end

-- The numbers are zeros, written piece by piece; everything around them has to know its length before.
local function write(path, each)
  local file, zeros = assert(io.open(path, "wb")), ("\0"):rep(megabyte)
  local count, heads, length = size // each, {}, 0
  for i = 1, count do
    local inner = writer.tensor { name = "w" .. i, dims = { each // 4 } } .. head(9, each)
    heads[i] = head(5, #inner + each) .. inner
    length = length + #heads[i] + each
  end
  file:write(writer.number(1, 8), writer.bytes(8, writer.number(2, 13)), head(7, length))
  for i = 1, count do
    file:write(heads[i])
    for _ = 1, each // megabyte do file:write(zeros) end
  end
  file:close()
end

measure.title(("an ONNX model of %d MB"):format(size // megabyte))
os.execute("mkdir -p build/bench")
local path, results = os.tmpname(), {}
for _, each in ipairs { 16 * megabyte, size } do
  write(path, each)
  local start = core.clock()
  local document = assert(core.load_onnx(path))
  local seconds = core.clock() - start
  local ratio = peak() / size
  print(("  %-44s %10.2f s, %.2f times its size in memory at most"):format(
    ("%d tensors"):format(#document.graph.initializer), seconds, ratio))
  results[#results + 1] = { tensors = #document.graph.initializer, seconds = seconds, ratio = ratio }
  document = nil -- luacheck: ignore
  collectgarbage()
end
os.remove(path)
measure.write("open", results)
