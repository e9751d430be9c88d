-- SPDX-License-Identifier: MIT
-- Galleries: what is there is kept, what fails or is interrupted leaves nothing, and does not keep the rest from being
-- made.

local ph = require "phosphene"
local core = require "phosphene.core"
local gallery = require "phosphene.program.gallery"
local overheard = require "overheard"
local recipe = require "phosphene.recipe"

local folder

-- A recipe of the given text, as a figure of that name.
local function figure(name, text)
  local path = ("%s-%s.lua"):format(folder, name)
  local file = assert(io.open(path, "w"))
  file:write('local ph = require "phosphene"\nlocal opt = ph.options { output = "" }\n', text)
  file:close()
  finally(function() os.remove(path) end)
  return { name = name, recipe = path, options = {} }
end

local paint = "assert(ph.tensor({ 1, 3, 4, 4 }, 0.5):save(opt.output))\n"

local function make(figures, only)
  return overheard(pcall, gallery.make, figures, folder, only)
end

describe("a gallery", function()
  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
  end)
  after_each(function()
    for _, name in ipairs(core.list_folder(folder) or {}) do os.remove(folder .. "/" .. name) end
    os.remove(folder)
  end)

  it("makes each figure, and says how far it is", function()
    local said, ok, done = make { figure("one", paint), figure("two", paint) }
    assert.is_true(ok, done)
    assert.same({ made = 2, kept = 0, interrupted = false }, done)
    assert.same({ "one.png", "two.png" }, core.list_folder(folder))
    assert.matches("figure 2 of 2, two: %d+%.%d s", said)
  end)

  it("keeps what is there", function()
    make { figure("one", paint) }
    local said, _, done = make { figure("one", "error 'made again'"), figure("two", paint) }
    assert.same({ made = 1, kept = 1, interrupted = false }, done)
    assert.matches("one: is there", said)
  end)

  it("takes what else a recipe writes beside its picture", function()
    local more = 'assert(ph.tensor({ 1, 3, 4, 4 }, 1):save((opt.output:gsub("one.png", "one-more.png"))))\n'
    make { figure("one", more .. paint) }
    assert.same({ "one-more.png", "one.png" }, core.list_folder(folder))
  end)

  it("makes the others where one fails, and fails at the end", function()
    local said, ok, problem = make { figure("bad", paint .. "error('out of paint', 0)"), figure("good", paint) }
    assert.is_false(ok)
    assert.equal("1 of 2 figures could not be made: bad", problem)
    assert.matches("bad: out of paint", said)
    assert.same({ "good.png" }, core.list_folder(folder))
  end)

  it("fails where a recipe writes nothing", function()
    local said, ok = make { figure("idle", "return {}") }
    assert.is_false(ok)
    assert.matches("idle: no idle.png was written", said)
  end)

  it("stops where it is interrupted, and keeps nothing half made", function()
    for _, ending in ipairs { "return { interrupted = true }", "error 'interrupted'" } do
      local _, ok, done = make { figure("cut", paint .. ending), figure("later", paint) }
      assert.is_true(ok, done)
      assert.same({ made = 0, kept = 0, interrupted = true }, done)
      assert.same({}, core.list_folder(folder))
    end
  end)

  it("clears away what an ended program left behind", function()
    assert(ph.tensor({ 1, 3, 4, 4 }, 0.5):save(folder .. "/unfinished/old.png"))
    make { figure("one", paint) }
    assert.same({ "one.png" }, core.list_folder(folder))
  end)

  it("makes one by name, and suggests names", function()
    local figures = { figure("one", paint), figure("two", paint) }
    make(figures, "two")
    assert.same({ "two.png" }, core.list_folder(folder))
    local _, ok, problem = make(figures, "twoo")
    assert.is_false(ok)
    assert.matches("no figure 'twoo'; did you mean 'two'", problem)
  end)

  it("of the bundled figures gives each recipe options that it has", function()
    local make_all, network, asked = gallery.make, ph.network, {}
    finally(function() gallery.make, ph.network = make_all, network end)
    gallery.make = function(figures) table.move(figures, 1, #figures, #asked + 1, asked) end
    recipe.run("figures", {})
    recipe.run("figures", { full = true, image = "photograph.jpg" })
    assert.is_true(#asked > 40)
    ph.network = function() error("read its options", 0) end -- a recipe's next step
    for _, each in ipairs(asked) do
      local _, problem = pcall(recipe.run, each.recipe, each.options)
      assert.equal("read its options", problem)
    end
  end)

  it("of the bundled figures makes one", function()
    local said, ok, done = overheard(pcall, recipe.run, "figures", { only = "dead", output = folder })
    assert.is_true(ok, said)
    assert.equal(1, done.made)
    assert(ph.load_image(folder .. "/dead.png"))
  end)
end)
