-- SPDX-License-Identifier: MIT
-- What a unit's strong examples have in common, in groups: clusters of the layer's activations at their peaks. A unit
-- with several meanings has several. Must not know how examples are found.

local answers_of = require "phosphene.data.answers"
local columns = require "phosphene.base.columns"
local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local kmeans = require "phosphene.analysis.kmeans"
local misuse = require "phosphene.base.misuse"
local objectives = require "phosphene.objective.constructors"

-- ---- what is clustered ----

-- The layer's answers to a list of examples as rows, (examples, units), or nil and a message.
local function vectors_of(examples, list)
  local answers, problem = answers_of(examples, list, "clusters")
  if not answers then return nil, problem end
  local all = core.tensor { #list, answers[1]:shape()[2] }
  for i, answer in ipairs(answers) do all:copy(answer, i - 1) end
  return all
end

-- ---- a cluster ----

local cluster = { __name = "ph.example_cluster" }
cluster.__index = cluster

function cluster:objective() return objectives.direction(self.layer, self.centre:values()) end

function cluster:__tostring() return ("cluster of %d examples of %s:%d"):format(self.size, self.layer, self.unit) end

local clusters = { __name = "ph.example_clusters" }

function clusters:__tostring()
  local rows = { { "cluster", "examples", "nearest" } }
  for i, one in ipairs(self) do
    rows[#rows + 1] = { tostring(i), tostring(one.size), one.examples[1].label or one.examples[1].path }
  end
  local text = columns(rows, { true, true })
  return self.silhouette and ("%s\nsilhouette %.3f, inertia %.4g"):format(text, self.silhouette, self.inertia) or text
end

-- The examples of one cluster, nearest to its centre first.
local function members_of(list, vectors, found, label)
  local units = vectors:shape()[2]
  local centre = found.centres:slice({ label, 0 }, { 1, units })
  local members, distance = {}, {}
  for i, example in ipairs(list) do
    if found.labels[i] == label then
      members[#members + 1] = example
      local difference = vectors:slice({ i - 1, 0 }, { 1, units }):add(centre, -1)
      distance[example] = difference:dot(difference)
    end
  end
  local place = {}
  for i, example in ipairs(list) do place[example] = i end
  table.sort(members, function(a, b)
    if distance[a] ~= distance[b] then return distance[a] < distance[b] end
    return place[a] < place[b]
  end)
  return setmetatable(members, getmetatable(list)), centre:reshape { units }
end

local expected = { count = expect.whole(1, 64), among = expect.whole(2, 2000), seed = expect.integer }

local most_counts = 6 -- that are tried where nobody says how many

-- How many clusters to look for among so many examples.
local function counts_of(options, examples)
  if options.count then
    if options.count > examples then
      misuse.raise("clusters: %d of %d examples; more are kept where ph.examples has a larger top", options.count,
        examples)
    end
    return math.tointeger(options.count)
  end
  local counts = {}
  for count = 2, math.min(most_counts, examples - 1) do counts[#counts + 1] = count end
  return #counts > 0 and counts or 1
end

--- See meta/examples.lua.
return function(examples, layer, unit, options)
  options = expect.named(options, "clusters")
  misuse.check_keys(options, { "count", "among", "seed" }, "clusters")
  expect.fields(options, expected, "clusters: ")
  local list = examples:top(layer, unit, options.among)
  local vectors, problem = vectors_of(examples, list)
  if not vectors then return nil, problem end
  local found = kmeans.run(vectors, { clusters = counts_of(options, #list), seed = options.seed or 1 })
  local all = setmetatable({ silhouette = found.silhouette, inertia = found.inertia }, clusters)
  for label = 0, found.clusters - 1 do
    local members, centre = members_of(list, vectors, found, label)
    all[label + 1] = setmetatable({ layer = list[1].layer, unit = unit, examples = members, size = #members,
      centre = centre }, cluster)
  end
  table.sort(all, function(a, b)
    if a.size ~= b.size then return a.size > b.size end
    return a.examples[1].value > b.examples[1].value
  end)
  return all
end
