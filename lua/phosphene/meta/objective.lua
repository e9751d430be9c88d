-- SPDX-License-Identifier: MIT
---@meta

--- An objective: an expression whose value on the images is maximised. Objectives are values that never change;
--- `+ - * / ^` and unary minus combine them with each other, with numbers, and with strings: "mixed4a:476" is
--- channel 476 of mixed4a, "mixed4a" the layer. (One operand must be an objective: Lua itself takes two strings.)
--- `tostring` gives the expression as Lua that makes it again, but for functions, and for long directions, of which it
--- shows the beginning. Layers, units and classes are looked up when the objective first meets a network; mistakes are
--- raised then, with a suggestion.
---
--- Regularisers have no sign of their own: write `ph.channel("mixed4a", 476) - 0.05 * ph.l1()`.
---@class ph.objective
---@operator add(ph.objective|number|string): ph.objective
---@operator sub(ph.objective|number|string): ph.objective
---@operator mul(ph.objective|number|string): ph.objective
---@operator div(ph.objective|number|string): ph.objective
---@operator pow(ph.objective|number|string): ph.objective
---@operator unm: ph.objective
local objective = {}

--- The same expression, read from one image: every part of it that names no image yet reads image `image`.
---@param image integer from 0
---@return ph.objective
function objective:on(image) end

--- Gives its memory back before the collector would.
function objective:close() end

--- Options that all objectives take.
---@class ph.head_options
---@field batch integer? the one image of the batch that is read, from 0; by default all of them

---@class ph.picture_options: ph.head_options
---@field layer string? the layer that is read; by default "picture", the picture in [0, 1] as it is before its transforms
--- (Lucid's T("input")); "image" is what the network sees of it, through them

---@class ph.neuron_options: ph.head_options
---@field x integer? the column, from 0; by default the centre, width // 2
---@field y integer? the row, from 0; by default the centre, height // 2

---@class ph.layer_options: ph.head_options
---@field norm "mean"|"sum"|nil the mean of the powers, or their sum, which for squares is the squared norm; "mean"
---@field power integer? what activations are raised to, 1 to 16; 2

---@class ph.class_options: ph.head_options
---@field layer string? the layer that holds the classes; by default the one that the network says

---@class ph.direction_options: ph.head_options
---@field cosine_power number? how much the angle counts, 0 to 100; 0
---@field angle "cosine"|"projection"|nil of `ph.direction` and its kin: what is raised to that power, the cosine, or
--- x . v / |x|, in which v's length counts; "cosine"

---@class ph.direction_neuron_options: ph.direction_options
---@field x integer? the column, from 0; by default the centre
---@field y integer? the row, from 0; by default the centre

---@class ph.local_group_options: ph.head_options
---@field unit integer? the one channel that is read; by default all of them
---@field weights (number[]|ph.tensor)? one a channel, in the place of `unit`; a tensor is not copied
---@field x integer? the first column, from 0; by default the window is centred
---@field y integer? the first row, from 0; by default the window is centred
---@field width integer? how many columns; 1
---@field height integer? how many rows; 1

---@class ph.difference_options: ph.head_options
---@field loss "l1"|"l2"|nil the mean of absolute differences, or of their squares; "l1"

---@class ph.diversity_options: ph.head_options
---@field norm "batch"|"sum"|nil the sum over pairs divided by the number of images (Lucid), or as it is (the slides); "batch"

---@class ph.alignment_options: ph.head_options
---@field decay number? how many times less each further image counts; 2

---@class ph.l1_options: ph.picture_options
---@field constant number? what is subtracted first; 0
---@field mean boolean? the mean over the elements in the place of their sum; false

---@class ph.lp_options: ph.l1_options
---@field power number? 1 to 100; 6

---@class ph.l_infinity_options: ph.picture_options
---@field constant number? what is subtracted first; 0

---@class ph.variation_options: ph.picture_options
---@field power number? what differences are raised to, 1 to 16; 1

---@class ph.l2_options: ph.l1_options
---@field epsilon number? added to the sum of squares; 1e-6

---@class ph.boundary_options: ph.picture_options
---@field width integer? of the frame, in pixels; 20
---@field constant number? the grey to stay near; 0.5

---@class phosphene
local ph = {}

--- An objective from an objective, a number, or a string "layer:unit" or "layer". Raises for anything else.
---@param value ph.objective|number|string
---@return ph.objective
function ph.objective(value) end

--- The mean activation of a channel, over its map and, without `batch`, over the images:
--- L = 1/(w h) sum z(x, y). Repetitive patterns appear. (Olah et al., "Feature Visualization", Distill 2017.)
---@param layer string for example "mixed4a", or "mixed4a_pre_relu" where the gradient must pass a sleeping ReLU
---@param unit integer the channel, from 0
---@param options ph.head_options?
---@return ph.objective
function ph.channel(layer, unit, options) end

--- The activation of one neuron: a channel at one place. Over several images, the mean.
---@param layer string
---@param unit integer the channel, from 0
---@param options ph.neuron_options?
---@return ph.objective
function ph.neuron(layer, unit, options) end

--- The squared activations of a whole layer: DeepDream (Mordvintsev et al., 2015). With `power = 1`, its activations.
---@param layer string
---@param options ph.layer_options?
---@return ph.objective
function ph.layer(layer, options) end

--- `ph.layer` by its other name.
---@param layer string
---@param options ph.layer_options?
---@return ph.objective
function ph.deepdream(layer, options) end

--- The score of a class before the softmax, added up over the images. Usually clearer than the probability, which
--- also grows by making other classes less likely.
---@param class integer|string its number, from 0, or its label; part of the label will do where it is unique
---@param options ph.class_options?
---@return ph.objective
function ph.logit(class, options) end

--- The probability of a class, after the softmax, added up over the images.
---@param class integer|string its number, from 0, or its label
---@param options ph.class_options?
---@return ph.objective
function ph.probability(class, options) end

--- Activation along a direction v: the mean over positions and images of (x . v) max(0.1, cos(x, v))^cosine_power, x
--- being all channels at one position. (Lucid's direction and direction_cossim.)
---@param layer string
---@param vector number[]|ph.tensor one number a channel; a tensor is not copied
---@param options ph.direction_options?
---@return ph.objective
function ph.direction(layer, vector, options) end

--- The same at one position. The activation atlas' notebooks and Captum's AngledNeuronDirection have, of a row v,
--- `ph.direction_neuron(layer, v:matmul(whitening) / channels, { angle = "projection", cosine_power = 4 })`.
---@param layer string
---@param vector number[]|ph.tensor one number a channel
---@param options ph.direction_neuron_options?
---@return ph.objective
function ph.direction_neuron(layer, vector, options) end

--- The same with a vector for every position: activations, cropped around their centre to the tensor's size, along
--- the tensor.
---@param layer string
---@param tensor ph.tensor (channels, height, width)
---@param options ph.direction_options?
---@return ph.objective
function ph.tensor_direction(layer, tensor, options) end

--- The mean over channels, positions and images of activation times the channel's weight: L = 1/(w h C) sum z d.
---@param layer string
---@param weights number[]|ph.tensor one number a channel
---@param options ph.head_options?
---@return ph.objective
function ph.channel_weights(layer, weights, options) end

--- The same at one position: the mean over the channels of activation times weight. (lucent's neuron_weight.)
---@param layer string
---@param weights number[]|ph.tensor one number a channel
---@param options ph.neuron_options?
---@return ph.objective
function ph.neuron_weights(layer, weights, options) end

--- The mean activation of a window of a layer: of all its channels, of one, or of all weighted. (lucent's localgroup.)
---@param layer string
---@param options ph.local_group_options?
---@return ph.objective
function ph.local_group(layer, options) end

--- How far the activation of an image is from a target: the mean of |x - t| or of (x - t)^2. Subtract it. The target is a
--- network, `net:forward(picture, layers)`, for what it just computed at the layer; or a tensor; or another image of the
--- batch, which then is drawn towards the first as well, unless a mask holds it: that way it passes through the same
--- transforms. At several layers, the sum. (Lucid's notebook on style transfer.)
---@param layers string|string[]
---@param target ph.network|ph.tensor|integer a tensor has the activation's shape, for all images or one each, and is not
--- copied; images count from 0
---@param options ph.difference_options?
---@return ph.objective
function ph.activation_difference(layers, target, options) end

--- More of what a target's activation t has: (x . t) max(0.1, x . t / |x|)^cosine_power, all channels and positions as one
--- vector. Over several images the mean. (Lucid's recipe caricature; feature inversion with power 0.)
---@param layers string|string[] of several, the sum
---@param target ph.network|ph.tensor|integer as of `ph.activation_difference`
---@param options ph.direction_options?
---@return ph.objective
function ph.caricature(layers, target, options) end

--- The cosine of the angle between the activation of an image and a target, all channels and positions as one vector: 1
--- where they agree, 0 where they have nothing in common. Over several images the mean. (Xplique's cosine_similarity; its
--- direction objective is `ph.caricature(layer, target) * ph.cosine(layer, target) ^ 2`.)
---@param layers string|string[] of several, the sum
---@param target ph.network|ph.tensor|integer as of `ph.activation_difference`
---@param options ph.head_options?
---@return ph.objective
function ph.cosine(layers, target, options) end

--- How far the style of an image is from a target's: the mean over all pairs of channels of |G - G_t| or of its square, G
--- being the Gram matrix of the channels divided by the number of positions. Subtract it. (Gatys et al., 2015.)
---@param layers string|string[] of several, the sum
---@param target ph.network|ph.tensor|integer a network, for what it just computed at the layer; a Gram matrix (c, c); an
--- image's activation (1, c, h, w) of any size; or an image of the batch, from 0
---@param options ph.difference_options?
---@return ph.objective
function ph.style(layers, target, options) end

--- How alike the images of the batch are to their neighbours: minus the mean squared difference of all pairs up to
--- four apart, those d apart divided by decay^d. 0 where all agree, negative elsewhere: add it. Raises for a batch of one.
--- (Lucid.)
---@param layer string
---@param options ph.alignment_options?
---@return ph.objective
function ph.alignment(layer, options) end

--- How alike the textures of the images are: the sum over all pairs a, b of different images of <G_a, G_b>, divided by
--- the number of images or not, G being the normalised Gram matrix of the channels. Subtract it. Raises for a batch of
--- one. (Olah et al., 2017.)
---@param layer string
---@param options ph.diversity_options?
---@return ph.objective
function ph.diversity(layer, options) end

---@class ph.head_functions
---@field value fun(...: ph.tensor): number|ph.tensor what the head is worth: one number, from a tensor for each layer
---@field gradient fun(...: ph.tensor): ph.tensor, ph.tensor? the gradient of that by each of the tensors, of their shapes

---@class ph.own_head_options
---@field name string? how it prints; by default where the function was written, "mine.lua:12"
---@field batch integer? the one image of the batch that is read, from 0; by default all of them

--- A head of one's own. A function of variables (`ph.variable`), one a layer, is called in each step with what the network
--- computed there, in the layer's shape, of one image after `:on(i)`: (n, c, h, w), (n, units), a transformer's (n, tokens,
--- features). What it returns, one number, is what the head is worth, and its gradient is derived from what it did:
---
---   ph.head("mixed4a", function(a) return (a * weights):sum(1):maximum(0):mean() end)
---
--- In the place of a function, a table { value = f, gradient = g } of functions of tensors writes the gradient out. Raises
--- what the functions raise, and where they do not give one number that depends on what they read. The layer "picture" is the
--- picture as it is before its transforms.
---@param layers string|string[] what it reads
---@param f (fun(...: ph.variable): ph.variable)|ph.head_functions
---@param options ph.own_head_options?
---@return ph.objective
function ph.head(layers, f, options) end

--- The sum of objectives.
---@param list (ph.objective|number|string)[]
---@return ph.objective
function ph.sum(list) end

--- One objective for each image of the batch: image i has list[i + 1]. The sum of them all.
---@param list (ph.objective|number|string)[]
---@return ph.objective
function ph.each(list) end

--- From one objective to another along the batch: image i of N is worth (1 - i / (N - 1)) times the one plus i / (N - 1) times
--- the other. (Lucid's channel_interpolate.)
---@param from ph.objective|string
---@param to ph.objective|string
---@param options { frames: integer } how many images there are, at least 2
---@return ph.objective
function ph.interpolate(from, to, options) end

--- sum |x - constant|.
---@param options ph.l1_options?
---@return ph.objective
function ph.l1(options) end

--- sqrt(epsilon + sum (x - constant)^2).
---@param options ph.l2_options?
---@return ph.objective
function ph.l2(options) end

--- (sum |x - constant|^power)^(1/power) of each image, added up. (keras-vis's LPNorm is this `^ power`.)
---@param options ph.lp_options?
---@return ph.objective
function ph.lp(options) end

--- The largest |x - constant| of each image, added up.
---@param options ph.l_infinity_options?
---@return ph.objective
function ph.l_infinity(options) end

--- The sum of absolute differences between neighbouring pixels, across and down, or of their powers.
---@param options ph.variation_options?
---@return ph.objective
function ph.total_variation(options) end

--- 0.5 sum (x - b)^2, where b is the blurred picture (3x3: centre 1, border 0.5, over their sum) held constant:
--- subtracting k times this takes each step towards (1 - k) x + k b. (Lucid's blur_input_each_step.)
---@param options ph.picture_options?
---@return ph.objective
function ph.blur(options) end

--- The mean opacity of the picture before it is laid over a background, for parameterisations of 4 channels. Lucid asks for
--- what matters alone, and clear elsewhere, with `objective * (1 - ph.alpha()) - 0.1 * ph.blur_alpha()`, under transforms
--- that end with `ph.collapse()`.
---@param options ph.head_options?
---@return ph.objective
function ph.alpha(options) end

--- `ph.blur` of the picture's opacity alone. (Lucid's blur_alpha_each_step.)
---@param options ph.head_options?
---@return ph.objective
function ph.blur_alpha(options) end

--- How busy and how far from grey a frame around the picture is: over the frame, the sum of (b - x)^2 + 0.8 (x -
--- constant)^2, b being the picture blurred with a 5x5 kernel. Lucid's penalize_boundary_complexity without its minus
--- sign: subtract it.
---@param options ph.boundary_options?
---@return ph.objective
function ph.boundary_complexity(options) end

--- The root mean square of the difference from a tensor.
---@param tensor ph.tensor (1, c, h, w) for all images, or (n, c, h, w); not copied
---@param options ph.picture_options?
---@return ph.objective
function ph.input_difference(tensor, options) end

--- An objective bound to a network; the render loop's own tool, made by `core.evaluation(objective, network)`. Between
--- `forward` and `net:backward()`, `evaluate` gives the value and puts the gradient where backward starts.
---@class ph.evaluation
local evaluation = {}

--- The layers that the network must be run to.
---@return string[]
function evaluation:taps() end

--- Runs the network as `net:forward(images, evaluation:taps(), options)` does, but computes of the taps only what the
--- objective reads: for one channel of a module, say, one of its branches. Where the rest is asked for later
--- (`net:activation`, `net:inject`), the run is made up for.
---@param images ph.tensor (n, 3, h, w), RGB in [0, 1]
---@param options { relu: string?, pool: string?, precision: string?, backward: boolean?, images_stay: boolean? }? as
--- `network:forward` takes them; `images_stay` promises that the images are left as they are until the next pass, so that
--- they need not be copied
---@return ph.evaluation
function evaluation:forward(images, options) end

--- The value on the network's last run, adding its gradient to the taps. Raises where a unit, image or position is out
--- of range; gives nil and a message that names the part at fault where a number is not finite.
---@param picture ph.tensor? as it was before its transforms, for heads that read the layer "picture", as penalties do
--- unless told otherwise
---@return number?
---@return string? message
function evaluation:evaluate(picture) end

--- The value alone.
---@param picture ph.tensor?
---@return number?
---@return string? message
function evaluation:value(picture) end

--- Whether a head reads the picture as it is before its transforms.
---@return boolean
function evaluation:reads_picture() end

--- Adds what heads that read the picture itself contribute to its gradient: that of all others, after the transforms'
--- way back. Leaves the gradient as it is where there are none.
---@param gradient ph.tensor of the picture's shape
---@return ph.tensor gradient
function evaluation:add_picture_gradient(gradient) end

--- The heads of the objective that are functions of a recipe, with what they read and which of their layers that is. Before
--- `evaluate` or `value` each is called with what `read` gives, and `give` says what it made of that.
---@return { f: table, number: integer, part: integer, layer: string, image: integer?, name: string }[]
function evaluation:functions() end

--- A copy of what the function reads: an activation of the network's last run, of one image or of all, or the picture.
---@param i integer which of `functions`, from 1
---@param picture ph.tensor?
---@return ph.tensor
function evaluation:read(i, picture) end

--- Gives the function's next value, and its gradient by what it reads.
---@param i integer which of `functions`, from 1
---@param value number
---@param gradient ph.tensor? of the shape of what it reads; zero by default
function evaluation:give(i, value, gradient) end

--- The objective's parts that read the network, as written, and their last values.
---@return { text: string, value: number }[]
function evaluation:terms() end

--- Gives its memory back before the collector would.
function evaluation:close() end
