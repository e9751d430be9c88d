-- SPDX-License-Identifier: MIT
-- Runs whose transforms make copies: what names a picture of the batch reads all copies of that picture.

local core = require "phosphene.core"
local ph = require "phosphene"

local net = assert(ph.network "googlenet-tiny")
local unit, other = ph.channel("mixed4a", 61), ph.channel("mixed4a", 71)

local function run(objective, options)
  local all = { net, objective, size = 40, steps = 3, seed = 1, progress = false, parameterisation = "pixels",
    optimiser = "ascent", transforms = { ph.copies(4), ph.jitter(8) } }
  for key, value in pairs(options or {}) do all[key] = value end
  return ph.render(all)
end

-- Two runs took the same way: what is summed in another order differs in the last digits.
local function assert_same_run(a, b)
  assert.near(a.value, b.value, 1e-5 * math.abs(a.value))
  local difference = a.image:clone():add(b.image, -1)
  assert.is_true(difference:dot(difference) < 1e-8 * a.image:dot(a.image))
end

describe("copies", function()
  it("are read by what names their picture, as by what names none", function()
    local whole = run(unit)
    assert_same_run(whole, run(unit:on(0)))
    assert_same_run(whole, run(ph.each { unit }))
    assert_same_run(run(2 * unit ^ 2 - 1), run(2 * unit:on(0) ^ 2 - 1))
    local own = ph.head("mixed4a", function(x) return x:channel(61):mean() end)
    assert_same_run(run(own), run(own:on(0)))
  end)

  it("are each picture's own", function()
    local pictures = ph.random(3, "copies"):fill_normal(ph.tensor { 2, 3, 40, 40 }, 0.5, 0.1)
    local both = run(ph.each { unit, other }, { image = pictures })
    for i, objective in ipairs { unit, other } do
      local alone = run(objective, { image = pictures:image(i - 1) })
      local difference = alone.image:clone():add(both.images[i], -1)
      assert.is_true(difference:dot(difference) < 1e-8 * alone.image:dot(alone.image), i)
      assert.not_same(pictures:image(i - 1):values(), alone.image:values())
    end
    assert.equal('channel("mixed4a", 61):on(0) + channel("mixed4a", 71):on(1)', both.objective)
  end)

  it("may be more at one step than at another", function()
    local function some(step) return { ph.copies(step), ph.jitter(4) } end
    assert_same_run(run(unit, { transforms = some }), run(unit:on(0), { transforms = some }))
  end)

  it("are compared with those of the picture that is named", function()
    local objective = ph.caricature("mixed4a", 1):on(0)
    assert.equal('(caricature("mixed4a", 1):on(0) + caricature("mixed4a", 3):on(2)) / 2',
      tostring(objective:in_copies(2, 2)))
    assert.equal('total_variation():on(1)', tostring(ph.total_variation():on(1):in_copies(2, 1)))
    assert.is_false(ph.total_variation():on(1):names_images())
    assert.is_true(objective:names_images())
    assert.error_matches(function() run(ph.caricature("mixed4a", 1), { batch = 2 }) end, "say which image is compared")
  end)

  it("are not named by themselves", function()
    assert.error_matches(function() run(unit:on(2), { batch = 2 }) end, 'on%(2%): image 2 out of range 0%.%.1')
  end)

  it("leak nothing, whichever allocation fails", function()
    local objective = unit:on(0) - 2 * ph.caricature("mixed4a", 1):on(0)
    local function live()
      collectgarbage()
      collectgarbage()
      return { core.memory() }
    end
    local before, fails, ok, problem = live(), 0
    while not ok do
      core.fail_after(fails + 1)
      ok, problem = pcall(function() objective:in_copies(2, 3):close() end)
      core.fail_after(0)
      assert.same(before, live())
      if not ok then assert.matches("memory", problem) end
      fails = fails + 1
    end
    assert.is_true(fails > 10, "failures: " .. fails)
  end)
end)
