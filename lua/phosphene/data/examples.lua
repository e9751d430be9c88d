-- SPDX-License-Identifier: MIT
-- Dataset examples: for each unit of some layers, the pictures that excite it most and least, and how its values are
-- distributed. Must not know how they are found (scan.lua), kept (store.lua), drawn (crops.lua)
-- or told apart (starts.lua).

local clusters = require "phosphene.data.clusters"
local columns = require "phosphene.base.columns"
local core = require "phosphene.core"
local crops = require "phosphene.data.crops"
local expect = require "phosphene.base.expect"
local input_size = require "phosphene.network.input_size"
local loading = require "phosphene.formats.loading"
local misuse = require "phosphene.base.misuse"
local preprocessing = require "phosphene.network.preprocessing"
local printable = require "phosphene.base.printable"
local scan = require "phosphene.data.scan"
local starts = require "phosphene.data.starts"
local store = require "phosphene.data.store"
local strict = require "phosphene.base.strict"

local examples = { __name = "ph.examples" }
examples.__index = examples

-- ---- lists of examples ----

local list_type = { __name = "ph.example_list" }

function list_type:__tostring()
  local rows = { { "value", "y", "x", "label", "picture" } }
  for _, example in ipairs(self) do
    rows[#rows + 1] = { ("%.4g"):format(example.value), tostring(example.y), tostring(example.x),
      printable(example.label or "", 40), printable(example.path) }
  end
  return columns(rows, { true, true, true })
end

-- Those of a core's list whose pictures the dataset has, as users see them.
local function shown(self, layer, unit, found, count, fits)
  local list = setmetatable({}, list_type)
  for _, example in ipairs(found) do
    local picture = self.known[example.picture]
    if picture and (not fits or fits(example.value)) and #list < count then
      list[#list + 1] = { layer = layer.name, unit = unit, value = example.value, y = example.y, x = example.x,
        index = picture.index, path = picture.path, label = picture.label }
    end
  end
  return list
end

-- ---- asking ----

-- What is known of a layer, by any of its names.
local function layer_of(self, name)
  expect.value(name, expect.text, "examples: the layer")
  local found = self.layers[name] or self.layers[self.net:layer(name).name]
  if not found then misuse.raise("examples: layer '%s' was not scanned (%s)", name, table.concat(self.names, ", ")) end
  return found
end

local function place_of(self, name, unit)
  local layer = layer_of(self, name)
  expect.value(unit, expect.whole(0, layer.units - 1), "examples: the unit")
  return layer, math.tointeger(unit)
end

local function list_of(self, which, name, unit, count)
  local layer, number = place_of(self, name, unit)
  local wanted = count or self.wanted[which]
  expect.value(wanted, expect.whole(1, layer.room[which]), "examples: how many")
  return shown(self, layer, number, layer.ranking:list(number, which), wanted)
end

function examples:top(layer, unit, count) return list_of(self, "top", layer, unit, count) end

function examples:bottom(layer, unit, count) return list_of(self, "bottom", layer, unit, count) end

function examples:any(layer, unit, count) return list_of(self, "any", layer, unit, count) end

function examples:starts(layer, unit, count)
  local candidates = self:top(layer, unit)
  count = expect.value(count or math.min(4, self.wanted.top), expect.whole(1, self.wanted.top), "starts: how many")
  local order, problem = starts(self, candidates, count)
  if not order then return nil, problem end
  local list = setmetatable({}, list_type)
  for i, place in ipairs(order) do list[i] = candidates[place] end
  return list
end

local a_share = expect.within(0, 1)

function examples:value(layer, unit, share)
  local found, number = place_of(self, layer, unit)
  return found.sketch:quantile(number, expect.value(share, a_share, "examples: the share"))
end

-- The share of a unit's values that are below this one.
local function share_below(found, number, value)
  return found.sketch:below(number, value) / math.max(1, found.sketch:count(number))
end

function examples:quantile(layer, unit, value)
  local found, number = place_of(self, layer, unit)
  return share_below(found, number, expect.value(value, expect.number, "examples: the value"))
end

-- Bands that have a name: the shares of a unit's values, of all or of those of one sign, between which they lie.
local named_bands = {
  ["slightly positive"] = { sign = 1, from = 0, to = 0.5 },
  ["slightly negative"] = { sign = -1, from = 0.5, to = 1 },
  any = { from = 0, to = 1 },
}

-- The shares of all values that a band is.
local function shares_of(found, number, band)
  local below = share_below(found, number, 0)
  if band.sign == 1 then
    local from = share_below(found, number, 1e-30)
    return from + band.from * (1 - from), from + band.to * (1 - from)
  end
  if band.sign == -1 then return band.from * below, band.to * below end
  return band.from, band.to
end

function examples:band(layer, unit, band, count)
  local found, number = place_of(self, layer, unit)
  if type(band) == "string" then band = named_bands[expect.value(band, expect.choice("slightly positive",
    "slightly negative", "any"), "band")] end
  expect.value(band, expect.kinds("a name or { from =, to = }", "table"), "band")
  misuse.check_keys(band, { "from", "to", "sign" }, "band")
  expect.fields(band, { from = a_share, to = a_share }, "band: ")
  local from, to = shares_of(found, number, band)
  if not from or not to or from > to then misuse.raise "band: from and to expected, from below to" end
  local least, most = found.sketch:quantile(number, from), found.sketch:quantile(number, to)
  count = expect.value(count or 9, expect.whole(1), "examples: how many")
  -- No more of those that were drawn than were asked for: a store may have more, from another question.
  local drawn = table.move(found.ranking:list(number, "any"), 1, self.wanted.any, 1, {})
  local list = shown(self, found, number, drawn, count, function(value)
    return value >= least and value <= most and (not band.sign or value * band.sign > 0)
  end)
  table.sort(list, function(a, b) return a.value > b.value end)
  return list
end

function examples:histogram(layer, unit, bins)
  local found, number = place_of(self, layer, unit)
  bins = expect.value(bins or 40, expect.whole(1, 1000), "histogram: bins")
  local least, most = found.sketch:quantile(number, 0), found.sketch:quantile(number, 1)
  local edges = {}
  local counts, before = {}, 0
  for i = 0, bins do
    edges[i + 1] = least and least + (most - least) * i / bins or 0
    local below = i < bins and found.sketch:below(number, edges[i + 1]) or found.sketch:count(number)
    if i > 0 then counts[i] = below - before end
    before = below
  end
  return { edges = edges, counts = counts }
end

--- Pictures of examples; see crops.lua.
function examples:pictures(list, options) return crops.of(self, list, options) end

function examples:sheet(list, size) return crops.sheet(self, list, size) end

function examples:clusters(layer, unit, options) return clusters(self, layer, unit, options) end

function examples:__tostring()
  local rows = { { "layer", "units", "pictures" } }
  for _, name in ipairs(self.names) do
    local layer = self.layers[name]
    rows[#rows + 1] = { name, tostring(layer.units), tostring(layer.seen) }
  end
  return columns(rows, { false, true, true })
end

-- ---- scanning ----

local defaults = { top = 9, bottom = 9, any = 48, batch = 8, crop = "centre" }

-- More than is wanted is kept, so that pictures can be removed: lists of nine stay whole without some sixteen.
local spare = 16

local option_names = { "net", "data", "layers", "units", "top", "bottom", "any", "store", "size", "height", "width",
  "crop", "margin", "batch", "progress" }

local expected = {
  layers = expect.list(expect.text, "a list of layers"),
  units = expect.list(expect.text, 'a list like { "mixed4a:11" }'),
  top = expect.whole(1, 2000), bottom = expect.whole(0, 2000), any = expect.whole(0, 2000), store = expect.text,
  size = expect.whole(1, 16384), height = expect.whole(1, 16384), width = expect.whole(1, 16384),
  crop = expect.choice("centre", "stretch"), margin = expect.within(0, 0.9),
  batch = expect.whole(1, 256), progress = expect.truth,
}

-- The layers that are asked for, by their own names, each once.
local function layers_of(asked)
  local given, names, taken = {}, {}, {}
  table.move(asked.layers or {}, 1, #(asked.layers or {}), 1, given)
  for _, unit in ipairs(asked.units or {}) do
    local layer = unit:match "^(.+):%d+$"
    if not layer then misuse.raise('examples: a unit like "mixed4a:11" expected, got %s', misuse.shown(unit)) end
    given[#given + 1] = layer
  end
  if #given == 0 then misuse.raise "examples: give the layers, { layers = { \"mixed4a\" } } for example" end
  for _, name in ipairs(given) do
    local own = asked.net:layer(name).name
    if not taken[own] then names[#names + 1] = own end
    taken[own] = true
  end
  return names
end

-- How pictures are cut, as a text for the store.
local function crop_text(treatment)
  return treatment.margin and ("%s, margin %g"):format(treatment.crop, treatment.margin) or treatment.crop
end

-- What a store knows a scan of a layer by.
local function identities(net, names, treatment)
  local height, width = treatment.height, treatment.width
  local maps, list = net:maps(height, width), {}
  local own = preprocessing.of(net)
  for i, name in ipairs(names) do
    if not maps[name] then
      misuse.raise("examples: layer '%s' has no value for pictures of %dx%d", name, height, width)
    end
    list[i] = { network = loading.name(net), weights = net:fingerprint(), layer = name,
      preprocessing = own and preprocessing.text(own, net:channels()) or "none", height = height, width = width,
      crop = crop_text(treatment), units = maps[name].units }
  end
  return list
end

-- What a store has of a scan, in memory.
local function load(kept, found, name)
  local layer = { name = name, units = found.units, room = found.room,
    ranking = store.new_ranking(found), sketch = core.sketch(found.units) }
  kept:load(found, layer.ranking, layer.sketch)
  layer.seen = select(2, kept:seen(found))
  return layer
end

local function find(asked, names, treatment)
  local wanted = { top = asked.top, bottom = asked.bottom }
  local room = { top = asked.top + spare, bottom = asked.bottom + spare, any = asked.any }
  local kept = store.open(asked.store)
  local scans, pictures, is_new = scan.run(asked.net, asked.data, kept, identities(asked.net, names, treatment), room,
    wanted, { batch = asked.batch, treatment = treatment, progress = asked.progress })
  local self = { net = asked.net, data = asked.data, names = names, layers = {}, known = pictures,
    wanted = { top = asked.top, bottom = asked.bottom, any = asked.any },
    treatment = treatment, progress = asked.progress ~= false }
  for i, found in ipairs(scans) do
    local layer = load(kept, found, names[i])
    self.layers[names[i]] = layer
    if is_new then kept:transaction(store.show, kept, found, layer.ranking, wanted) end
  end
  kept:close()
  return setmetatable(self, examples)
end

--- See meta/examples.lua.
local function find_examples(options)
  local asked = {}
  for key, value in pairs(expect.value(options, expect.kinds("a table of options", "table"), "examples")) do
    asked[key] = value
  end
  asked.net, asked[1] = asked.net or asked[1], nil
  asked.data, asked[2] = asked.data or asked[2], nil
  misuse.check_keys(asked, option_names, "examples")
  expect.fields(asked, expected, "examples: ")
  expect.value(asked.net, expect.kinds("a network", "network"), "examples: net")
  expect.value(asked.data, expect.kinds("a dataset", "dataset"), "examples: data")
  for name, value in pairs(defaults) do
    if asked[name] == nil then asked[name] = value end
  end
  if asked.store == "" then asked.store = nil end
  local margin = asked.margin ~= 0 and asked.margin or nil
  if asked.crop == "stretch" and margin then misuse.raise "examples: margin is of crop = 'centre'" end
  local names = layers_of(asked)
  local height, width = asked.height or asked.size or asked.width, asked.width or asked.size or asked.height
  if not height then height, width = input_size.of(asked.net, names) end
  if not height then
    misuse.raise "examples: give the size of pictures that the network takes, { size = 320 } for example"
  end
  return store.guarded(find, asked, names, { height = height, width = width, crop = asked.crop, margin = margin,
    net = asked.net })
end

strict(examples, "examples", 'help "ph.examples"')
return find_examples
