-- SPDX-License-Identifier: MIT
-- Squeeze and excitation (Hu et al., 2018): every channel times a number between 0 and 1 that is computed from the
-- means of all channels. Must not know the families that have it.

--- Adds it after `from`, as the module `name` with the convolutions `reduce` and `expand` and these activations.
local function squeeze(g, name, from, parts)
  local x = g:layer("global_average_pool", name .. ".avgpool", from)
  x = g:convolution(name .. "." .. parts.reduce, x)
  x = g:activation(parts.activation, name .. ".activation", x)
  x = g:convolution(name .. "." .. parts.expand, x)
  x = g:activation(parts.gate, name .. ".scale_activation", x)
  return g:layer("binary", name .. ".mul", { from, x }, { operation = "multiply" })
end

return squeeze
