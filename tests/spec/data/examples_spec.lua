-- SPDX-License-Identifier: MIT
-- Dataset examples: against a scan kept in memory, whatever interrupts, changes or shares it out.

local core = require "phosphene.core"
local ph = require "phosphene"

local folder = os.tmpname()
os.remove(folder)

local function path(name) return folder .. "/" .. name end

local layers = { "mixed3a_pre_relu", "mixed4a", "softmax2_pre_activation" }
local size, count = 48, 30

local net

local function save(name, number)
  local image = core.random(number, "picture"):fill_normal(core.tensor { 1, 3, 5, 6 }, 0.5, 0.4)
  assert(core.save_image(core.resize_image(image, 60, 70):clip(0, 1), path(name)))
end

lazy_setup(function()
  os.execute("mkdir '" .. folder .. "'")
  for i = 1, count do save(("all/%s/%02d.png"):format(i % 2 == 0 and "even" or "odd", i), i) end
  net = assert(ph.network "googlenet-tiny")
end)

lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

local function find(data, options)
  options = options or {}
  options.net, options.data, options.layers, options.size, options.progress = net, data, layers, size, false
  options.top, options.bottom = 4, 3
  return ph.examples(options)
end

-- What a scan has found, as a text: all lists, and some of each distribution.
local function text_of(examples)
  local lines = {}
  for _, layer in ipairs(layers) do
    for unit = 0, net:units(layer) - 1, 7 do
      for _, list in ipairs { "top", "bottom", "any" } do
        for _, example in ipairs(examples[list](examples, layer, unit)) do
          lines[#lines + 1] = ("%s %d %s %s %d %d %a"):format(layer, unit, list, example.path, example.y, example.x,
            example.value)
        end
      end
      for _, share in ipairs { 0, 0.1, 0.5, 0.99, 1 } do
        lines[#lines + 1] = ("%s %d %g %a"):format(layer, unit, share, examples:value(layer, unit, share))
      end
    end
  end
  return table.concat(lines, "\n")
end

-- Every picture's peak for each unit of a layer, all kept: a list for each unit of { value, y, x, path }.
local function brute_force(data, layer)
  local units = {}
  for i = 0, #data - 1 do
    net:forward(data:image(i, { size = size }), layer, { backward = false })
    local activation = net:activation(layer)
    local shape = activation:shape()
    local value, y, x = activation:reshape { 1, shape[2], shape[3] or 1, shape[4] or 1 }:peaks()
    for unit = 0, shape[2] - 1 do
      units[unit] = units[unit] or {}
      table.insert(units[unit], { value = value:at(0, unit), y = y:at(0, unit), x = x:at(0, unit),
        path = data:identity(i).path })
    end
  end
  return units
end

describe("examples", function()
  it("are those that a scan kept in memory gives, for every unit", function()
    local data = assert(ph.dataset(path "all"))
    local examples = assert(find(data))
    for _, layer in ipairs(layers) do
      local units = brute_force(data, layer)
      for unit = 0, #units do
        local all, top = units[unit], examples:top(layer, unit)
        table.sort(all, function(a, b) return a.value > b.value end)
        for k = 1, 4 do
          -- A batch may round otherwise than a single picture.
          assert.near(all[k].value, top[k].value, 1e-4 * math.max(1, math.abs(all[k].value)))
          if all[k].value - all[k + 1].value > 1e-3 and (k == 1 or all[k - 1].value - all[k].value > 1e-3) then
            assert.same({ all[k].path, all[k].y, all[k].x }, { top[k].path, top[k].y, top[k].x })
          end
        end
        local bottom = examples:bottom(layer, unit)
        assert.equal(3, #bottom)
        assert.is_true(bottom[1].value <= bottom[2].value and bottom[2].value <= top[4].value)
      end
    end
  end)

  it("know how a unit's values are distributed", function()
    local data = assert(ph.dataset(path "all"))
    local examples = assert(find(data))
    local layer, unit, values = "mixed3a_pre_relu", 5, {}
    for i = 0, #data - 1 do
      local map = net:forward(data:image(i, { size = size }), layer, { backward = false }):activation(layer)
      local shape = map:shape()
      for _, value in ipairs(map:slice({ 0, unit, 0, 0 }, { 1, 1, shape[3], shape[4] }):values()) do
        values[#values + 1] = value
      end
    end
    table.sort(values)
    for _, share in ipairs { 0, 0.05, 0.3, 0.5, 0.9, 1 } do
      local true_value = values[math.floor(share * (#values - 1)) + 1]
      assert.near(true_value, examples:value(layer, unit, share), math.abs(true_value) / 60 + 1e-4)
    end
    assert.near(0.5, examples:quantile(layer, unit, values[#values // 2]), 0.02)
    local histogram, sum = examples:histogram(layer, unit, 10), 0
    for _, n in ipairs(histogram.counts) do sum = sum + n end
    assert.near(#values, sum, 1e-6)
    assert.equal(11, #histogram.edges)
  end)

  it("of a band have values of it", function()
    local examples = assert(find(assert(ph.dataset(path "all"))))
    local layer = "mixed3a_pre_relu"
    local positive, negative = 0, 0
    for unit = 0, net:units(layer) - 1 do
      for _, example in ipairs(examples:band(layer, unit, "slightly positive")) do
        positive = positive + 1
        assert.is_true(example.value > 0)
      end
      for _, example in ipairs(examples:band(layer, unit, "slightly negative")) do
        negative = negative + 1
        assert.is_true(example.value < 0)
      end
      for _, example in ipairs(examples:band(layer, unit, { from = 0.9, to = 1 })) do
        assert.is_true(examples:quantile(layer, unit, example.value) > 0.85)
      end
    end
    assert.is_true(positive > 100 and negative > 100)
    assert.error_matches(function() examples:band(layer, 0, "slightly postive") end, "did you mean 'slightly positive'")
  end)

  it("to start from are the strongest, and then the farthest from those before", function()
    local data = assert(ph.dataset(path "all"))
    local examples, reordered = assert(find(data)), 0
    for _, layer in ipairs { "mixed3a_pre_relu", "softmax2_pre_activation" } do
      for unit = 0, 40 do
        local top, starts = examples:top(layer, unit), assert(examples:starts(layer, unit, 3))
        local vectors = {}
        for i, example in ipairs(top) do
          net:forward(data:image(example.index, { size = size }), layer, { backward = false })
          local map = net:activation(layer)
          if #map:shape() == 4 then map = map:gather(2, { example.y }):gather(3, { example.x }) end
          vectors[example.path] = map / map:norm()
          if starts[3].path == top[i].path then reordered = reordered + (i ~= 3 and 1 or 0) end
        end
        assert.same(top[1], starts[1])
        local function nearest(example, taken) -- of so many that were taken
          local most = -1
          for i = 1, taken do most = math.max(most, vectors[example.path]:dot(vectors[starts[i].path])) end
          return most
        end
        for taken = 1, 2 do
          for _, example in ipairs(top) do
            assert.is_true(nearest(starts[taken + 1], taken) <= nearest(example, taken) + 1e-6)
          end
        end
        assert.is_true(nearest(starts[3], 2) < 1)
      end
    end
    assert.is_true(reordered > 10)
    assert.equal(4, #examples:starts("mixed4a", 3))
    assert.error_matches(function() examples:starts("mixed4a", 3, 5) end, "how many: a whole number from 1 to 4")
  end)

  it("become pictures: crops, fields, whole and dimmed ones", function()
    local data = assert(ph.dataset(path "all"))
    local examples = assert(find(data))
    local list = examples:top("mixed3a_pre_relu", 5, 2)
    for as, side in pairs { crop = 32, whole = 48, mask = 48 } do
      local images = assert(examples:pictures(list, { as = as }))
      assert.same({ 1, 3, side, side }, images[2]:shape())
    end
    local whole, mask = examples:pictures(list)[1], examples:pictures(list, { as = "mask" })[1]
    assert.is_true(mask:mean() < examples:pictures(list, { as = "whole" })[1]:mean() * 0.7)
    assert.same({ 1, 3, 20, 20 }, examples:pictures(list, { size = 20, as = "field" })[1]:shape())
    assert.is_true(whole:statistics().deviation > 0)
    local classes = examples:top("softmax2_pre_activation", 5, 1)
    assert.same({ 1, 3, 48, 48 }, examples:pictures(classes)[1]:shape())
  end)

  it("come in groups that are alike to the layer, each with a direction", function()
    local data, layer, unit = assert(ph.dataset(path "all")), "mixed4a", 3
    local found = assert(ph.examples { net, data, layers = { layer }, size = size, top = 20, progress = false })
    local function vector(example)
      net:forward(data:image(example.index, { size = size }), layer, { backward = false })
      local v = net:activation(layer):slice({ 0, 0, example.y, example.x }, { 1, net:units(layer), 1, 1 })
      v = v:reshape { net:units(layer) }
      return v:scale(1 / math.sqrt(v:dot(v)))
    end
    local groups, seen = assert(found:clusters(layer, unit, { count = 3 })), {}
    assert.equal(3, #groups)
    for _, group in ipairs(groups) do
      local mean, before = core.tensor { net:units(layer) }, 0
      for _, example in ipairs(group.examples) do
        assert.is_nil(seen[example.path])
        seen[example.path] = true
        mean:add(vector(example), 1 / group.size)
      end
      assert.equal(group.size, #group.examples)
      mean:add(group.centre, -1)
      assert.near(0, math.sqrt(mean:dot(mean)), 1e-4)
      for _, example in ipairs(group.examples) do
        local difference = vector(example):add(group.centre, -1)
        assert.is_true(difference:dot(difference) >= before - 1e-5)
        before = difference:dot(difference)
      end
      assert.equal(tostring(ph.direction(layer, group.centre)), tostring(group:objective()))
    end
    for _, example in ipairs(found:top(layer, unit)) do assert.is_true(seen[example.path]) end
    local chosen = assert(found:clusters(layer, unit))
    assert.is_true(#chosen >= 2 and #chosen <= 6 and chosen.silhouette >= -1 and chosen.silhouette <= 1)
    assert.equal(tostring(chosen), tostring(found:clusters(layer, unit)))
    assert.error_matches(function() found:clusters(layer, unit, { count = 21 }) end, "21 of 20 examples")
    assert.error_matches(function() found:clusters(layer, unit, { counts = 2 }) end, "did you mean 'count'")
  end)

  it("say what they were asked wrongly", function()
    local data = assert(ph.dataset(path "all"))
    local examples = assert(find(data))
    assert.error_matches(function() ph.examples { net, data } end, "give the layers")
    assert.error_matches(function() ph.examples { net, data, layers = { "mixed4z" } } end, "mixed4")
    assert.error_matches(function() ph.examples { net, data, units = { "mixed4a" } } end, 'a unit like "mixed4a:11"')
    assert.error_matches(function() ph.examples { net, path "all", layers = layers } end, "a dataset expected")
    assert.error_matches(function() ph.examples { net, data, layers = layers, tops = 3 } end, "did you mean 'top'")
    local four = core.network { channels = 4 }
    assert(four:add { type = "relu", name = "r", from = "image" })
    assert.error_matches(function()
      ph.examples { four, data, layers = { "r" }, size = size, progress = false }
    end, "pictures of 3 channels cannot become ones of 4")
    assert.error_matches(function() examples:top("mixed4b", 1) end, "layer 'mixed4b' was not scanned")
    assert.error_matches(function() examples:top("mixed4a", 100000) end, "the unit")
    assert.error_matches(function() examples:tops("mixed4a", 1) end, "did you mean 'top'")
  end)
end)

-- ---- stores ----

-- Calls to the network while a function runs.
local function passes_of(f)
  local kind = core.types["ph.network"].__index
  local forward, calls = kind.forward, 0
  kind.forward = function(...)
    calls = calls + 1
    return forward(...)
  end
  local results = table.pack(pcall(f))
  kind.forward = forward
  assert(results[1], results[2])
  return calls, table.unpack(results, 2, results.n)
end

describe("a store", function()
  local whole

  lazy_setup(function() whole = text_of(assert(find(assert(ph.dataset(path "all"))))) end)

  it("answers a second question without a scan", function()
    local data = assert(ph.dataset(path "all"))
    local store = path "second"
    assert.equal(whole, text_of(assert(find(data, { store = store }))))
    local passes, again = passes_of(function() return assert(find(data, { store = store })) end)
    assert.equal(0, passes)
    assert.equal(whole, text_of(again))
    for _, other in ipairs { { margin = 0.2 }, { crop = "stretch" } } do
      other.store = store
      local calls, found = passes_of(function() return assert(find(data, other)) end)
      assert.equal(4, calls)
      assert.are_not.equal(whole, text_of(found))
    end
  end)

  it("keeps what different questions need, one after the other", function()
    local data, store = assert(ph.dataset(path "all")), path "turns"
    local function ask(options)
      options.net, options.data, options.layers, options.size, options.store, options.progress = net, data,
        { "mixed4a" }, size, store, false
      return (passes_of(function() return assert(ph.examples(options)) end))
    end
    assert.is_true(ask { top = 20, any = 5 } > 0)
    assert.is_true(ask { top = 4, any = 20 } > 0)
    assert.equal(0, ask { top = 20, any = 5 })
    assert.equal(0, ask { top = 4, any = 20 })
  end)

  it("scans only what is new, and gives what one scan of all gives", function()
    local part, store = path "growing", path "growing.store"
    os.execute(("cp -rp '%s' '%s' && rm '%s'/even/0*"):format(path "all", part, part))
    assert(find(assert(ph.dataset(part)), { store = store }))
    os.execute(("cp -rp '%s'/even/0* '%s'/even/"):format(path "all", part))
    local passes, all = passes_of(function() return assert(find(assert(ph.dataset(part)), { store = store })) end)
    assert.equal(1, passes) -- of four pictures
    assert.equal(whole, text_of(all))
  end)

  -- A copy of the dataset, its store, and what is in it once `change` has been made.
  local function after(name, change)
    local part, store = path(name), path(name .. ".store")
    os.execute(("cp -rp '%s' '%s'"):format(path "all", part))
    assert(find(assert(ph.dataset(part)), { store = store }))
    change(part)
    local passes, found = passes_of(function() return assert(find(assert(ph.dataset(part)), { store = store })) end)
    return passes, found, assert(find(assert(ph.dataset(part))))
  end

  it("that has drawn more for another question gives the same bands", function()
    local data, layer, store = assert(ph.dataset(path "all")), "mixed3a_pre_relu", path "drawn"
    local function ask(any, kept)
      return assert(ph.examples { net, data, layers = { layer }, size = size, any = any, store = kept,
        progress = false })
    end
    assert(ask(25, store))
    local kept, fresh = ask(6, store), ask(6, "")
    for unit = 0, net:units(layer) - 1, 5 do
      assert.same(fresh:band(layer, unit, "any", 20), kept:band(layer, unit, "any", 20))
    end
  end)

  it("is made anew where many pictures were removed, or have changed", function()
    local _, found, expected = after("shrinking", function(part) os.remove(part .. "/even/02.png") end)
    assert.equal(text_of(expected), text_of(found))
    _, found, expected = after("changing", function() save("changing/odd/03.png", 1003) end)
    assert.equal(text_of(expected), text_of(found))
    assert.are_not.equal(whole, text_of(found))
  end)

  it("forgets a few that were removed or have changed without a scan of the others", function()
    local scan = require "phosphene.data.scan"
    scan.most_gone = 0.5
    finally(function() scan.most_gone = 0.01 end)
    local passes, found, expected = after("forgetting", function(part)
      os.remove(part .. "/even/02.png")
      save("forgetting/odd/03.png", 1003)
    end)
    assert.equal(1, passes)
    for _, layer in ipairs(layers) do
      for unit = 0, net:units(layer) - 1 do
        assert.same(expected:top(layer, unit), found:top(layer, unit))
        assert.same(expected:bottom(layer, unit), found:bottom(layer, unit))
      end
    end
  end)

  it("counts nothing twice that another program found meanwhile", function()
    local data, store = assert(ph.dataset(path "all")), path "raced"
    local kind = core.types["ph.network"].__index
    local forward = kind.forward
    finally(function() kind.forward = forward end)
    kind.forward = function(...)
      kind.forward = forward
      assert(find(data, { store = store }))
      return forward(...)
    end
    assert.equal(whole, text_of(assert(find(data, { store = store }))))
  end)

  it("puts shards together, and layers that are asked for later, to the same bits", function()
    local data, store = assert(ph.dataset(path "all")), path "shards"
    for shard = 2, 0, -1 do assert(find(data:shard(shard, 3), { store = store })) end
    local passes, together = passes_of(function() return assert(find(data, { store = store })) end)
    assert.equal(0, passes)
    assert.equal(whole, text_of(together))
    local all, later = layers, path "later"
    layers = { all[2] }
    assert(find(data, { store = later }))
    layers = all
    assert.equal(whole, text_of(assert(find(data, { store = later }))))
  end)

  it("goes on after kill -9, to the same bits", function()
    local store, script = path "killed", path "scan.lua"
    assert(core.save_text(script, ([[
      local ph = require "phosphene"
      local net = assert(ph.network "googlenet-tiny")
      local scan = require "phosphene.data.scan"
      scan.save_every = 0
      assert(ph.examples { net, assert(ph.dataset %q), layers = { %q, %q, %q }, size = %d, top = 4, bottom = 3,
        batch = 4, store = %q, progress = false })
    ]]):format(path "all", layers[1], layers[2], layers[3], size, store)))
    local build = os.getenv "PHOSPHENE_TEST_BUILD" or "build"
    local run = ("LUA_PATH_5_4='lua/?.lua;lua/?/init.lua;;' LUA_CPATH_5_4='%s/lua/?.so;;' lua5.4 '%s'"):format(build,
      script)
    for milliseconds = 100, 1000, 150 do
      os.execute(("timeout -s KILL %.3f env %s >/dev/null 2>&1"):format(milliseconds / 1000, run))
    end
    assert.equal(whole, text_of(assert(find(assert(ph.dataset(path "all")), { store = store, batch = 4 }))))
  end)

  it("is refused in a line where it is none, of another version, of another dataset or damaged", function()
    local data = assert(ph.dataset(path "all"))
    local function refused(name, expected)
      local found, problem = find(data, { store = path(name) })
      assert.is_nil(found)
      assert.matches(expected, problem)
      assert.is_nil(problem:find "\n")
    end
    assert(core.save_text(path "text", ("no store "):rep(100)))
    refused("text", "it is not a store")
    refused("missing/folder/store", "No such file or directory")
    assert(find(data, { store = path "old" }))
    local database = assert(core.database(path "old", "write"))
    assert(database:run "PRAGMA user_version = 99")
    database:close()
    refused("old", "of version 99")
    assert(find(data, { store = path "damaged" }))
    database = assert(core.database(path "damaged", "write"))
    assert(database:run "UPDATE unit SET lists = x'0102' WHERE unit = 3")
    database:close()
    refused("damaged", "it is damaged")
    for i = 1, 5 do save(("other/%d.png"):format(i), 100 + i) end
    assert(find(data, { store = path "other.store" }))
    assert.error_matches(function() find(assert(ph.dataset(path "other")), { store = path "other.store" }) end,
      "Give another store")
  end)

  it("has the tables that its page shows", function()
    local file = assert(io.open "docs/store.md")
    local page = file:read "a"
    file:close()
    local schema = require "phosphene.data.schema"
    for _, statement in ipairs(schema.statements) do
      assert.is_truthy(page:find(statement .. ";", 1, true), statement)
    end
    assert.is_truthy(page:find(("Version %d "):format(schema.version), 1, true))
  end)

  it("can be read by anybody, and is small", function()
    local store = path "open"
    local examples = assert(find(assert(ph.dataset(path "all")), { store = store }))
    local database = assert(core.database(store, "read"))
    local rows = assert(database:run([[SELECT picture.path, label, value FROM example JOIN picture ON number = picture
      JOIN scan ON scan.id = scan WHERE layer = 'mixed4a' AND unit = 7 AND list = 'top' ORDER BY place]]))
    local top = examples:top("mixed4a", 7)
    assert.equal(#top, #rows)
    for i, row in ipairs(rows) do assert.same({ top[i].path, top[i].label, top[i].value }, row) end
    assert.equal("delete", database:run("PRAGMA journal_mode")[1][1])
    local units = database:run("SELECT count(*) FROM unit")[1][1]
    local file = assert(io.open(store, "rb"))
    assert.is_true(file:seek "end" / units < 4096)
    file:close()
  end)
end)
