-- SPDX-License-Identifier: MIT
-- Recipes on networks that they were not written for: of one channel, for pictures of one size, transformers, without
-- labels. Each runs with its defaults and a layer that is named, by the end of its name.

local ph = require "phosphene"
local core = require "phosphene.core"
local overheard = require "overheard"
local recipe = require "phosphene.recipe"
local transformer = require "transformer"

local random = core.random(4, "any_network_spec")
local folder = os.tmpname()
os.remove(folder)
os.execute("mkdir " .. folder)
teardown(function() os.execute("rm -r " .. folder) end)

local function write(name, net)
  local path = ("%s/%s.safetensors"):format(folder, name)
  assert(net:save(path))
  net:close()
  return path
end

-- Two convolutions, and what comes behind them.
local function save(name, channels, add)
  local net = core.network { channels = channels }
  local function weight(shape) return random:fill_normal(core.tensor(shape), 0, 0.3) end
  net:add { type = "convolution", name = "body/c1", from = "image", padding = 1, weight = weight { 8, channels, 3, 3 } }
  net:add { type = "relu", name = "body/r1", from = "body/c1" }
  net:add { type = "convolution", name = "body/c2", from = "body/r1", padding = 1, stride = 2,
    weight = weight { 12, 8, 3, 3 } }
  net:add { type = "relu", name = "body/r2", from = "body/c2" }
  add(net, weight)
  net:set_classes { logits = "scores" }
  return write(name, net)
end

local networks = {
  grey = save("grey", 1, function(net, weight)
    net:add { type = "global_average_pool", name = "mean", from = "body/r2" }
    net:add { type = "dense", name = "scores", from = "mean", weight = weight { 5, 12 } }
  end),
  fixed = save("fixed", 3, function(net, weight)
    net:add { type = "transpose", name = "channels_last", from = "body/r2", axes = { 0, 2, 3, 1 } }
    net:add { type = "flatten", name = "flat", from = "channels_last" }
    net:add { type = "dense", name = "scores", from = "flat", weight = weight { 10, 12 * 16 * 16 } }
    net:set_input_size(32, 32)
  end),
  transformer = write("transformer", transformer()),
}
local layers = { grey = "r2", fixed = "r2", transformer = "block2" }

-- Other people's files, where they are there.
for file, layer in pairs { ["fixed32.onnx"] = "r2", ["grey.onnx"] = "r2", ["keras2.h5"] = "conv2d" } do
  local path = "../shared/cases/networks/" .. file
  if io.open(path) then networks[file], layers[file] = path, layer end
end

-- For recipes that begin with one; the others find theirs themselves.
local photographs = { grey = folder .. "/photograph.png" }
photographs["grey.onnx"], photographs["keras2.h5"] = photographs.grey, photographs.grey
assert(ph.save(random:fill_normal(core.tensor { 1, 3, 36, 40 }, 0.5, 0.2), photographs.grey))

-- For recipes that look at a dataset.
local data = folder .. "/data"
for i = 1, 4 do
  local picture = random:fill_normal(core.tensor { 1, 3, 36, 40 }, 0.5, 0.2)
  assert(ph.save(picture, ("%s/%d.png"):format(data, i)))
end

-- Settings that only make a recipe quick.
local quick = { size = 32, steps = 2, shown = { 1, 2 }, count = 2, octaves = 2, frames = 2, batch = 2,
  among = 4 }

-- What these recipes are about has no meaning here: other networks, files, galleries of recipes.
local left_out = { demo = true, figures = true, classify = true }

-- The options that a recipe has, read from what it says of itself.
local function options_of(name)
  local file = assert(io.open(("scripts/%s.lua"):format(name)))
  local text = file:read "a"
  file:close()
  local names = {}
  for option in text:match "ph%.options%s*(%b{})":gmatch "([%a_]+) = " do names[option] = true end
  return names
end

for _, path in ipairs(assert(core.list_folder "scripts")) do
  local name = path:match "^(%w+)%.lua$"
  if name and not left_out[name] then
    it(("%s runs on any network"):format(name), function()
      local has = options_of(name)
      for kind, net in pairs(networks) do
        local options = { net = net, output = ("%s/%s-%s.png"):format(folder, name, kind) }
        if has.layer then options.layer = layers[kind] end
        if has.image then options.image = photographs[kind] end
        if has.data then options.data = data end
        for option, value in pairs(quick) do
          if has[option] then options[option] = value end
        end
        overheard(recipe.run, name, options)
        local image = assert(ph.load_image(options.output))
        assert.is_true(image:statistics().deviation > 0, kind)
      end
    end)
  end
end

describe("a layer that nobody names", function()
  it("is asked for, with those that one would begin with", function()
    local ok, problem = pcall(recipe.run, "channel", { net = networks.fixed, output = folder .. "/x.png" })
    assert.is_false(ok)
    assert.matches("name a layer of this network; one would begin with body/r1, body/r2", tostring(problem), 1, true)
  end)
end)

describe("a network's choices", function()
  local net = assert(ph.network(networks.fixed))

  it("are the units that answer most to noise, the same each time", function()
    local units = net:show("r2", 4)
    assert.same(units, net:show("r2", 4))
    local height = 32
    local noise = core.random(1, "choices"):fill_normal(core.tensor { 1, 3, height, height }, 0.5, 0.2)
    local means = net:forward(noise, "r2", { backward = false }):activation("r2"):reduce("mean", { 2, 3 }):values()
    for i = 2, 4 do assert.is_true(means[units[i - 1] + 1] >= means[units[i] + 1]) end
    for unit = 1, 12 do assert.is_true(means[unit] <= means[units[1] + 1]) end
    assert.error_matches(function() net:show("r2", 13) end, "layer 'r2' has 12 units; 13 are asked for")
    assert.equal(12, net:units "r2")
  end)

  it("are those that were chosen by looking where the network is known", function()
    local known = assert(ph.network "googlenet-tiny")
    assert.same({ 61, 71 }, known:show("mixed4a", 2))
    assert.same({ 61 }, known:show("mixed4a_pre_relu"))
    assert.equal("mixed4a_pre_relu", known:pre_relu "mixed4a")
    assert.equal("conv2d0_pre_relu", known:pre_relu "conv2d0")
    assert.equal("softmax2", known:pre_relu "softmax2")
    assert.same({ "mixed3a", "mixed3b", "mixed4a", "mixed4b", "mixed4c", "mixed4d", "mixed4e", "mixed5a", "mixed5b" },
      known:blocks())
  end)
end)
