-- SPDX-License-Identifier: MIT
-- Which sizes of pictures a network takes: the one that its file states, or else the most usual that fits; any other
-- size, multiples of some number only, or that one alone. Must not know any architecture.

local input_size = {}

-- What the field trains on, most usual first.
input_size.usual = { 224, 227, 299, 331, 384, 256, 240, 192, 160, 128, 96, 64, 48, 32, 28 }

-- Whether all of these layers have a shape for pictures of such a size.
local function fits(net, layers, height, width)
  local shapes = net:shapes(height, width)
  for _, name in ipairs(layers) do
    if shapes[name] == nil then return false end
  end
  return true
end

-- The layers' own names: those that are given may be second names, or the ends of names.
local function own_names(net, layers)
  local names = {}
  for i, name in ipairs(layers) do names[i] = net:layer(name).name end
  return names
end

--- The size that a network is made for, for these layers, or for all of them: that which its file states, or else the
--- first usual one that fits. Gives height and width, or nil where none fits.
function input_size.of(net, layers)
  layers = layers and own_names(net, layers) or net:layers()
  local height, width = net:input_size()
  if height and fits(net, layers, height, width) then return height, width end
  for _, size in ipairs(input_size.usual) do
    if fits(net, layers, size, size) then return size, size end
  end
end

--- The size of pictures that somebody gave, of which the width is the height where it is nil; or else that which the
--- network is made for, for these layers or for all of them; or else 224.
function input_size.given_or_own(net, height, width, layers)
  local own_height, own_width = input_size.of(net, layers)
  local usual = input_size.usual[1]
  return height or own_height or usual, width or height or own_width or usual
end

-- Sizes by which networks divide, by how often they halve the picture.
local divisors = { 2, 4, 8, 16, 32, 64, 128 }

local function to_multiple(size, of) return math.max(1, (size + of // 2) // of) * of end

-- Three other sizes near the given one, odd where `of` is 1, and one far off: to a transformer a few pixels more than
-- its patches need are no other size.
local function others(height, width, of)
  height, width = to_multiple(height, of), to_multiple(width, of)
  return { { height + of, width + of }, { height + 2 * of, width + of }, { height + 3 * of, width + 4 * of },
    { 2 * height + of, 2 * width + of } }
end

local function all_fit(net, layers, sizes)
  for _, size in ipairs(sizes) do
    if not fits(net, layers, size[1], size[2]) then return false end
  end
  return true
end

--- What sizes these layers can be run at: nil for any, `{ multiple = 32 }`, or `{ height =, width = }` where there is
--- only one. Found out by trying a few.
function input_size.rule(net, layers)
  layers = own_names(net, layers)
  local height, width = input_size.of(net, layers)
  if not height or all_fit(net, layers, others(height, width, 1)) then return nil end
  for _, divisor in ipairs(divisors) do
    if all_fit(net, layers, others(height, width, divisor)) then return { multiple = divisor } end
  end
  return { height = height, width = width }
end

--- The size nearest to the given one that the rule allows.
function input_size.nearest(rule, height, width)
  if not rule then return height, width end
  if rule.multiple then return to_multiple(height, rule.multiple), to_multiple(width, rule.multiple) end
  return rule.height, rule.width
end

--- A rule in words.
function input_size.text(rule)
  if rule.multiple then return ("sides that are multiples of %d"):format(rule.multiple) end
  return ("%d high and %d wide"):format(rule.height, rule.width)
end

return input_size
