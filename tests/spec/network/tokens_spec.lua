-- SPDX-License-Identifier: MIT
-- Layers that are no maps of channels as they lie: lists of tokens, with a class token or others, heads, windows, maps
-- with their channels last. A unit is a unit there, and a place a place.

local ph = require "phosphene"
local core = require "phosphene.core"
local transformer = require "transformer"

local net = transformer()
local picture = core.random(3, "tokens_spec"):fill_normal(core.tensor { 2, 3, 32, 32 }, 0.5, 0.2)

local function map(units, rows, columns, others)
  return { units = units, rows = rows, columns = columns, others = others or 0 }
end

describe("what a transformer's layers are", function()
  it("follows from the picture on", function()
    local maps = net:maps(32, 32)
    local expected = {
      image = map(3, 32, 32), patches = map(12, 4, 4), list = map(12, 4, 4), turned = map(12, 4, 4),
      tokens = map(12, 4, 4, 1), placed = map(12, 4, 4, 1), ["block1/attention/qkv"] = map(36, 4, 4, 1),
      ["block1/attention/split"] = map(36, 4, 4, 1), ["block1/attention/turned"] = map(36, 4, 4, 1),
      ["block1/attention/mixed"] = map(12, 4, 4, 1), ["block1/attention/joined"] = map(12, 4, 4, 1),
      ["block1/gelu"] = map(24, 4, 4, 1), block2 = map(12, 4, 4, 1), norm = map(12, 4, 4, 1),
      features = map(12, 1, 1), scores = map(5, 1, 1),
      ["block1/attention/weights"] = map(2, 17, 17), -- a unit is a head there
    }
    for name, of in pairs(expected) do assert.same(of, maps[name], name) end
    assert.same(map(12, 4, 4, 4), transformer(3):maps(32, 32).block2)
  end)

  it("is said by units, blocks, show and the table", function()
    assert.equal(24, net:units "block1/gelu")
    assert.same({ "block1/middle", "block1", "block2/middle", "norm" }, net:blocks())
    local shown = net:show("block2", 12)
    table.sort(shown)
    assert.same({ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, shown)
    local table_text = net:describe()
    assert.matches("17x12: 12 units, 4x4 and class token", table_text, 1, true)
    assert.matches("2x17x17 ", table_text, 1, true)
    assert.matches("20x12: 12 units, 4x4 and class token, 3 others", transformer(3):describe(), 1, true)
    assert.matches("patches +convolution +12x4x4 ", table_text)
  end)
end)

describe("an activation", function()
  net:forward(picture, { "patches", "turned", "tokens", "block1", "block1/attention/turned" })

  it("has patches where they were in the picture, and the class token by itself", function()
    assert.same(net:activation("patches"):values(), net:activation("turned"):values())
    assert.same({ 2, 16, 12 }, net:value("turned"):shape())
    local value, patches = net:value "block1", net:activation "block1"
    local class = net:activation("block1", { token = "class" })
    assert.same({ 2, 12, 4, 4 }, patches:shape())
    assert.same({ 2, 12 }, class:shape())
    for n = 0, 1 do
      for unit = 0, 11 do
        assert.equal(value:slice({ n, 0, unit }, { 1, 1, 1 }):sum(), class:slice({ n, unit }, { 1, 1 }):sum())
        assert.equal(value:slice({ n, 1 + 2 * 4 + 3, unit }, { 1, 1, 1 }):sum(), patches:at(n, unit, 2, 3))
      end
    end
    local first = patches:largest(1)[1]
    assert.equal(first.value, value:slice({ first.at[1], 1 + first.at[3] * 4 + first.at[4], first.at[2] },
      { 1, 1, 1 }):sum())
  end)

  it("has the other tokens as a row", function()
    local more = transformer(3)
    more:forward(picture, "tokens")
    local others = more:activation("tokens", { token = "others" })
    assert.same({ 2, 12, 1, 3 }, others:shape())
    assert.equal(more:parameter("more", "value"):slice({ 0, 2, 5 }, { 1, 1, 1 }):sum(), others:at(1, 5, 0, 2))
  end)

  it("is refused for tokens that are not there", function()
    assert.error_matches(function() net:activation("turned", { token = "class" }) end,
      "layer 'turned': 12 units of 4x4 places, and no class token is known", 1, true)
    assert.error_matches(function() net:activation("block1", { token = "others" }) end,
      "no tokens are known beyond a class token", 1, true)
    assert.error_matches(function() net:activation("block1", { token = "clas" }) end, "did you mean 'class'", 1, true)
  end)

  it("and the value, which is as the layer has it, take the same gradients", function()
    net:forward(picture, "block1/attention/turned")
    local value, seen = net:value "block1/attention/turned", net:activation "block1/attention/turned"
    assert.same({ 2, 3, 1, 2, 17, 6 }, value:shape())
    local part = value:slice({ 0, 2, 0, 1, 3, 4 }, { 1, 1, 1, 1, 1, 1 }):sum()
    assert.equal(part, seen:at(0, 2 * 12 + 1 * 6 + 4, 0, 2))
    local class = net:activation("block1/attention/turned", { token = "class" })
    net:inject("block1/attention/turned", seen):inject("block1/attention/turned", class, { token = "class" })
    local gradient = net:backward()
    net:forward(picture, "block1/attention/turned"):inject_value("block1/attention/turned", value)
    assert.same(gradient:values(), net:backward():values())
  end)

  it("takes gradients back to where it is from", function()
    local random = core.random(5, "gradient")
    for _, token in ipairs { "patches", "class" } do
      net:forward(picture, "block1")
      local given = random:fill_normal(core.tensor(net:activation("block1", { token = token }):shape()), 0, 1)
      local gradient = net:inject("block1", given, { token = token }):backward()
      local step = random:fill_normal(core.tensor(picture:shape()), 0, 1e-3)
      local function value(sign)
        net:forward(picture:clone():add(step, sign), "block1")
        return net:activation("block1", { token = token }):dot(given)
      end
      local expected = (value(1) - value(-1)) / 2
      assert.near(expected, gradient:dot(step), 2e-3 * math.abs(expected) + 1e-5)
    end
  end)
end)

describe("objectives on tokens", function()
  -- The value, and whether the picture's gradient is what differences say.
  local function evaluate(objective)
    local evaluation = core.evaluation(core.objective(objective), net)
    local function value(images) return assert(evaluation:forward(images):value()) end
    local step = core.random(6, "step"):fill_normal(core.tensor(picture:shape()), 0, 1e-3)
    local expected = (value(picture:clone():add(step)) - value(picture:clone():add(step, -1))) / 2
    evaluation:forward(picture)
    local result = assert(evaluation:evaluate())
    assert.near(expected, net:backward():dot(step), 5e-3 * math.abs(expected) + 1e-5, tostring(objective))
    return result
  end

  net:forward(picture, { "block1", "block2" })
  local value, other = net:activation "block2", net:activation "block1"
  local class = net:activation("block2", { token = "class" })

  it("read features, and patches by their place", function()
    assert.near(value:reduce("mean", { 0, 2, 3 }):values()[8], evaluate(ph.channel("block2", 7)), 1e-5)
    assert.near((value:at(0, 7, 1, 3) + value:at(1, 7, 1, 3)) / 2, evaluate(ph.neuron("block2", 7, { x = 3, y = 1 })),
      1e-5)
    assert.near(value:at(1, 11, 2, 2), evaluate(ph.neuron("block2", 11):on(1)), 1e-5)
    assert.near(value:dot(value) / value:count(), evaluate(ph.layer "block2"), 1e-5)
    assert.error_matches(function() evaluate(ph.channel("block2", 12)) end, "unit 12 out of range 0..11")
    assert.error_matches(function() evaluate(ph.neuron("block2", 0, { x = 4 })) end, "x 4 out of range 0..3")
  end)

  it("read the class token where it is asked for", function()
    assert.near(class:reduce("mean", { 0 }):values()[8], evaluate(ph.channel("block2", 7, { token = "class" })), 1e-5)
    local neuron = ph.neuron("block2", 3, { token = "class" })
    assert.near(class:slice({ 1, 3 }, { 1, 1 }):sum(), evaluate(neuron:on(1)), 1e-5)
    assert.equal('channel("block2", 7, {token = "class"})', tostring(ph.channel("block2", 7, { token = "class" })))
    assert.error_matches(function() evaluate(ph.channel("features", 7, { token = "class" })) end,
      "no class token is known")
  end)

  it("read directions, styles, targets, likeness and functions over features", function()
    local vector = {}
    for i = 1, 12 do vector[i] = i - 6 end
    local expected = value:combine("multiply", core.tensor({ 1, 12, 1, 1 }, vector)):sum() / 32
    assert.near(expected, evaluate(ph.direction("block2", vector)), 1e-4)
    assert.near(expected / 12, evaluate(ph.channel_weights("block2", vector)), 1e-4)
    assert.near(0, evaluate(ph.activation_difference("block2", value)), 1e-6)
    assert.near(0, evaluate(ph.activation_difference("block2", class, { token = "class" })), 1e-6)
    net:forward(picture, "block2")
    assert.near(0, evaluate(ph.activation_difference("block2", net, { token = "class" })), 1e-6)
    assert.is_true(evaluate(ph.style("block2", value:image(0)):on(1)) > 0.1)
    assert.is_true(evaluate(ph.diversity "block2") > 0)
    assert.is_true(evaluate(ph.alignment "block1") < 0)
    assert.is_true(other:count() > 0)
  end)

  it("may be functions of what all others read", function()
    for token, expected in pairs { patches = { 1, 12, 4, 4 }, class = { 1, 12 } } do
      local shape
      local function mean(z)
        shape = z:shape()
        return z:mean()
      end
      local objective = ph.head("block2", mean, { token = token })
      local result = ph.render { net, objective, steps = 2, size = 32, seed = 1, transforms = "none", progress = false }
      assert.same(expected, shape)
      local values = result.history[1].values
      assert.is_true(values[2] > values[1])
    end
  end)

  it("are rendered", function()
    for _, objective in ipairs { "block2:7", ph.neuron("block1/middle", 3, { x = 0, y = 0 }), ph.logit(2),
      ph.channel("block2", 7, { token = "class" }) } do
      local result = ph.render { net, objective, steps = 8, size = 32, seed = 1, transforms = "none", progress = false }
      local values = result.history[1].values
      assert.is_true(values[#values] > values[1], tostring(objective))
    end
  end)
end)

describe("other arrangements", function()
  -- What a chain of layers after a convolution of 6 channels makes of a map of 8 x 4 places.
  local function chain(...)
    local made, from = core.network {}, "c"
    made:add { type = "convolution", name = "c", from = "image",
      weight = core.random(1, "c"):fill_normal(core.tensor { 6, 3, 1, 1 }, 0, 1) }
    for i, layer in ipairs { ... } do
      layer.name, layer.from = "l" .. i, from
      assert(made:add(layer))
      from = layer.name
    end
    return made, from
  end

  local image = core.random(2, "image"):fill_normal(core.tensor { 1, 3, 8, 4 }, 0, 1)
  local channels_last = { type = "transpose", axes = { 0, 2, 3, 1 } }

  -- Whether the last layer's activation is the convolution's.
  local function is_the_map(...)
    local made, last = chain(...)
    made:forward(image, { "c", last })
    assert.same(made:activation("c"):shape(), made:activation(last):shape())
    assert.same(made:activation("c"):values(), made:activation(last):values())
  end

  it("have channels last, windows, grids and heads", function()
    is_the_map { type = "transpose", axes = { 0, 2, 3, 1 } }
    local windows = { { type = "transpose", axes = { 0, 2, 3, 1 } }, { type = "reshape", shape = { 4, 2, 2, 2, 6 } },
      { type = "transpose", axes = { 0, 2, 1, 3, 4 } }, { type = "reshape", shape = { 8, 4, 6 } } }
    is_the_map(table.unpack(windows))
    is_the_map({ type = "reshape", shape = { 1, 6, 32 } }, { type = "transpose", axes = { 2, 0, 1 } },
      { type = "reshape", shape = { 32, 3, 2 } }, { type = "transpose", axes = { 1, 0, 2 } })
    -- Back to windows of 2 x 2 of which each has one of four parts of the map: a grid.
    is_the_map({ type = "reshape", shape = { 1, 6, 2, 4, 2, 2 } }, { type = "transpose", axes = { 0, 3, 5, 2, 4, 1 } },
      { type = "reshape", shape = { 8, 4, 6 } })
  end)

  it("merge patches into features, and features into a larger map", function()
    local merged, last = chain({ type = "reshape", shape = { 1, 6, 4, 2, 2, 2 } },
      { type = "transpose", axes = { 0, 2, 4, 3, 5, 1 } }, { type = "reshape", shape = { 1, 4, 2, 24 } })
    assert.same(map(24, 4, 2), merged:maps(8, 4)[last])
    local shuffled, end_of_it = chain({ type = "slice", axes = { 1 }, starts = { 0 }, ends = { 4 } },
      { type = "reshape", shape = { 1, 1, 2, 2, 8, 4 } }, { type = "transpose", axes = { 0, 1, 4, 2, 5, 3 } },
      { type = "reshape", shape = { 1, 1, 16, 8 } })
    assert.equal(1, shuffled:maps(8, 4)[end_of_it].units)
    assert.same({ 16, 8 }, { shuffled:maps(8, 4)[end_of_it].rows, shuffled:maps(8, 4)[end_of_it].columns })
  end)

  it("are flattened, shuffled and averaged into vectors and maps as they lie", function()
    local flat, last = chain { type = "flatten" }
    assert.same(map(192, 1, 1), flat:maps(8, 4)[last])
    local mean, of = chain(channels_last, { type = "reduce", axes = { 1, 2 }, keep = false })
    assert.same(map(6, 1, 1), mean:maps(8, 4)[of])
    local shuffle, out = chain({ type = "reshape", shape = { 1, 2, 3, 8, 4 } },
      { type = "transpose", axes = { 0, 2, 1, 3, 4 } }, { type = "reshape", shape = { 1, 6, 8, 4 } })
    shuffle:forward(image, out)
    assert.same(map(6, 8, 4), shuffle:maps(8, 4)[out])
    assert.same(shuffle:value(out):values(), shuffle:activation(out):values())
  end)

  it("are told by the number of axes where nothing else is known", function()
    local unknown = core.network {}
    unknown:add { type = "constant", name = "list", from = {}, value = core.tensor { 1, 5, 7 } }
    unknown:add { type = "constant", name = "map", from = {}, value = core.tensor { 1, 5, 7, 2 } }
    unknown:add { type = "constant", name = "vector", from = {}, value = core.tensor { 1, 5 } }
    local maps = unknown:maps(4, 4)
    assert.same({ map(7, 1, 5), map(5, 7, 2), map(5, 1, 1) }, { maps.list, maps.map, maps.vector })
  end)
end)
