-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- What is optimised, and how an image comes of it: values -> raw picture -> colour matrix -> squash -> mask. The values
--- and their gradient are one tensor each, which live as long as the parameterisation and are written in place.
---
--- The kinds, by what their values are:
---   "fourier": spectra (n, c, h, w // 2 + 1, 2), real and imaginary part. The raw picture is
---     irfft2(spectrum * sqrt(w h) / max(f, 1 / max(w, h))^decay) / 4, f in cycles a pixel (Lucid's `fft_image`). Any
---     size will do, odd ones too. With `standardise` it is standardise(irfft2(standardise(spectrum) * …)), as in Horama.
---   "pixels": the raw picture (n, c, h, w) itself.
---   "laplacian": pictures of sizes h >> level and w >> level, end to end, which are interpolated to full size and added
---     (Lucid's `laplacian_pyramid_image`).
---   "low_resolution": a few small pictures (images, c, rows, columns) that the whole batch shares, interpolated to full
---     size (Lucid's `lowres_tensor`); a part of sums.
---   "cppn": for every image the weights of a network from a pixel's position to its colour (Lucid's `cppn`; Stanley,
---     2007): 8 layers of 24 outputs, 8451 numbers for 3 channels. Not decorrelated unless asked for. The same values give
---     the picture at another size: see the example below.
---   "maco": phases (n, c, h, w // 2 + 1) of spectra whose magnitudes are fixed (MaCo: Fel et al., 2023, in Xplique's
---     numbers): standardise(irfft2(magnitude * exp(i standardise(phase)))), with standardise(x) =
---     (x - mean) / (deviation + epsilon). Magnitudes are those of `spectrum`, or fall as 1 / f^decay.
---   "sum": the raw pictures of its parts are added, and their values lie end to end.
---   "aligned": a sum of "fourier" and six pictures of low resolution, 1/2 to 1/16 of the size, that the batch shares, as
---     in Lucid's notebook on interpolation: neighbouring images keep their parts in the same places.
---
--- Colour (Lucid's `to_valid_rgb`): the first three of 3 or 4 channels are multiplied by a matrix that gives them the
--- correlation of natural images' colours; other numbers of channels are not mixed. Then `squash`:
---   "sigmoid": 1 / (1 + exp(-x));
---   "clip": cut to [0, 1], where the gradient is 0 outside and whole inside, both ends included;
---   "none": nothing.
--- With "clip" and "none", a mixed picture gets a mean colour added, ImageNet's (.48, .46, .41) by default. A fourth
--- channel is opacity, for `ph.collapse`.
---
--- With a mask the image is mask * picture + (1 - mask) * fixed.
---
--- A CPPN's picture at a larger size, its values having been optimised at a smaller one:
---   local large = ph.parameterisation("cppn", { height = 1024, random = ph.random(1, "init") })
---   large:values():copy(small:values())
---   large:forward():save "out/large.png"
---@class ph.parameterisation
local parameterisation = {}

--- The sizes default to those of `image`, then to each other (a height alone makes a square), then to one picture of
--- 3 x 128 x 128.
---@class ph.parameterisation_settings
---@field random ph.random? where the noise comes from; needed unless `image` is given, and by `cppn` and a lone
--- `low_resolution` also then
---@field image ph.tensor? start from this picture: (1, c, h, w) for the whole batch, or (batch, c, h, w)
---@field mask ph.tensor? (1, 1, h, w) or (batch, 1, h, w): 1 where the picture is free, 0 where it is fixed; between them
--- it is blended
---@field fixed ph.tensor? what it is fixed to, (1, c, h, w) or (batch, c, h, w); `image` by default
---@field batch integer? how many pictures, 1..4096
---@field channels integer? 1..1024; of 4 the last is opacity
---@field height integer? pixels, 1..16384
---@field width integer? pixels, 1..16384
---@field deviation number? standard deviation of the noise that the values start as; 0.01, of `maco` 1, of the biases of
--- a `cppn` 0.1
---@field decorrelate boolean? use the colour matrix; true, of `cppn` false
---@field matrix number[]? another colour matrix: 9 numbers, row by row
---@field mean number[]? another mean colour: 3 numbers
---@field stretch boolean? after the squash, each image's least number becomes 0 and its greatest 1, opacity aside, as in
--- Xplique; false
---@field grey boolean? one channel, shown as red, green and blue (Lucid's `grayscale_image_rgb`); a start image becomes
--- grey by its luminance
---@field squash "sigmoid"|"clip"|"none"|nil "sigmoid"
---@field decay number? `fourier`, `aligned`, and `maco` without a spectrum: amplitudes fall as frequency to this power,
--- 0..8; 1
---@field levels integer? `laplacian`: how many resolutions; 4
---@field size integer|integer[]|nil `low_resolution`, needed: rows and columns of a small picture
---@field images integer? `low_resolution`: how many small pictures the batch has in all; 1
---@field between "blend"|"groups"|nil `low_resolution`: image i of n reads small picture i * images / n, and blends two
--- (Lucid's way), or takes the one before; "blend"
---@field offset integer|integer[]|nil `low_resolution`: moves the full-size picture down and right, mirrored at the edge; 0
---@field layers integer? `cppn`: hidden layers, 1..64; 8
---@field hidden integer? `cppn`: outputs of each, 1..512; 24
---@field activation "composite"|"unbiased"|"relu"|nil `cppn`: with a = atan(x), both a / .67 and a^2 / .6; the same with
--- (a^2 - .45) / .396; or (max(x, 0) - .4) / .58; "composite"
---@field spectrum ph.tensor? `maco`: magnitudes of decorrelated channels, (3 or 1, h, w // 2 + 1), of any size;
--- `ph.statistics` measures them
---@field standardise boolean? `maco`: of phases and picture, true; `fourier`: of spectrum and picture, false. To start
--- from an image it must be false: of `maco`, without a spectrum the magnitudes are the image's own, and it comes back;
--- with one it keeps its outlines
---@field epsilon number? `maco`, `fourier`: where that is true, added to deviations, 1e-12..1; 1e-5 (Horama's is 1e-4)
---@field parts (string|table)[]? `sum`, needed: 1 to 16 kinds, each a name or a table { name, settings… } of its own
--- settings and deviation. From an image, the first part that can takes what the others leave of it: they start as 0, a
--- `cppn` as noise

--- A new parameterisation: from noise, or such that its image is the given one. Through a sigmoid that image is cut
--- to [0.001, 0.999] first. A `cppn`, a lone `low_resolution` and sums of nothing else have no values for most images:
--- from noise they are brought near, up to 500 steps of L-BFGS on the squared difference, which take a `cppn` seconds. Raises for unknown kinds and settings, with a suggestion, for an image that does not fit
--- the given sizes, and for an image with a colour matrix that has no inverse.
---@param kind "fourier"|"pixels"|"laplacian"|"low_resolution"|"cppn"|"maco"|"sum"|"aligned"
---@param settings ph.parameterisation_settings
---@return ph.parameterisation
function ph.parameterisation(kind, settings) end

--- The parameters: the live tensor, so that writing to it changes the next image.
---@return ph.tensor
function parameterisation:values() end

--- The gradient of the values: the live tensor that every `backward` overwrites.
---@return ph.tensor of the values' shape
function parameterisation:gradient() end

--- The image of the present values. It is one live tensor, which the next `forward` overwrites; clone it to keep it.
---@return ph.tensor (n, c, h, w), in [0, 1] unless squash is "none"
function parameterisation:forward() end

--- Takes the gradient with respect to the last `forward`'s image to the values' gradient, and returns that. Raises if
--- the shape is not the image's.
---@param image_gradient ph.tensor (n, c, h, w)
---@return ph.tensor
function parameterisation:backward(image_gradient) end

--- The image's shape, {n, c, h, w}.
---@return integer[]
function parameterisation:shape() end

--- Lets the memory go at once; tensors that were taken out of it stay valid.
function parameterisation:close() end
