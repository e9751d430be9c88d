-- SPDX-License-Identifier: MIT
-- Datasets in Lua: what is listed, labels, batches against single pictures, what cannot be read, parts. Walks and
-- threads are tested in tests/unit/data.

local core = require "phosphene.core"
local ph = require "phosphene"
local overheard = require "overheard"

local folder = os.tmpname()
os.remove(folder)

local function path(name) return folder .. "/" .. name end

local function write(name, text)
  assert(core.save_text(path(name), text))
  return path(name)
end

-- A picture whose every value depends on where it stands, and on a number.
local function picture(number, height, width)
  local image = core.random(number, "picture"):fill_normal(core.tensor { 1, 3, 4, 5 }, 0.5, 0.2)
  return core.resize_image(image, height, width)
end

local function save(name, number, height, width)
  assert(core.save_image(picture(number, height or 30 + number, width or 50 - number), path(name)))
end

-- Everything that a scan gives: the batches' images in one list, places, labels, sizes.
local function all_of(data, options)
  local all = { images = {}, indices = {}, labels = {}, sizes = {} }
  options.progress = false
  for batch in data:batches(options) do
    all.sizes[#all.sizes + 1] = #batch.indices
    assert.equal(#batch.indices, batch.images:shape()[1])
    for k, place in ipairs(batch.indices) do
      all.images[#all.images + 1] = batch.images:image(k - 1):fingerprint()
      all.indices[#all.indices + 1] = place
      all.labels[#all.labels + 1] = batch.labels and batch.labels[k]
    end
  end
  return all
end

-- A folder of ten pictures in two folders, JPEG and PNG in turn.
local function pets()
  for i = 0, 9 do save(("pets/%s/%d.%s"):format(i < 4 and "cat" or "dog", i, i % 2 == 0 and "jpg" or "png"), i) end
  return path "pets"
end

describe("a dataset", function()
  lazy_setup(function() os.execute("mkdir '" .. folder .. "'") end)
  lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  it("has the pictures of a folder in the order of their paths", function()
    local data = assert(ph.dataset(pets()))
    assert.equal(10, #data)
    assert.equal(path "pets/cat/0.jpg", data:path(0))
    assert.equal(path "pets/dog/9.png", data:path(9))
    assert.equal(("dataset '%s': 10 pictures, labelled"):format(path "pets"), tostring(data))
    local identity = data:identity(9)
    assert.equal("dog/9.png", identity.path)
    local file = assert(io.open(data:path(9), "rb"))
    assert.equal(file:seek "end", identity.bytes)
    file:close()
    assert.near(os.time(), identity.modified / 1e9, 100)
  end)

  it("is refused in a line where there is none", function()
    local function refused(part, ...)
      local data, message = ph.dataset(...)
      assert.is_nil(data)
      assert.matches(part, message, 1, true)
    end
    os.execute("mkdir -p '" .. path "empty" .. "'")
    refused("there are no pictures in it", path "empty")
    write("empty/readme.txt", "")
    refused("there are no pictures in it", path "empty")
    refused("No such file", path "missing")
    refused("it is no tar archive", write("text.tar", ("x"):rep(600)))
  end)

  it("says what it was asked wrongly", function()
    local data = assert(ph.dataset(pets()))
    local function raises(message, f) assert.error_matches(f, message, 1, true) end
    raises("unknown option 'label'; did you mean 'labels'?", function() ph.dataset(path "pets", { label = true }) end)
    raises("paths: a list expected, got 7", function() ph.dataset(7) end)
    raises("no path", function() ph.dataset {} end)
    raises("picture 10 out of range 0..9", function() data:path(10) end)
    raises("picture 1.5 out of range 0..9", function() data:label(1.5) end)
    raises("dataset has no 'batchs'; did you mean 'batches'?", function() data:batchs {} end)
    raises("batches: give the size", function() data:batches {} end)
    raises("did you mean 'centre'?", function() data:batches { size = 8, crop = "center" } end)
    raises("excludes height and width", function() data:batches { size = 8, width = 8 } end)
    raises("margin is of crop", function() data:image(0, { size = 8, crop = "stretch", margin = 0.1 }) end)
    raises("margin and crop are of a size", function() data:image(0, { margin = 0.1 }) end)
    raises("cannot become ones of 2", function() data:batches { size = 8, channels = 2 } end)
    raises("shard: a whole number from 0 to 1 expected, got 2", function() data:shard(2, 2) end)
  end)
end)

describe("labels", function()
  lazy_setup(function() os.execute("mkdir '" .. folder .. "'") end)
  lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  it("are the folders in which paths differ", function()
    local data = assert(ph.dataset(pets()))
    assert.same({ "cat", "dog" }, data:labels())
    assert.same({ 0, "cat" }, { data:label(3) })
    assert.same({ 1, "dog" }, { data:label(4) })
    local below = assert(ph.dataset({ path "pets/dog", path "pets/cat" }))
    assert.same({ "cat", "dog" }, below:labels())
    save("deep/all/a/images/1.png", 1)
    save("deep/all/b/images/1.png", 1)
    assert.same({ "a", "b" }, assert(ph.dataset(path "deep")):labels())
  end)

  it("are none where pictures lie in no folder, or all in one", function()
    for _, name in ipairs { "pets/cat", "pets/dog" } do
      local data = assert(ph.dataset(path(name)))
      assert.same({}, data:labels())
      assert.is_nil(data:label(0))
      assert.same({}, all_of(data, { size = 8 }).labels)
    end
    assert.is_nil(assert(ph.dataset(path "pets", { labels = false })):label(0))
    save("one/class/1.png", 1)
    assert.same({}, assert(ph.dataset(path "one")):labels())
    assert.same({ "class" }, assert(ph.dataset(path "one", { labels = "folders" })):labels())
    local data, message = ph.dataset(path "one/class", { labels = "folders" })
    assert.is_nil(data)
    assert.matches("'1.png' lies in no folder", message, 1, true)
  end)

  it("come from a file, by names or numbers", function()
    local function labelled(text) return ph.dataset(path "pets/cat", { labels = write("labels.txt", text) }) end
    local data = assert(labelled "0.jpg,tabby\n1.png,tabby\n2.jpg, Persian cat\n3.png,tabby\n")
    assert.same({ "Persian cat", "tabby" }, data:labels())
    assert.same({ 1, "tabby" }, { data:label(0) })
    local said
    said, data = overheard(labelled, "\xEF\xBB\xBFsome/folder.x/0.jpg\t7\r\n0.jpg\t3\r\n1.png\t0\r\n2.jpg\t3\r\n\r\n\z
      3.png\t281\r\n")
    assert.matches("has 1 line of no picture", said)
    assert.same({ 3, 281 }, { (data:label(0)), (data:label(3)) })
    assert.same({}, data:labels())
    assert.same({ 3, 0, 3, 281 }, all_of(data, { size = 8 }).labels)
    said = overheard(labelled, "path,label\nx,1\n0.jpg,1\n1.png,1\n2.jpg,1\n3.png,1")
    assert.matches("has 2 lines of no picture", said)
  end)

  it("that do not match are refused", function()
    local function refused(text, part)
      local data, message = ph.dataset(path "pets/cat", { labels = write("labels.txt", text) })
      assert.is_nil(data)
      assert.matches(part, message, 1, true)
    end
    refused("0.jpg 1\n", "has no label for '1.png' and 2 more of 4 pictures")
    refused("0.jpg 1\n0.jpg 2\n", "line 2: '0.jpg' has another label already")
    refused("0.jpg\n", "line 1: a path and a label expected")
    refused("\0", "holds no labels")
    assert.matches("cannot read labels", select(2, ph.dataset(path "pets", { labels = path "none.txt" })), 1, true)
  end)
end)

describe("batches", function()
  lazy_setup(function() os.execute("mkdir '" .. folder .. "'") end)
  lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  it("have the same pictures as one by one, bit for bit", function()
    local data = assert(ph.dataset(pets()))
    for _, options in ipairs { { size = 24 }, { height = 9, width = 20, margin = 0.125 },
      { size = 16, crop = "stretch" }, { size = 12, channels = 1 }, { size = 64, reduced = false } } do
      options.count = 4
      local all = all_of(data, options)
      assert.same({ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, all.indices)
      assert.same({ 0, 0, 0, 0, 1, 1, 1, 1, 1, 1 }, all.labels)
      assert.same({ 4, 4, 2 }, all.sizes)
      options.count, options.progress = nil, nil
      for i = 0, 9 do assert.equal(assert(data:image(i, options)):fingerprint(), all.images[i + 1]) end
    end
  end)

  it("do not depend on threads, nor their size on what follows", function()
    local data = assert(ph.dataset(pets()))
    local one = all_of(data, { size = 20, shuffle = 5, threads = 1, count = 10 })
    for _, threads in ipairs { 2, 5 } do
      local other = all_of(data, { size = 20, shuffle = 5, threads = threads, count = 3 })
      assert.same(one.images, other.images)
      assert.same(one.indices, other.indices)
      assert.same({ 3, 3, 3, 1 }, other.sizes)
    end
    table.sort(one.indices)
    assert.same({ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, one.indices)
    assert.not_same(all_of(data, { size = 20, shuffle = 6 }).images, one.images)
  end)

  it("are treated as a network takes photographs", function()
    local net = assert(ph.network "googlenet-tiny")
    local data = assert(ph.dataset(pets()))
    local all = all_of(data, { net = net, reduced = false })
    for i = 0, 9, 3 do
      local image = assert(net:photograph(data:path(i)))
      assert.equal(image:fingerprint(), all.images[i + 1])
      assert.equal(image:fingerprint(), data:image(i, { net = net, reduced = false }):fingerprint())
    end
    local grey = assert(core.load_photograph(data:path(1), { channels = 1 }))
    assert.equal(core.luminance(assert(ph.load_image(data:path(1)))):fingerprint(), grey:fingerprint())
  end)

  it("take pictures of any size", function()
    save("sizes/1.png", 1, 1, 1)
    save("sizes/2.jpg", 2, 1, 3000)
    save("sizes/3.jpg", 3, 1500, 1100)
    local data = assert(ph.dataset(path "sizes"))
    assert.same({ 0, 1, 2 }, (function()
      local _, all = overheard(all_of, data, { size = 5 })
      return all.indices
    end)())
    assert.same({ 1, 3, 1500, 1100 }, assert(data:image(2)):shape())
    assert.same({ 1, 1, 1500, 1100 }, assert(data:image(2, { channels = 1 })):shape())
    local exact, reduced = data:image(2, { size = 40, reduced = false }), data:image(2, { size = 40 })
    assert.not_equal(exact:fingerprint(), reduced:fingerprint())
    local difference = reduced:add(exact, -1):statistics()
    assert.is_true(difference.least > -0.05 and difference.most < 0.05)
  end)

  it("leave out what cannot be read, say it once, and stop where it is too much", function()
    for i = 0, 39 do save(("some/%02d.png"):format(i), i) end
    write("some/05.png", "no picture")
    write("some/new\nline.png", "neither")
    os.remove(path "some/06.png")
    os.execute(("ln -s nowhere '%s'"):format(path "some/06.png"))
    local said, data = overheard(ph.dataset, path "some")
    assert.equal(40, #data)
    assert.matches("'[^\n]*06.png' is left out: No such file", said)
    os.remove(path "some/07.png")
    local all
    said, all = overheard(all_of, data, { size = 8, count = 16 })
    assert.same({ 16, 16, 5 }, all.sizes)
    assert.same({ 0, 1, 2, 3, 4, 7 }, table.move(all.indices, 1, 6, 1, {}))
    assert.matches("05.png': it is no PNG, JPEG or WebP", said, 1, true)
    assert.matches("07.png': No such file or directory", said, 1, true)
    assert.matches("3 of 40 pictures could not be read", said, 1, true)
    assert.equal(select(2, said:gsub("phosphene: cannot read", "")), 3)
    assert.equal("phosphene: 3 of 40 pictures could not be read\n", (overheard(all_of, data, { size = 8 })))
    assert.matches("no PNG, JPEG or WebP", select(2, data:image(5, { size = 8 })), 1, true)
    assert.is_nil((data:image(5)))
    for i = 10, 20 do write(("some/%02d.png"):format(i), "no picture") end
    overheard(function()
      assert.error_matches(function() all_of(data, { size = 8 }) end,
        "pictures cannot be read, more than a share of 0.1 (option unreadable)", 1, true)
      assert.equal(26, #all_of(assert(ph.dataset(path "some", { unreadable = 0.5 })), { size = 8 }).indices)
    end)
  end)

  it("raise where nothing can be read", function()
    write("nothing/1.png", "")
    local data = assert(ph.dataset(path "nothing"))
    overheard(function()
      assert.error_matches(function() all_of(data, { size = 8 }) end, "none of its pictures can be read", 1, true)
    end)
  end)

  it("end their threads when the loop is left, and when they are forgotten", function()
    local data = assert(ph.dataset(pets()))
    local function held()
      collectgarbage()
      collectgarbage()
      return select(2, core.memory())
    end
    local function threads() return #core.list_folder "/proc/self/task" end
    all_of(data, { size = 8 })
    local before, others = held(), threads()
    local seen = 0
    collectgarbage "stop"
    for batch in data:batches { size = 8, count = 2, threads = 2, progress = false } do
      seen = seen + #batch.indices
      assert.is_true(threads() > others)
      if seen == 4 then break end
    end
    assert.equal(others, threads())
    pcall(function()
      for _ in data:batches { size = 8, count = 2, threads = 2, progress = false } do error "elsewhere" end
    end)
    assert.equal(others, threads())
    collectgarbage "restart"
    assert.equal(before, held())
    local next_batch = data:batches { size = 8, count = 2, progress = false }
    assert.same({ 0, 1 }, next_batch().indices)
    next_batch = nil -- luacheck: ignore
    assert.equal(before, held())
  end)

  it("end at Ctrl-C", function()
    local recipe = write("endless.lua", ([[
      local data = assert(require "phosphene".dataset %q)
      local first = true
      while true do
        for _ in data:batches { size = 8, count = 2, progress = false } do
          if first then io.popen("kill -INT $PPID"):close() end
          first = false
        end
      end]]):format(path "pets"))
    local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"
    local command = ("LD_PRELOAD= timeout -s KILL 60 %s '%s' 2>'%s'"):format(program, recipe, path "said")
    local _, _, code = os.execute(command)
    assert.equal(130, code)
  end)
end)

describe("archives", function()
  lazy_setup(function() os.execute("mkdir '" .. folder .. "'") end)
  lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  it("are read as they are, also several", function()
    pets()
    -- A sanitizer's runtime is not for tar, which has leaks of its own.
    os.execute("unset LD_PRELOAD; cd '" .. path "pets"
      .. "' && tar cf ../cat.tar ./cat && tar cf ../dog.tar dog && tar cf ../all.tar .")
    local files, archive = assert(ph.dataset(path "pets")), assert(ph.dataset(path "all.tar"))
    local both = assert(ph.dataset { path "dog.tar", path "cat.tar" })
    local expected = all_of(files, { size = 12, count = 3 })
    assert.same(expected, all_of(archive, { size = 12, count = 3 }))
    assert.same(expected.images, all_of(both, { size = 12 }).images)
    assert.same({ "cat", "dog" }, archive:labels())
    assert.equal(path "all.tar/cat/0.jpg", archive:path(0))
    assert.equal(files:identity(4).bytes, archive:identity(4).bytes)
    local file = assert(io.open(path "all.tar", "rb"))
    write("cut.tar", file:read(3000))
    file:close()
    assert.matches("cut off", select(2, ph.dataset(path "cut.tar")), 1, true)
  end)
end)

describe("a part of a dataset", function()
  lazy_setup(function() os.execute("mkdir '" .. folder .. "'") end)
  lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  it("has every nth picture", function()
    local data = assert(ph.dataset(pets()))
    local whole = all_of(data, { size = 8 })
    for n = 1, 12 do
      local count = 0
      for i = 0, n - 1 do
        local part = data:shard(i, n)
        local all = all_of(part, { size = 8, count = 2 })
        assert.equal(#part, #all.indices)
        for k = 0, #part - 1 do
          assert.equal(data:path(i + k * n), part:path(k))
          assert.equal(data:label(i + k * n), (part:label(k)))
          assert.equal(whole.images[1 + i + k * n], all.images[1 + k])
          assert.equal(whole.labels[1 + i + k * n], all.labels[1 + k])
        end
        count = count + #part
      end
      assert.equal(10, count)
    end
    local part = data:shard(1, 2):shard(1, 2)
    assert.same({ data:path(3), data:path(7) }, { part:path(0), part:path(1) })
    assert.equal(2, #part)
  end)
end)
