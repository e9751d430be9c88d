-- SPDX-License-Identifier: MIT
-- Classify: the most probable classes of photographs; or, with --folder, how many pictures of a folder are classified
-- right when it has one picture for each class, in the order of the classes.
local ph = require "phosphene"
local opt = ph.options {
  net = "googlenet", image = { "", "a photograph" }, folder = { "", "of photographs, one for each class" },
  top = { 5, "how many classes to print", least = 1 },
  size = { 0, "pixels of the middle that is looked at; 0: what the network takes", least = 0 },
  margin = { 0.125, "of the shorter side that is left out", least = 0, most = 0.9 },
}

local net = assert(ph.network(opt.net))
local labels = net:labels()
local _, probabilities = net:classes()
assert(probabilities, "classify: this network has no classes")

local size = opt.size > 0 and opt.size or nil

-- Classes of one picture, most probable first: { { index =, label =, probability = }, … }.
local function classify(path)
  local picture = assert(net:photograph(path, { height = size, margin = opt.margin }))
  net:forward(picture, probabilities, { backward = false })
  local classes = {}
  for i, probability in ipairs(net:activation(probabilities):values()) do
    classes[i] = { index = i - 1, label = labels[i], probability = probability }
  end
  table.sort(classes, function(a, b) return a.probability > b.probability end)
  return classes
end

if opt.image ~= "" then
  local all = classify(opt.image)
  local classes = table.move(all, 1, math.min(opt.top, #all), 1, {})
  for _, class in ipairs(classes) do
    print(("%6.2f %%  %3d  %s"):format(100 * class.probability, class.index, class.label or ""))
  end
  return { classes = classes }
end

assert(opt.folder ~= "", "classify: name a picture (--image) or a folder (--folder)")
local paths = assert(ph.list_images(opt.folder))
local right = 0
for i, path in ipairs(paths) do
  if classify(path)[1].index == i - 1 then right = right + 1 end
end
print(("top-1: %d of %d, %.1f %%"):format(right, #paths, 100 * right / #paths))
return { right = right, count = #paths }
