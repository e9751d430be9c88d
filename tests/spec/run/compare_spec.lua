-- SPDX-License-Identifier: MIT
-- ph.compare: every variant is the run that it says, and its pictures are where its labels are.

local ph = require "phosphene"

local net = assert(ph.network "googlenet-tiny")

local function common(more)
  local all = { net, "mixed4a:3", size = 32, seed = 1, steps = 3, progress = false }
  for key, value in pairs(more or {}) do all[key] = value end
  return all
end

describe("ph.compare", function()
  it("runs each variant with its own options over the common ones", function()
    local made = ph.compare(common(), {
      { "as it is" }, { "another unit", objective = ph.channel("mixed4a", 4) },
      { "longer", steps = 5, transforms = "none" },
    })
    assert.equal(3, #made.results)
    assert.same(ph.render(common()).image:values(), made.images[1]:values())
    assert.same(ph.render(common { [2] = "mixed4a:4" }).image:values(), made.images[2]:values())
    assert.equal(5, made.results[3].steps)
    assert.is_false(made.interrupted)
    assert.equal(3 * 64 + 4 * 6, made.image:shape()[4]) -- side by side, widened for their labels
  end)

  it("has a row for each variant and a column for each snapshot", function()
    local made = ph.compare(common { steps = false, snapshots = { 1, 4 } }, { { "a" }, { "b", rate = 0.2 } },
      { padding = 0 })
    assert.equal(4, #made.images)
    assert.equal(4, made.results[1].steps)
    for i, result in ipairs(made.results) do
      assert.same(result.snapshots[1]:values(), made.images[2 * i - 1]:values())
      assert.same(result.snapshots[4]:values(), made.images[2 * i]:values())
    end
    -- The last picture stands in the sheet's lower right corner.
    local shape = made.image:shape()
    for channel = 0, 2 do
      assert.equal(made.images[4]:at(0, channel, 31, 31), made.image:at(0, channel, shape[3] - 1, shape[4] - 1))
    end
  end)

  it("lays batches out as rows", function()
    local made = ph.compare(common { batch = 3 }, { { "a" }, { "b" } }, { padding = 0 })
    local shape = made.image:shape()
    assert.equal(2 * 32, shape[3])
    assert.is_true(shape[4] >= 3 * 32)
  end)

  it("ends with the run that is interrupted, and still gives a sheet", function()
    local made = ph.compare(common { snapshots = { 1, 3 }, on_step = function(step)
      if step == 2 then io.popen("kill -s INT $PPID"):close() end
    end }, { { "a" }, { "b" } })
    assert.equal(1, #made.results)
    assert.is_true(made.interrupted)
    assert.same(made.results[1].image:values(), made.images[2]:values())
    assert.error_matches(function() ph.compare(common(), { { "a" } }) end, "interrupted$")
  end)

  it("saves what all runs share", function()
    local path = os.tmpname() .. ".png"
    assert(ph.compare(common(), { { "a" }, { "b", optimiser = "ascent" } }):save(path))
    local metadata = assert(ph.read_metadata(path))
    os.remove(path)
    assert.equal("googlenet-tiny", metadata.network)
    assert.equal("3", metadata.steps)
    assert.is_nil(metadata.optimiser)
  end)

  it("refuses what it cannot compare", function()
    assert.error_matches(function() ph.compare(common(), {}) end, "list of variants")
    assert.error_matches(function() ph.compare(common(), { { transforms = "none" } }) end, "number 1: a table { label")
    assert.error_matches(function() ph.compare(common(), { { "a", transform = "none" } }) end, "'transforms'")
    assert.error_matches(function() ph.compare(common { snapshots = {} }, { { "a" } }) end, "snapshots")
    assert.error_matches(function() ph.compare("x", { { "a" } }) end, "a table of options expected")
  end)
end)
