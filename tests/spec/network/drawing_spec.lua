-- SPDX-License-Identifier: MIT
-- Building graphs by hand: what importers of other formats rely on.

local core = require "phosphene.core"
local describe_network = require "phosphene.network.layer_table"

local function two_layers()
  local net = core.network { backend = "reference" }
  net:add { type = "max_pool", name = "pool", from = "image", kernel = 2, stride = 2 }
  net:add { type = "relu", name = "relu", from = "pool" }
  return net
end

describe("net:alias", function()
  it("finds a layer under another name", function()
    local net = two_layers():alias("Pool_0", "pool"):alias("Pool_0", "pool")
    assert.equal("pool", net:layer("Pool_0").name)
    net:add { type = "relu", name = "again", from = "Pool_0" }
    assert.same({ "pool" }, net:layer("again").from)
    assert.same({ "image", "pool", "relu", "again" }, net:layers())
  end)

  it("takes no name twice", function()
    local net = two_layers():alias("other", "pool")
    assert.has_error(function() net:alias("relu", "pool") end, "layer 'relu' exists already")
    assert.has_error(function() net:alias("other", "relu") end, "layer 'other' exists already")
    assert.has_error(function() net:add { type = "relu", name = "other", from = "pool" } end)
    assert.has_error(function() net:alias("new", "poll") end, "no layer 'poll'; did you mean 'pool'?")
    assert.has_error(function() net:alias("", "pool") end)
  end)
end)

describe("net:infer", function()
  it("gives the shape that a layer makes of its inputs'", function()
    local net = two_layers()
    assert.same({ 1, 7, 3, 2 }, net:infer("pool", { image = { 1, 7, 6, 5 } }))
    assert.same({ 1, 9 }, net:infer("relu", { pool = { 1, 9 } }))
  end)

  it("refuses what does not fit", function()
    local net = two_layers()
    assert.is_nil(net:infer("pool", {}))
    assert.has_error(function() net:infer("pool", { image = { 1, 7, 1, 1 } }) end)
    assert.has_error(function() net:infer("pool", { image = { 1, 0, 4, 4 } }) end)
    assert.has_error(function() net:infer("pol", {}) end, "no layer 'pol'; did you mean 'pool'?")
    assert.has_error(function() net:infer("image", {}) end)
  end)
end)

describe("net:describe", function()
  it("counts along the axis of the image where the network has made something else of it", function()
    local net = core.network { backend = "reference" }
    net:add { type = "reshape", name = "tokens", from = "image", shape = { 2, 6 } }
    net:add { type = "constant", name = "weights", value = core.tensor { 6, 5 } }
    net:add { type = "matmul", name = "product", from = { "tokens", "weights" } }
    local text = describe_network(net, 2, 2)
    assert.matches("\nimage +image +3x2x2", text)
    assert.matches("\ntokens +reshape +2x6: 6 units, 1x2 +image", text)
    assert.matches("\nproduct +matmul +2x5: 5 units, 1x2 +60 +tokens weights", text)
  end)

  it("leaves out the shapes of layers that the picture is too small for", function()
    local net = core.network { backend = "reference" }
    net:add { type = "max_pool", name = "pool", from = "image", kernel = 5, stride = 2 }
    net:add { type = "relu", name = "relu", from = "pool" }
    assert.matches("\nrelu +relu +%(does not fit%) +pool", describe_network(net, 3, 3))
  end)
end)
