-- SPDX-License-Identifier: MIT
-- Settings that follow from the picture's size: what a network makes of them at several sizes, kept plans included, and
-- through a file.

local ph = require "phosphene"
local core = require "phosphene.core"

-- The picture's odd row and column cut off and put back as zeros, by formulas over its size.
local function cropped(backend)
  local net = core.network { backend = backend }
  net:add { type = "unary", name = "tanh", from = "image", operation = "tanh" }
  net:add { type = "slice", name = "crop", from = "tanh", axes = { 2, 3 }, starts = { 0, 0 }, ends = { 1, 1 },
    formulas = { { "ends", 1, "a2 2 / floor 2 *" }, { "ends", 2, "a3 2 / floor 2 *" } }, sized_by = { "image" } }
  net:add { type = "pad", name = "back", from = "crop", before = { 0, 0, 0, 0 }, after = { 0, 0, 0, 0 },
    formulas = { { "after", 3, "b2 a2 -" }, { "after", 4, "b3 a3 -" } }, sized_by = { "crop", "tanh" } }
  return net
end

local function check(net)
  for _, size in ipairs { { 5, 7 }, { 4, 6 }, { 5, 7 }, { 8, 3 } } do
    local height, width = table.unpack(size)
    local image = core.random(1, "x"):fill_normal(core.tensor { 2, 3, height, width })
    net:forward(image, { "tanh", "crop", "back" })
    local even_height, even_width = height // 2 * 2, width // 2 * 2
    assert.same({ 2, 3, even_height, even_width }, net:activation("crop"):shape())
    assert.same(image:shape(), net:activation("back"):shape())
    assert.equal(net:activation("tanh"):at(1, 2, even_height - 1, even_width - 1),
      net:activation("back"):at(1, 2, even_height - 1, even_width - 1))
    if width % 2 == 1 then assert.equal(0, net:activation("back"):at(1, 2, 0, width - 1)) end
    net:inject("back", core.tensor({ 2, 3, height, width }, 1))
    local gradient = net:backward()
    assert.is_true(gradient:at(0, 0, 0, 0) > 0)
    if width % 2 == 1 then assert.equal(0, gradient:at(0, 0, 0, width - 1)) end
  end
end

describe("settings that follow from the picture's size", function()
  for _, backend in ipairs { "reference", "dnnl" } do
    it("are as they are at each size, on " .. backend, function() check(cropped(backend)) end)
  end

  it("follow from layers that nothing else needs, too", function()
    local net = core.network {}
    net:add { type = "max_pool", name = "small", from = "image", kernel = 2, stride = 2 }
    net:add { type = "resize", name = "up", from = "image", sizes = { 1, 3, 1, 1 },
      formulas = { { "sizes", 3, "a2" }, { "sizes", 4, "a3" } }, sized_by = { "small" } }
    net:forward(core.tensor { 1, 3, 7, 10 }, "up")
    assert.same({ 1, 3, 3, 5 }, net:activation("up"):shape())
    assert.same({ 3, 4, 2 }, net:shapes(8, 4).up)
    assert.same({ 1, 3, 9, 8 }, net:infer("up", { image = { 1, 3, 5, 5 }, small = { 1, 3, 9, 8 } }))
    assert.is_nil(net:infer("up", { image = { 1, 3, 5, 5 } }))
  end)

  it("are described, and kept in files", function()
    local net, path = cropped(), os.tmpname()
    local layer = net:layer "back"
    assert.same({ { "after", 3, "b2 a2 -" }, { "after", 4, "b3 a3 -" } }, layer.formulas)
    assert.same({ "crop", "tanh" }, layer.sized_by)
    assert(net:save(path .. ".safetensors"))
    local again = assert(ph.network(path .. ".safetensors"))
    check(again)
    assert.same(layer.formulas, again:layer("back").formulas)
    os.remove(path)
    os.remove(path .. ".safetensors")
  end)

  it("refuse what is no formula, no setting or no layer", function()
    local function problem(change)
      local net = core.network {}
      local layer = { type = "slice", name = "it", from = "image", starts = { 0 }, ends = { 1 },
        formulas = { { "ends", 1, "a2" } }, sized_by = { "image" } }
      for key, value in pairs(change) do layer[key] = value end
      local ok, message = pcall(function()
        net:add(layer)
        net:forward(core.tensor { 1, 3, 4, 4 }, "it")
      end)
      assert.is_false(ok)
      return message
    end
    assert.matches("slice 'it': formula 'a2 %+': '%+' takes 2", problem { formulas = { { "ends", 1, "a2 +" } } })
    assert.matches("no layer 'imge'; did you mean 'image'", problem { sized_by = { "imge" } })
    assert.matches("slice 'it': no setting 'end'; did you mean 'ends'", problem { formulas = { { "end", 1, "1" } } })
    assert.matches("slice 'it': ends has no number 2", problem { formulas = { { "ends", 2, "1" } } })
    assert.matches("slice 'it': ends must be a whole number", problem { formulas = { { "ends", 1, "0.5" } } })
    assert.matches("slice 'it': ends inf out of range", problem { formulas = { { "ends", 1, "1 0 /" } } })
    assert.matches("a layer cannot follow from its own size", problem { sized_by = { "it" } })
  end)

  it("are not those of layers with parameters", function()
    local ok, message = pcall(function()
      core.network {}:add { type = "gather", name = "it", from = "image", axis = 1, indices = core.tensor { 1 },
        formulas = { { "axis", 1, "2" } } }
    end)
    assert.is_false(ok)
    assert.matches("gather 'it': a layer with parameters has the same settings at every size", message)
  end)
end)
