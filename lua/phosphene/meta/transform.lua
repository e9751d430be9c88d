-- SPDX-License-Identifier: MIT
---@meta

--- A transform: a change of view, most often random, that a picture must look right under. Optimising what survives
--- small shifts, scalings and rotations keeps high frequencies out of the picture (Mordvintsev et al., 2015; Olah et
--- al., 2017). A transform is a description that never changes; `tostring` gives it as Lua that makes it again.
---@class ph.transform
local transform = {}

--- Gives its memory back before the collector would.
function transform:close() end

--- Transforms and lists of them, as `ph.transforms`. Whatever takes transforms takes a list, one transform, or the name
--- of a standard list. What does not fit a picture (a crop larger than it) raises when the picture comes, and says
--- which transform it was.
---@class ph.transforms
---@field lucid ph.transform[] Lucid's standard: pad(12), jitter(8), random_scale 0.90, 0.92, …, 1.10, random_rotate
--- -10..10 degrees with six zeros among 26, jitter(4). Of 128 pixels the network sees 125 to 154
---@field distill ph.transform[] of the article's figures: pad(16), jitter(16), random_scale 1, 0.975, 1.025, 0.95,
--- 1.05, random_rotate -5..5 degrees, jitter(8), crop_border(16). Of 128 pixels the network sees 96 to 111
---@field captum ph.transform[] Captum's TransformationRobustness: pad(2); ten times pad(4, reflect), jitter(8); random_scale
--- 0.995^-5 … 0.995^79 and twice 0.998^20 … 0.998^39; random_rotate -20..19, -10..9, -5..4 degrees and five zeros; pad(2,
--- reflect), jitter(4). Of 128 pixels the network sees 88 to 135
---@field none ph.transform[] empty: the picture as it is
local transforms = {}

--- A border on every side, so that what follows can move the picture without losing its edges.
---@param width integer pixels, 0..65536
---@param options { mode: "constant"|"reflect"|"symmetric"|"edge"|"wrap"|"random"|nil, value: number? }? the border is
--- `value` (0.5), the picture mirrored at its outermost pixels or at its outline (as numpy.pad names these), its outermost
--- pixels, the picture again, or one random grey in [0, 1) a step; "constant"
---@return ph.transform
function transforms.pad(width, options) end

--- Moves the picture a little. "crop" cuts a part out at a random place, as Lucid's jitter does: the result is smaller
--- by `distance`, offsets are 0 to `distance`. "roll" moves by -distance to distance, and what leaves on one side
--- enters on the other, as in DeepDream. To keep the size, pad before: `pad(4, { mode = "reflect" }), jitter(8)` moves by
--- up to 4 pixels.
---@param distance integer pixels, 0..65536
---@param options { mode: "crop"|"roll"|nil }? "crop"
---@return ph.transform
function transforms.jitter(distance, options) end

--- Another size: factor * size, rounded down. `random_scale { 0.9, 1, 1.1 }`; one of the factors is drawn, all alike
--- likely. Bilinear, without smoothing. Output pixel i is read at i * input / output ("legacy", TensorFlow 1's
--- resize_bilinear, which Lucid uses), or with pixels as squares, at (i + 0.5) * input / output - 0.5 ("half_pixel"), at
--- i * (input - 1) / (output - 1) ("corners", PyTorch's align_corners, which lucent uses), or at (i + 0.5) / factor - 0.5
--- ("pytorch", whose interpolate does so when it is given a factor; Captum).
--- With `draw = "range"` it is any factor between the first and the last: `random_scale { 0.92, 0.96, draw = "range" }`.
---@param factors { [integer]: number, method: "legacy"|"half_pixel"|"corners"|"pytorch"|nil, rounding: "down"|"up"|nil, draw: "list"|"range"|nil }
--- 1 to 128 factors, 0.001..1000; "legacy", "down", "list"
---@return ph.transform
function transforms.random_scale(factors) end

--- Turns the picture about its centre; the size is kept. `random_rotate { -5, 0, 5 }`; one of the angles is drawn, all
--- alike likely. "lucid" reads the nearest pixel and takes pi as 3.14, as Lucid does; "nearest" has the true pi;
--- "bilinear" interpolates. Outside is black, or as of `pad`'s modes with `edge`.
--- With `draw = "range"` it is any angle between the first and the last.
---@param degrees { [integer]: number, method: "lucid"|"nearest"|"bilinear"|nil, edge: "black"|"reflect"|"symmetric"|"edge"|"wrap"|nil, draw: "list"|"range"|nil }
--- 1 to 128 angles, counter-clockwise, -3600..3600; "lucid", "black", "list"
---@return ph.transform
function transforms.random_rotate(degrees) end

--- Resizes, slants, turns and moves the picture, in this order, about its centre and all at once; the size is kept.
--- `random_affine { -5, 5, scale = { 0.9, 1.1 }, shift = { -0.1, 0.1 }, draw = "range" }`: angles by place as of
--- `random_rotate`, and what is not given is left as it is. Each is drawn for itself: one of its list, or with
--- `draw = "range"` any number between the first and the last.
---@param degrees { [integer]: number, scale: number[]?, shear: number[]?, shift: number[]?, method: "bilinear"|"nearest"|nil, edge: "black"|"reflect"|"symmetric"|"edge"|"wrap"|nil, draw: "list"|"range"|nil }
--- angles, counter-clockwise, -3600..3600; scale: factors, 0.01..100 (Captum's RandomScaleAffine takes one over them);
--- shear: degrees by which upright lines lean, to the right at the bottom, -80..80; shift: shares of the sides, down and
--- right, -1..1; "bilinear", "black", "list"
---@return ph.transform
function transforms.random_affine(degrees) end

--- Brings the picture to a size, whatever it had: what ends other systems' pipelines, which know one input size only.
--- Bilinear, without smoothing.
---@param height integer pixels
---@param width integer? pixels; as high by default. May be left out: `resize(224, { method = "corners" })`
---@param options { method: "half_pixel"|"legacy"|"corners"|nil }? as of `random_scale`; "half_pixel"
---@return ph.transform
function transforms.resize(height, width, options) end

--- Mirrors the picture at random.
---@param probability number? in [0, 1]; 0.5
---@param options { axis: "horizontal"|"vertical"|nil }? left and right change places, or top and bottom; "horizontal"
---@return ph.transform
function transforms.flip(probability, options) end

--- A part of this size, from a random place.
---@param height integer pixels
---@param width integer? pixels; as high by default
---@return ph.transform
function transforms.random_crop(height, width) end

--- A square part of random size and place, brought to a fixed size: bilinear, its corners becoming the result's corner
--- pixels, as TensorFlow's crop_and_resize does it. The box's side is a share of each of the picture's sides: uniform
--- between `least` and `most`, or, where `mean` is given, normal about it with deviation `spread`, cut at `least` and
--- `most`. Its centre is normal about the picture's, with deviation `centre`. Past the picture's edge there is black.
---
--- MaCo (Fel et al., 2023; Xplique's numbers) sees a picture through 32 of these a step, the mean falling from 0.5 to
--- 0.05, with noise:
---   copies(32), random_resized_crop(224, { mean = mean }), noise(0.08), noise(0.04, { distribution = "uniform" })
--- Horama takes 6, with { least = 0.2, most = 0.25 } and noise of 0.05 and 0.025.
---@param height integer pixels
---@param width integer? pixels; as high by default. May be left out: `random_resized_crop(224, { mean = 0.5 })`
---@param options { least: number?, most: number?, mean: number?, spread: number?, centre: number? }? shares, 0.001..1
--- (mean, spread and centre 0..1); 0.05, 1, none, 0.05, 0.15
---@return ph.transform
function transforms.random_resized_crop(height, width, options) end

--- The middle of the picture.
---@param height integer pixels
---@param width integer? pixels; as high by default
---@return ph.transform
function transforms.crop(height, width) end

--- The middle of the picture; where the picture is smaller, black surrounds it.
---@param height integer pixels
---@param width integer? pixels; as high by default
---@return ph.transform
function transforms.crop_or_pad(height, width) end

--- The picture without a border of this width: the opposite of `pad`.
---@param width integer pixels, 0..65536
---@return ph.transform
function transforms.crop_border(width) end

--- Smooths the picture with a Gaussian: `size` samples of it, centred, divided by their sum; outside counts as black.
--- Where `most` is given the deviation is drawn uniformly between the two. `random_blur(1, { most = 1.1, size = 10 })` is what
--- Xplique's random_blur does. An even size moves the picture up and left by half a pixel, as TensorFlow's SAME padding
--- does. To keep edges bright: pad(w, { mode = "reflect" }), random_blur, crop_border(w).
---@param deviation number pixels, 0.1..20
---@param options { most: number?, size: integer? }? 0.1..20; 1..127; by default the deviation is fixed, and the size
--- three deviations to both sides
---@return ph.transform
function transforms.random_blur(deviation, options) end

--- Adds a random number to every number of every picture: normal with deviation `amount`, or uniform in
--- [-amount, amount].
---@param amount number 0..1e6
---@param options { distribution: "normal"|"uniform"|nil }? "normal"
---@return ph.transform
function transforms.noise(amount, options) end

--- Changes colours a little, one after the other: everything times 1 - brightness to 1 + brightness; distances from
--- middle grey times 1 - contrast to 1 + contrast; distances from each pixel's own grey (0.299, 0.587, 0.114) times
--- 1 - saturation to 1 + saturation; then each channel for itself times 1 - scale to 1 + scale, plus -shift to shift.
--- Nothing is clipped. For pictures of 3 channels.
---@param brightness number? 0..1; 0
---@param options { contrast: number?, saturation: number?, scale: number?, shift: number? }? 0..1 each; 0
---@return ph.transform
function transforms.colour_jitter(brightness, options) end

--- Lets pictures pass, and gives the gradient of each, on its way back, this L2 norm (Lucid's normalize_gradient and its
--- grad_scales). A gradient of zeros stays zero. `normalise_gradient {}` gives all 1.
---@param lengths number[] one for every picture of the batch, or one for all; 0..1e9
---@return ph.transform
function transforms.normalise_gradient(lengths) end

--- Lays pictures with opacity, (n, 4, h, w), over random backgrounds, new ones each step: opacity * colour +
--- (1 - opacity) * background. What matters to the objective has to become opaque, the rest may stay clear. The
--- background is noise with the spectrum and the colours of photographs (Lucid's collapse_alpha_random). As what comes
--- after sees 3 channels, it is most often first: `transforms = { ph.collapse(), ph.pad(12), … }`, with
--- `parameterisation = { "fourier", channels = 4 }`.
---@param deviation number? of the background's spectrum, 0..100; 0.5; 0 is grey
---@param options { decay: number?, background: "photograph"|"uniform"|"none"|nil, colour: number[]? }? the background's
--- amplitudes fall as frequency to this power, 0..8, 1; "uniform" is noise of its own for each number, as of Captum's
--- BlendAlpha, and "none" lets colours pass whatever their opacity, as its IgnoreAlpha does; with `colour = { 1, 1, 1 }` the
--- background is of one colour; "photograph"
---@return ph.transform
function transforms.collapse(deviation, options) end

--- Several views of each picture in one step: a batch of n becomes one of count * n, first every picture's first copy,
--- then every second one. Transforms that come after it are drawn anew for each copy, and must bring all copies to one
--- size; what comes before is drawn once. On the way back the gradients of a picture's copies are summed: an objective
--- that is a mean over the batch, as channels and neurons are, so has the mean of its copies' gradients. Objectives that
--- pick or compare pictures of a batch (`on`, `diversity`, `alignment`) see each copy as a picture: picture i's copy k is
--- number k * n + i.
---@param count integer 1..1024
---@return ph.transform
function transforms.copies(count) end

--- Xplique's standard list, for pictures of a size: with u = size // 16, pad(4 u) in black, jitters of 2 u, 2 u, 4 u, 4 u,
--- 4 u, random_scale 0.92 to 0.96, random_blur 1 to 1.1, two jitters of u, flip, and resize. Raises for sizes below 16.
---@param size integer pixels of the picture; Xplique's is 512
---@param seen integer? pixels of what the network sees; 224
---@return ph.transform[]
function transforms.xplique(size, seen) end

--- A standard list by its name; raises for other names, with a suggestion.
---@param name "lucid"|"distill"|"captum"|"none"
---@return ph.transform[]
function transforms.named(name) end

--- What runs transforms, for loops of your own. A function is asked, before each forward, for the transforms of that
--- step, which are counted from 1.
---@param choice ph.transform[]|ph.transform|"lucid"|"distill"|"captum"|"none"|fun(step: integer): ph.transform[]|ph.transform
---@return ph.pipeline
function transforms.pipeline(choice) end

--- A list of transforms at work. `tostring` gives the list.
---@class ph.pipeline
local pipeline = {}

--- Draws anew, once for the whole batch, and gives the transformed pictures. The result is overwritten by the next
--- `forward`: clone what is to be kept. (Without transforms it is `images` itself.)
---@param images ph.tensor (n, c, h, w)
---@param random ph.random
---@return ph.tensor (n, c, height, width)
function pipeline:forward(images, random) end

--- The gradient with respect to the last forward's images, from that with respect to its result: the exact adjoint of
--- what was drawn. Overwritten by the next `backward`. Raises before any forward, and for other shapes.
---@param gradient ph.tensor as `forward` gave it
---@return ph.tensor (n, c, h, w)
function pipeline:backward(gradient) end

--- Gives its memory back before the collector would.
function pipeline:close() end
