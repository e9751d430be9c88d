-- SPDX-License-Identifier: MIT
-- Streams a dataset through a network once, for all units of some layers at the same time, and keeps what it finds in a
-- store: only pictures that the store has not seen by these layers are looked at, and every few seconds what was found
-- is added to it. What a store holds in the end depends on the pictures alone: not on their order, on interruptions, or
-- on how many processes took part. Must not know what the examples are for.

local core = require "phosphene.core"
local misuse = require "phosphene.base.misuse"
local printable = require "phosphene.base.printable"
local progress = require "phosphene.base.progress"

local scan = {
  -- Of what was seen, the share of pictures that may be gone before quantiles, which still count them, are found anew.
  most_gone = 0.01,
  save_every = 15, -- seconds; what a scan that is killed loses
}

-- ---- which pictures there are ----

-- By which the store names a picture of this path.
local function number_of(path) return math.tointeger(tonumber("0x" .. core.fingerprint(path))) end

-- The dataset's pictures: a list, from 1, of { index, number, path, bytes, modified, label }.
local function list_pictures(data)
  local list = {}
  for index = 0, #data - 1 do
    local is = data:identity(index)
    local label, name = data:label(index)
    list[index + 1] = { index = index, number = number_of(is.path), path = is.path, bytes = is.bytes,
      modified = is.modified, label = name or (label and tostring(label)) }
  end
  return list
end

local function forget_in(store, found, numbers)
  store:save_lists(found, store:ranking(found):forget(numbers))
  store:mark_gone(found, numbers)
end

-- Pictures that were removed or have changed leave the lists of all scans.
local function forget(store, numbers)
  table.sort(numbers, math.ult)
  for _, found in ipairs(store:scans()) do forget_in(store, found, numbers) end
  for _, number in ipairs(numbers) do store:remove_picture(number) end
end

-- A store is for one dataset: another one would empty it.
local function check_is_same(store, data, known, common)
  local count = 0
  for _ in pairs(known) do count = count + 1 end
  if count == 0 then return store:set_root(data:root()) end
  if common * 2 < count and not data:is_part() then
    misuse.raise("examples: of the %d pictures that the store '%s' is about, %d are in this dataset; it was made for "
      .. "%s. Give another store, or remove this one", count, store.path, common, printable(store:root() or "another"))
  end
end

-- Makes the store's pictures those of the dataset. Of a part of a dataset nothing tells that others are gone.
local function match(store, data, pictures)
  local known, present, gone, new = store:pictures(), {}, {}, {}
  local common = 0
  for _, picture in ipairs(pictures) do
    local before = known[picture.number]
    if before and before.path ~= picture.path or present[picture.number] then
      misuse.raise("examples: '%s' and '%s' cannot be told apart; rename one of them", printable(picture.path),
        printable(before and before.path or picture.path))
    end
    present[picture.number] = true
    common = common + (before and 1 or 0)
    local is_same = before and before.bytes == picture.bytes and before.modified == picture.modified
    if before and not is_same then gone[#gone + 1] = picture.number end
    if not is_same then new[#new + 1] = picture end
    picture.problem = is_same and before.problem
  end
  check_is_same(store, data, known, common)
  for number in pairs(known) do
    if not present[number] and not data:is_part() then gone[#gone + 1] = number end
  end
  if #gone > 0 then forget(store, gone) end
  for _, picture in ipairs(new) do store:add_picture(picture) end
end

-- ---- what is to be done ----

-- Whether a scan that has seen so many pictures has to begin anew: its lists are shorter than is asked, or too many of
-- what it counts are gone.
local function is_worn(store, found, wanted, seen)
  if found.gone == 0 then return false end
  if found.gone > scan.most_gone * (seen + found.gone) then return true end
  local ranking = store:ranking(found)
  for unit = 0, found.units - 1 do
    for list, count in pairs(wanted) do
      if #ranking:list(unit, list) < math.min(count, seen) then return true end
    end
  end
  return false
end

-- The scans of the layers, those that are worn anew.
local function scans_of(store, layers, room, wanted)
  local scans = {}
  for i, layer in ipairs(layers) do
    local found = store:scan(layer, room)
    local _, seen = store:seen(found)
    if is_worn(store, found, wanted, seen) then
      store:drop(found.id)
      found = store:scan(layer, room)
    end
    found.layer = layer.layer
    scans[i] = found
  end
  return scans
end

-- Groups of pictures that the same scans have not seen: a list of { scans, pictures }.
local function groups_of(store, scans, pictures)
  local seen, groups, by_key = {}, {}, {}
  for i, found in ipairs(scans) do seen[i] = store:seen(found) end
  for _, picture in ipairs(pictures) do
    local missing = {}
    for i in ipairs(scans) do
      if not seen[i][picture.number] and not picture.problem then missing[#missing + 1] = i end
    end
    local key = table.concat(missing, " ")
    if #missing > 0 and not by_key[key] then
      local group = { scans = {}, pictures = {} }
      for k, i in ipairs(missing) do group.scans[k] = scans[i] end
      by_key[key] = group
      groups[#groups + 1] = group
    end
    if #missing > 0 then table.insert(by_key[key].pictures, picture) end
  end
  return groups
end

-- ---- what was found since it was last written ----

local findings = {}
findings.__index = findings

local function new_findings(store, scans)
  local self = setmetatable({ scans = scans, parts = {}, numbers = {}, since = core.clock() }, findings)
  for i, found in ipairs(scans) do
    self.parts[i] = { ranking = store.new_ranking(found), sketch = core.sketch(found.units) }
  end
  return self
end

-- Takes in the activations of a batch of pictures. Gives the place in the batch of a picture whose activations are not
-- finite, and then takes in nothing.
function findings:add(net, numbers)
  local activations = {}
  for i, found in ipairs(self.scans) do
    activations[i] = net:activation(found.layer)
    if activations[i]:statistics().not_finite > 0 then
      for place = 1, #numbers do
        if activations[i]:image(place - 1):statistics().not_finite > 0 then return place end
      end
    end
  end
  for i, part in ipairs(self.parts) do
    assert(part.ranking:add(activations[i], numbers))
    assert(part.sketch:add(activations[i], #numbers))
  end
  table.move(numbers, 1, #numbers, #self.numbers + 1, self.numbers)
end

-- Adds it to the store, unless another process was there first: then its pictures have to be looked at again.
function findings:save(store)
  if #self.numbers == 0 then return end
  store:transaction(function()
    for _, found in ipairs(self.scans) do
      if store:has_seen(found, self.numbers) then return end
    end
    for i, found in ipairs(self.scans) do
      local part = self.parts[i]
      store:load(found, part.ranking, part.sketch)
      store:save(found, part.ranking, part.sketch)
      store:mark_seen(found, self.numbers)
    end
  end)
end

-- ---- scanning ----

-- A batch is filled up with black pictures, so that each pass is the same computation: of fewer pictures it could be
-- another one, with other last digits.
local function filled(images, count)
  local shape = images:shape()
  if shape[1] == count then return images end
  return images:place({ count, shape[2], shape[3], shape[4] }, { 0, 0, 0, 0 })
end

local walk = {}
walk.__index = walk

-- Takes a batch through the network.
function walk:visit(batch)
  local numbers = {}
  for i, index in ipairs(batch.indices) do numbers[i] = self.number_of[index] end
  self.net:forward(filled(batch.images, self.options.batch), self.taps, { backward = false })
  local bad = self.found:add(self.net, numbers)
  if bad then self.store:set_problem(numbers[bad], "its activations are not finite") end
  for _, index in ipairs(batch.indices) do self.came[index] = true end
  self.done = self.done + #numbers
  self.bar:update(self.done)
  if core.clock() - self.found.since < scan.save_every then return end
  self.found:save(self.store)
  self.found = new_findings(self.store, self.group.scans)
end

-- Scans pictures that the same scans have not seen. However it ends, what was found is kept.
local function scan_group(net, data, store, group, options, bar)
  local self = setmetatable({ net = net, store = store, group = group, options = options, bar = bar, taps = {},
    found = new_findings(store, group.scans), number_of = {}, came = {}, done = 0 }, walk)
  local indices, settings = {}, { count = options.batch, progress = false }
  for key, value in pairs(options.treatment) do settings[key] = value end
  for i, picture in ipairs(group.pictures) do
    indices[i] = picture.index
    self.number_of[picture.index] = picture.number
  end
  for i, found in ipairs(group.scans) do self.taps[i] = found.layer end
  local ok, problem = pcall(function()
    for batch in data:part(indices):batches(settings) do
      for k, place in ipairs(batch.indices) do batch.indices[k] = indices[place + 1] end
      self:visit(batch)
    end
  end)
  self.found:save(store)
  if not ok then error(problem, 0) end
  for _, picture in ipairs(group.pictures) do
    if not self.came[picture.index] then store:set_problem(picture.number, "it cannot be read") end
  end
end

--- Brings a store up to date: `layers` are what `store:scan` takes, `room` how many examples its lists may hold, and
--- `wanted` how many there have to be where pictures were removed. `options`: batch, progress, and the `treatment` of
--- pictures, as datasets take it. Gives the scans, the pictures by their numbers, and whether any had to be looked at.
function scan.run(net, data, store, layers, room, wanted, options)
  local pictures = list_pictures(data)
  local scans = store:transaction(function()
    match(store, data, pictures)
    return scans_of(store, layers, room, wanted)
  end)
  local groups = groups_of(store, scans, pictures)
  local was_needed = #groups > 0
  while #groups > 0 do
    local group = table.remove(groups, 1)
    local bar = progress.new { title = "examples", steps = #group.pictures, on = options.progress, unit = "pictures" }
    scan_group(net, data, store, group, options, bar)
    bar:finish(#group.pictures, nil, "done")
    if #groups == 0 then groups = groups_of(store, scans, store:without_problems(pictures)) end
  end
  local by_number = {}
  for _, picture in ipairs(pictures) do by_number[picture.number] = picture end
  return scans, by_number, was_needed
end

return scan
