-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- How the power of images is spread over frequencies: the squared magnitudes of their Fourier coefficients, added up over
--- channels, averaged over images, and divided such that all of them add up to the sum over channels of the mean squares.
---@class ph.spectrum
---@field power ph.tensor (1, 1, h, w), frequency 0 at (h // 2, w // 2); (y, x) away from there are y cycles down and x across a
--- picture
---@field radial number[] the mean power of the frequencies about 1, 2, … cycles a picture, in any direction
---@field height integer pixels
---@field width integer pixels
local spectrum = {}

--- The spectrum of images, of gradients by them, or of other planes.
---@param images ph.tensor (n, c, h, w)
---@return ph.spectrum
function ph.spectrum(images) end

--- The part of the power, but for frequency 0, that lies at frequencies from `low` to below `high`.
---@param low number cycles a pixel; 0.5 is the finest that a row of pixels can show
---@param high number
---@return number from 0 to 1
function spectrum:share(low, high) end

--- The spectrum as a grey picture: white the greatest power (but for frequency 0), black a ten-thousandth of it or less.
---@return ph.tensor (1, 3, h, w)
function spectrum:picture() end
