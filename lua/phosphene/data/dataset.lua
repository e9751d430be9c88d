-- SPDX-License-Identifier: MIT
-- Datasets: the pictures of folders, archives and lists, with their labels; ph.dataset. Must not know what they are
-- used for.

local core = require "phosphene.core"
local batches = require "phosphene.data.batches"
local expect = require "phosphene.base.expect"
local labels = require "phosphene.data.labels"
local misuse = require "phosphene.base.misuse"
local origin = require "phosphene.base.origin"
local progress = require "phosphene.base.progress"
local strict = require "phosphene.base.strict"
local treatment = require "phosphene.network.treatment"

local dataset = { __name = "ph.dataset" }
local methods = {}
dataset.__index = methods

-- ---- opening ----

-- The paths that labels go by: within the one folder or archive, or else as they were given.
local function paths_of(catalogue, is_single)
  local list = {}
  for i = 0, catalogue:count() - 1 do
    local path, within = catalogue:item(i)
    list[i + 1] = is_single and within or path
  end
  return list
end

-- The labels, or false where there are none; nil and a message.
local function labels_for(catalogue, is_single, wanted)
  if wanted == false then return false end
  local paths = paths_of(catalogue, is_single)
  if wanted == nil then
    local found = labels.of_folders(paths)
    return found and #found.names > 1 and found or false
  end
  if wanted == "folders" then
    local found, without = labels.of_folders(paths)
    if found then return found end
    return nil, ("labels: '%s' lies in no folder"):format(without)
  end
  local found, rest = labels.of_file(paths, wanted)
  if found and rest > 0 then
    progress.tell(("'%s' has %d line%s of no picture"):format(wanted, rest, rest == 1 and "" or "s"))
  end
  return found, rest
end

-- What tells the dataset from others of its name, for origins: which pictures, of how many bytes.
local function fingerprint(catalogue)
  local list = {}
  for i = 0, catalogue:count() - 1 do
    local _, within, bytes = catalogue:item(i)
    list[i + 1] = within .. "\0" .. bytes
  end
  return core.fingerprint(table.concat(list, "\0"))
end

local function tell_notes(catalogue)
  local notes, count = catalogue:notes()
  for _, note in ipairs(notes) do progress.tell(note) end
  if count > #notes then progress.tell(("and %d more are left out"):format(count - #notes)) end
end

local function name_of(paths)
  return #paths == 1 and ("dataset '%s'"):format(paths[1])
    or ("dataset '%s' and %d more"):format(paths[1], #paths - 1)
end

local labels_option = { text = "'folders', the path of a file, or false",
  fits = function(value) return value == false or (type(value) == "string" and value ~= "") end }

--- See meta/dataset.lua.
function dataset.open(path, options)
  options = expect.named(options, "dataset")
  misuse.check_keys(options, { "labels", "unreadable" }, "dataset")
  expect.fields(options, { labels = labels_option, unreadable = expect.within(0, 1) }, "dataset: ")
  local paths = type(path) == "string" and { path } or path
  expect.elements(paths, expect.text, "dataset: paths")
  if #paths == 0 then misuse.raise "dataset: no path" end
  local catalogue, problem = core.catalogue(paths)
  if not catalogue then return nil, problem end
  tell_notes(catalogue)
  local name = name_of(paths)
  if catalogue:count() == 0 then
    return nil, ("%s: there are no pictures in it (.png, .jpg, .jpeg, .webp)"):format(name)
  end
  local labelled, trouble = labels_for(catalogue, #paths == 1, options.labels)
  if labelled == nil then return nil, trouble end
  origin.used(name, function() return fingerprint(catalogue) end)
  return setmetatable({ catalogue = catalogue, name = name, is_single = #paths == 1, items = false,
    count = catalogue:count(), labelled = labelled, unreadable = options.unreadable or 0.1, said = {} }, dataset)
end

-- ---- what there is ----

function dataset:__len() return self.count end

function dataset:__tostring()
  return ("%s: %d pictures%s"):format(self.name, self.count, self.labelled and ", labelled" or "")
end

-- Where picture i stands in the catalogue.
local function place_of(self, i, what)
  local whole = math.type(i) and math.tointeger(i)
  if not whole or whole < 0 or whole >= self.count then
    misuse.raise("%s: picture %s out of range 0..%d", what, misuse.shown(i), self.count - 1)
  end
  return self.items and self.items[whole + 1] or whole
end

methods.path = misuse.guard(function(self, i) return (self.catalogue:item(place_of(self, i, "path"))) end)

methods.identity = misuse.guard(function(self, i)
  local path, within, bytes, modified = self.catalogue:item(place_of(self, i, "identity"))
  return { path = self.is_single and within or path, bytes = bytes, modified = modified }
end)

methods.root = misuse.guard(function(self) return self.name end)

methods.is_part = misuse.guard(function(self) return self.items ~= false end)

methods.label = misuse.guard(function(self, i)
  local place = place_of(self, i, "label")
  if not self.labelled then return nil end
  local number = self.labelled.of[place + 1]
  return number, self.labelled.names[number + 1]
end)

methods.labels = misuse.guard(function(self)
  return self.labelled and table.move(self.labelled.names, 1, #self.labelled.names, 1, {}) or {}
end)

methods.part = misuse.guard(function(self, indices)
  expect.elements(indices, expect.whole(0, self.count - 1), "part")
  local part, items = {}, {}
  for key, value in pairs(self) do part[key] = value end
  for k, i in ipairs(indices) do items[k] = place_of(self, i, "part") end
  part.items, part.count = items, #items
  return setmetatable(part, dataset)
end)

methods.shard = misuse.guard(function(self, i, n)
  misuse.check_count(n, 1, "shard: of how many")
  expect.value(i, expect.whole(0, n - 1), "shard")
  local indices = {}
  for index = math.tointeger(i), self.count - 1, math.tointeger(n) do indices[#indices + 1] = index end
  return self:part(indices)
end)

-- ---- pictures ----

local a_side = expect.whole(1, 16384)
local treated = {
  size = a_side, height = a_side, width = a_side, margin = expect.within(0, 0.9),
  crop = expect.choice("centre", "stretch"), channels = expect.whole(1, 3), reduced = expect.truth,
  net = expect.kinds("a network", "network"),
}

-- What is done to each picture, in the core's words; nil and a message.
local function treatment_of(options, what)
  expect.fields(options, treated, what .. ": ")
  if options.size and (options.height or options.width) then
    misuse.raise("%s: size is that of both sides; it excludes height and width", what)
  end
  if options.crop == "stretch" and options.margin then misuse.raise("%s: margin is of crop = 'centre'", what) end
  local as, problem = treatment(options.net, { height = options.size or options.height, width = options.size
    or options.width, margin = options.margin, channels = options.channels }, what)
  if not as then return nil, problem end
  as.stretched, as.reduced = options.crop == "stretch", options.reduced ~= false
  if as.stretched then as.size = nil end
  return as
end

local function keys(more)
  local list = { table.unpack(more) }
  for key in pairs(treated) do list[#list + 1] = key end
  table.sort(list)
  return list
end

local image_keys = keys {}
local batch_keys = keys { "count", "shuffle", "threads", "progress" }

methods.image = misuse.guard(function(self, i, options)
  options = expect.named(options, "image")
  misuse.check_keys(options, image_keys, "image")
  local place = place_of(self, i, "image")
  local is_whole = not (options.size or options.height or options.width or options.net)
  if is_whole and (options.margin or options.crop) then
    misuse.raise "image: margin and crop are of a size, { size = 224 }"
  end
  if is_whole then
    expect.fields(options, treated, "image: ")
    return self.catalogue:load(place, { channels = options.channels })
  end
  local as, problem = treatment_of(options, "image")
  if not as then return nil, problem end
  return self.catalogue:load(place, as)
end)

methods.batches = misuse.guard(function(self, options)
  options = expect.named(options, "batches")
  misuse.check_keys(options, batch_keys, "batches")
  expect.fields(options, { count = expect.whole(1, 4096), shuffle = expect.integer, threads = expect.whole(1, 256),
    progress = expect.truth }, "batches: ")
  local as, problem = treatment_of(options, "batches")
  if not as then misuse.raise("batches: %s", problem) end
  return batches(self, as, { count = math.tointeger(options.count or 32), shuffle = options.shuffle
    and math.tointeger(options.shuffle), threads = options.threads, progress = options.progress })
end)

strict(methods, "dataset", 'help "dataset"')

return dataset
