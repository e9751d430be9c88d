-- SPDX-License-Identifier: MIT
-- Analyses of samples: against numbers that NumPy 1.24 gives for small ones by the definitions (numpy.linalg.svd for
-- principal components and NNDSVD; all divisions into clusters, tried out; the loops of HALS), and by what must be true
-- of larger ones.

local ph = require "phosphene"

-- x[i][j] = sin(1 + 3 i + 7 j + i j)
local function small(n, d)
  local numbers = {}
  for i = 0, n - 1 do
    for j = 0, d - 1 do numbers[#numbers + 1] = math.sin(1 + 3 * i + 7 * j + i * j) end
  end
  return ph.tensor({ n, d }, numbers)
end

-- `count` samples about each of `clusters` centres that are far from each other; and which is of which.
local function blobs(count, clusters, features)
  local random, list, labels = ph.random(5, "blobs"), {}, {}
  for k = 1, clusters do
    list[k] = random:fill_normal(ph.tensor { count, features }) + random:fill_normal(ph.tensor { 1, features }, 0, 6)
    for _ = 1, count do labels[#labels + 1] = k - 1 end
  end
  return ph.concatenate(list), labels
end

local function near(expected, tensor, tolerance)
  local values = tensor:values()
  assert.equal(#expected, #values)
  for i, number in ipairs(expected) do assert.near(number, values[i], tolerance or 2e-6) end
end

-- Whether two divisions into clusters are the same but for their numbers.
local function same_division(a, b)
  local names = {}
  for i = 1, #a do
    names[a[i]] = names[a[i]] or b[i]
    if names[a[i]] ~= b[i] then return false end
  end
  return true
end

describe("k-means", function()
  it("finds the best division of a few samples", function()
    local found = ph.kmeans(small(7, 4), { clusters = 3, restarts = 200 })
    assert.near(3.772114530270083, found.inertia, 1e-6)
    assert.is_true(same_division({ 0, 0, 1, 2, 1, 0, 0 }, found.labels))
    local of_labels = ph.silhouette(small(7, 4), { 0, 1, 0, 2, 1, 2, 1 })
    assert.near(-0.09464701010377048, of_labels, 1e-6)
  end)

  it("chooses how many clusters there are by their silhouettes", function()
    local x, labels = blobs(40, 4, 10)
    local found = ph.kmeans(x, { clusters = { 2, 3, 4, 5, 6 } })
    assert.equal(4, found.clusters)
    assert.is_true(same_division(labels, found.labels))
    assert.near(ph.silhouette(x, labels), found.silhouettes[4], 1e-12)
    assert.is_true(found.silhouettes[4] > found.silhouettes[3] and found.silhouettes[4] > found.silhouettes[5])
    near(x:slice(0, 0, 40):mean(0):values(), found.centres:slice(0, found.labels[1]), 1e-5)
  end)

  it("lowers the inertia with each iteration, and with each cluster", function()
    local x, last = small(200, 5), math.huge
    for iterations = 1, 12 do
      local found = ph.kmeans(x, { clusters = 6, restarts = 1, iterations = iterations, tolerance = 0 })
      assert.is_true(found.inertia <= last * (1 + 1e-7))
      last = found.inertia
    end
    for clusters = 1, 8 do
      local found = ph.kmeans(x, { clusters = clusters })
      if clusters > 1 then assert.is_true(found.inertia < last) end
      last = found.inertia
    end
  end)

  it("gives each sample to the nearest centre, and the same for the same seed", function()
    local x = small(100, 3)
    local found, again = ph.kmeans(x, { clusters = 5, seed = 3 }), ph.kmeans(x, { clusters = 5, seed = 3 })
    assert.same(found.labels, again.labels)
    assert.equal(found.centres:fingerprint(), again.centres:fingerprint())
    for i, label in ipairs(found.labels) do
      local distances = ((found.centres - x:slice(0, i - 1)) ^ 2):sum(1):values()
      for _, distance in ipairs(distances) do assert.is_true(distances[label + 1] <= distance + 1e-6) end
    end
  end)

  it("has as many clusters as samples, and clusters of samples that are alike", function()
    assert.near(0, ph.kmeans(small(6, 2), { clusters = 6 }).inertia, 1e-9)
    local found = ph.kmeans(ph.tensor({ 5, 2 }, 1), { clusters = 3 })
    assert.equal(0, found.inertia)
    assert.equal(5, #found.labels)
    assert.equal(-1, ph.kmeans(ph.tensor({ 5, 2 }, 1), { clusters = { 2, 3 } }).silhouette)
  end)

  it("compares a few of many samples", function()
    local x, labels = blobs(1500, 3, 10)
    local found = ph.kmeans(x, { clusters = { 2, 3 }, restarts = 3 })
    assert.equal(3, found.clusters)
    assert.is_true(same_division(labels, found.labels))
  end)
end)

describe("principal components", function()
  it("are NumPy's", function()
    local found = ph.pca(small(7, 4))
    near({ 0.5843781235779212, 0.529911621671691, 0.3841945299277009, 0.12351552379637133 }, found.explained_variance)
    near({ 0.36028248828864506, 0.326702643247546, 0.23686472105039644, 0.07615014741341239 },
      found.explained_variance_ratio)
    near({ 0.05045435910843274, 0.5562835018060805, 0.8095212414160484, -0.18077163207080282, 0.14433478344016684,
      0.809635547153684, -0.5687110608117517, -0.015016004289003515 }, found.components:slice(0, 0, 2))
    near({ 0.9661567490618016, 0.19872114588787868, -0.484477432417721, -0.6088044562473326, -1.1468844688547657,
      0.40632037273361465, 0.6689680898365244 }, found.scores:slice(1, 0))
  end)

  it("are NumPy's of more features than samples", function()
    local found = ph.pca(small(4, 6), { components = 2 })
    near({ 1.248972271881111, 1.0070423636317083 }, found.explained_variance)
    near({ 0.1605464414308042, 0.708563153125493, -0.2717618688673817, -0.02817203090773976, 0.2252592875499639,
      -0.5888744983895031, 0.33093047589389046, -0.035914335639039896, 0.783179024354844, -0.3231976288444145,
      -0.1856802851517897, -0.3699890820634334 }, found.components)
  end)

  it("are orthonormal, and put samples together again", function()
    local x = small(60, 12)
    local found = ph.pca(x)
    local identity = found.components:matmul(found.components:transpose())
    for i = 0, 11 do
      for j = 0, 11 do assert.near(i == j and 1 or 0, identity:at(i, j), 1e-5) end
    end
    local again = found.scores:matmul(found.components) + found.mean:reshape { 1, 12 }
    assert.near(0, (again - x):abs():max(), 1e-5)
    assert.near(1, found.explained_variance_ratio:sum(), 1e-5)
  end)

  it("find the directions that data was made with", function()
    local random = ph.random(2, "pca")
    local along = ph.tensor({ 2, 5 }, { 0.6, 0.8, 0, 0, 0, 0, 0, 0, 1, 0 })
    local x = (random:fill_normal(ph.tensor { 500, 2 }) * ph.tensor({ 1, 2 }, { 5, 2 })):matmul(along) + 3
    local found = ph.pca(x, { components = 3 })
    assert.near(1, math.abs(found.components:slice(0, 0):dot(along:slice(0, 0))), 1e-3)
    assert.near(1, math.abs(found.components:slice(0, 1):dot(along:slice(0, 1))), 1e-3)
    assert.near(0, found.explained_variance:at(2), 1e-9)
  end)
end)

describe("NMF", function()
  it("begins and ends where NumPy's does", function()
    local x = small(7, 4):abs()
    local once = ph.nmf(x, { components = 2, iterations = 1 })
    assert.near(1.1203695377762857, once.error, 1e-5)
    assert.near(0.8183833862826785, ph.nmf(x, { components = 2, iterations = 10 }).error, 1e-5)
    assert.near(0.8062010976162812, ph.nmf(x, { components = 2, iterations = 2000, tolerance = 0 }).error, 1e-5)
  end)

  it("never gets worse, and nothing is negative", function()
    local x, last = small(50, 20):abs(), math.huge
    for iterations = 1, 20 do
      local found = ph.nmf(x, { components = 6, iterations = iterations })
      assert.is_true(found.error <= last * (1 + 1e-6))
      assert.near(found.error, (x - found.weights:matmul(found.components)):norm(), 1e-4)
      assert.is_true(found.weights:min() >= 0 and found.components:min() >= 0)
      last = found.error
    end
  end)

  it("finds parts that data was made of", function()
    local random = ph.random(4, "nmf")
    local parts = ph.tensor({ 2, 6 }, { 1, 2, 1, 0, 0, 0, 0, 0, 0, 3, 1, 1 })
    local x = random:fill_normal(ph.tensor { 80, 2 }):abs():matmul(parts)
    local found = ph.nmf(x, { components = 2, iterations = 500, tolerance = 0 })
    assert.near(0, found.error / x:norm(), 1e-3)
    assert.is_true(found.iterations <= 500)
  end)
end)

describe("t-SNE", function()
  it("sees neighbours as NumPy does", function()
    local near_to = require "phosphene.core".tsne_affinities(small(7, 4), 3)
    near({ 0, 0.002079032771765822, 0.020476025849836637, 0.001219069341401781, 0.0017595693420857175,
      0.015268476746781492, 0.051878201856571916 }, near_to:slice(0, 0), 1e-6)
    assert.near(0.03677052187394477, near_to:at(3, 5), 1e-6)
    assert.near(1, near_to:sum(), 1e-5)
  end)

  for _, init in ipairs { "pca", "random" } do
    it("keeps apart what is apart, from " .. init, function()
      local x, labels = blobs(30, 2, 8)
      local early = ph.tsne(x, { perplexity = 10, iterations = 1, init = init })
      local found = ph.tsne(x, { perplexity = 10, iterations = 500, init = init })
      assert.same({ 60, 2 }, found.layout:shape())
      assert.is_true(found.kl_divergence < early.kl_divergence)
      assert.is_true(ph.silhouette(found.layout, labels) > 0.6)
      assert.equal(found.layout:fingerprint(),
        ph.tsne(x, { perplexity = 10, iterations = 500, init = init }).layout:fingerprint())
    end)
  end
end)

describe("analyses", function()
  local x = small(8, 3)
  local calls = {
    ["kmeans: unknown option 'cluster'; did you mean 'clusters'"] = function() ph.kmeans(x, { cluster = 3 }) end,
    ["kmeans: clusters expected, a number of clusters"] = function() ph.kmeans(x) end,
    ["kmeans: clusters: a whole number from 1 to 8 expected, got 9"] = function() ph.kmeans(x, { clusters = 9 }) end,
    ["kmeans: clusters: a number of clusters, or a list"] = function() ph.kmeans(x, { clusters = { 1, 2 } }) end,
    ["kmeans: samples %(n, features%) expected, got 3"] = function() ph.kmeans(3, { clusters = 2 }) end,
    ["components: 1 to 3 of data 8x3 expected, got 5"] = function() ph.pca(x, { components = 5 }) end,
    ["nmf: components expected, how many"] = function() ph.nmf(x:abs()) end,
    ["nmf: samples that are not negative expected"] = function() ph.nmf(x, { components = 2 }) end,
    ["tsne: init: 'pca' or 'random' expected, got 'pcs'; did you mean 'pca'"] = function()
      ph.tsne(x, { init = "pcs" })
    end,
    ["tsne: a perplexity from 1 to less than 7"] = function() ph.tsne(x, { perplexity = 30 }) end,
    ["silhouette: 2 labels for 8 samples"] = function() ph.silhouette(x, { 0, 1 }) end,
    ["silhouette: labels: number 2: a whole number of at least 0 expected"] = function()
      ph.silhouette(x, { 0, "a" })
    end,
  }
  for message, call in pairs(calls) do
    it("say: " .. message, function() assert.error_matches(call, message) end)
  end
end)
