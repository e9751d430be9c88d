-- SPDX-License-Identifier: MIT
-- Parameterisations as recipes ask for them: by name or in a table of settings, sums, masks, opacity; and runs on them.

local ph = require "phosphene"
local core = require "phosphene.core"

local function noise(kind, settings)
  settings.random = ph.random(1, "init")
  return ph.parameterisation(kind, settings)
end

describe("ph.parameterisation", function()
  it("sums parts that are named, or tables by place or key", function()
    local p = noise("sum", { height = 8, batch = 4, parts = {
      "fourier",
      { "low_resolution", size = 4, images = 2, between = "groups" },
      { kind = "pixels", deviation = 0.5 },
    } })
    assert.equal("parameterisation fourier + low_resolution{size=4, images=2, between=groups} + pixels{deviation=0.5} "
      .. "4x3x8x8, decorrelated, sigmoid", tostring(p))
    assert.same({ 4 * 3 * 8 * 5 * 2 + 2 * 3 * 16 + 4 * 3 * 64 }, p:values():shape())
  end)

  it("aligns a batch by parts that it shares", function()
    local p = noise("aligned", { height = 128, batch = 6, decay = 1.5 })
    assert.equal("parameterisation fourier{decay=1.5} + low_resolution{size=64} + low_resolution{size=32} + "
      .. "low_resolution{size=16} + low_resolution{size=16, images=2} + low_resolution{size=8} + "
      .. "low_resolution{size=8, images=2} 6x3x128x128, decorrelated, sigmoid", tostring(p))
    local spectra = 6 * 3 * 128 * 65 * 2
    local shared = 3 * (64 ^ 2 + 32 ^ 2 + 3 * 16 ^ 2 + 3 * 8 ^ 2)
    assert.same({ spectra + math.tointeger(shared) }, p:values():shape())
    assert.matches("low_resolution{size=4x3} ", tostring(noise("aligned", { height = 9, width = 7 })))
  end)

  it("aligns images that are started from", function()
    local image = ph.tensor({ 2, 3, 8, 8 }, 0.25)
    local p = ph.parameterisation("aligned", { image = image })
    assert.near(0.25, p:forward():at(1, 2, 7, 7), 1e-5)
  end)

  it("leaves its settings as they were", function()
    local settings = { height = 8, batch = 2, parts = { "pixels", { "low_resolution", size = 2 } } }
    noise("sum", settings)
    assert.equal("low_resolution", settings.parts[2][1])
    settings.random = nil
    assert.same({ height = 8, batch = 2, parts = { "pixels", { "low_resolution", size = 2 } } }, settings)
  end)

  it("holds fixed what a mask covers", function()
    local fixed, mask = ph.tensor({ 1, 3, 4, 4 }, 0.75), ph.tensor({ 1, 1, 4, 4 }):set(0, 0, 1, 2, 1)
    local p = noise("pixels", { height = 4, mask = mask, fixed = fixed, deviation = 0 })
    local image = p:forward()
    assert.equal(0.75, image:at(0, 1, 0, 0))
    assert.equal(0.5, image:at(0, 1, 1, 2))
  end)

  it("paints at any size", function()
    local small = noise("cppn", { height = 9, deviation = 1 })
    local large = ph.parameterisation("cppn", { height = 17, random = ph.random(2, "init") })
    large:values():copy(small:values())
    assert.near(small:forward():at(0, 1, 4, 6), large:forward():at(0, 1, 8, 12), 1e-5)
  end)

  it("says what is wrong, at the recipe's line", function()
    local function wrong(pattern, kind, settings)
      local done, message = pcall(function()
        local p = noise(kind, settings)
        return p
      end)
      assert.is_false(done)
      assert.matches(pattern, message)
      assert.matches("^tests/spec/picture/parameterisations_spec%.lua:%d+: ", message)
    end
    wrong("a list of parts expected", "sum", {})
    wrong("1 to 16 parts expected, got 0", "sum", { parts = {} })
    wrong("part 2: the name of a kind expected", "sum", { parts = { "pixels", {} } })
    wrong("part 1: a name, or a table { name, settings… }, expected, got 3", "sum", { parts = { 3 } })
    wrong("part 1, 'pixels': no setting 'decay'", "sum", { parts = { { "pixels", decay = 1 } } })
    wrong("'width' is set for the whole sum", "sum", { parts = { { "pixels", width = 1 } } })
    wrong("'pixels': has no parts", "pixels", { parts = { "pixels" } })
    wrong("did you mean 'laplacian'", "laplcian", {})
    wrong("did you mean 'unbiased'", "cppn", { activation = "unbiasd" })
    wrong("'spectrum': ph.tensor expected, got a number", "maco", { spectrum = 3 })
    wrong("a mask needs a fixed image", "pixels", { mask = ph.tensor { 1, 1, 128, 128 } })
  end)
end)

describe("a run", function()
  local net = ph.network "googlenet-tiny"

  local function render(options)
    options[1], options[2] = net, "mixed3a:11"
    options.size, options.steps, options.progress = options.size or 48, options.steps or 3, false
    options.seed = options.seed or 1
    return ph.render(options)
  end

  local kinds = {
    fourier = "fourier",
    pixels = "pixels",
    laplacian = { "laplacian", levels = 3 },
    cppn = { "cppn", hidden = 8, layers = 3, activation = "relu" },
    maco = { kind = "maco" },
    grey = { "fourier", grey = true },
    aligned = "aligned",
    ["a sum"] = { "sum", parts = { "cppn", { "low_resolution", size = 12 } } },
  }
  for name, parameterisation in pairs(kinds) do
    it("raises its objective and repeats itself, bit for bit: " .. name, function()
      local options = { parameterisation = parameterisation, transforms = "none", steps = 8, batch = 2, rate = 0.02 }
      local a, b = render(options), render(options)
      assert.is_true(a.values[8] > a.values[1])
      assert.same(a.image:values(), b.image:values())
      assert.same({ 2, 3, 48, 48 }, a.image:shape())
    end)
  end

  it("lets settings of the table go before its own", function()
    local made = render { parameterisation = { "fourier", decay = 2, height = 40 }, decay = 1 }
    assert.same({ 1, 3, 40, 48 }, made.image:shape())
    assert.matches("^fourier{decay=2} 1x3x40x48", made.metadata.parameterisation)
  end)

  it("sees a picture with opacity before random backgrounds, and saves it", function()
    local made = render { parameterisation = { "fourier", channels = 4 },
      transforms = { ph.collapse(), ph.pad(4), ph.jitter(4) } }
    assert.same({ 1, 4, 48, 48 }, made.image:shape())
    assert.is_true(made.opacity)
    local path = os.tmpname()
    os.remove(path)
    assert(made:save(path .. ".png"))
    assert.same({ 1, 3, 48, 48 }, assert(ph.load_image(path .. ".png")):shape())
    os.remove(path .. ".png")
    local clear = ph.tensor({ 1, 4, 8, 8 }, 0.5)
    local sheet = ph.montage({ clear }, { background = { 1, 0, 0 }, padding = 0, opacity = true })
    assert.same({ 1, 3, 8, 8 }, sheet:shape())
    assert.near(0.75, sheet:at(0, 0, 3, 3), 1e-6)
    assert.near(0.25, sheet:at(0, 2, 3, 3), 1e-6)
  end)

  it("refuses what is no parameterisation", function()
    assert.error_matches(function() render { parameterisation = 3 } end, "a name, or a table")
    assert.error_matches(function() render { parameterisation = { decay = 1 } } end, "the name of a kind expected")
    assert.error_matches(function() render { parameterisation = { "fourier", dekay = 1 } } end, "did you mean 'decay'")
  end)

  it("lets all memory go", function()
    collectgarbage()
    collectgarbage()
    local before = core.memory()
    do
      local p <close> = noise("sum", { height = 8, parts = { "maco", "cppn", "laplacian" } })
      p:backward(p:forward():clone())
      local s <close> = core.statistics(8, 8)
      s:add(p:forward())
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, core.memory())
  end)
end)
