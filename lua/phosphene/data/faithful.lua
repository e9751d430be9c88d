-- SPDX-License-Identifier: MIT
-- Whether an optimised picture excites its unit as photographs do: how strongly, and along which way through the layers
-- before it. Must not know how pictures are made or examples found.

local columns = require "phosphene.base.columns"
local core = require "phosphene.core"
local crops = require "phosphene.data.crops"
local expect = require "phosphene.base.expect"
local misuse = require "phosphene.base.misuse"
local printable = require "phosphene.base.printable"
local progress = require "phosphene.base.progress"
local similarity = require "phosphene.analysis.similarity"

-- ---- values ----

local faithful = { __name = "ph.faithfulness" }
faithful.__index = faithful

local measures = { "cosine", "spearman" }
local compared = { "picture", "natural", "random" } -- what is, with the mean of the strongest examples

function faithful:__tostring()
  local rows, flush_right = { { "layer" } }, {}
  for _, measure in ipairs(measures) do
    for _, of in ipairs(compared) do
      table.insert(rows[1], of == "picture" and measure or of)
      flush_right[#rows[1]] = true
    end
  end
  for _, step in ipairs(self.path) do
    local row = { step.layer }
    for _, measure in ipairs(measures) do
      local found = step[measure]
      for _, of in ipairs(compared) do row[#row + 1] = ("%.3f"):format(found[of]) end
    end
    rows[#rows + 1] = row
  end
  local ratio = self.ratio and (" (%.2f of it)"):format(self.ratio) or ""
  local value = ("%s, unit %d: value %.4g, of the best photograph %.4g%s; beats %d of %d"):format(
    printable(self.layer), self.unit, self.value, self.best, ratio, self.beats, self.of)
  return #self.path > 0 and columns(rows, flush_right) .. "\n" .. value or value
end

-- ---- activations ----

-- A picture as photographs are read: as large, of what is wider or higher the middle, unless they are stretched.
local function as_photograph(examples, image)
  local shape = image:shape()
  local height, width = examples.treatment.height, examples.treatment.width
  if shape[2] ~= examples.net:channels() then
    misuse.raise("faithful: a picture of %d channels expected, as the network reads, got %d",
      examples.net:channels(), shape[2])
  end
  if shape[3] == height and shape[4] == width then return image end
  if examples.treatment.crop == "stretch" then return core.resize_image(image, height, width) end
  local scale = math.max(height / shape[3], width / shape[4])
  local tall = math.max(height, math.floor(shape[3] * scale + 0.5))
  local wide = math.max(width, math.floor(shape[4] * scale + 0.5))
  return core.resize_image(image, tall, wide):slice({ 0, 0, (tall - height) // 2, (wide - width) // 2 },
    { 1, shape[2], height, width })
end

-- The means of a layer's channels in the last pass, a list.
local function means(net, layer)
  local activation = net:activation(layer)
  local shape = activation:shape()
  return activation:reshape({ shape[2], -1 }):mean(1):values()
end

-- For each layer, the means of its channels for one image.
local function way_of(net, image, layers)
  local way = {}
  net:forward(image, layers, { backward = false })
  for i, layer in ipairs(layers) do way[i] = means(net, layer) end
  return way
end

local function ways_of(examples, list, layers, bar)
  local ways = {}
  for i, example in ipairs(list) do
    local image, problem = crops.seen(examples, example)
    if not image then return nil, problem end
    ways[i] = way_of(examples.net, image, layers)
    bar.step()
  end
  return ways
end

-- The mean of several ways at layer i, without one of them where that is named.
local function mean_of(ways, i, without)
  local sum, count = {}, without and #ways - 1 or #ways
  for k = 1, #ways[1][i] do
    local total = 0
    for w = 1, #ways do
      if w ~= without then total = total + ways[w][i][k] end
    end
    sum[k] = total / count
  end
  return sum
end

-- ---- comparing ----

-- The mean of a measure of several ways against what each is compared with.
local function average(measure, ways, i, other)
  local sum = 0
  for w = 1, #ways do sum = sum + measure(ways[w][i], other(w)) end
  return sum / #ways
end

local function compare(layers, picture, natural, random)
  local path = {}
  for i, layer in ipairs(layers) do
    local all, others = mean_of(natural, i), {}
    for w = 1, #natural do others[w] = mean_of(natural, i, w) end
    path[i] = { layer = layer }
    for _, name in ipairs(measures) do
      local measure = similarity[name]
      path[i][name] = {
        picture = measure(picture[i], all),
        natural = average(measure, natural, i, function(w) return others[w] end),
        random = average(measure, random, i, function() return all end),
      }
    end
  end
  return path
end

-- The ends of blocks before a layer.
local function blocks_before(net, layer)
  local place, before = {}, {}
  for i, name in ipairs(net:layers()) do place[name] = i end
  for _, name in ipairs(net:blocks()) do
    if place[name] < place[layer] then before[#before + 1] = name end
  end
  return before
end

-- The strongest examples of as many other units as there are examples, drawn by lot, where there are so many.
local function of_others(examples, layer, unit, count, seed)
  local random, units, list = core.random(seed, "faithful"), {}, {}
  for other = 0, examples.net:units(layer) - 1 do
    if other ~= unit then units[#units + 1] = other end
  end
  for i = 1, math.min(count, #units) do
    local at = i + random:below(#units - i + 1)
    units[i], units[at] = units[at], units[i]
    list[i] = examples:top(layer, units[i], 1)[1]
  end
  return list
end

-- ---- asking ----

local a_picture = {
  text = "one picture (1, c, h, w)",
  fits = function(value) return expect.images.fits(value) and value:shape()[1] == 1 end,
}

-- The picture, its layer and its unit, of what was given.
local function subject_of(given)
  if expect.kinds("", "result").fits(given) then
    local layer, unit = given.objective:match '^channel%("([^"]+)", (%d+)%)$'
    if not layer or #given.images ~= 1 then
      misuse.raise("faithful: a result of one picture for one channel expected, got %s; give { picture, layer, unit }",
        given.objective)
    end
    return given.image, layer, math.tointeger(unit)
  end
  expect.value(given, expect.kinds("a result, or { picture, layer, unit }", "table"), "faithful")
  misuse.check_keys(given, {}, "faithful", 3)
  return given[1], given[2], given[3]
end

-- A display that counts by itself.
local function display(steps, is_shown)
  local bar, done = progress.new { title = "faithful", steps = steps, on = is_shown, unit = "pictures" }, 0
  return {
    step = function()
      done = done + 1
      bar:update(done)
    end,
    finish = function() bar:finish(done, nil, "done") end,
  }
end

-- How alike the ways are, or nil and a message.
local function path_of(examples, image, list, asked)
  local layers = blocks_before(examples.net, list[1].layer)
  if #layers == 0 then return {} end
  local others = of_others(examples, list[1].layer, list[1].unit, #list, asked.seed or 1)
  local bar = display(#list + #others, asked.progress)
  local natural, problem = ways_of(examples, list, layers, bar)
  if not natural then return nil, problem end
  local random, problem_of_others = ways_of(examples, others, layers, bar)
  if not random then return nil, problem_of_others end
  bar.finish()
  return compare(layers, way_of(examples.net, image, layers), natural, random)
end

-- The unit's largest value on an image.
local function peak_of(net, image, layer, unit)
  local activation = net:forward(image, layer, { backward = false }):activation(layer)
  local shape = activation:shape()
  return activation:reshape({ 1, shape[2], shape[3] or 1, shape[4] or 1 }):channel(unit):max()
end

local expected = { seed = expect.integer, progress = expect.truth }

--- See meta/faithful.lua.
local function judge(given, examples, options)
  local asked = expect.named(options, "faithful")
  misuse.check_keys(asked, { "seed", "progress" }, "faithful")
  expect.fields(asked, expected, "faithful: ")
  expect.value(examples, expect.kinds("what ph.examples gives", "examples"), "faithful: examples")
  local picture, name, unit = subject_of(given)
  local image = as_photograph(examples, expect.value(picture, a_picture, "faithful: the picture"))
  local list = examples:top(name, unit)
  if #list < 2 then
    return nil, ("faithful: %s, unit %d has fewer than two examples to compare with"):format(name, unit)
  end
  local path, problem = path_of(examples, image, list, asked)
  if not path then return nil, problem end
  local layer, best, beats = list[1].layer, list[1].value, 0
  local value = peak_of(examples.net, image, layer, unit)
  for _, example in ipairs(list) do
    if value > example.value then beats = beats + 1 end
  end
  return setmetatable({ layer = layer, unit = list[1].unit, value = value, best = best,
    ratio = best > 0 and value / best or nil, beats = beats, of = #list, path = path }, faithful)
end

return judge
