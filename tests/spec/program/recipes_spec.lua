-- SPDX-License-Identifier: MIT
-- Every bundled recipe runs, small, on the embedded network, and returns what it made.

local ph = require "phosphene"
local core = require "phosphene.core"
local overheard = require "overheard"
local recipe = require "phosphene.recipe"

local output = os.tmpname() .. ".png"

-- Runs a recipe with quick settings; further options win. `net` is the embedded one whatever is installed.
local function run(name, options)
  local all = { net = "googlenet-tiny", steps = 3, size = 40, output = output }
  for key, value in pairs(options or {}) do all[key] = value end
  return select(2, overheard(recipe.run, name, all))
end

local function saved_shape() return assert(ph.load_image(output)):shape() end

-- Runs f without its printing, and returns what it printed and its result.
local function quietly(f)
  local lines, loud = {}, print
  rawset(_G, "print", function(...) lines[#lines + 1] = table.concat({ ... }, "\t") end)
  local ok, result = pcall(f)
  rawset(_G, "print", loud)
  assert(ok, result)
  return table.concat(lines, "\n"), result
end

describe("recipe", function()
  after_each(function() os.remove(output) end)

  for _, name in ipairs { "channel", "neuron", "layer" } do
    it(name .. " saves one picture that says how it was made", function()
      local result = run(name)
      assert.same({ 1, 3, 40, 40 }, result.image:shape())
      assert.same({ 1, 3, 40, 40 }, saved_shape())
      assert.equal(3, result.steps)
      local metadata = assert(ph.read_metadata(output))
      assert.equal(result.objective, metadata.objective)
      assert.equal("googlenet-tiny", metadata.network)
      assert.equal("1", metadata.seed)
    end)
  end

  it("neuron takes a place", function()
    assert.not_same(run("neuron").image:values(), run("neuron", { x = 0, y = 0 }).image:values())
  end)

  it("dream works on a photograph, in octaves, and keeps its size", function()
    local photograph = os.tmpname() .. ".png"
    local noise = core.random(1, "photograph"):fill_normal(core.tensor { 1, 3, 50, 70 }, 0.5, 0.2)
    assert(ph.save(noise, photograph))
    local result = run("dream", { image = photograph, size = 50 })
    os.remove(photograph)
    assert.same({ 1, 3, 50, 70 }, result.image:shape())
  end)

  it("class renders the class both ways, by label or number", function()
    local by_label = run("class", { class = "goldfish" })
    local by_number = run("class", { class = "22" })
    assert.equal(2, #by_label.images)
    assert.same(by_label.images[1]:values(), by_number.images[1]:values())
    assert.not_same(by_label.images[1]:values(), by_label.images[2]:values())
    assert.error_matches(function() run("class", { class = "goldfisch" }) end, "goldfi")
  end)

  it("negative shows two pictures that differ", function()
    local result = run "negative"
    assert.equal(2, #result.images)
    assert.not_same(result.images[1]:values(), result.images[2]:values())
    assert.is_true(saved_shape()[4] > 80)
  end)

  it("interpolate makes as many frames as asked for", function()
    local result = run("interpolate", { frames = 3 })
    assert.same({ 3, 3, 40, 40 }, result.image:shape())
    assert.matches("alignment", result.objective)
  end)

  it("classify knows the most probable classes of a picture", function()
    run "channel"
    local printed, result = quietly(function()
      return recipe.run("classify", { net = "googlenet-tiny", image = output, size = 64, margin = 0, top = 3 })
    end)
    local classes = result.classes
    assert.equal(3, #classes)
    assert.is_true(classes[1].probability >= classes[3].probability)
    assert.equal(ph.network "googlenet-tiny":labels()[classes[1].index + 1], classes[1].label)
    assert.matches(classes[1].label, printed, 1, true)
  end)

  it("classify counts how many pictures of a folder are right", function()
    local folder = os.tmpname() .. "_pictures"
    for i = 1, 2 do assert(core.tensor({ 1, 3, 32, 32 }, i / 4):save(("%s/%d.png"):format(folder, i))) end
    local printed, result = quietly(function()
      return recipe.run("classify", { net = "googlenet-tiny", folder = folder, size = 32, margin = 0 })
    end)
    assert.equal(2, result.count)
    assert.matches("top%-1: %d of 2", printed)
    for i = 1, 2 do os.remove(("%s/%d.png"):format(folder, i)) end
    os.remove(folder)
  end)

  it("demo renders its sheet, and says where it is", function()
    local said, result = overheard(recipe.run, "demo", { size = 32, steps = 1, output = output })
    assert.same(result.image:shape(), saved_shape())
    assert.equal(("phosphene: wrote '%s'\n"):format(output), said)
  end)
end)

describe("classification of photographs by BVLC's GoogLeNet", function()
  local weights, folder = "../shared/weights/bvlc_googlenet.safetensors", "../shared/images"
  local paths = ph.list_images(folder)
  if not paths or not io.open(weights) then
    pending("skipped: needs " .. weights .. " and " .. folder, function() end)
    return
  end

  it("is right for most of some that are easy", function()
    local right = 0
    for _, name in ipairs { "n01443537_goldfish", "n01531178_goldfinch", "n07753592_banana", "n07873807_pizza",
      "n04507155_umbrella", "n11939491_daisy" } do
      local _, result = quietly(function()
        return recipe.run("classify", { net = weights, image = ("%s/%s.jpg"):format(folder, name) })
      end)
      if result.classes[1].label:find(name:match "_(.*)", 1, true) then right = right + 1 end
    end
    assert.is_true(right >= 4, right .. " of 6")
  end)
end)
