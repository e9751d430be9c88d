-- SPDX-License-Identifier: MIT
-- Written by `make docs` from what the types in src/core say.
---@meta

---@class ph.transforms
local transforms = {}

---@class ph.pad_options
---@field mode "constant"|"reflect"|"symmetric"|"edge"|"wrap"|"random"|nil what the border is: constant, the image
--- mirrored at its outermost pixels or at its outline (as numpy.pad names these), its outermost pixels, the image
--- again, or one random grey in [0, 1) a step; by default "constant"
---@field value number? the border's colour where constant; by default 0.5

--- A border on every side, so that what follows can move the picture without losing its edges.
---@param width integer pixels added on every side, 0 to 65536
---@param options ph.pad_options?
---@return ph.transform
function transforms.pad(width, options) end

---@class ph.jitter_options
---@field mode "crop"|"roll"|nil crop at a random place, or move by -distance to distance, what leaves on one side
--- entering on the other; by default "crop"

--- Moves the picture a little. "crop" cuts a part out at a random place, as Lucid's jitter does: the result is
--- smaller by `distance`, offsets are 0 to `distance`. "roll" moves by -distance to distance, and what leaves on one
--- side enters on the other, as in DeepDream. To keep the size, pad before: `pad(4, { mode = "reflect" }), jitter(8)`
--- moves by up to 4 pixels.
---@param distance integer crop: pixels by which the image shrinks, 0 to 65536; roll: the furthest that it moves
---@param options ph.jitter_options?
---@return ph.transform
function transforms.jitter(distance, options) end

---@class ph.random_scale_options
---@field method "legacy"|"half_pixel"|"corners"|"pytorch"|nil where bilinear samples lie: as TensorFlow 1 and Lucid
--- have them, with pixels as squares, from corner to corner, or as squares that are one over the factor apart,
--- whatever the size was rounded to; by default "legacy"
---@field rounding "down"|"up"|nil of sizes; by default "down"
---@field draw "list"|"range"|nil one number of the list, or any between its first and its last; by default "list"

--- Another size: factor * size, rounded down. `random_scale { 0.9, 1, 1.1 }`; one of the factors, up to 128, is
--- drawn, all alike likely. Bilinear, without smoothing. Output pixel i is read at i * input / output ("legacy",
--- TensorFlow 1's resize_bilinear, which Lucid uses), or with pixels as squares, at (i + 0.5) * input / output - 0.5
--- ("half_pixel"), at i * (input - 1) / (output - 1) ("corners", PyTorch's align_corners, which lucent uses), or at
--- (i + 0.5) / factor - 0.5 ("pytorch", whose interpolate does so when it is given a factor; Captum). With
--- `draw = "range"` it is any factor between the first and the last: `random_scale { 0.92, 0.96, draw = "range" }`.
---@param factors number[]|ph.random_scale_options one is drawn, all alike likely, 0.001 to 1000
---@return ph.transform
function transforms.random_scale(factors) end

---@class ph.random_rotate_options
---@field method "lucid"|"nearest"|"bilinear"|nil nearest pixel with Lucid's pi of 3.14, nearest pixel, or bilinear;
--- by default "lucid"
---@field edge "black"|"reflect"|"symmetric"|"edge"|"wrap"|nil what lies outside: nothing, the image mirrored at its
--- outermost pixels or at its outline, its outermost pixels, or the image again; by default "black"
---@field draw "list"|"range"|nil one number of the list, or any between its first and its last; by default "list"

--- Turns the picture about its centre; the size is kept. `random_rotate { -5, 0, 5 }`; one of the angles is drawn,
--- all alike likely. "lucid" reads the nearest pixel and takes pi as 3.14, as Lucid does; "nearest" has the true pi;
--- "bilinear" interpolates. Outside is black, or as of `pad`'s modes with `edge`. With `draw = "range"` it is any
--- angle between the first and the last.
---@param degrees number[]|ph.random_rotate_options counter-clockwise, -3600 to 3600; one is drawn, all alike likely
---@return ph.transform
function transforms.random_rotate(degrees) end

---@class ph.random_affine_options
---@field scale number|number[]? factors (Captum's RandomScaleAffine takes one over them), 0.01 to 100
---@field shear number|number[]? degrees by which upright lines lean to the right at the bottom, -80 to 80
---@field shift number|number[]? shares of the image's sides, down and to the right, each drawn for itself, -1 to 1
---@field method "bilinear"|"nearest"|nil bilinear, or the nearest pixel; by default "bilinear"
---@field edge "black"|"reflect"|"symmetric"|"edge"|"wrap"|nil what lies outside: nothing, the image mirrored at its
--- outermost pixels or at its outline, its outermost pixels, or the image again; by default "black"
---@field draw "list"|"range"|nil one number of the list, or any between its first and its last; by default "list"

--- Resizes, slants, turns and moves the picture, in this order, about its centre and all at once; the size is kept.
--- `random_affine { -5, 5, scale = { 0.9, 1.1 }, shift = { -0.1, 0.1 }, draw = "range" }`: angles by place as of
--- `random_rotate`, and what is not given is left as it is. Each is drawn for itself: one of its list, or with
--- `draw = "range"` any number between the first and the last.
---@param degrees number[]|ph.random_affine_options counter-clockwise, -3600 to 3600
---@return ph.transform
function transforms.random_affine(degrees) end

---@class ph.resize_options
---@field method "legacy"|"half_pixel"|"corners"|nil where bilinear samples lie, as of random_scale; by default
--- "half_pixel"

--- Brings the picture to a size, whatever it had: what ends other systems' pipelines, which know one input size only.
--- Bilinear, without smoothing.
---@param height integer pixels, 1 to 65536
---@param width integer? pixels; as high by default, and may be left out
---@param options ph.resize_options?
---@return ph.transform
function transforms.resize(height, width, options) end

---@class ph.flip_options
---@field axis "horizontal"|"vertical"|nil left and right change places, or top and bottom; by default "horizontal"

--- Mirrors the picture at random.
---@param probability number? how often it happens, 0 to 1; by default 0.5
---@param options ph.flip_options?
---@return ph.transform
function transforms.flip(probability, options) end

--- A part of this size, from a random place.
---@param height integer pixels, 1 to 65536
---@param width integer? pixels; as high by default
---@return ph.transform
function transforms.random_crop(height, width) end

---@class ph.random_resized_crop_options
---@field least number? the smallest box, as a share of the image's sides, 0.001 to 1; by default 0.05
---@field most number? the largest box, 0.001 to 1; by default 1
---@field mean number? boxes are normal about this share, cut at least and most, 0 to 1; 0: uniform between these; by
--- default 0
---@field spread number? the deviation from the mean, 0 to 1; by default 0.05
---@field centre number? the deviation of the box's centre from the image's, as a share of its sides, 0 to 1; by
--- default 0.15

--- A square part of random size and place, brought to a fixed size: bilinear, its corners becoming the result's
--- corner pixels, as TensorFlow's crop_and_resize does it. The box's side is a share of each of the picture's sides:
--- uniform between `least` and `most`, or, where `mean` is given, normal about it with deviation `spread`, cut at
--- `least` and `most`. Its centre is normal about the picture's, with deviation `centre`. Past the picture's edge
--- there is black.
---
--- MaCo (Fel et al., 2023; Xplique's numbers) sees a picture through 32 of these a step, the mean falling from 0.5 to
--- 0.05, with noise:
---   copies(32), random_resized_crop(224, { mean = mean }), noise(0.08), noise(0.04, { distribution = "uniform" })
--- Horama takes 6, with { least = 0.2, most = 0.25 } and noise of 0.05 and 0.025.
---@param height integer pixels, 1 to 65536
---@param width integer? pixels; as high by default, and may be left out
---@param options ph.random_resized_crop_options?
---@return ph.transform
function transforms.random_resized_crop(height, width, options) end

--- The middle of the picture.
---@param height integer pixels, 1 to 65536
---@param width integer? pixels; as high by default
---@return ph.transform
function transforms.crop(height, width) end

--- The picture without a border of this width: the opposite of `pad`.
---@param width integer pixels taken off every side, 0 to 65536
---@return ph.transform
function transforms.crop_border(width) end

--- The middle of the picture; where the picture is smaller, black surrounds it.
---@param height integer pixels, 1 to 65536
---@param width integer? pixels; as high by default
---@return ph.transform
function transforms.crop_or_pad(height, width) end

---@class ph.random_blur_options
---@field most number? the deviation is drawn uniformly up to here, 0 to 20; 0: it is always the same; by default 0
---@field size integer? samples of the Gaussian in each direction, 0 to 127; 0: three deviations to both sides; by
--- default 0

--- Smooths the picture with a Gaussian: `size` samples of it, centred, divided by their sum; outside counts as black.
--- Where `most` is given the deviation is drawn uniformly between the two.
--- `random_blur(1, { most = 1.1, size = 10 })` is what Xplique's random_blur does. An even size moves the picture up
--- and left by half a pixel, as TensorFlow's SAME padding does. To keep edges bright: pad(w, { mode = "reflect" }),
--- random_blur, crop_border(w).
---@param deviation number of the Gaussian, in pixels, 0.1 to 20; the least where `most` is given
---@param options ph.random_blur_options?
---@return ph.transform
function transforms.random_blur(deviation, options) end

---@class ph.noise_options
---@field distribution "normal"|"uniform"|nil how the noise is distributed; by default "normal"

--- Adds a random number to every number of every picture: normal with deviation `amount`, or uniform in [-amount,
--- amount].
---@param amount number normal: the deviation, from 0; uniform: noise lies between minus this and this
---@param options ph.noise_options?
---@return ph.transform
function transforms.noise(amount, options) end

---@class ph.colour_jitter_options
---@field contrast number? distances from 0.5 are multiplied by 1 - contrast to 1 + contrast, 0 to 1; by default 0
---@field saturation number? distances from the pixel's grey are multiplied by 1 - saturation to 1 + saturation, 0 to
--- 1; by default 0
---@field scale number? each channel for itself is multiplied by 1 - scale to 1 + scale, 0 to 1; by default 0
---@field shift number? to each channel for itself -shift to shift is added, 0 to 1; by default 0

--- Changes colours a little, one after the other: everything times 1 - brightness to 1 + brightness; distances from
--- middle grey times 1 - contrast to 1 + contrast; distances from each pixel's own grey (0.299, 0.587, 0.114) times 1
--- - saturation to 1 + saturation; then each channel for itself times 1 - scale to 1 + scale, plus -shift to shift.
--- Nothing is clipped. For pictures of 3 channels.
---@param brightness number? everything is multiplied by 1 - brightness to 1 + brightness, 0 to 1; by default 0
---@param options ph.colour_jitter_options?
---@return ph.transform
function transforms.colour_jitter(brightness, options) end

--- Lets pictures pass, and gives the gradient of each, on its way back, this L2 norm (Lucid's normalize_gradient and
--- its grad_scales). A gradient of zeros stays zero. `normalise_gradient {}` gives all 1.
---@param lengths number[] L2 norms for the images of the batch, or one for all, from 0; 1 where not given
---@return ph.transform
function transforms.normalise_gradient(lengths) end

---@class ph.collapse_options
---@field decay number? the background's amplitudes fall as frequency to this power, 0 to 8; by default 1
---@field background "photograph"|"uniform"|"none"|nil noise like photographs, a number of its own for every channel
--- of every pixel (Captum's BlendAlpha), or none: colours pass whatever their opacity (its IgnoreAlpha); by default
--- "photograph"
---@field colour number|number[]? the red, green and blue of a background of one colour, 0 to 1

--- Lays pictures with opacity, (n, 4, h, w), over random backgrounds, new ones each step: opacity * colour + (1 -
--- opacity) * background. What matters to the objective has to become opaque, the rest may stay clear. The background
--- is noise with the spectrum and the colours of photographs (Lucid's collapse_alpha_random). As what comes after
--- sees 3 channels, it is most often first: `transforms = { ph.collapse(), ph.pad(12), … }`, with
--- `parameterisation = { "fourier", channels = 4 }`.
---@param deviation number? of the background's spectrum, before its colours are squashed, 0 to 100; 0 is grey; by
--- default 0.5
---@param options ph.collapse_options?
---@return ph.transform
function transforms.collapse(deviation, options) end

--- Several views of each picture in one step: a batch of n becomes one of count * n, first every picture's first
--- copy, then every second one. Transforms that come after it are drawn again for each copy, and must bring all
--- copies to one size; what comes before is drawn once. On the way back the gradients of a picture's copies are
--- summed: an objective that is a mean over the batch, as channels and neurons are, so has the mean of its copies'
--- gradients. In runs, what names a picture of the batch (`on`, `ph.each`, a picture to compare with) reads it in
--- each of its copies, and the objective is the mean over these. What compares all pictures of a batch (`diversity`,
--- `alignment`) sees each copy as a picture: picture i's copy k is number k * n + i.
---@param count integer how many copies of each image, 1 to 1024
---@return ph.transform
function transforms.copies(count) end
