-- SPDX-License-Identifier: MIT
-- Pictures make themselves again: those of every bundled recipe and of a user's, to the same bytes; and what is
-- different where they are made again is told.

local again = require "phosphene.program.commands.again"
local json = require "phosphene.base.json"
local overheard = require "overheard"
local ph = require "phosphene"
local core = require "phosphene.core"
local recipe = require "phosphene.recipe"
local shell = require "phosphene.base.shell"

local folder

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  local noise = ph.random(1, "photograph"):fill_normal(ph.tensor { 1, 3, 40, 48 }, 0.5, 0.2)
  assert(ph.save(noise, folder .. "/photograph.png"))
end)

teardown(function() os.execute("rm -r " .. folder) end)

local function path(name) return ("%s/%s"):format(folder, name) end

local function contents(name)
  local file = assert(io.open(path(name), "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function write(name, text)
  local file = assert(io.open(path(name), "w"))
  file:write(text)
  file:close()
  return path(name)
end

-- Runs the command without what it says; gives what it prints.
local function make_again(name, ...)
  local words, printed, loud = { path(name), ... }, nil, print
  rawset(_G, "print", function(text) printed = text end)
  local ok, problem = pcall(overheard, again.run, words)
  rawset(_G, "print", loud)
  if not ok then error(tostring(problem), 0) end
  return printed
end

local function metadata_of(name) return assert(ph.read_metadata(path(name))) end

-- The same picture, saying that it was made under another condition.
local function save_changed(name, as, condition, value)
  local metadata = metadata_of(name)
  local conditions = json.decode(metadata.conditions)
  conditions[condition] = value
  metadata.conditions = json.encode(conditions)
  assert(ph.save(assert(ph.load_image(path(name))), path(as), metadata))
end

-- What recipes have of their own; all have few steps and small pictures.
local function photograph() return path "photograph.png" end
local function photographs()
  for i = 1, 3 do
    local picture = core.random(i, "picture"):fill_normal(core.tensor { 1, 3, 40, 50 }, 0.5, 0.2)
    assert(core.save_image(picture, path(("photographs/%d.png"):format(i))))
  end
  return path "photographs"
end
local shown = { 1, 2 }
local small = {
  caricature = { { layers = { "mixed3a" } }, { layers = { "mixed3a" }, image = photograph } },
  class = { { class = "goldfish" } },
  clusters = { { data = photographs, among = 3 } },
  dead = { { unit = 3 } },
  demo = { { net = false } },
  depth = { { count = 2, layers = { "conv2d0", "mixed4a" } } },
  directions = { { count = 2 } },
  diversity = { { batch = 2 }, { batch = 2, data = photographs } },
  dream = { { octaves = 2 }, { octaves = 2, image = photograph } },
  example = { {}, { image = photograph } },
  examples = { { data = photographs } },
  extremes = { { data = photographs } },
  faithful = { { data = photographs } },
  frequency = { { shown = shown, steps = false } },
  gradient = { { count = 2, layers = { "mixed3a" }, size = 64, steps = false } },
  interpolate = { { frames = 2, alignment = 0.1 / 3 } },
  inversion = { { layers = { "mixed3a" } }, { layers = { "mixed3a" }, image = photograph } },
  pairs = { { across = { 3 }, down = { 4 } } },
  preconditioning = { { shown = shown, steps = false } },
  progress = { { shown = { 0, 2 }, steps = false } },
  robustness = { { shown = shown, steps = false } },
  starts = { { batch = 2, data = photographs } },
  unregularised = { { shown = shown, steps = false, rates = { 0.01, 1 / 3 } } },
}

describe("phosphene again", function()
  -- Of these one makes no picture, and the other has it made by the rest.
  local without = { classify = true, figures = true }

  for _, entry in ipairs(recipe.list()) do
    local name = entry.name
    if not without[name] then
      it("makes what the recipe " .. name .. " has made", function()
        for i, own in ipairs(small[name] or { {} }) do
          local options = { net = "googlenet-tiny", size = 40, steps = 2, seed = 5,
            output = path(("%s/%d.png"):format(name, i)) }
          for key, value in pairs(own) do options[key] = type(value) == "function" and value() or value or nil end
          overheard(recipe.run, name, options)
          assert.matches("same, byte for byte", (make_again(("%s/%d.png"):format(name, i))))
          assert.equal(contents(("%s/%d.png"):format(name, i)), contents(("%s/%d.again.png"):format(name, i)))
        end
      end)
    end
  end

  it("makes the one that is asked for of several", function()
    overheard(recipe.run, "depth", { net = "googlenet-tiny", size = 40, steps = 1, count = 1,
      layers = { "mixed3a", "mixed4a" }, output = path "several/a.png" })
    make_again("several/a-mixed4a.png", "--output", path "several/other.png")
    assert.equal(contents "several/a-mixed4a.png", contents "several/other.png")
    assert.same({ "a-mixed3a.png", "a-mixed4a.png", "a.png", "other.png" },
      require("phosphene.core").list_folder(path "several"))
  end)

  it("makes what a user's recipe made, with options, seeds of the clock and words of its own", function()
    local mine = write("mine.lua", [[
      local ph = require "phosphene"
      local opt = ph.options { names = { { "a", "b" }, "names" }, quick = true, output = "nowhere.png" }
      assert(opt.names[1] == "it's" and not opt.quick)
      local one = ph.render { "googlenet-tiny", "mixed4a:3", size = 24, steps = 2 }
      assert(one:save(opt.output))
      return one
    ]])
    overheard(recipe.run, mine, { names = { "it's", "not b" }, quick = false, output = path "mine.png" })
    assert.equal(shell.line { "phosphene", mine, "--names=it's,not b", "--quick=no" }, metadata_of("mine.png").command)
    make_again "mine.png"

    local wordy = write("wordy.lua", [[
      local ph = require "phosphene"
      assert(ph.save(ph.tensor({ 1, 3, 4, 4 }, tonumber((...))), "]] .. path "wordy.png" .. [["))
    ]])
    overheard(recipe.run, wordy, { "0.25", "$HOME *" })
    make_again "wordy.png"
    assert.equal(contents "wordy.png", contents "wordy.again.png")
  end)

  it("says what is different here, and makes it only when told to", function()
    overheard(recipe.run, "example", { net = "googlenet-tiny", size = 40, steps = 1, image = photograph(),
      output = path "example.png" })
    for condition, words in pairs {
      Phosphene = "0.0.1", instructions = "none", oneDNN = "1.0.0", FFTW = "3", zlib = "1", font = "f", threads = "99",
      recipe = "r", ["file '" .. photograph() .. "'"] = "p", ["network 'googlenet-tiny'"] = "w",
    } do
      save_changed("example.png", "changed.png", condition, words)
      assert.error_matches(function() make_again "changed.png" end, ("%s: %s then, %%w"):format(
        condition:gsub("%p", "%%%0"), words:gsub("%p", "%%%0")))
      assert.is_nil(io.open(path "changed.again.png"))
    end
    assert.error_matches(function() make_again("changed.png", "--anyway") end,
      "changed%.again%.png' is not the same: its pixels are the same; its metadata differ in conditions")
    save_changed("example.png", "changed.png", "ended", "interrupted")
    assert.error_matches(function() make_again "changed.png" end, "was interrupted")
    save_changed("example.png", "changed.png", "picture", "7")
    assert.error_matches(function() make_again "changed.png" end, "did not make its picture number 7")
  end)

  it("says that a file is gone, or another", function()
    assert(ph.save(ph.tensor({ 1, 3, 40, 40 }, 0.5), path "gone.png"))
    overheard(recipe.run, "example", { net = "googlenet-tiny", size = 40, steps = 1, image = path "gone.png",
      output = path "example.png" })
    assert(ph.save(ph.tensor({ 1, 3, 40, 40 }, 0.6), path "gone.png"))
    assert.error_matches(function() make_again "example.png" end, "file '.*gone.png': %x+ then, %x+ now")
    os.remove(path "gone.png")
    assert.error_matches(function() make_again "example.png" end, "file '.*gone.png': %x+ then, not to be read now")
  end)

  it("says that a folder of photographs is another", function()
    local data = path "others"
    assert(ph.save(ph.tensor({ 1, 3, 40, 40 }, 0.5), data .. "/1.png"))
    overheard(recipe.run, "starts", { net = "googlenet-tiny", size = 40, steps = 1, batch = 1, data = data,
      output = path "starts.png" })
    make_again "starts.png"
    assert(ph.save(ph.tensor({ 1, 3, 40, 40 }, 0.6), data .. "/2.png"))
    assert.error_matches(function() make_again "starts.png" end, "dataset '.*others': %x+ then, %x+ now")
  end)

  it("says what it knows of a picture that no recipe made", function()
    assert(ph.save(ph.tensor({ 1, 3, 4, 4 }, 0.5), path "plain.png", { objective = "none" }))
    assert.error_matches(function() make_again "plain.png" end,
      "does not say by which command it was made.*\n  objective: none$")
    local odd = { command = "phosphene channel", conditions = "{}" }
    assert(ph.save(ph.tensor({ 1, 3, 4, 4 }, 0.5), path "odd.png", odd))
    assert.error_matches(function() make_again("odd.png", "--anyway") end, "does not say by which command")
    assert.error_matches(function() make_again "absent.png" end, "cannot read '.*absent.png'")
    assert.error_matches(function() make_again("plain.png", "--output", path "plain.png") end, "does not say")
  end)

  it("does not write over the picture", function()
    overheard(recipe.run, "channel", { net = "googlenet-tiny", size = 24, steps = 1, output = path "channel.png" })
    assert.error_matches(function() make_again("channel.png", "--output", path "channel.png") end, "picture itself")
  end)
end)

describe("a command's line", function()
  it("is read as it was written", function()
    for _, words in ipairs { { "a", "b c", "" }, { "it's", "''", "\\", "$x", "--a=b,c" }, { "é", "a\nb", "*" } } do
      assert.same(words, shell.words(shell.line(words)))
    end
  end)

  it("is not read where a shell would do more", function()
    for _, line in ipairs { "a $b", "a; b", "a | b", "'a", "a `b`", "a > b" } do assert.is_nil(shell.words(line)) end
  end)
end)
