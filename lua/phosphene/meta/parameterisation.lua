-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- The parameters that are optimised, and the image made from them: values -> raw picture -> colour matrix -> squash ->
--- mask. The values and their gradient are one tensor each, which lives as long as the parameterisation and is written
--- in place.
---
--- The kinds, and what their values are:
---   "fourier": spectra (n, c, h, w // 2 + 1, 2), real and imaginary part. The raw picture is
---     irfft2(spectrum * sqrt(w h) / max(f, 1 / max(w, h))^decay) / 4, f in cycles per pixel (Lucid's `fft_image`).
---     Sizes may be odd. With `standardise` it is standardise(irfft2(standardise(spectrum) * …)), as in Horama.
---   "pixels": the raw picture (n, c, h, w) itself.
---   "laplacian": pictures of sizes h >> level and w >> level, concatenated; they are interpolated to full size and
---     added (Lucid's `laplacian_pyramid_image`).
---   "low_resolution": a few small pictures (images, c, rows, columns) that the whole batch shares, interpolated to full
---     size (Lucid's `lowres_tensor`); a part of sums.
---   "cppn": for each image the weights of a network that maps a pixel's position to its colour (Lucid's `cppn`; Stanley,
---     2007): 8 layers of 24 outputs, 8451 numbers for 3 channels. Not decorrelated by default. The same values give the
---     picture at any other size: see the example below.
---   "maco": phases (n, c, h, w // 2 + 1) of spectra with fixed magnitudes (MaCo: Fel et al., 2023, with Xplique's
---     constants): standardise(irfft2(magnitude * exp(i standardise(phase)))), with standardise(x) =
---     (x - mean) / (standard deviation + epsilon). The magnitudes are those of `spectrum`, or 1 / f^decay.
---   "sum": the values of its parts, concatenated; the raw pictures of the parts are added.
---   "aligned": a sum of "fourier" and six pictures of low resolution, 1/2 to 1/16 of the size, that the batch shares, as
---     in Lucid's notebook on interpolation: neighbouring images have similar features in the same places.
---
--- Colour (Lucid's `to_valid_rgb`): the first three of 3 or 4 channels are multiplied by a matrix that gives them the
--- colour correlations of natural images; with other numbers of channels there is no matrix. Then `squash`:
---   "sigmoid": 1 / (1 + exp(-x));
---   "clip": clipped to [0, 1]; the gradient is unchanged inside, both ends included, and 0 outside;
---   "none": unchanged.
--- With "clip" and "none", a picture multiplied by the matrix also has a mean colour added, ImageNet's (.48, .46, .41)
--- by default. A fourth channel is opacity, for `ph.collapse`.
---
--- With a mask the image is mask * picture + (1 - mask) * fixed.
---
--- To draw at a larger size a CPPN whose values were optimised at a smaller one:
---   local large = ph.parameterisation("cppn", { height = 1024, random = ph.random(1, "init") })
---   large:values():copy(small:values())
---   large:forward():save "out/large.png"
---@class ph.parameterisation
local parameterisation = {}

--- The sizes default to those of `image`, then to each other (a height alone makes a square), then to one picture of
--- 3 x 128 x 128.
---@class ph.parameterisation_settings
---@field random ph.random? the source of the noise; required unless `image` is given, and always by `cppn` and by a
--- `low_resolution` that is not part of a sum
---@field image ph.tensor? start from this picture: (1, c, h, w) for the whole batch, or (batch, c, h, w)
---@field mask ph.tensor? (1, 1, h, w) or (batch, 1, h, w): 1 where the picture is free, 0 where it is fixed; values
--- between blend the two
---@field fixed ph.tensor? the fixed picture, (1, c, h, w) or (batch, c, h, w); `image` by default
---@field batch integer? the number of pictures, 1..4096
---@field channels integer? 1..1024; the fourth of 4 is opacity
---@field height integer? pixels, 1..16384
---@field width integer? pixels, 1..16384
---@field deviation number? standard deviation of the initial noise; 0.01, for `maco` 1, for the biases of a `cppn` 0.1
---@field decorrelate boolean? use the colour matrix; true, for `cppn` false
---@field matrix number[]? another colour matrix: 9 numbers, row by row
---@field mean number[]? another mean colour: 3 numbers
---@field stretch boolean? after the squash, scale each image's minimum to 0 and its maximum to 1, except for opacity,
--- as in Xplique; false
---@field grey boolean? one channel, repeated as red, green and blue (Lucid's `grayscale_image_rgb`); a start image is
--- reduced to its luminance
---@field squash "sigmoid"|"clip"|"none"|nil "sigmoid"
---@field decay number? `fourier`, `aligned`, and `maco` without a spectrum: amplitudes fall as 1 / f^decay, 0..8; 1
---@field levels integer? `laplacian`: number of resolutions; 4
---@field size integer|integer[]|nil `low_resolution`, required: rows and columns of a small picture
---@field images integer? `low_resolution`: number of small pictures for the whole batch; 1
---@field between "blend"|"groups"|nil `low_resolution`: image i of n reads small picture i * images / n: "blend"
--- interpolates between two of them (Lucid), "groups" rounds down; "blend"
---@field offset integer|integer[]|nil `low_resolution`: shifts the full-size picture down and right, mirrored at the
--- edge; 0
---@field layers integer? `cppn`: hidden layers, 1..64; 8
---@field hidden integer? `cppn`: outputs of each, 1..512; 24
---@field activation "composite"|"unbiased"|"relu"|nil `cppn`: with a = atan(x), "composite" gives both a / .67 and a^2
--- / .6; "unbiased" both a / .67 and (a^2 - .45) / .396; "relu" gives (max(x, 0) - .4) / .58; "composite"
---@field spectrum ph.tensor? `maco`: magnitudes of decorrelated channels, (3 or 1, h, w // 2 + 1), for any h and w;
--- `ph.statistics` measures them
---@field standardise boolean? `maco`: standardise phases and picture, true; `fourier`: spectrum and picture, false.
--- Must be false to start from an image. A `maco` without a spectrum then takes the image's own magnitudes and
--- reproduces the image; with a spectrum it keeps only the image's phases
---@field epsilon number? `maco`, `fourier`: with `standardise`, added to the standard deviations, 1e-12..1; 1e-5
--- (Horama's is 1e-4)
---@field parts (string|table)[]? `sum`, required: 1 to 16 kinds, each a name or a table { name, settings… } with
--- settings and deviation of its own. To start from an image, one part, the first that can, represents it; the others
--- start as 0, a `cppn` as noise, whose picture is subtracted first

--- A new parameterisation that starts from noise or from an image. With a sigmoid, the image is first clipped to
--- [0.001, 0.999]. A `cppn`, a `low_resolution` alone and sums of only these cannot represent most images exactly: they
--- start from noise and are fitted to the image by up to 500 steps of L-BFGS on the squared difference, which takes
--- seconds for a `cppn`. Raises for unknown kinds and settings, with a suggestion; for an image that does not fit the
--- given sizes; and for an image with a colour matrix that has no inverse.
---@param kind "fourier"|"pixels"|"laplacian"|"low_resolution"|"cppn"|"maco"|"sum"|"aligned"
---@param settings ph.parameterisation_settings
---@return ph.parameterisation
function ph.parameterisation(kind, settings) end

--- The parameters, not copied: writing to this tensor changes the next image.
---@return ph.tensor
function parameterisation:values() end

--- The gradient with respect to the values, not copied: every `backward` overwrites this tensor.
---@return ph.tensor of the values' shape
function parameterisation:gradient() end

--- The image of the current values. The next `forward` overwrites this tensor; clone it to keep it.
---@return ph.tensor (n, c, h, w), in [0, 1] unless squash is "none"
function parameterisation:forward() end

--- From the gradient with respect to the last `forward`'s image, computes and returns the gradient with respect to the
--- values. Raises if the shape is not the image's.
---@param image_gradient ph.tensor (n, c, h, w)
---@return ph.tensor
function parameterisation:backward(image_gradient) end

--- The image's shape, {n, c, h, w}.
---@return integer[]
function parameterisation:shape() end

--- Frees the memory at once; tensors that its methods returned stay valid.
function parameterisation:close() end
