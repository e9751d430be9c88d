-- SPDX-License-Identifier: MIT
-- Finds the preprocessing that an imported network was trained with: pictures are classified with each common one, and
-- the user compares the results. The network is not changed: since preprocessing is an affine map of each channel, each
-- picture is altered so that the network's own preprocessing gives the candidate's input. Must not know of file
-- formats.

local core = require "phosphene.core"
local columns = require "phosphene.base.columns"
local expect = require "phosphene.base.expect"
local input_size = require "phosphene.network.input_size"
local misuse = require "phosphene.base.misuse"
local photograph = require "phosphene.network.photograph"
local picture = require "phosphene.picture.files"
local preprocessing = require "phosphene.network.preprocessing"
local progress = require "phosphene.base.progress"

-- ---- candidates ----

-- Common preprocessings, most usual first; preprocessing.lua names the networks that use them.
local usual = {
  { range = { 0, 1 }, mean = { 0.485, 0.456, 0.406 }, std = { 0.229, 0.224, 0.225 }, order = "RGB" },
  { range = { 0, 255 }, mean = { 104, 117, 123 }, order = "BGR" },
  { range = { -1, 1 }, order = "RGB" },
  { range = { 0, 1 }, order = "RGB" },
  { range = { 0, 255 }, order = "RGB" },
  { range = { 0, 255 }, mean = { 123.68, 116.78, 103.94 }, order = "RGB" },
  { range = { -117, 138 }, order = "RGB" },
  { range = { 0, 255 }, order = "BGR" },
  { range = { -1, 1 }, order = "BGR" },
  { range = { 0, 1 }, order = "BGR" },
}

-- The network's own first, then the usual ones that fit its number of channels.
local function candidates(own, channels)
  own.source = nil
  local list, seen = { own }, { [preprocessing.text(own, channels)] = true }
  for _, candidate in ipairs(usual) do
    local fits = channels == 3 or not (candidate.mean or candidate.std or candidate.order == "BGR")
    if fits and not seen[preprocessing.text(candidate, channels)] then list[#list + 1] = candidate end
  end
  return list
end

-- input[k] = slope[k] * picture[source[k]] + offset[k], for channels k from 1.
local function affine(p, channels)
  local map = {}
  for k = 1, channels do
    local mean, std = p.mean and p.mean[k] or 0, p.std and p.std[k] or 1
    map[k] = {
      source = p.order == "BGR" and channels + 1 - k or k,
      slope = (p.range[2] - p.range[1]) / std,
      offset = (p.range[1] - mean) / std,
    }
  end
  return map
end

-- The picture that `own` maps to what `candidate` maps this one to.
local function as_if(image, own, candidate)
  local shape = image:shape()
  local channels, height, width = shape[2], shape[3], shape[4]
  local planes = image:reshape { channels, 1, height, width }
  local column = core.tensor { 1, 1, channels * height, width }
  local from, to = affine(own, channels), affine(candidate, channels)
  for k = 1, channels do
    local plane = planes:image(to[k].source - 1):scale(to[k].slope / from[k].slope)
    plane:add(core.tensor({ 1, 1, height, width }, (to[k].offset - from[k].offset) / from[k].slope))
    column:paste(plane, (from[k].source - 1) * height, 0)
  end
  return column:reshape(shape)
end

-- ---- classifying a picture ----

-- Probabilities of the classes from the logits.
local function softmax(logits)
  local most, sum, list = -math.huge, 0, {}
  for _, value in ipairs(logits) do most = math.max(most, value) end
  for i, value in ipairs(logits) do
    list[i] = math.exp(value - most)
    sum = sum + list[i]
  end
  for i = 1, #list do list[i] = list[i] / sum end
  return list
end

-- Whether a file's name holds a label or one of its synonyms: "n01443537_goldfish.jpg", "Golden Retriever 2.png".
local function is_named_after(path, label)
  local name = " " .. path:match("[^/]*$"):gsub("%.%w+$", ""):lower():gsub("[^%a]+", " ") .. " "
  for synonym in (label or ""):gmatch "[^,]+" do
    local words = synonym:lower():gsub("[^%a]+", " "):match "^%s*(.-)%s*$"
    if #words > 2 and name:find(" " .. words .. " ", 1, true) then return true end
  end
  return false
end

local function new_row(candidate, is_own, classes)
  local shares = {}
  for class = 1, classes do shares[class] = 0 end
  return { preprocessing = candidate, loaded = is_own, confidence = 0, named = 0, deviation = 0, active = 0,
    shares = shares }
end

-- Adds the result for one picture to a candidate.
local function observe(row, net, layers, path, labels)
  local logits, last = net:activation(layers.scores), net:activation(layers.features)
  local probabilities = layers.are_probabilities and logits:values() or softmax(logits:values())
  local best = 1
  for class, probability in ipairs(probabilities) do
    row.shares[class] = row.shares[class] + probability
    if probability > probabilities[best] then best = class end
  end
  local fires = 0
  for _, value in ipairs(last:values()) do
    if value > 0 then fires = fires + 1 end
  end
  row.confidence = row.confidence + probabilities[best]
  row.named = row.named + (is_named_after(path, labels[best]) and 1 or 0)
  row.deviation = row.deviation + last:statistics().deviation
  row.active = row.active + fires / last:count()
end

-- Means over the pictures, and the classes that are likeliest over all of them.
local function finish(row, count, labels)
  for _, key in ipairs { "confidence", "deviation", "active" } do row[key] = row[key] / count end
  row.classes = {}
  for class, share in ipairs(row.shares) do
    row.classes[class] = { index = class - 1, label = labels[class], probability = share / count }
  end
  table.sort(row.classes, function(a, b)
    if a.probability ~= b.probability then return a.probability > b.probability end
    return a.index < b.index
  end)
  row.classes = table.move(row.classes, 1, math.min(5, #row.classes), 1, {})
  row.shares = nil
end

-- ---- what is shown ----

local result = {}
result.__index = result

local function class_text(class)
  local name = class.label and class.label:match "^[^,]+" or "class " .. class.index
  return ("%s %.0f%%"):format(name, 100 * class.probability)
end

function result:__tostring()
  local rows = { { "", "input", self.names and "named" or "", "confidence", "active", "deviation", "classes" } }
  for _, row in ipairs(self.rows) do
    local classes = {}
    for i = 1, math.min(3, #row.classes) do classes[i] = class_text(row.classes[i]) end
    rows[#rows + 1] = { row.loaded and "*" or "", preprocessing.text(row.preprocessing, self.channels),
      self.names and tostring(row.named) or "", ("%.3f"):format(row.confidence), ("%.3f"):format(row.active),
      ("%.4g"):format(row.deviation), table.concat(classes, ", ") }
  end
  local of = self.count == self.found and tostring(self.count) or ("%d of %d"):format(self.count, self.found)
  return ("%s\n\n%s, %s px; * is how the network was loaded; %sconfidence is the mean probability of the first class; "
    .. "active and deviation are of %s"):format(columns(rows, { [3] = true, [4] = true, [5] = true, [6] = true }),
    self.count == 1 and "1 picture" or of .. " pictures", self.size,
    self.names and "named counts pictures whose file is named after it; " or "", self.layer)
end

-- ---- the check ----

-- "224", or "40x60": as high as the first and as wide as the second.
local function size_text(layers)
  if layers.height == layers.width then return tostring(layers.height) end
  return ("%dx%d"):format(layers.height, layers.width)
end

-- The layers to read: class scores, and the last ReLU before them, or where there is none the last map.
local function layers_of(net, size)
  local logits, probabilities = net:classes()
  local names = net:layers()
  local scores = logits or probabilities or names[#names]
  local height, width = size, size
  if not size then height, width = input_size.of(net, { scores }) end
  if not height then
    misuse.raise "check: give the size of the pictures that the network takes, { size = 320 } for example"
  end
  local shapes = net:shapes(height, width)
  if not shapes[scores] then
    local right, high = input_size.of(net, { scores })
    misuse.raise("check: pictures of %d px do not fit this network%s", size,
      right and ("; it takes %d high and %d wide"):format(right, high) or "")
  end
  local maps, relu, map = net:maps(height, width), nil, nil
  if maps[scores].rows * maps[scores].columns > 1 then
    misuse.raise("check: layer '%s' is a map of scores: there are no classes to compare by", scores)
  end
  for _, name in ipairs(names) do
    if name == scores then break end
    if net:layer(name).type == "relu" and shapes[name] then relu = name end
    if maps[name] and maps[name].rows * maps[name].columns > 1 then map = name end
  end
  local features = relu or map or names[2]
  return { scores = scores, features = features, are_probabilities = not logits and probabilities ~= nil,
    height = height, width = width, shapes = shapes }
end

-- Paths of the pictures to look at: all, or as many as are wanted, spread evenly.
local function choose(path, limit)
  local all = picture.list(path) or { path }
  if #all == 0 then return nil, ("no pictures in '%s'"):format(path) end
  local count, chosen = math.min(#all, limit), {}
  for i = 1, count do chosen[i] = all[(i - 1) * #all // count + 1] end
  return chosen, #all
end

local option_names = { "size", "limit", "progress" }

--- See meta/network.lua.
local function check(net, path, options)
  options = options or {}
  misuse.check_keys(options, option_names, "check")
  expect.value(path, expect.text, "check: the path of a picture or a folder")
  local limit = misuse.check_count(options.limit or 100, 1, "check: limit")
  local layers = layers_of(net, options.size and misuse.check_count(options.size, 1, "check: size"))
  local paths, found = choose(path, limit)
  if not paths then return nil, found end

  local labels, channels = net:labels(), net:channels()
  local own = preprocessing.of(net) or { range = { 0, 1 }, order = "RGB" }
  local rows = {}
  local classes = layers.shapes[layers.scores][1]
  for i, candidate in ipairs(candidates(own, channels)) do rows[i] = new_row(candidate, i == 1, classes) end
  local bar = progress.new { on = options.progress, title = "check", steps = #paths }
  for i, file in ipairs(paths) do
    local image, problem = photograph(net, file, { height = layers.height, width = layers.width })
    if not image then return nil, problem end
    for _, row in ipairs(rows) do
      net:forward(as_if(image, own, row.preprocessing), { layers.scores, layers.features }, { backward = false })
      observe(row, net, layers, file, labels)
    end
    bar:update(i)
  end
  bar:finish(#paths, nil, "done")

  local any_named = false
  for place, row in ipairs(rows) do
    finish(row, #paths, labels)
    row.place, any_named = place, any_named or row.named > 0
  end
  table.sort(rows, function(a, b)
    if a.named ~= b.named then return a.named > b.named end
    if a.confidence ~= b.confidence then return a.confidence > b.confidence end
    return a.place < b.place
  end)
  return setmetatable({ rows = rows, count = #paths, found = found, size = size_text(layers), channels = channels,
    names = any_named, layer = layers.features }, result)
end

return check
