-- SPDX-License-Identifier: MIT
-- ONNX files that are damaged, or made to do harm: whatever is in them, opening gives a network, or nil and one line,
-- and afterwards no memory is held.

local ph = require "phosphene"
local core = require "phosphene.core"
local overheard = require "overheard"
local limits = require "phosphene.formats.limits"
local writer = require "onnx.writer"

local folder = os.tmpname()
os.remove(folder)
local function path(name) return folder .. "/" .. name end

local function node(op, name, inputs, attributes)
  return { op = op, name = name, inputs = inputs, outputs = { name }, attributes = attributes }
end

local function fill(name, value, ...)
  local count, values = 1, {}
  for _, dim in ipairs { ... } do count = count * dim end
  for i = 1, count do values[i] = value * (i % 3 - 1) end
  return { name = name, dims = { ... }, values = values }
end

-- Small, and with something of everything that is read.
local function model()
  return {
    inputs = { { name = "x", dims = { "n", 3, 8, 8 } } }, outputs = { "p" },
    tensors = {
      fill("w", 0.5, 4, 3, 3, 3), fill("b", 0.1, 4), fill("fc", 0.2, 5, 16),
      { name = "minus", type = "int64", dims = { 1 }, values = { -1 } },
    },
    nodes = {
      node("Conv", "conv", { "x", "w", "b" }, { pads = { 1, 1, 1, 1 }, strides = { 2, 2 }, auto_pad = "NOTSET" }),
      node("LeakyRelu", "relu", { "conv" }, { alpha = 0.2 }),
      node("MaxPool", "pool", { "relu" }, { kernel_shape = { 2, 2 }, strides = { 2, 2 } }),
      node("Shape", "shape", { "pool" }),
      node("Constant", "zero", {}, { value = { type = "int64", dims = { 1 }, values = { 0 } } }),
      node("Gather", "n", { "shape", "zero" }, { axis = 0 }),
      node("Concat", "target", { "n", "minus" }, { axis = 0 }),
      node("Reshape", "flat", { "pool", "target" }),
      node("Gemm", "scores", { "flat", "fc" }, { transB = 1 }),
      node("If", "p", { "zero" }, {
        else_branch = { nodes = { node("Softmax", "softmax", { "scores" }) }, outputs = { "softmax" } },
      }),
    },
  }
end

-- Opens bytes as a file. What comes back is a network, and what is said of it, or one line; a network is run, which may
-- raise one line.
local function open(bytes)
  local said, net, problem = overheard(ph.network, writer.save(path "x.onnx", bytes), { range = { 0, 1 } })
  if net then
    pcall(net.forward, net, core.tensor { 1, 3, 8, 8 })
    net:close()
    return true, said
  end
  assert.is_string(problem)
  assert.is_nil(problem:find "\n", problem)
  assert.is_truthy(problem:find("x.onnx", 1, true), problem)
  assert.is_true(#problem < 1000, problem)
  return nil, problem
end

-- The message for a model that is wrong in a way, without the file's name: why it is none, or which operator was left
-- out, and why.
local function problem_of(change)
  local m = model()
  local bytes = change(m)
  local _, problem = open(bytes or writer.model(m))
  problem = problem:gsub("^phosphene: ", ""):gsub("\n$", ""):gsub("^'[^']*':? ?", ""):gsub(" and %d+ after it$", "")
  return (problem:gsub("^left out '([^']*)' %(([^:]*): (.*)%)$", "operator '%2' (node '%1') %3"))
end

describe("a hostile ONNX file", function()
  local before

  -- A file may become a network without its end, which is said; here that would be noise.
  local stderr = io.stderr
  lazy_setup(function()
    os.execute("mkdir '" .. folder .. "'")
    rawset(io, "stderr", { write = function() end })
  end)
  lazy_teardown(function()
    rawset(io, "stderr", stderr)
    os.execute("rm -r '" .. folder .. "'")
  end)
  before_each(function()
    collectgarbage()
    collectgarbage()
    before = core.memory()
  end)
  after_each(function()
    collectgarbage()
    collectgarbage()
    assert.equal(before, (core.memory()))
  end)

  it("that is valid is opened", function() assert.is_true(open(writer.model(model()))) end)

  it("may end anywhere", function()
    local bytes = writer.model(model())
    for length = 0, #bytes - 1, math.max(1, #bytes // 100) do open(bytes:sub(1, length)) end
    for length = #bytes - 40, #bytes - 1 do open(bytes:sub(1, length)) end
  end)

  it("may have any bit flipped", function()
    local bytes = writer.model(model())
    for i = 1, #bytes do
      if i % 7 == 0 or i < 60 then
        local bit = 1 << (i * 5 % 8)
        open(bytes:sub(1, i - 1) .. string.char(bytes:byte(i) ~ bit) .. bytes:sub(i + 1))
      end
    end
  end)

  it("may have any byte be the largest", function()
    local bytes = writer.model(model())
    for i = 1, #bytes, 5 do open(bytes:sub(1, i - 1) .. "\255" .. bytes:sub(i + 1)) end
  end)

  it("may leave out inputs of what is computed with constants", function()
    local given = { "minus", "minus", "minus" }
    for _, op in ipairs { "Add", "Equal", "Where", "Range", "Expand", "Gather", "ScatterND", "Slice", "Concat",
      "Reshape", "Unsqueeze", "Squeeze", "Cast", "Neg", "ReduceProd", "ConstantOfShape" } do
      for absent = 1, 3 do
        local inputs = table.move(given, 1, 3, 1, {})
        inputs[absent] = ""
        for last = absent == 1 and 1 or absent - 1, 3 do
          local m = model()
          table.insert(m.nodes, 1, node(op, "odd", table.move(inputs, 1, last, 1, {})))
          m.nodes[8].inputs[2] = "odd" -- Concat's, of a shape
          open(writer.model(m))
        end
      end
    end
    local m = model()
    table.insert(m.nodes, 1, node("Where", "odd", { "minus", "", "minus" }))
    m.nodes[8].inputs[2] = "odd"
    local _, problem = open(writer.model(m))
    assert.matches("Where.*has no input 2", problem)
  end)

  it("may be nothing, or no model", function()
    assert.equal("is empty: its download may have failed", problem_of(function() return "" end))
    assert.equal("is not an ONNX model, or is damaged", problem_of(function() return ("\255"):rep(100) end))
    assert.equal("it has no graph", problem_of(function() return writer.number(1, 8) end))
  end)

  it("may lie about lengths", function()
    assert.equal("is not an ONNX model, or is damaged", problem_of(function()
      return writer.varint(7 << 3 | 2) .. writer.varint(1 << 40) .. "x"
    end))
    assert.equal("tensor 'w' takes 432 bytes, not 4", problem_of(function(m) m.tensors[1].raw = "abcd" end))
    assert.equal("tensor 'w' takes 108 numbers, not 1", problem_of(function(m)
      m.tensors[1].values, m.tensors[1].fields = nil, writer.bytes(4, string.pack("<f", 1))
    end))
  end)

  it("may claim shapes that overflow", function()
    assert.equal("tensor 'w': its shape is too large", problem_of(function(m)
      m.tensors[1].dims = { 1 << 62, 1 << 62, 4, 1 }
    end))
    assert.equal("tensor 'w' has a dimension of -1", problem_of(function(m) m.tensors[1].dims = { -1, 3 } end))
    assert.equal("tensor 'w' has 100 dimensions", problem_of(function(m)
      m.tensors[1].dims = {}
      for i = 1, 100 do m.tensors[1].dims[i] = 1 end
    end))
    assert.equal("'x' claims a dimension of 4611686018427387904", problem_of(function(m)
      m.inputs[1].dims[3] = 1 << 62
    end))
  end)

  it("may ask for too much", function()
    for _, huge in ipairs { 1 << 20, 1 << 30, 1 << 60, -(1 << 60) } do
      assert.is_string(problem_of(function(m) m.nodes[1].attributes.pads = { huge, huge, huge, huge } end))
      assert.is_string(problem_of(function(m)
        table.insert(m.tensors, { name = "big", type = "int64", dims = { 4 }, values = { huge, huge, 1, 1 } })
        table.insert(m.nodes, 1, node("ConstantOfShape", "made", { "big" }))
        table.insert(m.nodes, node("Add", "sum", { "p", "made" }))
        m.outputs = { "sum" }
        table.insert(m.nodes, node("Conv", "last", { "sum", "w" }))
        m.outputs = { "last" }
      end))
      assert.is_string(problem_of(function(m)
        table.insert(m.tensors, { name = "big", type = "int64", dims = { 4 }, values = { 1, 4, huge, huge } })
        table.insert(m.nodes, 3, node("Expand", "wide", { "relu", "big" }))
        m.nodes[4].inputs = { "wide" }
      end))
    end
  end)

  it("may have branches that cannot be", function()
    local function problem_with(branches, condition)
      return problem_of(function(m)
        table.insert(m.tensors, { name = "yes", type = "bool", dims = {}, values = { 1 } })
        table.insert(m.nodes, node("If", "chosen", { condition or "yes" }, branches))
        table.insert(m.nodes, node("Gemm", "end", { "chosen", "last" }))
        table.insert(m.tensors, fill("last", 0.5, 5, 2))
        m.outputs = { "end" }
      end)
    end
    local function branch(nodes, output) return { nodes = nodes, outputs = { output } } end
    local whole = branch({ node("Identity", "i", { "p" }) }, "i")
    assert.matches("lacks the branch", problem_with {})
    assert.matches("lacks the branch", problem_with { else_branch = whole })
    assert.matches("no_op.*not supported",
      problem_with { then_branch = branch({ node("no_op", "i", { "p" }) }, "i") })
    local both = { then_branch = whole, else_branch = branch({}, "p") }
    assert.matches("needs a constant as its input 1", problem_with(both, "p"))
    assert.equal("value 'scores' is made twice",
      problem_with { then_branch = branch({ node("Identity", "scores", { "p" }) }, "scores") })
    assert.matches("reads 'i', which nothing before it makes",
      problem_with { then_branch = branch({ node("Identity", "i", { "i" }) }, "i") })
    for _, name in ipairs { "nothing", "chosen" } do
      assert.matches(("reads '%s', which nothing before it makes"):format(name),
        problem_with { then_branch = branch({}, name) })
    end
    -- A branch's own branches are not read.
    assert.matches("lacks the branch", problem_with {
      then_branch = branch({ node("If", "i", { "yes" }, { then_branch = whole }) }, "i"),
    })
  end)

  it("may compute more and more from nothing", function()
    -- Each chain would make a tensor or a list out of a few bytes, over and over.
    local function chain(op, elements, count)
      return problem_of(function(m)
        table.insert(m.tensors, { name = "many", type = "int64", dims = { 1 }, values = { elements } })
        table.insert(m.tensors, { name = "one", dims = { 1 }, values = { 1 } })
        m.nodes = { node("Expand", "c0", { "one", "many" }) }
        for i = 1, count do m.nodes[i + 1] = node(op, "c" .. i, { "c" .. i - 1, op == "Add" and "one" or nil }) end
        m.nodes[count + 2] = node("Conv", "conv", { "x", "c" .. count })
        m.outputs = { "conv" }
      end)
    end
    assert.matches("constants take more than 16%d+ numbers to compute", chain("Add", 1 << 18, 30))
    assert.matches("constants take more than 16%d+ numbers to compute", chain("Sin", 1 << 21, 30))
    assert.matches("constants take more than 16%d+ numbers to compute", chain("Sin", 1 << 26, 3))
  end)

  it("may have more layers than a network", function()
    local most = limits.layers
    limits.layers = 5
    local problem = problem_of(function(m)
      for i = 1, 5 do table.insert(m.nodes, 2, node("Relu", "more" .. i, { i == 5 and "conv" or "more" .. i + 1 })) end
      m.nodes[7].inputs = { "more1" }
    end)
    limits.layers = most
    assert.matches("it has more than 5 layers$", problem)
  end)

  it("may be made of nothing in great numbers", function()
    -- Two bytes each in the file, more in memory.
    local nodes = writer.bytes(1, ""):rep(1 << 20)
    local ok, problem = open(writer.bytes(7, nodes))
    assert.is_nil(ok)
    assert.is_truthy(problem:find "more than 72 MiB", problem)
  end)

  it("may have cycles, names made twice, and names never made", function()
    assert.matches("reads '%w+', which nothing before it makes", problem_of(function(m)
      m.nodes[1].inputs[1] = "p"
    end))
    assert.equal("value 'conv' is made twice", problem_of(function(m) m.nodes[2].outputs = { "conv" } end))
    assert.equal("tensor 'w' occurs twice", problem_of(function(m) m.tensors[2].name = "w" end))
    assert.equal("value 'w' is made twice", problem_of(function(m) m.nodes[2].outputs = { "w" } end))
    assert.equal("operator 'Conv' (node 'conv') reads 'v', which nothing before it makes", problem_of(function(m)
      m.nodes[1].inputs[2] = "v"
    end))
    assert.equal("nothing makes its output 'q'", problem_of(function(m) m.outputs = { "q" } end))
  end)

  it("may have names that are no names", function()
    assert.equal("operator 'Co?nv' (node 'a?b') is not supported", problem_of(function(m)
      m.nodes[1].op, m.nodes[1].name = "Co\nnv", "a\27b"
    end))
    assert.is_string(problem_of(function(m) m.nodes[1].op = ("x"):rep(100000) end))
  end)

  it("may have attributes of wrong types", function()
    assert.equal("operator 'Conv' (node 'conv') has an attribute 'strides' that is no list of whole numbers",
      problem_of(function(m) m.nodes[1].attributes.strides = "two" end))
    assert.equal("operator 'LeakyRelu' (node 'relu') has an attribute 'alpha' that is no number",
      problem_of(function(m) m.nodes[2].attributes.alpha = { 1, 2 } end))
  end)

  it("may have weights that fit nothing", function()
    assert.equal("operator 'Conv' (node 'conv') has weights of shape 4x3x3 for an input of 4 axes; one or two spatial "
      .. "axes are supported", problem_of(function(m) m.tensors[1] = fill("w", 1, 4, 3, 3) end))
    assert.is_string(problem_of(function(m) m.tensors[1] = fill("w", 1, 4, 5, 3, 3) end))
    assert.is_string(problem_of(function(m) m.tensors[3] = fill("fc", 1, 5, 17) end))
    assert.is_string(problem_of(function(m) m.tensors[1].values[5] = 0 / 0 end))
    assert.equal("operator 'Conv' (node 'conv') needs tensor 'w', but its type cannot be read",
      problem_of(function(m) m.tensors[1].number = 8 end))
  end)

  it("may have indices and axes that are none", function()
    local function problem_with(op, inputs, attributes)
      return problem_of(function(m)
        table.insert(m.nodes, node(op, "odd", inputs, attributes))
        table.move({ { name = "two", type = "int64", dims = { 1, 2 }, values = { 0, 0 } },
          { name = "half", dims = { 1 }, values = { 0.5 } }, fill("ends", 1, 8) }, 1, 3, #m.tensors + 1, m.tensors)
        m.outputs, m.opset = { "odd" }, 18
      end)
    end
    assert.equal("operator 'GatherND' (node 'odd') has indices that do not fit its input",
      problem_with("GatherND", { "conv", "two" }, { batch_dims = -1 }))
    assert.equal("operator 'ReduceProd' (node 'odd') has an axis 0.5, which is not a whole number",
      problem_with("ReduceProd", { "conv", "half" }))
    assert.equal("operator 'Pad' (node 'odd') pads 4 axes of 1",
      problem_with("Pad", { "conv", "ends", "", "minus" }))
    assert.equal("operator 'ScatterND' (node 'odd') puts 64 elements to 16 places",
      problem_with("ScatterND", { "conv", "two", "conv" }))
  end)

  it("may point outside its folder", function()
    local function entry(key, value) return writer.bytes(13, writer.bytes(1, key) .. writer.bytes(2, value)) end
    local function external(...)
      local fields = writer.number(14, 1)
      for _, pair in ipairs { ... } do fields = fields .. entry(pair[1], pair[2]) end
      return problem_of(function(m) m.tensors[1].values, m.tensors[1].fields = nil, fields end)
    end
    for _, place in ipairs { "/etc/passwd", "../x", "a/../../x", "..", "" } do
      assert.equal(("tensor 'w' is in '%s', which is not a file in the model's folder"):format(place),
        external { "location", place })
    end
    assert(os.execute(("ln -s /etc/hostname %s; mkdir %s; ln -s target %s"):format(path "link.bin", path "below",
      path "below/inside.bin")))
    assert.equal("tensor 'w': 'link.bin' is a link out of the model's folder", external { "location", "link.bin" })
    writer.save(path "below/target", ("x"):rep(100))
    assert.matches("claims 432 bytes", external { "location", "below/inside.bin" })
    assert.equal(("tensor 'w': cannot read '%s': No such file or directory"):format(path "absent"),
      external { "location", "absent" })
    writer.save(path "short.bin", ("x"):rep(100))
    assert.equal("tensor 'w' claims 432 bytes from byte 0 of a file of 100", external { "location", "short.bin" })
    assert.equal("tensor 'w' claims 432 bytes from byte 99999 of a file of 100",
      external({ "location", "short.bin" }, { "offset", "99999" }))
    assert.equal("tensor 'w' takes 432 bytes, not 5", external({ "location", "short.bin" }, { "length", "5" }))
    assert.equal("tensor 'w': its place in another file is not given in whole numbers",
      external({ "location", "short.bin" }, { "offset", "-1" }))
  end)

  it("may be opened with hardly any memory", function()
    local file = writer.save(path "x.onnx", writer.model(model()))
    for _, sign in ipairs { 1, -1 } do -- all later allocations fail, too, or one alone
      local opened
      for allocations = 1, 2000 do
        core.fail_after(sign * allocations)
        local ok, net, problem = pcall(ph.network, file, { range = { 0, 1 } })
        core.fail_after(0)
        opened = ok and net
        collectgarbage()
        if opened then break end
        assert.matches("not enough memory", ok and problem or net)
      end
      assert.is_truthy(opened)
      opened:close()
    end
  end)
end)
