-- SPDX-License-Identifier: MIT
-- Montage: geometry to the pixel, pictures where they belong, text that is all there.

local ph = require "phosphene"
local core = require "phosphene.core"

local function plain(value, height, width) return core.tensor({ 1, 3, height, width or height }, value) end

-- Rows and columns of the sheet that differ from the background (white), as a box.
local function ink(sheet, top, bottom)
  local shape, box = sheet:shape(), { left = math.huge, right = -1, count = 0 }
  for y = top or 0, bottom or shape[3] - 1 do
    for x = 0, shape[4] - 1 do
      if sheet:at(0, 1, y, x) < 0.7 then
        box.left, box.right, box.count = math.min(box.left, x), math.max(box.right, x), box.count + 1
      end
    end
  end
  return box
end

describe("ph.montage", function()
  it("lays pictures out in a grid", function()
    local sheet = ph.montage({ plain(0, 10), plain(0.25, 10), plain(0.5, 10) }, { columns = 2, padding = 2 })
    assert.same({ 1, 3, 2 + 2 * 12, 2 + 2 * 12 }, sheet:shape())
    assert.equal(1, sheet:at(0, 0, 0, 0))
    assert.equal(0, sheet:at(0, 0, 2, 2))
    assert.equal(0, sheet:at(0, 0, 11, 11))
    assert.equal(1, sheet:at(0, 0, 12, 12))
    assert.equal(0.25, sheet:at(0, 0, 2, 14))
    assert.equal(0.5, sheet:at(0, 2, 14, 2))
    assert.equal(1, sheet:at(0, 0, 14, 14))
  end)

  it("takes a batch, lists of batches, and a background colour", function()
    local batch = core.tensor({ 2, 3, 4, 4 }, 0.5)
    local sheet = ph.montage({ batch, plain(0.5, 4) }, { columns = 3, padding = 1, background = { 0, 0.25, 0.5 } })
    assert.same({ 1, 3, 6, 16 }, sheet:shape())
    assert.same({ 0, 0.25, 0.5 }, { sheet:at(0, 0, 0, 0), sheet:at(0, 1, 0, 0), sheet:at(0, 2, 0, 0) })
    assert.same({ 1, 3, 6, 11 }, ph.montage(batch, { padding = 1 }):shape())
  end)

  it("centres pictures of different sizes", function()
    local sheet = ph.montage({ plain(0, 10), plain(0, 4, 6) }, { columns = 2, padding = 0 })
    assert.equal(1, sheet:at(0, 0, 2, 15))
    assert.equal(0, sheet:at(0, 0, 3, 12))
    assert.equal(0, sheet:at(0, 0, 6, 17))
    assert.equal(1, sheet:at(0, 0, 7, 15))
  end)

  it("never lets text leave the sheet or its cell", function()
    local long = "German shepherd, Donaudampfschifffahrtsgesellschaft and a few other words"
    local sheet = ph.montage({ plain(1, 40, 70), plain(1, 40, 70) },
      { columns = 2, padding = 4, labels = { long, "" }, title = long, caption = long })
    local shape = sheet:shape()
    local all = ink(sheet)
    assert.is_true(all.count > 500)
    assert.is_true(all.left >= 2 and all.right < shape[4] - 2)
    -- Without title and caption, the label stays under the first picture.
    sheet = ph.montage({ plain(1, 40, 70), plain(1, 40, 70) }, { columns = 2, padding = 4, labels = { long, "" } })
    assert.is_true(ink(sheet).right < 4 + 70 + 2)
  end)

  it("keeps all of a text, however narrow the cell", function()
    local text = ("word "):rep(12)
    local wide = ph.montage(plain(1, 20, 700), { labels = { text }, text_size = 14 })
    local narrow = ph.montage(plain(1, 20, 70), { labels = { text }, text_size = 14 })
    local a, b = ink(wide).count, ink(narrow).count
    assert.is_true(math.abs(a - b) < 0.1 * a, ("%d and %d pixels of ink"):format(a, b))
  end)

  it("keeps its padding between pictures and labels, and between rows", function()
    local function height_of(padding, labels)
      local pictures = { plain(1, 30), plain(1, 30), plain(1, 30) }
      return ph.montage(pictures, { columns = 1, padding = padding, labels = labels }):shape()[3]
    end
    assert.equal(4 * 16, height_of(20) - height_of(4))
    assert.equal(7 * 16, height_of(20, { "a", "a", "a" }) - height_of(4, { "a", "a", "a" }))
    assert.equal(5 * 16, height_of(20, { [2] = "a" }) - height_of(4, { [2] = "a" }))
    -- A label begins half a padding beneath its picture.
    local sheet = ph.montage({ plain(1, 30), plain(1, 30) }, { columns = 1, padding = 40, labels = { "word" } })
    assert.equal(0, ink(sheet, 0, 40 + 30 + 19).count)
    assert.is_true(ink(sheet, 40 + 30 + 20, 40 + 30 + 50).count > 0)
    -- The last picture ends a padding above the sheet's end.
    sheet = ph.montage({ plain(1, 30), plain(0, 30) }, { columns = 1, padding = 40, labels = { "word" } })
    local bottom = sheet:shape()[3] - 40
    assert.same({ 0, 1 }, { sheet:at(0, 0, bottom - 1, 60), sheet:at(0, 0, bottom, 60) })
  end)

  it("labels rows and columns", function()
    local images = { plain(1, 30), plain(1, 30), plain(1, 30), plain(1, 30) }
    local bare = ph.montage(images, { columns = 2 }):shape()
    local shape = ph.montage(images, { columns = 2, row_labels = { "a", "b" }, column_labels = { "c", "d" } }):shape()
    assert.is_true(shape[3] > bare[3] and shape[4] > bare[4])
  end)

  it("shows what can be seen through over its background, or over a checkerboard", function()
    local glass = core.tensor({ 1, 4, 20, 24 }, 0)
    local plain_sheet = ph.montage(glass, { padding = 0, background = { 0, 0.5, 1 }, opacity = true })
    for channel, expected in ipairs { 0, 0.5, 1 } do assert.equal(expected, plain_sheet:at(0, channel - 1, 3, 3)) end
    local board = ph.montage(glass, { padding = 0, checkerboard = true })
    assert.near(0.8, board:at(0, 0, 0, 0), 1e-6)
    assert.near(0.6, board:at(0, 1, 0, 8), 1e-6)
    assert.near(0.6, board:at(0, 2, 8, 0), 1e-6)
    assert.near(0.8, board:at(0, 0, 8, 8), 1e-6)
    assert.near(0.6, board:at(0, 0, 19, 15), 1e-6)
    local solid = ph.montage(core.tensor({ 1, 4, 20, 24 }, 1), { padding = 0, checkerboard = true })
    assert.near(1, solid:statistics().least, 1e-6)
  end)

  it("takes a fourth channel for opacity only where it is told so", function()
    local image = core.tensor({ 1, 4, 1, 1 }, { 0.1, 0.2, 0.3, 0 }):combine("add", core.tensor { 1, 1, 2, 2 })
    assert.near(0.1, ph.montage(image, { padding = 0 }):at(0, 0, 1, 1), 1e-6)
    assert.equal(1, ph.montage(image, { padding = 0, opacity = true }):at(0, 0, 1, 1))
    local path = os.tmpname() .. ".png"
    assert(image:save(path))
    assert.near(0.2, ph.load_image(path):at(0, 1, 0, 0), 1 / 255)
    assert(image:save(path, nil, { opacity = true }))
    assert.equal(1, ph.load_image(path):at(0, 1, 0, 0)) -- nothing, over white
    assert.error_matches(function() image:save(path, nil, { opaque = true }) end, "unknown option 'opaque'")
    os.remove(path)
  end)

  it("refuses what is no picture and options that it does not have", function()
    assert.error_matches(function() ph.montage {} end, "no pictures")
    assert.error_matches(function() ph.montage(core.tensor { 2, 4, 4 }) end, "got a tensor of shape 2x4x4")
    assert.error_matches(function() ph.montage(plain(0, 4), { colums = 2 }) end, "did you mean 'columns'")
    assert.error_matches(function() ph.montage(plain(0, 4), { columns = 0 }) end, "columns: a whole number")
  end)
end)

describe("a montage's labels", function()
  it("are no more than there are places", function()
    local pictures = { plain(0.5, 8), plain(0.5, 8), plain(0.5, 8) }
    for name, expected in pairs { labels = "entry 4, but there are 3 places", row_labels = "but there are 2 places",
      column_labels = "but there are 2 places" } do
      assert.error_matches(function()
        ph.montage(pictures, { columns = 2, [name] = { "a", "b", name ~= "labels" and "c" or nil, "d" } })
      end, ("montage: %s: .*%s"):format(name, expected))
    end
    ph.montage(pictures, { columns = 2, labels = { "a", "b", "c" }, row_labels = { "a", "b" },
      column_labels = { nil, "b" } })
  end)
end)

describe("pictures", function()
  it("are cropped and padded about the middle", function()
    local picture = core.tensor({ 1, 1, 3, 3 }, { 1, 2, 3, 4, 5, 6, 7, 8, 9 })
    assert.same({ 5 }, ph.crop_image(picture, 1, 1):values())
    assert.same({ 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0, 7, 8, 9, 0, 0, 0, 0, 0, 0 },
      ph.crop_image(picture, 5, 5):values())
  end)

  it("are saved with metadata into folders that need not exist", function()
    local folder = os.tmpname()
    os.remove(folder)
    local path = folder .. "/deep/picture.png"
    assert(plain(0.5, 8):save(path, { objective = "mixed4a:11", seed = 7 }))
    local metadata = assert(ph.read_metadata(path))
    assert.equal("mixed4a:11", metadata.objective)
    assert.equal("7", metadata.seed)
    assert.same({ 1, 3, 8, 8 }, assert(ph.load_image(path)):shape())
    local other = folder .. "/deep/picture.WebP"
    assert(core.save_text(other, ""))
    assert(core.save_text(folder .. "/deep/picture.gif", ""))
    assert.same({ other, path }, ph.list_images(folder .. "/deep"))
    os.execute("rm -r '" .. folder .. "'")
  end)

  it("are saved one at a time", function()
    assert.error_matches(function() core.tensor({ 2, 3, 4, 4 }):save "x.png" end, "a batch of 2 images")
  end)

  it("that are not there give nil and a message", function()
    local list, problem = ph.list_images "/nowhere/at/all"
    assert.is_nil(list)
    assert.matches("/nowhere/at/all", problem)
  end)
end)
