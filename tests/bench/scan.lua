-- SPDX-License-Identifier: MIT
-- A scan for dataset examples, from JPEG files to stored results, against the bare forward passes of as many pictures:
-- what decoding, collecting and storing cost on top. PHOTOGRAPHS is a folder of JPEGs; without it some are made up.
-- COUNT is how many of them a scan reads.
local core = require "phosphene.core"
local network = require "phosphene.formats.loading"
local ph = require "phosphene"
local measure = require "measure"

local rounds = measure.rounds(5)
local count, batch, size, layer = tonumber(os.getenv "COUNT") or 96, 8, 224, "mixed4e"

-- Smooth pictures as large as photographs on the web are, which compress about as well.
local function make_up(folder)
  for i = 1, count do
    local path = ("%s/%03d.jpg"):format(folder, i)
    local coarse = core.random(i, "bench"):fill_normal(core.tensor { 1, 3, 24, 32 }, 0.5, 0.3)
    assert(core.save_image(core.resize_image(coarse, 375, 500), path))
  end
  return folder
end

local folder = os.getenv "PHOTOGRAPHS" or make_up(measure.folder .. "photographs")
local net = assert(network.load "googlenet")
local data = assert(ph.dataset(folder))
local indices = {}
for i = 0, math.min(count, #data) - 1 do indices[i + 1] = i end
local part = data:part(indices)
local passes = (#part + batch - 1) // batch

local store = measure.folder .. "scan.examples"

local function scan()
  os.remove(store)
  return measure.seconds(function()
    assert(ph.examples { net, part, layers = { layer }, size = size, batch = batch, store = store, progress = false })
  end)
end

local images = core.random(1, "bench"):fill_normal(core.tensor { batch, 3, size, size }, 0.5, 0.2)
local function bare()
  return measure.seconds(function()
    for _ = 1, passes do net:forward(images, layer, { backward = false }) end
  end)
end

local function read()
  return measure.seconds(function()
    for _ in part:batches { count = batch, size = size, progress = false } do end -- luacheck: ignore
  end)
end

local name = network.name(net)
measure.title(("%s to %s, %d pictures"):format(name, layer, #part))
local bare_seconds, scan_seconds, share = measure.pair(bare, scan, rounds, 1)
measure.print("bare forward passes", bare_seconds, "s")
measure.print("reading and decoding alone", measure.repeated(read, rounds), "s")
measure.print("scan, from files to a store", scan_seconds, "s")
measure.print("bare / scan", share, "ratio")
print(("  %-44s %10.1f pictures/s"):format("scan", #part / scan_seconds.median))
measure.write("scan", { network = name, layer = layer, pictures = #part, bare = bare_seconds, scan = scan_seconds,
  share = share })
os.remove(store)
