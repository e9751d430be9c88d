-- SPDX-License-Identifier: MIT
-- Keras's files, damaged or made to do harm: whatever is in them, opening gives a network, or nil and one line, and
-- afterwards no memory is held.

local ph = require "phosphene"
local core = require "phosphene.core"
local hdf5 = require "keras.hdf5"
local made = require("fuzz.keras").made
local save = require("tensorflow.writer").save
local write = require "keras.write"

local folder = os.tmpname()
os.remove(folder)

lazy_setup(function() assert(os.execute("mkdir '" .. folder .. "'")) end)
lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

-- Opens a file of these bytes. What comes back is a network or one line.
local function open(name, bytes)
  local stderr, path = io.stderr, save(folder .. "/" .. name, bytes)
  io.stderr = { write = function() end } -- luacheck: ignore
  local net, problem = ph.network(path, { range = { 0, 1 }, backend = "reference" })
  io.stderr = stderr -- luacheck: ignore
  if net then
    pcall(net.forward, net, core.tensor { 1, 3, 12, 12 })
    net:close()
    return true
  end
  assert.is_string(problem)
  assert.is_nil(problem:find "\n", problem)
  assert.is_truthy(problem:find(path, 1, true), problem)
  assert.is_true(#problem < 1000, problem)
  return nil, (problem:gsub(folder .. "/", ""))
end

describe("A hostile Keras file", function()
  local before, files
  lazy_setup(function()
    local m = made "nested"
    local description, a, b = write.tensorflowjs(m)
    save(folder .. "/a.bin", a)
    save(folder .. "/b.bin", b)
    files = { ["x.h5"] = write.h5(m), ["x.keras"] = write.keras(m, true), ["x.json"] = description }
  end)
  before_each(function()
    collectgarbage()
    collectgarbage()
    before = core.memory()
  end)
  after_each(function()
    collectgarbage()
    collectgarbage()
    assert.is_true(core.memory() <= before)
  end)

  it("that is valid is opened", function()
    for name, bytes in pairs(files) do assert.is_true(open(name, bytes)) end
  end)

  it("may end anywhere", function()
    for name, bytes in pairs(files) do
      for percent = 0, 99 do assert.is_nil((open(name, bytes:sub(1, #bytes * percent // 100)))) end
    end
  end)

  it("may be wrong in any byte", function()
    for name, bytes in pairs(files) do
      for at = 1, #bytes, #bytes // 300 do
        local wrong = ({ "\0", "\xff", "{", "]", "9", '"', "-", "\\" })[at % 8 + 1]
        open(name, bytes:sub(1, at - 1) .. wrong .. bytes:sub(at + 1))
      end
    end
  end)

  it("may have fewer weights than it says", function()
    save(folder .. "/a.bin", "abcd")
    local _, problem = open("x.json", files["x.json"])
    assert.matches("^'x.json': its weights end before '.*' does$", problem)
    os.remove(folder .. "/a.bin")
    _, problem = open("x.json", files["x.json"])
    assert.matches("^'x.json': cannot read its weights: .*a.bin", problem)
    _, problem = open("x.json", (files["x.json"]:gsub('"a.bin"', '"../a.bin"')))
    assert.equal("'x.json': its weights are not in files beside it", problem)
  end)

  -- A model of these layers, as JSON, over a picture called "x".
  local function problem_of(layers, class)
    local input = '{"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [null, 8, 8, 3]}}'
    local text = ('{"class_name": "%s", "config": {"layers": [%s, %s], "input_layers": [["x", 0, 0]]}}'):format(
      class or "Functional", input, layers)
    return select(2, open("y.h5", hdf5.file(hdf5.tree({}, { [""] = { model_config = text } }))))
  end

  local function layer(name, class, inbound, config)
    return ('{"class_name": "%s", "name": "%s", "config": {%s}, "inbound_nodes": [%s]}'):format(class, name,
      config or "", inbound)
  end

  it("may be connected as nothing can be", function()
    assert.matches("layer 'a' reads its own results", problem_of(layer("a", "ReLU", '[["a", 0, 0, {}]]')))
    assert.matches("two layers are called 'a'", problem_of(layer("a", "ReLU", "") .. "," .. layer("a", "ReLU", "")))
    assert.matches("layer 'a' %(nothing gives 'b'%)", problem_of(layer("a", "ReLU", '[["b", 0, 0, {}]]')))
    assert.matches("layer 'a' %(nothing gives 'x'%)", problem_of(layer("a", "ReLU", '[["x", 0, 9, {}]]')))
    assert.matches("not connected as Keras connects them", problem_of(layer("a", "ReLU", '[["x", "y"]]')))
    assert.matches("lists in lists without end", problem_of(layer("a", "TFOpLambda",
      '["x", 0, 0, {"y": ' .. ("["):rep(40) .. ("]"):rep(40) .. "}]")))
    assert.matches("a layer has no class", problem_of "7")
  end)

  it("may have settings that make no sense", function()
    local function problem(class, config) return problem_of(layer("a", class, '[["x", 0, 0, {}]]', config)) end
    assert.matches("'pool_size' is %-1, not a whole number", problem("MaxPooling2D", '"pool_size": -1'))
    assert.matches("'pool_size' of 3 axes", problem("MaxPooling2D", '"pool_size": [1, 2, 3]'))
    assert.matches("'padding' is a number, not a string", problem("MaxPooling2D", '"padding": 7'))
    assert.matches("padding 'full'", problem("MaxPooling2D", '"padding": "full"'))
    assert.matches("activation 'magic'", problem("Activation", '"activation": "magic"'))
    assert.matches("an activation without a name", problem("Activation", '"activation": {}'))
    assert.matches("axis 9 of 4 dimensions", problem("Softmax", '"axis": 9'))
    assert.matches("'scale' is not made of numbers", problem("Rescaling", '"scale": "one"'))
    assert.matches("2 numbers for 3 channels", problem("Rescaling", '"scale": [1, 2]'))
    assert.matches("the file has 0 variables of it, not 2", problem("Conv2D", '"filters": 1'))
    assert.matches("would make", problem("UpSampling2D", '"size": 9999'))
  end)

  it("may have models in models without end", function()
    local text = layer("a", "ReLU", "")
    for _ = 1, 14 do
      text = ('{"class_name": "Sequential", "name": "m", "config": {"layers": [%s]}}'):format(text)
    end
    assert.matches("models in models without end", problem_of(text))
    -- Each calls the one inside twice: 2^15 calls of the innermost.
    text = layer("a", "ReLU", '[["x", 0, 0, {}]]')
    for i = 1, 11 do
      local calls = ([==[[["x", 0, 0, {}]], [["m%d", 0, 0, {}]], [["m%d", 1, 0, {}]], [["m%d", 2, 0, {}]]]==])
        :format(i, i, i)
      text = layer("m" .. i, "Functional", calls, ([==["layers": [{"class_name": "InputLayer", "name": "x",
        "config": {}}, %s], "input_layers": [["x", 0, 0]], "output_layers": [["%s", %d, 0]]]==]):format(text,
        i == 1 and "a" or "m" .. i - 1, i == 1 and 0 or 3))
    end
    assert.matches("used by each other too often", problem_of(text))
  end)
end)
