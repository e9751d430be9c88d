-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- Colour and frequency statistics of a folder of photographs. `tostring` summarises them.
---@class ph.statistics
---@field count integer the number of pictures
---@field size integer the side of the squares that were measured, in pixels
---@field mean number[] the mean of red, green and blue over all pixels, in [0, 1]
---@field covariance number[] of red, green and blue, 9 numbers row by row
---@field matrix number[] a colour matrix: the covariance's lower triangular Cholesky factor, divided by the largest
--- norm of its columns, as in Lucid. For use in `parameterisation = { "fourier", matrix = s.matrix }`
---@field spectrum ph.tensor (3, size, size // 2 + 1): the mean of |rfft2| of every channel, decorrelated by the inverse
--- of `spectrum_matrix`. For use in `parameterisation = { "maco", spectrum = s.spectrum }`
---@field spectrum_matrix number[] the colour matrix that decorrelated the spectrum's channels, 9 numbers
---@field skipped string[] the error messages of the pictures that could not be read
local statistics = {}

--- Writes everything to a safetensors file, for `ph.load_statistics`.
---@param path string
---@return true?
---@return string? message
function statistics:save(path) end

--- Measures the photographs (PNG, JPEG, WebP) of a folder, one after the other, and prints progress on stderr. The central
--- square of each is resized to `size`. Pictures that cannot be read are skipped. Gives nil and a message if the folder
--- is missing or has no pictures, or if their colours vary in fewer than three directions.
---@param folder string
---@param options { size: integer?, limit: integer?, matrix: number[]?, progress: boolean? }? size: pixels, 256; limit:
--- the maximum number of pictures, the first by name; matrix: decorrelates the spectrum, by default ImageNet's colour
--- matrix, which is also the default of parameterisations
---@return ph.statistics?
---@return string? message
function ph.statistics(folder, options) end

--- Loads saved statistics.
---@param path string
---@return ph.statistics?
---@return string? message
function ph.load_statistics(path) end
