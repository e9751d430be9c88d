-- SPDX-License-Identifier: MIT
-- Statistics of a folder of photographs, from reading the folder to using what they say.

local ph = require "phosphene"
local core = require "phosphene.core"

-- A folder of `count` random pictures, each flat but for noise; a function that removes it.
local function folder_of(count)
  local folder = os.tmpname()
  os.remove(folder)
  local random, paths = ph.random(4, "pictures"), {}
  for i = 1, count do
    local noise = ph.tensor { 1, 3, 40, 32 }
    random:fill_normal(noise, 0.2 + 0.6 * i / count, 0.15)
    paths[i] = ("%s/%d.png"):format(folder, i)
    assert(ph.save(noise, paths[i]))
  end
  return folder, function()
    for _, path in ipairs(paths) do os.remove(path) end
    os.remove(folder .. "/broken.png")
    os.remove(folder .. "/statistics.safetensors")
    os.remove(folder)
  end
end

local function gather(folder, options)
  options = options or {}
  options.progress = false
  return ph.statistics(folder, options)
end

describe("statistics", function()
  it("are of the middle squares of a folder's pictures", function()
    local folder, remove = folder_of(5)
    finally(remove)
    local s = assert(gather(folder, { size = 16 }))
    assert.equal(5, s.count)
    assert.equal(16, s.size)
    assert.same({ 3, 16, 9 }, s.spectrum:shape())
    local sums = { 0, 0, 0 }
    for i = 1, 5 do
      local image = ph.crop_image(assert(ph.load_image(("%s/%d.png"):format(folder, i), { size = 16 })), 16, 16)
      local planes = image:reshape { 3, 1, 16, 16 }
      for k = 0, 2 do sums[k + 1] = sums[k + 1] + planes:image(k):statistics().mean / 5 end
    end
    for k = 1, 3 do assert.near(sums[k], s.mean[k], 1e-6) end
    assert.matches("^statistics of 5 pictures of 16x16: mean colour 0%.", tostring(s))
    assert.equal(0, s.matrix[2])
    local longest = 0
    for k = 0, 2 do
      longest = math.max(longest, math.sqrt(s.matrix[1 + k] ^ 2 + s.matrix[4 + k] ^ 2 + s.matrix[7 + k] ^ 2))
    end
    assert.near(1, longest, 1e-9)
  end)

  it("have a limit", function()
    local folder, remove = folder_of(3)
    finally(remove)
    assert.equal(2, gather(folder, { size = 8, limit = 2 }).count)
  end)

  it("survive being saved", function()
    local folder, remove = folder_of(3)
    finally(remove)
    local s, path = gather(folder, { size = 12 }), folder .. "/statistics.safetensors"
    assert.is_true(s:save(path))
    local again = assert(ph.load_statistics(path))
    assert.equal(tostring(s), tostring(again))
    assert.same(s.spectrum:values(), again.spectrum:values())
    for _, name in ipairs { "mean", "covariance", "matrix", "spectrum_matrix" } do
      for i, value in ipairs(s[name]) do assert.near(value, again[name][i], 1e-6, name) end
    end
  end)

  it("are what parameterisations take", function()
    local folder, remove = folder_of(3)
    finally(remove)
    local s, random = gather(folder, { size = 12 }), ph.random(1, "init")
    local coloured = ph.parameterisation("fourier", { height = 8, matrix = s.matrix, mean = s.mean, squash = "clip",
      random = random, deviation = 0 })
    for k = 0, 2 do assert.near(s.mean[k + 1], coloured:forward():at(0, k, 3, 3), 1e-6) end
    local constrained = ph.parameterisation("maco", { height = 20, width = 31, spectrum = s.spectrum, random = random })
    assert.same({ 1, 3, 20, 31 }, constrained:forward():shape())
  end)

  it("skip what cannot be read", function()
    local folder, remove = folder_of(2)
    finally(remove)
    local file = assert(io.open(folder .. "/broken.png", "w"))
    file:write "no picture"
    file:close()
    local s = gather(folder, { size = 8 })
    assert.equal(2, s.count)
    assert.equal(1, #s.skipped)
    assert.matches("broken%.png", s.skipped[1])
  end)

  it("fail with a message", function()
    local s, message = ph.statistics "/nonexistent"
    assert.is_nil(s)
    assert.is_string(message)
    local folder, remove = folder_of(0)
    finally(remove)
    assert(ph.save(ph.tensor({ 1, 3, 8, 8 }, 0.5), folder .. "/broken.png"))
    s, message = gather(folder, { size = 8 })
    assert.is_nil(s)
    assert.matches("vary in fewer than three directions", message)
    s, message = ph.load_statistics(folder .. "/broken.png")
    assert.is_nil(s)
    assert.is_string(message)
    local path = folder .. "/statistics.safetensors"
    assert(core.save_safetensors(path, { x = ph.tensor { 1 } }, {}))
    s, message = ph.load_statistics(path)
    assert.is_nil(s)
    assert.matches("holds no statistics of photographs", message)
    assert.error_matches(function() ph.statistics(folder, { sise = 8 }) end, "did you mean 'size'")
    assert.error_matches(function() gather(folder, { matrix = { 1 } }) end, "a list of 9 numbers expected")
  end)
end)
