-- SPDX-License-Identifier: MIT
-- Comparisons: one objective under different settings, side by side on one sheet. What the slides' grids are made with:
-- a row for each way of doing it, a column for each step at which the picture is shown. Must not know what is compared.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local montage = require "phosphene.picture.montage"
local picture = require "phosphene.picture.files"
local render = require "phosphene.run.render"

-- ---- results ----

local comparison = { __name = "ph.comparison" }
comparison.__index = comparison

--- Writes the sheet, with the metadata that all of its runs share.
comparison.save = misuse.guard(function(self, path) return picture.save(self.image, path, self.metadata) end)

function comparison:__tostring() return ("comparison of %d runs"):format(#self.results) end

-- What is true of every run.
local function shared_metadata(results)
  local shared = {}
  for key, value in pairs(results[1].metadata) do
    shared[key] = value
    for i = 2, #results do
      if results[i].metadata[key] ~= value then shared[key] = nil end
    end
  end
  return shared
end

-- ---- running ----

-- The options of one run: those of all, its own over them, and steps up to the last picture that is shown.
local function options_of(common, variant, title)
  local options = { title = title }
  for key, value in pairs(common) do options[key] = value end
  for key, value in pairs(variant) do
    if key ~= 1 then options[key] = value end
  end
  if common.snapshots and not options.steps then options.steps = math.max(table.unpack(common.snapshots)) end
  return options
end

local steps_shown = expect.list(expect.whole(0), "a list of steps, { 1, 32, 256 } for example,")

-- The options of the sheet without its lists of labels: there are no pictures yet to count them by.
local function without_labels(sheet)
  if type(sheet) ~= "table" then return sheet end
  local rest = {}
  for key, value in pairs(sheet) do
    if type(value) ~= "table" or not tostring(key):match "labels$" then rest[key] = value end
  end
  return rest
end

-- Everything that can be, before the first of what may be hours of runs.
local function check(common, variants, sheet)
  if type(common) ~= "table" then misuse.raise("compare: a table of options expected, got %s", misuse.shown(common)) end
  if type(variants) ~= "table" or #variants == 0 then misuse.raise "compare: a list of variants expected" end
  if common.snapshots ~= nil then
    expect.value(common.snapshots, steps_shown, "compare: snapshots")
    if #common.snapshots == 0 then misuse.raise "compare: snapshots: a list of steps expected" end
  end
  montage(core.tensor({ 1, 3, 1, 1 }), without_labels(sheet))
  for i, variant in ipairs(variants) do
    if type(variant) ~= "table" or type(variant[1]) ~= "string" then
      misuse.raise("compare: number %d: a table { label, options… } expected", i)
    end
    render.check(options_of(common, variant, variant[1]))
  end
end

-- The pictures that a run has on the sheet; where it ended early its last one takes the place of those it lacks.
local function shown(result, snapshots)
  if not snapshots then return { result.image } end
  local images = {}
  for i, step in ipairs(snapshots) do images[i] = result.snapshots[step] or result.image end
  return images
end

-- A column for each step, as wide as a batch; or, without steps, one for each picture.
local function lay_out(common, labels, result, sheet)
  local layout, batch = { opacity = result.opacity }, #result.images
  for key, value in pairs(sheet or {}) do layout[key] = value end
  if not common.snapshots and batch == 1 then
    layout.columns, layout.labels = layout.columns or #labels, labels
    return layout
  end
  layout.columns, layout.row_labels, layout.column_labels = batch * #(common.snapshots or { 1 }), labels, {}
  for i, step in ipairs(common.snapshots or {}) do
    layout.column_labels[(i - 1) * batch + 1] = step == 1 and "1 step" or ("%d steps"):format(step)
  end
  return layout
end

--- Runs each of the variants; see meta/compare.lua.
local function compare(common, variants, sheet)
  core.refuse_interrupted()
  check(common, variants, sheet)
  local results, images, labels = {}, {}, {}
  for i, variant in ipairs(variants) do
    local title = ("%s, %d of %d"):format(variant[1], i, #variants)
    results[i] = render.run(options_of(common, variant, title))
    table.move(shown(results[i], common.snapshots), 1, #(common.snapshots or { 1 }), #images + 1, images)
    labels[i] = variant[1]
    if results[i].interrupted then break end
  end

  return setmetatable({
    image = montage(images, lay_out(common, labels, results[1], sheet)),
    images = images,
    results = results,
    interrupted = results[#results].interrupted,
    metadata = shared_metadata(results),
  }, comparison)
end

return compare
