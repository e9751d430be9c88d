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

  -- ---- of photographs ----

  -- A folder of so many pictures, each with a blot of its own.
  local function photographs(count)
    local folder = os.tmpname()
    os.remove(folder)
    for i = 1, count do
      local image = core.random(i, "photographs"):fill_normal(core.tensor { 1, 3, 6, 7 }, 0.5, 0.4)
      assert(ph.save(core.resize_image(image, 60, 70):clip(0, 1), ("%s/%02d.png"):format(folder, i)))
    end
    finally(function() os.execute("rm -r " .. folder) end)
    return folder
  end

  for _, name in ipairs { "clusters", "examples", "extremes", "starts" } do
    it(name .. " asks for photographs where none are given", function()
      assert.error_matches(function() run(name) end, name .. ": name a folder of photographs %(%-%-data%)$")
      assert.error_matches(function() run(name, { data = "nowhere" }) end, "'nowhere'")
    end)
  end

  it("starts begins at photographs, and raises the unit on each", function()
    local made = run("starts", { data = photographs(6), batch = 3, steps = 24 })
    assert.same({ 3, 3, 40, 40 }, made.before:shape())
    assert.same({ 3, 3, 40, 40 }, made.image:shape())
    assert.equal(3, #made.starts)
    local net, layer, unit = ph.network "googlenet-tiny", made.starts[1].layer, made.starts[1].unit
    local function means(images)
      return net:forward(images, layer, { backward = false }):activation(layer):reduce("mean", { 2, 3 })
    end
    local before, after = means(made.before), means(made.image)
    for n = 0, 2 do assert.is_true(after:at(n, unit, 0, 0) > before:at(n, unit, 0, 0)) end
    assert.equal(1, #run("starts", { data = photographs(1) }).starts)
  end)

  it("diversity shows photographs below, and without them is what it was", function()
    local without = run("diversity", { batch = 2 })
    local height = saved_shape()[3]
    local with = run("diversity", { batch = 2, data = photographs(3) })
    assert.is_true(saved_shape()[3] > height)
    assert.same({ 0, 2 }, { #without.photographs, #with.photographs })
    assert.same(without.diverse.image:values(), with.diverse.image:values())
    assert.same({ 2, 3 }, { #without.likenesses, #with.likenesses })
    assert.equal(1, #run("diversity", { batch = 2, data = photographs(1) }).photographs)
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
