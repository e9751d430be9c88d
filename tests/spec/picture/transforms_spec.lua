-- SPDX-License-Identifier: MIT
-- Transforms in Lua: constructors, the standard lists, pipelines, messages. Values are checked in tests/unit.

local core = require "phosphene.core"
local transforms = require "phosphene.picture.transforms"

describe("transforms", function()
  local function noise(shape, seed)
    return core.random(seed or 1, "test"):fill_normal(core.tensor(shape))
  end

  it("print as the Lua that makes them", function()
    for text, transform in pairs {
      ["pad(12)"] = transforms.pad(12),
      ['pad(4, {mode="reflect"})'] = transforms.pad(4, { mode = "reflect" }),
      ["pad(4, {value=0})"] = transforms.pad(4, { value = 0 }),
      ["jitter(8)"] = transforms.jitter(8),
      ["random_scale{0.9, 1.1}"] = transforms.random_scale { 0.9, 1.1 },
      ['random_scale{2, method="half_pixel"}'] = transforms.random_scale { 2, method = "half_pixel" },
      ['random_rotate{-5, 5, method="bilinear"}'] = transforms.random_rotate { -5, 5, method = "bilinear" },
      ["flip(0.5)"] = transforms.flip(),
      ['flip(1, {axis="vertical"})'] = transforms.flip(1, { axis = "vertical" }),
      ["random_crop(5, 6)"] = transforms.random_crop(5, 6),
      ["crop(64, 64)"] = transforms.crop(64),
      ["crop_or_pad(64, 48)"] = transforms.crop_or_pad(64, 48),
      ["crop_border(2)"] = transforms.crop_border(2),
      ['random_scale{0.9, 1.1, draw="range"}'] = transforms.random_scale { 0.9, 1.1, draw = "range" },
      ["random_resized_crop(64, 48)"] = transforms.random_resized_crop(64, 48),
      ["random_resized_crop(64, 64, {mean=0.5})"] = transforms.random_resized_crop(64, { mean = 0.5 }),
      ["random_blur(1, {most=1.1, size=10})"] = transforms.random_blur(1, { most = 1.1, size = 10 }),
      ['noise(0.04, {distribution="uniform"})'] = transforms.noise(0.04, { distribution = "uniform" }),
      ["colour_jitter(0.1, {contrast=0.2})"] = transforms.colour_jitter(0.1, { contrast = 0.2 }),
      ["normalise_gradient{}"] = transforms.normalise_gradient {},
      ["normalise_gradient{1, 2}"] = transforms.normalise_gradient { 1, 2 },
      ["copies(16)"] = transforms.copies(16),
      ["resize(224, 224)"] = transforms.resize(224),
      ['resize(32, 48, {method="corners"})'] = transforms.resize(32, 48, { method = "corners" }),
      ['random_affine{-5, 5, scale={0.9, 1.1}, edge="symmetric"}'] = transforms.random_affine { -5, 5,
        scale = { 0.9, 1.1 }, edge = "symmetric" },
      ['random_affine{shear={-5, 5}, shift={0.1}, method="nearest", draw="range"}'] = transforms.random_affine {
        shear = { -5, 5 }, shift = { 0.1 }, method = "nearest", draw = "range" },
      ['random_scale{1.1, method="corners", rounding="up"}'] = transforms.random_scale { 1.1, method = "corners",
        rounding = "up" },
      ['random_rotate{3, edge="symmetric"}'] = transforms.random_rotate { 3, edge = "symmetric" },
      ['collapse(0, {colour={1, 1, 1}})'] = transforms.collapse(0, { colour = { 1, 1, 1 } }),
    } do
      assert.equal(text, tostring(transform))
      local again = assert(load("return " .. text, text, "t", transforms))()
      assert.equal(text, tostring(again))
    end
  end)

  it("come in standard lists", function()
    assert.equal("pad(12), jitter(8), random_scale{0.9, 0.92, 0.94, 0.96, 0.98, 1, 1.02, 1.04, 1.06, 1.08, 1.1}, "
      .. "random_rotate{-10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 0, 0, 0}, "
      .. "jitter(4)", tostring(transforms.pipeline "lucid"))
    assert.equal("pad(16), jitter(16), random_scale{1, 0.975, 1.025, 0.95, 1.05}, "
      .. "random_rotate{-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5}, jitter(8), crop_border(16)",
      tostring(transforms.pipeline(transforms.distill)))
    assert.equal("none", tostring(transforms.pipeline "none"))
    local captum = tostring(transforms.pipeline "captum")
    assert.matches("^pad%(2%), pad%(4, {mode=\"reflect\"}%), jitter%(8%), pad%(4", captum)
    assert.equal(11, select(2, captum:gsub("reflect", "")))
    assert.matches("{1.0253794191471, 1.0202525220513, ", captum) -- 0.995^-5, 0.995^-4
    assert.matches("0.92489218579863, method=\"pytorch\"}, random_rotate{%-20, ", captum) -- 0.998^39
    assert.equal("pad(128, {value=0}), jitter(64), jitter(64), jitter(128), jitter(128), jitter(128), "
      .. 'random_scale{0.92, 0.96, method="half_pixel", draw="range"}, random_blur(1, {most=1.1, size=10}), '
      .. "jitter(32), jitter(32), flip(0.5), resize(224, 224)", tostring(transforms.pipeline(transforms.xplique(512))))
    assert.equal(transforms.lucid, transforms.named "lucid")
    assert.equal("flip(0.5)", tostring(transforms.pipeline(transforms.flip())))
  end)

  it("show Captum's and Xplique's sizes", function()
    local images, random, seen = core.tensor { 1, 1, 128, 128 }, core.random(1, "transforms"), {}
    local pipeline = transforms.pipeline "captum"
    for _ = 1, 60 do seen[#seen + 1] = pipeline:forward(images, random):shape()[3] end
    assert.is_true(math.min(table.unpack(seen)) >= 88 and math.max(table.unpack(seen)) <= 135)
    pipeline = transforms.pipeline(transforms.xplique(128, 64))
    assert.same({ 1, 1, 64, 64 }, pipeline:forward(images, random):shape())
    assert.error_matches(function() transforms.xplique(15) end, "xplique: size: a whole number of at least 16")
  end)

  it("move without shrinking what is padded before", function()
    local row = core.tensor({ 1, 1, 1, 5 }, { 1, 2, 3, 4, 5 })
    local pipeline = transforms.pipeline { transforms.pad(2, { mode = "reflect" }), transforms.jitter(4) }
    local found = {}
    for seed = 1, 200 do
      local moved = pipeline:forward(row, core.random(seed, "transforms"))
      assert.same(row:shape(), moved:shape())
      found[("%.0f%.0f%.0f%.0f%.0f"):format(table.unpack(moved:values()))] = true
    end
    assert.same({ ["32123"] = true, ["21234"] = true, ["12345"] = true, ["23454"] = true, ["34543"] = true }, found)
  end)

  it("show Lucid's sizes of 128 pixels", function()
    local expected, seen = {}, {}
    for _, size in ipairs { 129, 132, 135, 138, 141, 144, 146, 149, 152, 155, 158 } do expected[size - 4] = true end
    local pipeline, random = transforms.pipeline "lucid", core.random(1, "transforms")
    local images = core.tensor { 1, 1, 128, 128 }
    for _ = 1, 200 do
      local shape = pipeline:forward(images, random):shape()
      assert.equal(shape[3], shape[4])
      seen[shape[3]] = true
    end
    assert.same(expected, seen)
  end)

  it("draw the same for the same seed, and for every image of a batch", function()
    local images = noise { 2, 3, 30, 41 }
    local function draw(seed)
      local random, pipeline = core.random(seed, "transforms"), transforms.pipeline "lucid"
      pipeline:forward(images, random)
      return pipeline:forward(images, random):clone()
    end
    local a, b, c = draw(1), draw(1), draw(2)
    assert.same(a:values(), b:values())
    assert.not_same(a:values(), c:values())
    images = core.tensor({ 2, 1, 40, 40 }, 0)
    for x = 0, 39 do
      for n = 0, 1 do images:set(n, 0, x, x, x) end
    end
    local view = transforms.pipeline "lucid":forward(images, core.random(3, "transforms"))
    assert.same(view:image(0):values(), view:image(1):values())
  end)

  it("go back by the exact adjoint", function()
    local list = { transforms.jitter(3), transforms.random_scale { 0.8, 1.3 }, transforms.random_rotate { -20, 10 },
      transforms.flip() }
    local pipeline, random = transforms.pipeline(list), core.random(4, "transforms")
    for i = 1, 20 do
      local x = noise({ 1, 2, 17, 22 }, i)
      local forward = pipeline:forward(x, random)
      local y = noise(forward:shape(), -i)
      assert.near(forward:dot(y), x:dot(pipeline:backward(y)), 1e-3)
    end
  end)

  it("may be as many as the field's longest lists", function()
    local factors = {} -- of the activation atlas: 0.995^n and twice 0.998^n
    for n = -5, 79 do factors[#factors + 1] = 0.995 ^ n end
    for _ = 1, 2 do
      for n = 20, 39 do factors[#factors + 1] = 0.998 ^ n end
    end
    assert.equal(125, #factors)
    local printed = tostring(transforms.random_scale(factors))
    assert.equal(printed, tostring(assert(load("return " .. printed, printed, "t", transforms))()))
  end)

  it("give each picture several views a step", function()
    local pipeline = transforms.pipeline { transforms.pad(2), transforms.copies(4),
      transforms.random_resized_crop(12, { mean = 0.5 }), transforms.noise(0.1) }
    local random, x = core.random(5, "transforms"), noise({ 2, 3, 20, 21 }, 1)
    local views = pipeline:forward(x, random)
    assert.same({ 8, 3, 12, 12 }, views:shape())
    assert.not_same(views:image(0):values(), views:image(2):values())
    local gradient = pipeline:backward(views:clone():fill(0))
    assert.same({ 2, 3, 20, 21 }, gradient:shape())
    assert.error_matches(function()
      transforms.pipeline { transforms.copies(3), transforms.jitter(1), transforms.copies(2) }
    end, "copies may appear only once")
    pipeline = transforms.pipeline { transforms.copies(20), transforms.random_scale { 0.5, 1 } }
    assert.error_matches(function() pipeline:forward(x, random) end, "copies%(20%): a copy of .* end with crop_or_pad")
  end)

  it("may change from step to step", function()
    local asked = {}
    local pipeline = transforms.pipeline(function(step)
      asked[#asked + 1] = step
      return transforms.crop(10 - step)
    end)
    local random, x = core.random(1, "transforms"), noise { 1, 3, 10, 10 }
    assert.equal("custom", tostring(pipeline))
    for step = 1, 3 do
      local view = pipeline:forward(x, random)
      assert.same({ 1, 3, 10 - step, 10 - step }, view:shape())
      assert.same(x:shape(), pipeline:backward(view):shape())
    end
    assert.same({ 1, 2, 3 }, asked)
    assert.equal("custom, at step 3 crop(7, 7)", tostring(pipeline))
    local first = transforms.pipeline(function() return "none" end)
    assert.error_matches(function() first:backward(x) end, "needs a forward before it")
    pipeline:close()
  end)

  it("leave the picture alone when there are none", function()
    local images = noise { 1, 3, 5, 5 }
    local pipeline = core.pipeline {}
    assert.same(images:values(), pipeline:forward(images, core.random(1, "transforms")):values())
    assert.same(images:values(), pipeline:backward(images):values())
  end)

  it("outlive their list and their tensors", function()
    local pipeline = core.pipeline { transforms.jitter(1) }
    local view = pipeline:forward(noise { 1, 1, 4, 4 }, core.random(1, "transforms"))
    collectgarbage()
    collectgarbage()
    assert.same({ 1, 1, 3, 3 }, pipeline:backward(view):shape() and view:shape())
    pipeline:close()
    assert.equal(9, view:count())
    assert.equal("pipeline (closed)", tostring(pipeline))
    local transform = transforms.jitter(1)
    transform:close()
    assert.equal("transform (closed)", tostring(transform))
  end)

  it("say what is wrong with what they are given", function()
    for message, f in pairs {
      ["no transform 'jiter'; did you mean 'jitter'?"] = function() core.transform "jiter" end,
      ["pad: no setting 'mod'; did you mean 'mode'?"] = function() transforms.pad(2, { mod = "reflect" }) end,
      ["pad: no mode 'reflekt'; did you mean 'reflect'?"] = function() transforms.pad(2, { mode = "reflekt" }) end,
      ["pad: width is given by place"] = function() transforms.pad(2, { width = 3 }) end,
      ["jitter: distance must be given"] = function() transforms.jitter() end,
      ["jitter: distance must be a whole number, got 1.5"] = function() transforms.jitter(1.5) end,
      ["jitter: distance takes one number, got text"] = function() transforms.jitter "8" end,
      ["jitter: a table of options expected after its arguments, got 2"] = function()
        transforms.jitter(1, 2)
      end,
      ["random_scale: a list of factors expected, got 0.9"] = function() transforms.random_scale(0.9) end,
      ["random_scale: factors must be given"] = function() transforms.random_scale {} end,
      ["random_rotate: no setting 'methd'; did you mean 'method'?"] = function()
        transforms.random_rotate { 1, methd = "lucid" }
      end,
      ["crop: size 0 out of range 1..65536"] = function() transforms.crop(0) end,
      ["no transforms 'lucd'; did you mean 'lucid'?"] = function() transforms.named "lucd" end,
      ["no transforms 'x'; there are captum, distill, lucid, none"] = function() transforms.pipeline "x" end,
      ["transforms: a list of transforms or the name of one expected, got 8"] = function()
        transforms.pipeline(8)
      end,
      ["element 2 is a function, not a transform"] = function()
        core.pipeline { transforms.jitter(1), transforms.jitter }
      end,
    } do
      local ok, problem = pcall(f)
      assert.is_false(ok)
      assert.truthy(problem:find(message, 1, true), problem)
      assert.truthy(problem:find("^tests/spec/picture/transforms_spec.lua:%d+: "), problem)
    end
  end)

  it("say which transform a picture does not fit, and how large it is", function()
    local pipeline = core.pipeline { transforms.pad(1), transforms.jitter(12) }
    local random = core.random(1, "transforms")
    assert.error_matches(function() pipeline:forward(core.tensor { 1, 3, 9, 10 }, random) end,
      "jitter%(12%): nothing would be left of an image of 11x12")
    assert.error_matches(function() pipeline:backward(core.tensor { 1, 3, 9, 10 }) end, "needs a forward before it")
    assert.error_matches(function() pipeline:forward(core.tensor { 3, 40, 40 }, random) end,
      "images %(n, c, h, w%) expected, got a tensor of shape 3x40x40")
    local view = pipeline:forward(core.tensor { 1, 3, 40, 40 }, random)
    assert.error_matches(function() pipeline:backward(core.tensor { 1, 3, 9, 10 }) end,
      "gradient: expected a tensor of shape 1x3x30x30, got 1x3x9x10")
    assert.error_matches(function() pipeline:forward(view, random) end, "give a clone of it")
  end)

  it("leak nothing, whichever allocation fails", function()
    local images, random = core.tensor { 1, 1, 30, 30 }, core.random(1, "transforms")
    local function run()
      local transform <close> = core.transform("jitter", { distance = 2 })
      local pipeline <close> = core.pipeline { transform }
      local view <close> = pipeline:forward(images, random)
      local _ <close> = pipeline:backward(view)
    end
    local function live()
      collectgarbage()
      collectgarbage()
      return { core.memory() }
    end
    local function run_with(failing)
      core.fail_after(failing)
      local ok, problem = pcall(run)
      core.fail_after(0)
      return ok, problem
    end
    local before, fails = live(), 0
    while true do
      local ok, problem = run_with(fails + 1)
      assert.same(before, live())
      if ok then break end
      assert.matches("memory", problem)
      fails = fails + 1
    end
    assert.is_true(fails > 5, "failures: " .. fails)
  end)
end)
