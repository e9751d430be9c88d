-- SPDX-License-Identifier: MIT
-- Classes of networks that were opened: probabilities where a file ends in scores, maps that are no classes, and
-- labels, as many as there are classes.

local ph = require "phosphene"
local core = require "phosphene.core"
local labels = require "phosphene.network.labels"

local random = core.random(3, "classes_spec")
local folder = os.tmpname()
os.remove(folder)
os.execute("mkdir " .. folder)
teardown(function() os.execute("rm -r " .. folder) end)

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
  file:close()
  return folder .. "/" .. name
end

-- A file of a network of ten scores, or of a map of them, at 16 px.
local function save(is_map)
  local net = core.network { backend = "reference" }
  net:add { type = "convolution", name = "scores", from = "image",
    weight = random:fill_normal(core.tensor { 10, 3, 3, 3 }, 0, 0.3) }
  if not is_map then net:add { type = "global_average_pool", name = "mean", from = "scores" } end
  net:set_classes { logits = is_map and "scores" or "mean" }
  net:set_input_size(16, 16)
  local path = folder .. "/net.safetensors"
  assert(net:save(path))
  return path
end

local function numbered(count, first)
  local list = {}
  for i = 1, count do list[i] = ("label %d"):format(i) end
  if first then table.insert(list, 1, first) end
  return list
end

describe("a network that ends in scores", function()
  it("has probabilities", function()
    local net = assert(ph.network(save()))
    local logits, probabilities = net:classes()
    assert.equal("mean", logits)
    local picture = random:fill_normal(core.tensor { 2, 3, 16, 16 }, 0.5, 0.2)
    net:forward(picture, { logits, probabilities })
    local sum, most = 0, 0
    local scores, shares = net:activation(logits):values(), net:activation(probabilities):values()
    for i = 1, 10 do
      sum = sum + math.exp(scores[i])
      if shares[i] > shares[math.max(most, 1)] then most = i end
    end
    for i = 1, 10 do assert.near(math.exp(scores[i]) / sum, shares[i], 1e-6) end
    local result = ph.render { net, ph.probability(3), size = 16, steps = 20, seed = 1, progress = false }
    assert.is_true(result.value > result.values[1])
  end)

  it("has no classes where the scores are a map", function()
    local net = assert(ph.network(save(true)))
    assert.same({}, { net:classes() })
    local _, problem = ph.network(save(true), { labels = numbered(10) })
    assert.matches("labels: layer 'scores' is a map", problem, 1, true)
    local map = assert(ph.network(save(true)))
    local path = folder .. "/grey.png"
    assert(core.tensor({ 1, 3, 16, 16 }, 0.5):save(path))
    for message, attempt in pairs {
      ["layer 'scores' is a map of scores: there are no classes to compare by"] = function() map:check(path) end,
      ["does not say which layer holds its logits"] = function() ph.render { map, ph.logit(1), size = 16 } end,
      ["does not say which layer holds its probabilities"] = function()
        ph.render { map, ph.probability(1), size = 16 }
      end,
    } do
      assert.error_matches(attempt, message, 1, true)
    end
  end)
end)

describe("labels", function()
  it("are as many as there are classes", function()
    assert.same(numbered(10), ph.network(save(), { labels = numbered(10) }):labels())
    for _, list in ipairs { numbered(11), numbered(9), { "one" } } do
      local net, problem = ph.network(save(), { labels = list })
      assert.is_nil(net)
      assert.matches(("net.safetensors': labels: %d for 10 classes"):format(#list), problem, 1, true)
    end
    local _, problem = ph.network(save(), { labels = numbered(9) })
    assert.matches("background", problem)
  end)

  it("may have blank lines, or a background that the network has not", function()
    local blank = write("blank.txt", table.concat(numbered(4), "\n") .. "\n\n \n"
      .. table.concat({ table.unpack(numbered(10), 5) }, "\n") .. "\n\n")
    assert.same(numbered(10), ph.network(save(), { labels = blank }):labels())
    assert.same(numbered(10), ph.network(save(), { labels = numbered(10, "background") }):labels())
    assert.same(numbered(10), ph.network(save(), { labels = numbered(10, "__background__") }):labels())
  end)

  it("may be some fewer than outputs that stand for nothing, as in Inception 5h", function()
    assert.equal(1001, #labels.fit(numbered(1001), 1008))
    assert.is_nil(labels.fit(numbered(999), 1008))
  end)

  it("may be JSON, by place or by number, or lines that are counted", function()
    assert.same({ "tench", "a \"b\"" }, labels.read(write("a.json", '["tench", "a \\"b\\""]')))
    assert.same({ "cat", "dog" }, labels.read(write("b.json", '{"1": "dog", "0": "cat"}')))
    assert.same({ "cat", "dog" }, labels.read(write("c.json", '{"id2label": {"0": "cat", "1": "dog"}, "size": 3}')))
    assert.same({ "cat", "hot dog" }, labels.read(write("d.txt", "0 cat\n1 hot dog\n")))
    assert.same({ "7 up", "8 ball" }, labels.read(write("e.txt", "7 up\n8 ball\n")))
    for _, text in ipairs { '{"0": "cat", "2": "dog"}', '{"cat": 0}', "[1, 2]", '["cat"' } do
      local list, problem = labels.read(write("wrong.json", text))
      assert.is_nil(list)
      assert.matches("wrong.json' holds no labels", problem, 1, true)
    end
  end)
end)
