---@meta

---@class phosphene
local ph = {}

--- What is optimised, and how an image comes of it: values -> raw picture -> colour matrix -> squash. The values and
--- their gradient are one tensor each, which live as long as the parameterisation and are written in place.
---
--- `fourier` (Lucid's `fft_image`): the values are spectra (n, c, h, w // 2 + 1, 2), real and imaginary part, and the
--- raw picture is irfft2(spectrum * sqrt(w h) / max(f, 1 / max(w, h))^decay) / 4, with f in cycles a pixel. Any size
--- will do, odd ones too. `pixels`: the values (n, c, h, w) are the raw picture.
---
--- Colour (Lucid's `to_valid_rgb`): the first three of 3 or 4 channels are multiplied by a matrix that gives them the
--- correlation of natural images' colours; other numbers of channels are not mixed. Then `squash`:
---   "sigmoid": 1 / (1 + exp(-x));
---   "clip": cut to [0, 1], where the gradient is 0 outside and whole inside, both ends included;
---   "none": nothing.
--- With "clip" and "none", a mixed picture gets ImageNet's mean colour (.48, .46, .41) added.
---@class ph.parameterisation
local parameterisation = {}

--- The sizes default to those of `image`, then to each other (a height alone makes a square), then to one picture of
--- 3 x 128 x 128.
---@class ph.parameterisation_settings
---@field random ph.random? where the noise comes from; needed unless `image` is given
---@field image ph.tensor? start from this picture: (1, c, h, w) for the whole batch, or (batch, c, h, w)
---@field batch integer? how many pictures, 1..4096
---@field channels integer? 1..1024
---@field height integer? pixels, 1..16384
---@field width integer? pixels, 1..16384
---@field deviation number? standard deviation of the noise that the values start as; 0.01
---@field decorrelate boolean? use the colour matrix; true
---@field matrix number[]? another colour matrix: 9 numbers, row by row
---@field squash "sigmoid"|"clip"|"none"|nil "sigmoid"
---@field decay number? only `fourier`: amplitudes fall as frequency to this power, 0..8; 1

--- A new parameterisation: from noise, or such that its image is the given one. Through a sigmoid that image is cut
--- to [0.001, 0.999] first. Raises for unknown kinds and settings, with a suggestion, for an image that does not fit
--- the given sizes, and for an image with a colour matrix that has no inverse.
---@param kind "fourier"|"pixels"
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
