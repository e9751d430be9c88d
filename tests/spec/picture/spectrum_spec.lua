-- SPDX-License-Identifier: MIT
-- Spectra: waves show up where they belong, and all power is accounted for.

local ph = require "phosphene"

-- A plane wave of so many cycles a picture down and across, and this amplitude, in every channel.
local function wave(height, width, cycles_down, cycles_across, amplitude, channels)
  local tensor = ph.tensor { 1, channels or 1, height, width }
  for c = 0, (channels or 1) - 1 do
    for y = 0, height - 1 do
      for x = 0, width - 1 do
        local phase = 2 * math.pi * (cycles_down * y / height + cycles_across * x / width)
        tensor:set(0, c, y, x, amplitude * math.cos(phase + 0.3))
      end
    end
  end
  return tensor
end

describe("ph.spectrum", function()
  it("puts a wave at its frequency, and at the mirrored one", function()
    for _, size in ipairs { { 12, 16 }, { 15, 9 } } do
      local h, w = size[1], size[2]
      local spectrum = ph.spectrum(wave(h, w, 2, 3, 1, 3))
      assert.same({ 1, 1, h, w }, spectrum.power:shape())
      -- cos^2 has mean 1/2, in each of three channels, half of it at each of two frequencies
      assert.near(0.75, spectrum.power:at(0, 0, h // 2 + 2, w // 2 + 3), 1e-5)
      assert.near(0.75, spectrum.power:at(0, 0, h // 2 - 2, w // 2 - 3), 1e-5)
      assert.near(1.5, spectrum.power:sum(), 1e-5)
    end
  end)

  it("accounts for the mean square, and averages images", function()
    for _, size in ipairs { { 12, 16 }, { 7, 9 }, { 8, 5 } } do
      local images = ph.random(1, "noise"):fill_normal(ph.tensor { 2, 3, size[1], size[2] }, 0.4, 1)
      local mean_square = images:dot(images) / (2 * size[1] * size[2])
      assert.near(mean_square, ph.spectrum(images).power:sum(), 1e-4 * mean_square)
    end
  end)

  it("averages over rings", function()
    local spectrum = ph.spectrum(wave(32, 32, 0, 5, 1))
    local others = 0
    for k, power in ipairs(spectrum.radial) do
      if k ~= 5 then others = others + power end
    end
    assert.equal(16, #spectrum.radial)
    assert.is_true(spectrum.radial[5] > 0.01)
    assert.near(0, others, 1e-8)
  end)

  it("says what part of the power is where, the mean aside", function()
    local spectrum = ph.spectrum(wave(32, 32, 0, 2, 1):add(wave(32, 32, 8, 0, 2)):add(ph.tensor({ 1, 1, 32, 32 }, 5)))
    assert.near(0.2, spectrum:share(0, 0.1), 1e-5)
    assert.near(0.8, spectrum:share(0.25, 0.26), 1e-5)
    assert.near(1, spectrum:share(0, 1), 1e-5)
    assert.equal(0, ph.spectrum(ph.tensor { 1, 1, 4, 4 }):share(0, 1))
    assert.matches("20 %% of its power below", tostring(spectrum))
  end)

  it("is shown in powers of ten", function()
    local picture = ph.spectrum(wave(16, 16, 0, 2, 1):add(wave(16, 16, 4, 0, 0.1))):picture()
    assert.same({ 1, 3, 16, 16 }, picture:shape())
    for channel = 0, 2 do
      assert.near(1, picture:at(0, channel, 8, 10), 1e-5)
      assert.near(0.5, picture:at(0, channel, 12, 8), 1e-3) -- a hundredth of the power, in the middle of four decades
      assert.near(0, picture:at(0, channel, 3, 3), 1e-5)
    end
  end)

  it("wants images", function()
    assert.error_matches(function() ph.spectrum(ph.tensor { 3, 4 }) end, "spectrum: .*got a tensor of shape 3x4")
    assert.error_matches(function() ph.spectrum(7) end, "images %(n, c, h, w%) expected")
  end)
end)
