-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- The power spectrum of images: the squared magnitudes of their Fourier coefficients, summed over channels, averaged
--- over images, and scaled so that their total is the sum over channels of the mean squares.
---@class ph.spectrum
---@field power ph.tensor (1, 1, h, w), frequency 0 is at (h // 2, w // 2); an offset of (y, x) from there is y cycles
--- per picture vertically and x horizontally
---@field radial number[] the mean power at about 1, 2, … cycles per picture, in all directions
---@field height integer pixels
---@field width integer pixels
local spectrum = {}

--- The spectrum of images, of gradients with respect to images, or of other tensors of this shape.
---@param images ph.tensor (n, c, h, w)
---@return ph.spectrum
function ph.spectrum(images) end

--- The fraction of the power, excluding frequency 0, at frequencies from `low` to below `high`.
---@param low number cycles per pixel; 0.5 is the highest that a row of pixels can represent
---@param high number
---@return number from 0 to 1
function spectrum:share(low, high) end

--- The spectrum as a grey picture, white for the maximum power (excluding frequency 0), black for 1/10,000 of it or
--- less.
---@return ph.tensor (1, 3, h, w)
function spectrum:picture() end
