-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- What a folder of photographs has in common. `tostring` sums it up.
---@class ph.statistics
---@field count integer how many pictures
---@field size integer pixels of a side of the squares that were measured
---@field mean number[] the mean of red, green and blue over all pixels, in [0, 1]
---@field covariance number[] of red, green and blue, 9 numbers row by row
---@field matrix number[] a colour matrix: the covariance's lower triangular Cholesky factor, divided by the largest norm
--- of its columns, as Lucid divides its own. Take it with `parameterisation = { "fourier", matrix = s.matrix }`
---@field spectrum ph.tensor (3, size, size // 2 + 1): the mean of |rfft2| of every channel, decorrelated by the inverse
--- of `spectrum_matrix`. Take it with `parameterisation = { "maco", spectrum = s.spectrum }`
---@field spectrum_matrix number[] the colour matrix that decorrelated the spectrum's channels, 9 numbers
---@field skipped string[] what was wrong with the pictures that could not be read
local statistics = {}

--- Writes everything to a safetensors file, for `ph.load_statistics`.
---@param path string
---@return true?
---@return string? message
function statistics:save(path) end

--- Measures the photographs (PNG, JPEG) of a folder, one after the other, with progress on stderr: of each the middle
--- square, brought to `size`. Pictures that cannot be read are left out. Gives nil and a message where the
--- folder is missing or has no pictures, or where their colours vary in fewer than three directions.
---@param folder string
---@param options { size: integer?, limit: integer?, matrix: number[]?, progress: boolean? }? size: pixels, 256; limit: how
--- many pictures at most, the first by name; matrix: what decorrelates the spectrum, ImageNet's colour matrix by default,
--- which is also what parameterisations have by default
---@return ph.statistics?
---@return string? message
function ph.statistics(folder, options) end

--- Statistics that were saved.
---@param path string
---@return ph.statistics?
---@return string? message
function ph.load_statistics(path) end
