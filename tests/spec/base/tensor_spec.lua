-- SPDX-License-Identifier: MIT
-- Tensors and random numbers in Lua: methods, coordinates from 0, messages, closing. Sums are checked in tests/unit.

local core = require "phosphene.core"
require "phosphene" -- which adds methods in Lua

-- The message of an error, without its position.
local function message_of(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  return (message:gsub("^[^:]*:%d+: ", ""))
end

describe("core.tensor", function()
  it("is made of zeros, of one value, or of a list", function()
    assert.same({ 0, 0, 0, 0 }, core.tensor({ 2, 2 }):values())
    assert.same({ 0.5, 0.5 }, core.tensor({ 2 }, 0.5):values())
    local t = core.tensor({ 2, 3 }, { 1, 2, 3, 4, 5, 6 })
    assert.same({ 2, 3 }, t:shape())
    assert.equal(6, t:count())
    assert.equal(42, core.tensor({}, { 42 }):at())
  end)

  it("counts coordinates from 0", function()
    local t = core.tensor({ 1, 2, 2, 3 }, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })
    assert.equal(1, t:at(0, 0, 0, 0))
    assert.equal(12, t:at(0, 1, 1, 2))
    assert.equal(6, t:at(0, 0, 1, 2))
    assert.equal(t, t:set(0, 1, 0, 0, -1))
    assert.equal(-1, t:values()[7])
  end)

  it("says which coordinate is out of range", function()
    local t = core.tensor { 1, 3, 4, 5 }
    assert.matches("coordinate 5 out of range 0..4", message_of(t.at, t, 0, 0, 0, 5), 1, true)
    assert.matches("coordinate -1 out of range 0..3", message_of(t.at, t, 0, 0, -1, 0), 1, true)
    assert.has_error(function() t:at(0, 0, 0) end)
    assert.has_error(function() t:at(0, 0, 0, "1") end)
    assert.has_error(function() t:set(0, 0, 0, 0) end)
    assert.matches("out of range", message_of(t.image, t, 1))
  end)

  it("computes element by element, and chains", function()
    local a, b = core.tensor({ 3 }, { 1, 2, 3 }), core.tensor({ 3 }, { 4, 5, 6 })
    assert.equal(32, a:dot(b))
    assert.equal(6, a:sum())
    assert.same({ 9, 12, 15 }, a:clone():add(b, 2):values())
    assert.same({ 5, 7, 9 }, a:clone():add(b):values())
    assert.same({ 8, 20, 36 }, a:clone():multiply(b):scale(2):values())
    assert.same({ 4, 5, 6 }, a:clone():copy(b):values())
    assert.same({ 1, 2, 3 }, a:values())
    assert.same({ 7, 7, 7 }, a:fill(7):values())
  end)

  it("names both shapes where they do not fit", function()
    local a, b = core.tensor { 1, 3, 2, 2 }, core.tensor { 3, 1, 2, 2 }
    for _, method in ipairs { "add", "multiply", "copy", "dot" } do
      local message = message_of(a[method], a, b)
      assert.matches("1x3x2x2", message)
      assert.matches("3x1x2x2", message)
    end
    assert.matches("reshape: 5 does not have as many elements as 1x3x2x2", message_of(a.reshape, a, { 5 }), 1, true)
    assert.has_error(function() a:add(1) end)
  end)

  it("gives images of a batch, other shapes and pieces as copies", function()
    local batch = core.tensor({ 2, 1, 1, 2 }, { 1, 2, 3, 4 })
    local second = batch:image(1)
    assert.same({ 1, 1, 1, 2 }, second:shape())
    assert.same({ 3, 4 }, second:values())
    second:fill(0)
    local long = batch:reshape { 4 }
    assert.same({ 2, 2 }, long:reshape({ 2, -1 }):shape())
    assert.same({ 4, 1 }, long:reshape({ 4, -1 }):shape())
    for _, shape in ipairs { { 3, -1 }, { -1, -1 }, { 0, -1 }, { 8, -1 }, { -2, 2 }, { 1 << 40, 1 << 40, -1 } } do
      assert.has_error(function() long:reshape(shape) end)
    end
    assert.same({ 4 }, long:shape())
    long:fill(0)
    assert.same({ 1, 2, 3, 4 }, batch:values())
    local sheet = core.tensor { 1, 1, 2, 3 }
    assert.equal(sheet, sheet:paste(batch:image(0), 1, 2))
    assert.same({ 0, 0, 0, 0, 0, 1 }, sheet:values())
  end)

  it("takes rows and blocks of others", function()
    local t = core.tensor { 3, 2 }
    assert.equal(t, t:copy(core.tensor({ 2 }, 7), 1))
    assert.same({ 0, 0, 7, 7, 0, 0 }, t:values())
    assert.same({ 0, 0, 7, 5, 0, 5 }, t:copy(core.tensor({ 2, 1 }, 5), { 1, 1 }):values())
    assert.matches("copy: 1 from 3 on are not all among the 3 of axis 0", message_of(t.copy, t, core.tensor { 2 }, 3))
    assert.matches("copy: 2x1 are no rows of 3x2", message_of(t.copy, t, core.tensor { 2, 1 }, 0), 1, true)
    assert.matches("copy: start: a list of 2 whole numbers expected", message_of(t.copy, t, t, { 0 }))
  end)

  it("has a peak in each map, and its place", function()
    local maps = core.tensor({ 1, 2, 2, 2 }, { 1, 4, 4, -2, -3, -1, -7, -5 })
    local value, y, x = maps:peaks()
    assert.same({ { 1, 2 }, { 4, -1 }, { 0, 0 }, { 1, 1 } }, { value:shape(), value:values(), y:values(), x:values() })
    value, y, x = maps:peaks "min"
    assert.same({ { -2, -7 }, { 1, 1 }, { 1, 0 } }, { value:values(), y:values(), x:values() })
    assert.matches("peaks: no 'mini'; did you mean 'min'?", message_of(maps.peaks, maps, "mini"), 1, true)
  end)

  it("knows its statistics, and prints them", function()
    local s = core.tensor({ 4 }, { 1, 3, 0 / 0, 1 / 0 }):statistics()
    assert.same({ mean = 2, deviation = 1, least = 1, most = 3, not_finite = 2 }, s)
    assert.equal("tensor 1x3x2x3, mean 0.3333, deviation 0, range 0.3333..0.3333",
      tostring(core.tensor({ 1, 3, 2, 3 }, 1 / 3)))
    assert.matches("18 not finite$", tostring(core.tensor({ 18 }, 0 / 0)))
  end)

  it("prints its elements where they are few", function()
    assert.equal("tensor 2x1x3 {{{1, 2, 3}}, {{4, 5, 0.333333}}}",
      tostring(core.tensor({ 2, 1, 3 }, { 1, 2, 3, 4, 5, 1 / 3 })))
    assert.equal("tensor 3 {1, inf, -inf}", tostring(core.tensor({ 3 }, { 1, 1 / 0, -1 / 0 })))
  end)

  it("finds its largest elements, and where they are", function()
    local tensor = core.tensor({ 2, 1, 3 }, { 1, 5, 0 / 0, 7, 5, -1 })
    local found = tensor:largest(3)
    assert.same({ { value = 7, at = { 1, 0, 0 } }, { value = 5, at = { 0, 0, 1 } }, { value = 5, at = { 1, 0, 1 } } },
      found)
    assert.equal(5, #tensor:largest()) -- what is not a number is not among them
    for _, entry in ipairs(found) do assert.equal(entry.value, tensor:at(table.unpack(entry.at))) end
    assert.error_matches(function() tensor:largest(0) end,
      "largest: a whole number of at least 1 expected, got 0")
  end)

  it("refuses shapes and values that make no sense", function()
    assert.matches("at least 1", message_of(core.tensor, { 1, 0 }))
    assert.matches("too large", message_of(core.tensor, { 1 << 40, 1 << 40 }))
    assert.has_error(function() core.tensor { 1, 1, 1, 1, 1, 1, 1 } end)
    assert.has_error(function() core.tensor { 2.5 } end)
    assert.has_error(function() core.tensor { "3" } end)
    assert.has_error(function() core.tensor(3) end)
    assert.matches("3 values given for a tensor of 4 elements", message_of(core.tensor, { 4 }, { 1, 2, 3 }))
    assert.matches("value 2 is not a number", message_of(core.tensor, { 2 }, { 1, "2" }))
  end)

  it("says what there was no memory for", function()
    core.fail_after(2)
    local message = message_of(core.tensor, { 300, 400 })
    core.fail_after(0)
    assert.equal("not enough memory for a tensor of shape 300x400", message)
  end)

  it("can be closed, once and for all", function()
    local t = core.tensor { 10 }
    t:close()
    t:close()
    assert.matches("closed", message_of(t.sum, t))
    assert.matches("closed", tostring(t))
    assert.matches("closed", message_of(core.tensor { 10 }.add, core.tensor { 10 }, t))
    local kept
    do
      local scoped <close> = core.tensor { 10 }
      kept = scoped
    end
    assert.matches("closed", message_of(kept.count, kept))
  end)

  it("gives memory back", function()
    collectgarbage()
    collectgarbage()
    local _, blocks = core.memory()
    for _ = 1, 100 do core.tensor({ 1000 }, 1):clone():scale(2) end
    collectgarbage()
    collectgarbage()
    assert.equal(blocks, (select(2, core.memory())))
  end)

  it("paces the collector by its memory", function()
    collectgarbage()
    local before, most = core.memory(), 0
    for _ = 1, 200 do
      core.tensor { 1 << 18 } -- 1 MiB
      most = math.max(most, (core.memory()))
    end
    assert.is_true(most - before < 64 << 20, ("peak of %d MiB"):format((most - before) >> 20))
  end)
end)

describe("core.random", function()
  it("repeats itself under one seed and stream", function()
    local function draw(seed, stream)
      local r = core.random(seed, stream)
      return { r:uniform(), r:normal(), r:below(1000000), r:fill_normal(core.tensor { 5 }):values() }
    end
    assert.same(draw(1, "init"), draw(1, "init"))
    assert.not_same(draw(1, "init"), draw(2, "init"))
    assert.not_same(draw(1, "init"), draw(1, "transforms"))
  end)

  it("keeps to its ranges", function()
    local r, seen = core.random(3, "test"), {}
    for _ = 1, 1000 do
      local u, n = r:uniform(), r:below(6)
      assert.is_true(u >= 0 and u < 1)
      seen[n] = true
    end
    assert.same({ [0] = true, true, true, true, true, true }, seen)
    local s = r:fill_normal(core.tensor { 20000 }, 5, 2):statistics()
    assert.near(5, s.mean, 0.08)
    assert.near(2, s.deviation, 0.08)
  end)

  it("refuses what makes no sense", function()
    local r = core.random(1, "test")
    assert.has_error(function() r:below(0) end)
    assert.has_error(function() r:below(1.5) end)
    assert.has_error(function() core.random(1) end)
    assert.has_error(function() core.random(1.5, "test") end)
    r:close()
    assert.has_error(function() r:uniform() end)
  end)
end)
