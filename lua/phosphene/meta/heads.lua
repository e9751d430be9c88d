-- SPDX-License-Identifier: MIT
-- Written by `make docs` from what the types in src/core say.
---@meta

--- Options that all objectives take.
---@class ph.head_options
---@field batch integer? the one image of the batch that is read, from 0; by default all of them

---@class ph.picture_options: ph.head_options
---@field layer string? the layer that is read; by default "picture", the picture in [0, 1] as it is before its
--- transforms (Lucid's T("input")); "image" is what the network sees of it, through them

---@class phosphene
local ph = {}

---@class ph.channel_options: ph.head_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"

--- The mean activation of a channel, over its map and, without `batch`, over the images: L = 1/(w h) sum z(x, y). A
--- layer is "mixed4a", say, or "mixed4a_pre_relu" where the gradient must pass a ReLU whose output is zero.
--- Repetitive patterns appear. (Olah et al., "Feature Visualization", Distill 2017.)
---@param layer string for example "mixed4a"
---@param unit integer the channel or feature, from 0
---@param options ph.channel_options?
---@return ph.objective
function ph.channel(layer, unit, options) end

---@class ph.neuron_options: ph.head_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field x integer? the column, of a transformer's patches, from 0; by default the centre, width // 2
---@field y integer? the row, from 0; by default the centre, height // 2

--- The activation of one neuron: a channel at one place. Over several images, the mean.
---@param layer string for example "mixed4a"
---@param unit integer the channel or feature, from 0
---@param options ph.neuron_options?
---@return ph.objective
function ph.neuron(layer, unit, options) end

---@class ph.layer_options: ph.head_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field norm "mean"|"sum"|nil the mean of the powers, or their sum, which for squares is the squared norm; by
--- default "mean"
---@field power integer? what activations are raised to, 1 to 16; by default 2

--- The squared activations of a whole layer: DeepDream (Mordvintsev et al., 2015). With `power = 1`, its activations.
---@param layer string for example "mixed4a"
---@param options ph.layer_options?
---@return ph.objective
function ph.layer(layer, options) end

---@class ph.direction_options: ph.head_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field cosine_power number? how much the angle counts, 0 to 100; with 0 not at all; by default 0
---@field angle "cosine"|"projection"|nil what is raised to that power: the cosine, or x . v / |x|, in which v's
--- length counts; by default "cosine"

--- Activation along a direction v: the mean over positions and images of (x . v) max(0.1, cos(x, v))^cosine_power, x
--- being all channels at one position. (Lucid's direction and direction_cossim.)
---@param layer string for example "mixed4a"
---@param vector number[]|ph.tensor one number a channel; a tensor is not copied
---@param options ph.direction_options?
---@return ph.objective
function ph.direction(layer, vector, options) end

---@class ph.direction_neuron_options: ph.head_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field cosine_power number? how much the angle counts, 0 to 100; with 0 not at all; by default 0
---@field angle "cosine"|"projection"|nil what is raised to that power: the cosine, or x . v / |x|, in which v's
--- length counts; by default "cosine"
---@field x integer? the column, from 0; by default the centre
---@field y integer? the row, from 0; by default the centre

--- The same at one position. The activation atlas' notebooks and Captum's AngledNeuronDirection have, of a row v,
--- `ph.direction_neuron(layer, v:matmul(whitening) / channels, { angle = "projection", cosine_power = 4 })`.
---@param layer string for example "mixed4a"
---@param vector number[]|ph.tensor one number a channel; a tensor is not copied
---@param options ph.direction_neuron_options?
---@return ph.objective
function ph.direction_neuron(layer, vector, options) end

--- The same with a vector for every position: activations, cropped around their centre to the tensor's size, along
--- the tensor.
---@param layer string for example "mixed4a"
---@param tensor ph.tensor (channels, height, width); not copied
---@param options ph.direction_options?
---@return ph.objective
function ph.tensor_direction(layer, tensor, options) end

--- The mean over channels, positions and images of activation times the channel's weight: L = 1/(w h C) sum z d.
---@param layer string for example "mixed4a"
---@param weights number[]|ph.tensor one number a channel; a tensor is not copied
---@param options ph.channel_options?
---@return ph.objective
function ph.channel_weights(layer, weights, options) end

---@class ph.neuron_weights_options: ph.head_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field x integer? the column, from 0; by default the centre
---@field y integer? the row, from 0; by default the centre

--- The same at one position: the mean over the channels of activation times weight. (lucent's neuron_weight.)
---@param layer string for example "mixed4a"
---@param weights number[]|ph.tensor one number a channel; a tensor is not copied
---@param options ph.neuron_weights_options?
---@return ph.objective
function ph.neuron_weights(layer, weights, options) end

---@class ph.local_group_options: ph.head_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field unit integer? the one channel that is read, from 0; by default all of them
---@field x integer? the first column, from 0; by default the window is centred
---@field y integer? the first row, from 0; by default the window is centred
---@field width integer? how many columns, from 1; by default 1
---@field height integer? how many rows, from 1; by default 1
---@field weights (number[]|ph.tensor)? one a channel, in the place of `unit`; a tensor is not copied

--- The mean activation of a window of a layer: of all its channels, of one, or of all weighted. (lucent's
--- localgroup.)
---@param layer string for example "mixed4a"
---@param options ph.local_group_options?
---@return ph.objective
function ph.local_group(layer, options) end

---@class ph.activation_difference_options: ph.head_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field loss "l1"|"l2"|nil the mean of absolute differences, or of their squares; by default "l1"

--- How far the activation of an image is from a target: the mean of |x - t| or of (x - t)^2. Subtract it. The target
--- is a network, `net:forward(picture, layers)`, for what it just computed at the layer; or a tensor; or another
--- image of the batch, which then is drawn towards the first as well, unless a mask holds it: that way it passes
--- through the same transforms. At several layers, the sum. (Lucid's notebook on style transfer.)
---@param layers string|string[] of several, the sum
---@param target ph.network|ph.tensor|integer a tensor has the activation's shape, for all images or one each, and is
--- not copied; images count from 0
---@param options ph.activation_difference_options?
---@return ph.objective
function ph.activation_difference(layers, target, options) end

---@class ph.caricature_options: ph.head_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field cosine_power number? how much the angle counts, 0 to 100; with 0 not at all; by default 0

--- More of what a target's activation t has: (x . t) max(0.1, x . t / |x|)^cosine_power, all channels and positions
--- as one vector. Over several images the mean. (Lucid's recipe caricature; feature inversion with power 0.)
---@param layers string|string[] of several, the sum
---@param target ph.network|ph.tensor|integer a tensor has the activation's shape, for all images or one each, and is
--- not copied; images count from 0
---@param options ph.caricature_options?
---@return ph.objective
function ph.caricature(layers, target, options) end

--- The cosine of the angle between the activation of an image and a target, all channels and positions as one vector:
--- 1 where they agree, 0 where they have nothing in common. Over several images the mean. (Xplique's
--- cosine_similarity; its direction objective is `ph.caricature(layer, target) * ph.cosine(layer, target) ^ 2`.)
---@param layers string|string[] of several, the sum
---@param target ph.network|ph.tensor|integer a tensor has the activation's shape, for all images or one each, and is
--- not copied; images count from 0
---@param options ph.channel_options?
---@return ph.objective
function ph.cosine(layers, target, options) end

--- How far the style of an image is from a target's: the mean over all pairs of channels of |G - G_t| or of its
--- square, G being the Gram matrix of the channels divided by the number of positions. Subtract it. (Gatys et al.,
--- 2015.)
---@param layers string|string[] of several, the sum
---@param target ph.network|ph.tensor|integer a network, for what it just computed at the layer; a Gram matrix (c, c);
--- an image's activation (1, c, h, w) of any size; or an image of the batch, from 0
---@param options ph.activation_difference_options?
---@return ph.objective
function ph.style(layers, target, options) end

---@class ph.logit_options: ph.head_options
---@field layer string? the layer that holds the classes; by default the one that the network says
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"

--- The score of a class before the softmax, added up over the images. Usually clearer than the probability, which
--- also grows by making other classes less likely.
---@param class integer|string its number, from 0, or its label; part of the label will do where it is unique
---@param options ph.logit_options?
---@return ph.objective
function ph.logit(class, options) end

--- The probability of a class, after the softmax, added up over the images.
---@param class integer|string its number, from 0, or its label; part of the label will do where it is unique
---@param options ph.logit_options?
---@return ph.objective
function ph.probability(class, options) end

---@class ph.l1_options: ph.picture_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field constant number? what is subtracted first; by default 0
---@field mean boolean? the mean over the elements in the place of their sum; by default false

--- sum |x - constant|.
---@param options ph.l1_options?
---@return ph.objective
function ph.l1(options) end

---@class ph.l2_options: ph.picture_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field constant number? what is subtracted first; by default 0
---@field epsilon number? added to the sum of squares, from 0; by default 1e-6
---@field mean boolean? the mean over the elements in the place of their sum; by default false

--- sqrt(epsilon + sum (x - constant)^2).
---@param options ph.l2_options?
---@return ph.objective
function ph.l2(options) end

---@class ph.lp_options: ph.picture_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field power number? what differences are raised to, 1 to 100; by default 6
---@field constant number? what is subtracted first; by default 0
---@field mean boolean? the mean of the powers, not their sum; by default false

--- (sum |x - constant|^power)^(1/power) of each image, added up. (keras-vis's LPNorm is this `^ power`.)
---@param options ph.lp_options?
---@return ph.objective
function ph.lp(options) end

---@class ph.l_infinity_options: ph.picture_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field constant number? what is subtracted first; by default 0

--- The largest |x - constant| of each image, added up.
---@param options ph.l_infinity_options?
---@return ph.objective
function ph.l_infinity(options) end

--- The root mean square of the difference from a tensor.
---@param tensor ph.tensor (1, c, h, w) for all images, or (n, c, h, w); not copied
---@param options ph.channel_options?
---@return ph.objective
function ph.input_difference(tensor, options) end

---@class ph.total_variation_options: ph.picture_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field power number? what differences are raised to, 1 to 16; by default 1

--- The sum of absolute differences between neighbouring pixels, across and down, or of their powers.
---@param options ph.total_variation_options?
---@return ph.objective
function ph.total_variation(options) end

--- 0.5 sum (x - b)^2, where b is the blurred picture (3x3: centre 1, border 0.5, over their sum) held constant:
--- subtracting k times this takes each step towards (1 - k) x + k b. (Lucid's blur_input_each_step.)
---@param options ph.channel_options?
---@return ph.objective
function ph.blur(options) end

--- The mean opacity of the picture before it is laid over a background, for parameterisations of 4 channels. Lucid
--- asks for what matters alone, and clear elsewhere, with `objective * (1 - ph.alpha()) - 0.1 * ph.blur_alpha()`,
--- under transforms that end with `ph.collapse()`.
---@param options ph.channel_options?
---@return ph.objective
function ph.alpha(options) end

--- `ph.blur` of the picture's opacity alone. (Lucid's blur_alpha_each_step.)
---@param options ph.channel_options?
---@return ph.objective
function ph.blur_alpha(options) end

---@class ph.boundary_complexity_options: ph.picture_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field width integer? the frame's width in pixels, from 1; by default 20
---@field constant number? the grey that values are pulled towards; by default 0.5

--- How busy and how far from grey a frame around the picture is: over the frame, the sum of (b - x)^2 + 0.8 (x -
--- constant)^2, b being the picture blurred with a 5x5 kernel. Lucid's penalize_boundary_complexity without its minus
--- sign: subtract it.
---@param options ph.boundary_complexity_options?
---@return ph.objective
function ph.boundary_complexity(options) end

---@class ph.alignment_options: ph.head_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field decay number? how many times less each further image counts, from 0.001; by default 2

--- How alike the images of the batch are to their neighbours: minus the mean squared difference of all pairs up to
--- four apart, those d apart divided by decay^d. 0 where all agree, negative elsewhere: add it. Raises for a batch of
--- one. (Lucid.)
---@param layer string for example "mixed4a"
---@param options ph.alignment_options?
---@return ph.objective
function ph.alignment(layer, options) end

---@class ph.diversity_options: ph.head_options
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read: the patches, which are
--- the map; the class token; or the others, as one row; by default "patches"
---@field norm "batch"|"sum"|nil the sum over pairs divided by the number of images (Lucid), or as it is (the slides);
--- by default "batch"

--- How alike the textures of the images are: the sum over all pairs a, b of different images of <G_a, G_b>, divided
--- by the number of images or not, G being the normalised Gram matrix of the channels. Subtract it. Raises for a
--- batch of one. (Olah et al., 2017.)
---@param layer string for example "mixed4a"
---@param options ph.diversity_options?
---@return ph.objective
function ph.diversity(layer, options) end
