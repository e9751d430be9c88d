-- SPDX-License-Identifier: MIT
-- Caffe's files, damaged or made to do harm: whatever is in them, opening gives a network, or nil and one line, and
-- afterwards no memory is held.

local ph = require "phosphene"
local core = require "phosphene.core"
local overheard = require "overheard"
local prototxt = require "phosphene.formats.caffe.prototxt"
local refuse = require "phosphene.formats.refuse"
local save = require("tensorflow.writer").save
local writer = require "caffe.writer"

local stem = os.tmpname()

local described = {
  { "Convolution", "c", { "data" }, "c",
    "convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { } }" },
  { "ReLU", "r", { "c" }, "c" },
  { "LRN", "n", { "c" }, "n", "lrn_param { local_size: 3 alpha: 1e-4 }" },
  { "Pooling", "p", { "n" }, "p", "pooling_param { pool: MAX kernel_size: 2 stride: 2 }" },
  { "Concat", "j", { "p", "p" }, "j" },
  { "InnerProduct", "f", { "j" }, "f", "inner_product_param { num_output: 2 }" },
  { "Softmax", "s", { "f" }, "s" },
}

local function numbers(...)
  local count, list = 1, {}
  for _, dim in ipairs { ... } do count = count * dim end
  for i = 1, count do list[i] = (i % 5 - 2) / 4 end
  return { tensor = core.tensor({ ... }, list) }
end

local function weighted()
  return { { name = "c", blobs = { numbers(4, 3, 3, 3), numbers(4) } },
    { name = "f", blobs = { numbers(2, 128), numbers(2) } } }
end

-- Opens a description and weights. What comes back is a network, and what is said of it, or one line.
local function open(text, bytes)
  save(stem .. ".caffemodel", bytes)
  local said, net, problem = overheard(ph.network, save(stem .. ".prototxt", text), { range = { 0, 1 } })
  if net then
    pcall(net.forward, net, core.tensor { 1, 3, 8, 8 })
    net:close()
    return true, said
  end
  assert.is_string(problem)
  assert.is_nil(problem:find "\n", problem)
  assert.is_truthy(problem:find(stem, 1, true), problem)
  assert.is_true(#problem < 1000, problem)
  return nil, problem
end

-- Why it is no network, or what of it was left out.
local function problem_of(text, bytes) return select(2, open(text, bytes or writer.model(weighted()))) end

describe("a hostile Caffe file", function()
  local before
  local text, bytes

  lazy_setup(function() text, bytes = writer.prototxt(described, 8), writer.model(weighted()) end)
  before_each(function()
    collectgarbage()
    collectgarbage()
    before = core.memory()
  end)
  after_each(function()
    os.remove(stem .. ".prototxt")
    os.remove(stem .. ".caffemodel")
    collectgarbage()
    collectgarbage()
    assert.is_true(core.memory() <= before)
  end)

  it("that is valid is opened", function() assert.is_true(open(text, bytes)) end)

  it("may end anywhere", function()
    for length = 0, #text - 1, 7 do open(text:sub(1, length), bytes) end
    for length = 0, #bytes - 1, 37 do open(text, bytes:sub(1, length)) end
  end)

  it("may be wrong in any byte", function()
    for at = 1, #text, 3 do
      local wrong = ({ "{", "}", '"', "\0", "9", "#", "[", "\\" })[at % 8 + 1]
      open(text:sub(1, at - 1) .. wrong .. text:sub(at + 1), bytes)
    end
    for at = 1, #bytes, 5 do
      open(text, bytes:sub(1, at - 1) .. string.char(bytes:byte(at) ~ (1 << at % 8)) .. bytes:sub(at + 1))
    end
  end)

  it("may describe what makes no sense", function()
    local function change(from, to) return problem_of((text:gsub(from, to))) end
    assert.matches("'data' is 1x3x99999x8", change("dim: 8 dim: 8", "dim: 99999 dim: 8"))
    assert.matches("'dim' is %-8, not a whole number", change("dim: 8 dim: 8", "dim: -8 dim: 8"))
    assert.matches("has 5 channels; a picture", change("dim: 3 dim: 8", "dim: 5 dim: 8"))
    assert.matches("weights are 4x3x3x3, not 5x3x3x3", change("num_output: 4", "num_output: 5"))
    assert.matches("'num_output' is 1e%+300, not a whole number", change("num_output: 4", "num_output: 1e300"))
    assert.matches("'kernel_size' is big, not a whole number", change("kernel_size: 3", "kernel_size: big"))
    assert.matches("no num_output", change("num_output: 4", ""))
    assert.matches("reads 'q', which nothing before it writes", change('bottom: "n"', 'bottom: "q"'))
    assert.matches("left out 'c' %(Softmin: not supported%) and 6 after it",
      change('"Convolution"', '"Softmin"'))
    assert.matches("'bottom' is a table, not a string", change('bottom: "n"', "bottom { }"))
    assert.matches("'pool' is a number, not a string", change("pool: MAX", "pool: 3"))
    assert.matches("method STOCHASTIC", change("pool: MAX", "pool: STOCHASTIC"))
    assert.matches("the weights have none for it", problem_of(text, writer.model {}))
    assert.matches("is empty", problem_of "")
    assert.matches("it describes no layers", problem_of "#")
    assert.matches("does not say what its input is", problem_of 'layer { type: "ReLU" }')
  end)

  it("may hold blobs that do not fit", function()
    local function with(blob) return problem_of(text, writer.model { { name = "c", blobs = { blob } } }) end
    assert.matches("a blob of shape 4x3x3x3 has 1 numbers", with { shape = { 4, 3, 3, 3 }, data = "abcd" })
    assert.matches("a blob", with { shape = { 1 << 62, 1 << 62 }, data = "abcd" })
    assert.matches("a blob", with { shape = { -1 }, data = "abcd" })
    assert.matches("9 dimensions", with { shape = { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, data = "abcd" })
    assert.matches("NaN or infinite", problem_of(text, writer.model { { name = "c", blobs = {
      { tensor = core.tensor({ 4, 3, 3, 3 }, 0 / 0) }, numbers(4) } } }))
    assert.matches("is not a Caffe model", problem_of(text, "not weights\0"))
  end)

  it("may write one blob over and over", function()
    local layers = { text }
    for i = 1, 1000 do layers[i + 1] = 'layer { name: "same" type: "ReLU" bottom: "c" top: "c" } ' end
    assert.is_true(open(table.concat(layers), bytes))
  end)

  it("may be nested, long, or large", function()
    assert.matches("nested more than 32 deep", problem_of(("layer {"):rep(100000)))
    assert.matches("the name of a field is missing", problem_of(("}"):rep(1000)))
    assert.matches("more than 262144 fields", problem_of(("a:1 "):rep(300000)))
    assert.matches("too many for a description", problem_of(("#"):rep(5 << 20)))
    assert.matches("a text that is too long", problem_of('name: "' .. ("\\n"):rep(1 << 20) .. '"'))
    assert.matches("a text that does not end", problem_of('name: "abc'))
    assert.matches("a list that does not end", problem_of "dim: [1, 2")
    assert.matches("more than 10000 layers", problem_of(("layer{} "):rep(10001)))
  end)
end)

describe("protobuf's text form", function()
  it("is read with all its spellings", function()
    assert.same({ a = { 1, 2.5, -3 }, b = { "x'\n\"y z" }, c = { { d = { true, "MAX" } } }, e = { { f = { 1 } } },
      g = { 1, 2, 3 }, h = { 0.5 } }, prototxt.parse [[
      a: 1 a:2.5, a: -3; # a comment { not closed
      b: "x'\n" '"y' " z"
      c { d: true d: MAX } e: < f: 1 >
      g: [1, 2, 3] h: .5f]])
    assert.same({}, prototxt.parse " # nothing\n\n")
  end)

  it("is refused with the line where it is wrong", function()
    for text, problem in pairs { ["a: 1\nb"] = "line 2: 'b' has no value", ["a:\n\n"] = "line 3: a value is missing",
      ["a: 1x"] = "line 1: '1x' is not a number", ["a { b: 1"] = "line 1: a message that does not end",
      ["a { b: 1 >"] = "line 1: the name of a field is missing" } do
      local ok, message = refuse.catch(prototxt.parse, text)
      assert.is_false(ok)
      assert.equal(problem, message)
    end
  end)
end)
