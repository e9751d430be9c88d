-- SPDX-License-Identifier: MIT
-- Dataset examples at full size: BVLC's GoogLeNet on a folder of photographs of its classes, one each in the order of
-- their file names. Each class's logit must rank its own photograph high, and the strongest examples of every unit of
-- three layers must be those of a scan that keeps all values in memory. TAP on stdout. Arguments: the weights, the
-- folder.

local ph = require "phosphene"

local net = assert(ph.network(arg[1] or "../shared/weights/bvlc_googlenet.safetensors"))
local data = assert(ph.dataset(arg[2] or "../shared/images"))
local layers = { "mixed3b", "mixed4e", "softmax2_pre_activation" }
local batch, size, margin = 8, 224, 0.125 -- as the network was trained: 224 of 256 px

local examples = assert(ph.examples { net, data, layers = layers, size = size, batch = batch, margin = margin })

local tests, failed = 0, 0
local function check(holds, text)
  tests = tests + 1
  if not holds then failed = failed + 1 end
  print(("%s %d - %s"):format(holds and "ok" or "not ok", tests, text))
end

-- For each of a number of places, how many classes have their own photograph there or before.
local function ranks()
  local first, fifth = 0, 0
  for class = 0, #data - 1 do
    for place, example in ipairs(examples:top("softmax2_pre_activation", class, 5)) do
      if example.index == class then
        fifth = fifth + 1
        if place == 1 then first = first + 1 end
      end
    end
  end
  return first, fifth
end

local first, fifth = ranks()
check(fifth >= 0.85 * #data, ("%d of %d classes have their photograph among the top 5 of their logit, %d first"):format(
  fifth, #data, first))

-- Every unit's peak in every picture: by layer, a list by picture of the tensors that peaks gives.
local function all_peaks()
  local peaks = {}
  for _, layer in ipairs(layers) do peaks[layer] = {} end
  for images in data:batches { count = batch, size = size, margin = margin } do
    net:forward(images.images, layers, { backward = false })
    for _, layer in ipairs(layers) do
      local activation = net:activation(layer)
      local shape = activation:shape()
      local value, y, x = activation:reshape { shape[1], shape[2], shape[3] or 1, shape[4] or 1 }:peaks()
      for k, index in ipairs(images.indices) do
        peaks[layer][index] = { value = value, y = y, x = x, row = k - 1 }
      end
    end
  end
  return peaks
end

local peaks = all_peaks()
for _, layer in ipairs(layers) do
  local wrong, units = 0, net:units(layer)
  for unit = 0, units - 1 do
    local all = {}
    for index, at in pairs(peaks[layer]) do
      all[#all + 1] = { index = index, value = at.value:at(at.row, unit), y = at.y:at(at.row, unit),
        x = at.x:at(at.row, unit) }
    end
    table.sort(all, function(a, b)
      if a.value ~= b.value then return a.value > b.value end
      return a.index < b.index
    end)
    for place, example in ipairs(examples:top(layer, unit)) do
      local expected = all[place]
      local is_tied = all[place + 1].value == expected.value or (place > 1 and all[place - 1].value == expected.value)
      local same_place = expected.index == example.index and expected.y == example.y and expected.x == example.x
      if example.value ~= expected.value or not (same_place or is_tied) then wrong = wrong + 1 end
    end
  end
  check(wrong == 0, ("%s: the top 9 of %d units are those of a scan in memory"):format(layer, units))
end

print(("1..%d"):format(tests))
os.exit(failed == 0)
