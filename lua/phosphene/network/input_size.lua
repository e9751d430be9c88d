-- SPDX-License-Identifier: MIT
-- The size of pictures that a network is meant for. Most take any; those with dense layers take one, and it is not
-- always written down. Must not know any architecture.

local nominal = {}

-- What the field trains on, most usual first.
local usual = { 224, 227, 299, 331, 384, 256, 240, 192, 160, 128, 96, 64, 48, 32, 28 }

--- The first usual size at which these layers, all of them by default, have a shape; nil where none fits.
function nominal.size(net, layers)
  layers = layers or net:layers()
  for _, size in ipairs(usual) do
    local shapes, fits = net:shapes(size, size), true
    for _, name in ipairs(layers) do fits = fits and shapes[name] ~= nil end
    if fits then return size end
  end
end

return nominal
