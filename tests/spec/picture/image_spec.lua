-- SPDX-License-Identifier: MIT
-- Pictures and captions in Lua: files there and back, options, messages. Pixels are checked in tests/unit.

local core = require "phosphene.core"

local folder = os.tmpname()
os.remove(folder)
local function path(name) return folder .. "/" .. name end

local function read(file)
  local stream = assert(io.open(file, "rb"))
  local bytes = stream:read "a"
  stream:close()
  return bytes
end

local function write(file, bytes)
  local stream = assert(io.open(file, "wb"))
  stream:write(bytes)
  stream:close()
end

-- A picture whose every value is a multiple of 1/255.
local function picture(h, w)
  local values = {}
  for i = 1, 3 * h * w do values[i] = (i * 37 % 256) / 255 end
  return core.tensor({ 1, 3, h, w }, values)
end

describe("pictures", function()
  lazy_setup(function() os.execute("mkdir '" .. folder .. "'") end)
  lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  it("come back from a PNG bit for bit", function()
    local image = picture(5, 7)
    assert.is_true(core.save_image(image, path "a.png"))
    assert.same(image:values(), assert(core.load_image(path "a.png")):values())
  end)

  it("come back from a JPEG nearly", function()
    local image = core.resize_image(picture(2, 2), 16, 16)
    for _, name in ipairs { "a.jpg", "a.JPEG" } do
      assert.is_true(core.save_image(image, path(name)))
      local difference = assert(core.load_image(path(name))):add(image, -1):statistics()
      assert.is_true(difference.least > -0.06 and difference.most < 0.06)
    end
  end)

  it("are resized while they are loaded", function()
    assert(core.save_image(picture(30, 40), path "b.png"))
    local function shape(options) return assert(core.load_image(path "b.png", options)):shape() end
    assert.same({ 1, 3, 30, 40 }, shape {})
    assert.same({ 1, 3, 15, 20 }, shape { size = 15 })
    assert.same({ 1, 3, 60, 80 }, shape { width = 80 })
    assert.same({ 1, 3, 15, 20 }, shape { height = 15 })
    assert.same({ 1, 3, 9, 8 }, shape { width = 8, height = 9 })
    assert.has_error(function() core.load_image(path "b.png", { size = 5, width = 5 }) end,
      "load_image: give either size, or width and height")
    assert.has_error(function() core.load_image(path "b.png", { siz = 5 }) end,
      "load_image: no setting 'siz'; did you mean 'size'?")
    assert.has_error(function() core.load_image(path "b.png", { size = 0 }) end,
      "load_image: size 0 out of range 1..16384")
  end)

  it("are resized in memory", function()
    local small = core.resize_image(picture(8, 8), 3, 5)
    assert.same({ 1, 3, 3, 5 }, small:shape())
    local s = small:statistics()
    assert.is_true(s.least >= 0 and s.most <= 1)
    local plain = core.resize_image(core.tensor({ 1, 1, 7, 9 }, 0.25), 2, 3)
    assert.same({ 0.25, 0.25, 0.25, 0.25, 0.25, 0.25 }, plain:values())
    assert.has_error(function() core.resize_image(core.tensor { 3, 3 }, 2, 2) end)
    assert.has_error(function() core.resize_image(picture(2, 2), 0, 2) end)
  end)

  it("keep their metadata in a PNG", function()
    local metadata = { seed = "1", objective = "½·mixed4a:476 − L1", note = "two\nlines", empty = "" }
    assert.is_true(core.save_image(picture(2, 2), path "m.png", metadata))
    assert.same(metadata, core.read_metadata(path "m.png"))
    local bytes = read(path "m.png")
    assert.is_true(bytes:find("tEXtseed\0001", 1, true) < bytes:find("IDAT", 1, true))
    assert.is_true(bytes:find("iTXtobjective", 1, true) < bytes:find("tEXtseed", 1, true))
    assert.is_true(core.save_image(picture(2, 2), path "n.png", { seed = 7, rate = 0.05 }))
    assert.same({ seed = "7", rate = "0.05" }, core.read_metadata(path "n.png"))
    assert(core.save_image(picture(2, 2), path "m2.png", metadata))
    assert.equal(bytes, read(path "m2.png"))
  end)

  it("refuse metadata that are no texts", function()
    local function save(metadata) return function() core.save_image(picture(2, 2), path "bad.png", metadata) end end
    assert.has_error(save { seed = true }, "metadata: seed is a boolean, not a text")
    assert.has_error(save { seed = "a\0b" }, "metadata: seed has a zero byte in it")
    assert.has_error(save { "x" })
    assert.has_error(save "seed=1")
    assert.has_error(save { [("k"):rep(80)] = "x" })
    assert.is_nil(io.open(path "bad.png"))
  end)

  it("that cannot be read give nil and one line", function()
    local function problem(...)
      local value, message = ...
      assert.is_nil(value)
      assert.is_nil(message:find "\n")
      return message
    end
    local missing = path "missing.png"
    assert.equal("cannot read '" .. missing .. "': No such file or directory", problem(core.load_image(missing)))
    assert.equal("cannot read '" .. missing .. "': No such file or directory", problem(core.read_metadata(missing)))
    write(path "text.png", "no picture")
    assert.matches("no PNG, JPEG or WebP", problem(core.load_image(path "text.png")))
    assert.matches("not a PNG", problem(core.read_metadata(path "text.png")))
    assert(core.save_image(picture(9, 9), path "cut.png"))
    local bytes = read(path "cut.png")
    write(path "cut.png", bytes:sub(1, #bytes // 2))
    assert.matches("cut off", problem(core.load_image(path "cut.png")))
    write(path "cut.png", bytes:sub(1, 60) .. "?" .. bytes:sub(62))
    assert.matches("damaged", problem(core.load_image(path "cut.png")))
  end)

  it("that cannot be written leave an older file alone", function()
    local old = path "old.png"
    assert(core.save_image(core.tensor({ 1, 3, 2, 2 }, 1), old))
    local bytes = read(old)
    assert.has_error(function() core.save_image(core.tensor({ 1, 3, 2, 2 }, 0 / 0), old) end,
      "cannot write '" .. old .. "': NaN at channel 0, y 0, x 0")
    assert.has_error(function() core.save_image(core.tensor { 2, 3, 2, 2 }, old) end,
      "cannot write '" .. old .. "': a batch of 2 images; use ph.montage, or t:image(n) for one of them")
    assert.has_error(function() core.save_image(picture(2, 2), path "x.gif") end,
      "cannot write '" .. path "x.gif" .. "': pictures end in .png, .jpg or .jpeg")
    assert.equal(bytes, read(old))
    local saved, message = core.save_image(picture(2, 2), old .. "/below.png")
    assert.is_nil(saved)
    assert.matches("Not a directory", message)
  end)

  it("make the folders they are to lie in", function()
    assert.is_true(core.save_image(picture(2, 2), path "one/two/a.png"))
    assert(core.load_image(path "one/two/a.png"))
    assert.same({ "a.png" }, core.list_folder(path "one/two"))
  end)

  it("survive missing memory at any point", function()
    local image = picture(12, 12)
    local finished
    for n = 1, 200 do
      core.fail_after(n)
      local ok, value = pcall(function()
        local saved = core.save_image(image, path "memory.png", { seed = "1" })
        local loaded = saved and core.load_image(path "memory.png", { size = 5 })
        return loaded and core.read_metadata(path "memory.png")
      end)
      core.fail_after(0)
      finished = ok and value
      if finished then break end
    end
    assert.same({ seed = "1" }, finished)
  end)
end)

describe("captions", function()
  it("are drawn in place and in colour", function()
    local image = core.tensor { 1, 3, 40, 120 }
    assert.equal(image, core.draw_text(image, 10, 8, "mixed4a:476", { size = 20, colour = { 1, 0.5, 0 } }))
    assert.near(1, image:statistics().most, 1e-6)
    local red, green, blue = 0, 0, 0
    for y = 0, 39 do
      for x = 0, 119 do
        if x < 10 or y < 8 or y >= 29 then assert.equal(0, image:at(0, 0, y, x)) end
        red, green, blue = red + image:at(0, 0, y, x), green + image:at(0, 1, y, x), blue + image:at(0, 2, y, x)
      end
    end
    assert.is_true(red > 100)
    assert.near(red / 2, green, 0.01)
    assert.equal(0, blue)
  end)

  it("are black and 16 pixels high by default", function()
    local a, b = core.tensor({ 1, 3, 30, 60 }, 1), core.tensor({ 1, 3, 30, 60 }, 1)
    core.draw_text(a, 2, 2, "héron")
    core.draw_text(b, 2, 2, "héron", { size = 16, colour = { 0 } })
    assert.same(a:values(), b:values())
    assert.near(0, a:statistics().least, 0.01)
  end)

  it("can be measured", function()
    local width, height = core.text_size("conv2d0", 16)
    assert.is_true(width > 40 and width < 90)
    assert.equal(16, height)
    local both, lines = core.text_size("conv2d0\nx", 16)
    assert.equal(width, both)
    assert.equal(32, lines)
  end)

  it("refuse what makes no sense", function()
    local image = core.tensor { 1, 3, 10, 10 }
    assert.has_error(function() core.draw_text(image, 0, 0, "x", { size = 3 }) end,
      "draw_text: size 3 out of range 4..512")
    assert.has_error(function() core.draw_text(image, 0, 0, "x", { color = { 1 } }) end,
      "draw_text: no setting 'color'; did you mean 'colour'?")
    assert.has_error(function() core.draw_text(image, 0, 0, "x", { colour = { 1, 1 } }) end)
    assert.has_error(function() core.draw_text(image, 0 / 0, 0, "x") end)
    assert.has_error(function() core.draw_text(core.tensor { 1, 1, 5, 5 }, 0, 0, "x") end)
    assert.has_error(function() core.text_size("x", 1000) end)
  end)
end)
