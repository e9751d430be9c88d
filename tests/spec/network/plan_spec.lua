-- SPDX-License-Identifier: MIT
-- What a plan says of itself is what the network is like, whichever backend has made it.

local ph = require "phosphene"
local core = require "phosphene.core"

local net = assert(ph.network "googlenet-tiny")

local function row_of(plan, layer)
  for _, row in ipairs(plan.rows) do
    for _, name in ipairs(row.layers) do
      if name == layer then return row end
    end
  end
end

local function sum(rows, key)
  local total = 0
  for _, row in ipairs(rows) do total = total + row[key] end
  return total
end

local function count_layers(plan)
  local count = #plan.in_place + #plan.known + #plan.unread + #plan.unneeded
  for _, row in ipairs(plan.rows) do count = count + #row.layers + #row.fused end
  return count
end

local function contains(list, name)
  for _, entry in ipairs(list) do
    if entry == name then return true end
  end
  return false
end

describe("a plan", function()
  it("tells of every layer once", function()
    for _, taps in ipairs { "image", "mixed4a", "mixed4a:61", "conv2d0" } do
      assert.equal(#net:layers(), count_layers(net:plan(64, taps)))
    end
    assert.equal(#net:layers(), count_layers(net:plan(64)))
  end)

  it("tells which ReLUs are part of what is before them, and which convolutions run as one", function()
    local plan = net:plan(64, "mixed4a")
    local row = row_of(plan, "conv2d0_pre_relu")
    assert.same({ "conv2d0" }, row.fused)
    assert.equal("convolution", row.kind)
    assert.equal("string", type(row.forward))
    assert.equal("string", type(row.backward))
    assert.same({ 1, 32, 32, 32 }, row.shape)
    assert.equal(3, #row_of(plan, "mixed3a_1x1_pre_relu").layers)
    assert.is_true(contains(plan.in_place, "mixed3a"))
    assert.is_true(contains(plan.unneeded, "mixed4b"))
    assert.same({}, plan.unread)
    -- A ReLU's input that is read itself has its ReLU apart.
    local apart = net:plan(64, { "conv2d0_pre_relu", "conv2d0" })
    assert.same({}, row_of(apart, "conv2d0_pre_relu").fused)
    assert.equal("relu", row_of(apart, "conv2d0").kind)
  end)

  it("leaves out branches and channels that nothing reads", function()
    local whole, part = net:plan(64, "mixed4a"), net:plan(64, "mixed4a:61")
    assert.is_true(contains(part.unread, "mixed4a_5x5"))
    local row, of_whole = row_of(part, "mixed4a_1x1_pre_relu"), row_of(whole, "mixed4a_1x1_pre_relu")
    assert.is_true(row.first <= 61 and row.last > 61 and row.last - row.first <= 16)
    assert.equal(0, of_whole.first)
    assert.is_true(part.totals.multiplications < whole.totals.multiplications)
    assert.is_true(part.totals.weights < whole.totals.weights)
    -- What is read of several channels is what lies between them.
    local two = row_of(net:plan(64, { "mixed4a:1", "mixed4a:61" }), "mixed4a_1x1_pre_relu")
    assert.is_true(two.first == 0 and two.last > 61)
    assert.same(whole.totals, net:plan(64, { "mixed4a:1", "mixed4a" }).totals)
  end)

  it("has totals that add up, and multiplications that are the network's", function()
    local plan = net:plan({ 96, 64 }, "mixed4a")
    assert.equal(sum(plan.rows, "weights"), plan.totals.weights)
    assert.equal(sum(plan.rows, "multiplications"), plan.totals.multiplications)
    assert.is_true(plan.totals.together <= plan.totals.kept + plan.totals.work)
    assert.is_true(plan.totals.together >= plan.totals.kept)
    -- 7x7 kernels over 3 colours, at half the size.
    assert.equal(32 * 3 * 49 * 48 * 32, row_of(plan, "conv2d0_pre_relu").multiplications)
    assert.is_true(row_of(plan, "conv2d0_pre_relu").weights >= 2 * 4 * 32 * 3 * 49) -- for both ways
  end)

  it("takes the options of forward", function()
    assert.is_nil(row_of(net:plan(64, "conv2d0", { backward = false }), "conv2d0_pre_relu").backward)
    assert.equal("relu", row_of(net:plan(64, "conv2d0", { relu = "redirected" }), "conv2d0").kind)
    assert.equal("reference", row_of(net:plan(64, "maxpool0", { pool = "smooth" }), "maxpool0").kind)
  end)

  it("leaves the last run as it is", function()
    local before = net:forward(core.tensor { 1, 3, 64, 64 }, "conv2d0"):activation "conv2d0"
    net:plan(32, "conv2d1")
    assert.same(before:values(), net:activation("conv2d0"):values())
  end)

  it("prints as a table", function()
    local text = tostring(net:plan(64, "mixed4a:61"))
    assert.matches("layers +fused +kind +by +shape", text)
    assert.matches("conv2d0_pre_relu +conv2d0 +convolution", text)
    assert.matches("not read: mixed4a_3x3_bottleneck_pre_relu", text)
    assert.matches("memory: %S+B for an image alone", text)
  end)

  it("refuses what cannot be planned", function()
    assert.error_matches(function() net:plan(0, "mixed4a") end, "plan: height: a whole number")
    assert.error_matches(function() net:plan(64, "mixed4z:1") end, "no layer 'mixed4z'; did you mean")
    assert.error_matches(function() net:plan(64, "mixed4a", { rely = "plain" }) end, "rely")
  end)

  it("is answered by the reference backend, too", function()
    local plain = core.network { backend = "reference" }
    plain:add { type = "convolution", name = "c", from = "image", weight = core.tensor { 4, 3, 3, 3 },
      bias = core.tensor { 4 } }
    plain:add { type = "relu", name = "r", from = "c" }
    plain:add { type = "relu", name = "unused", from = "c" }
    local plan = plain:plan(8, "r")
    assert.same({ "image", "c", "r" }, { plan.rows[1].layers[1], plan.rows[2].layers[1], plan.rows[3].layers[1] })
    assert.same({ "unused" }, plan.unneeded)
    assert.equal(4 * (4 * 27 + 4), plan.totals.weights)
    assert.equal(4 * 27 * 36, plan.totals.multiplications)
    local values = 3 * 64 + 2 * 4 * 36
    assert.equal(4 * values, plan.totals.kept)
    assert.equal(8 * values, plan.totals.together)
  end)
end)
