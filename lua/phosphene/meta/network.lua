-- SPDX-License-Identifier: MIT
---@meta

--- A network: a graph of named layers with frozen weights, and its last run. Layers are named as in the papers
--- (`mixed4a`, `mixed4a_pre_relu`, …), or as in their file. A layer may also be given by the end of its name, from
--- after a `/`, `.`, `:` or `_`, if no other layer's name ends like this. The input of a ReLU `x` is also called
--- `x_pre_relu`. `image` is the picture, RGB in [0, 1], and `input` is the preprocessed picture that the first
--- convolution reads. Units, classes and images of a batch count from 0. Images and batches may have any size.
--- `ph.network` makes networks.
---@class ph.network
local network = {}

--- A layer for `network:add`. Further fields are the type's parameters, as tensors (`weight`, `bias`), and its settings
--- (`stride`, `padding`, …).
---
--- Activations have one to six axes: usually (1, channels, height, width), or (1, units) after a dense layer. Axis 0 is
--- the image, with length 1; if a network gives it another meaning, layers treat it as a batch. A setting that is an axis
--- counts from 0, or, if negative, from the end. A setting of two numbers is {vertical, horizontal}, one number sets both;
--- padding is {top, left, bottom, right}, two numbers are {vertical, horizontal}. Shapes that do not fit raise an error
--- that names the layer and both shapes. Definitions are those of ONNX's operators, where it has them.
---@class ph.layer_description
---@field type string for example "convolution", "relu", "max_pool", "concat"
---@field name string not yet in use
---@field from string|string[] names of earlier layers
---@field formulas table[]? settings that follow from the picture's size, each as { setting, index of its number, formula }: words in postfix order, of which "a2" is axis 2 of the first layer's output in `sized_by`, as "a2 2 / floor"
---@field sized_by string[]? names of earlier layers

--- Appends a layer, and returns the network. Raises for a name that is in use, for unknown types, inputs, settings or
--- parameters, and for shapes that can never fit; gives nil and a message if a parameter contains NaN or infinity.
---@param description ph.layer_description
---@return ph.network?
---@return string? message
function network:add(description) end

--- Folds every batch normalisation that directly follows a convolution into that convolution.
---@return ph.network
function network:fold() end

--- Gives a layer an additional name; raises if another layer has this name.
---@param name string
---@param layer string
---@return ph.network
function network:alias(name, layer) end

--- Declares which layers hold the class scores and their softmax, and the names of the classes. All of these are
--- optional.
---@param classes { logits: string?, probabilities: string?, labels: string[]? }
---@return ph.network
function network:set_classes(classes) end

--- Names of all layers, in the order of computation.
---@return string[]
function network:layers() end

--- Describes one layer; raises for unknown names, with a suggestion. `parameters` maps names to shapes.
---@param name string
---@return { name: string, type: string, from: string[], parameters: table<string, integer[]> }
function network:layer(name) end

--- Additional names, and the layers that they stand for.
---@return table<string, string>
function network:aliases() end

--- The tensor of a layer's parameter, nil if it has none of this name. It is not a copy: do not change it.
---@param layer string
---@param name string `weight`, `bias`, …
---@return ph.tensor?
function network:parameter(layer, name) end

--- Shapes {channels, height, width} of the layers for pictures of this size, by name. Layers that cannot run on so
--- small a picture are missing.
---@param height integer pixels
---@param width integer pixels
---@return table<string, integer[]>
function network:shapes(height, width) end

--- How the activation of each layer is arranged for pictures of this size: `units`, which are channels or features, in
--- `rows` and `columns`, and how many `others` there are beside them, tokens that are no places. What each axis means is
--- followed from the picture on, through reshaped, transposed and windowed lists of tokens and split heads. Where that
--- does not say it, the number of axes does: (units), (tokens, features) of which the features are the units and the
--- tokens columns, (channels, rows, columns). Of attention's weights the heads are units, queries rows, keys columns.
---@param height integer
---@param width integer
---@return table<string, { units: integer, rows: integer, columns: integer, others: integer }> by layer
function network:maps(height, width) end

--- The receptive field of a place of a layer: the part of the picture that can change what its units give there, through
--- all paths that lead to them. Found by the layers' rules: windows widen it by their kernels and move it by their
--- strides (Araujo et al., "Computing Receptive Fields of Convolutional Neural Networks", 2019); what mixes all places,
--- as dense layers, global pools and attention do, reads all of them.
---
--- Boxes are { top, left, bottom, right } in pixels, the last row and column not included. `box` is inside the picture,
--- and without what only padding was read for, and the smallest there is (but that dilated windows over enlarged or
--- reflected maps may leave out its outermost pixels); `whole` is the box as if all maps went on beyond their borders, and `size`,
--- { height, width }, its size: that of every place that is far enough from them. Field (y, x) begins, as `whole` does, at
--- offset + (y, x) * stride. A stride is 0 along a side that has one place, or whose places all read the same, and may
--- have a fraction after layers that enlarge.
---
--- Nil and a message where nothing there depends on the picture. Raises for a place that the layer does not have, and for
--- pictures that it does not fit.
---
---   net:receptive_field("mixed4a").size               -- { 171, 171 }
---   local top, left, bottom, right = table.unpack(net:receptive_field("mixed3b", y, x).box)
---@param layer string
---@param y integer? a place, as `maps` arranges them; the middle by default
---@param x integer?
---@param height integer? of the picture, pixels; by default the size that the network is made for
---@param width integer? the height
---@return { box: integer[], whole: integer[], size: integer[], stride: number[], offset: integer[] }?
---@return string? message
function network:receptive_field(layer, y, x, height, width) end

--- The output shape of one layer if the layers it depends on have these shapes, including the batch axis. Nothing is run,
--- and the shapes need not be those that these layers would give. Raises if they do not fit the layer.
---@param name string
---@param shapes table<string, integer[]> by layer
---@return integer[]? shape nil where one of them has none
function network:infer(name, shapes) end

--- The network as a text table: layers, types, inputs, shapes, parameters and multiplications.
---@param height integer? pixels; 224 by default
---@param width integer? pixels; the height by default
---@return string
function network:describe(height, width) end

--- The network's preprocessing: a picture's 0..1 is mapped to `range`, then `mean` is subtracted and the result divided
--- by `std`, for each channel in `order`. `source` names where these values are from, in words; nil if they were not
--- stated. Nil for a network without preprocessing.
---@return { range: number[], mean: number[]?, std: number[]?, order: "RGB"|"BGR", source: string? }?
function network:preprocessing() end

--- Helps to find the preprocessing that the network was trained with: classifies a picture, or those of a folder, with
--- each common preprocessing, and gives a table to print, the likeliest first. A row has the number of pictures whose
--- file is named after the class found, if there are any (`named`); the mean probability of the top class
--- (`confidence`); the share of positive units and the standard deviation of the last ReLU before the classes, or where
--- there is none the last map (`active`, `deviation`); the likeliest `classes`; and `preprocessing`: the range, mean, std and order to give to
--- `ph.network`. `loaded` marks the row that the network was loaded with; the network is not changed.
---@param path string a picture or a folder
---@param options { size: integer?, limit: integer?, progress: boolean? }? size: pixels, 224 or what the network
--- requires; limit: the maximum number of pictures, spread evenly, 100
---@return { rows: table[], count: integer }?
---@return string? message
function network:check(path, options) end

--- At most twelve layers to begin with, from shallow to deep: the ends of the network's blocks.
---@return string[]
function network:blocks() end

--- Sets those of a recipe's options whose value is "auto": `layer`, `layers`, `class`, `start` ("layer:unit"), `size`,
--- and, under any other name, units of the layer. Known networks have selected values; for any other the units that
--- noise activates most are chosen, and a missing layer raises, with the names of `blocks`.
---@param options table the result of `ph.options`
---@return ph.network
function network:choose(options) end

--- The name of the layer before a layer's ReLU, "NAME_pre_relu", or the layer's own name if there is none.
---@param layer string
---@return string
function network:pre_relu(layer) end

--- The number of units of a layer.
---@param layer string
---@return integer
function network:units(layer) end

--- Units of a layer to look at: for known networks those that were selected by eye, for others those that noise
--- activates most.
---@param layer string
---@param count integer? how many; 1
---@return integer[]
function network:show(layer, count) end

--- Loads a photograph for the network: its centre, resized to the size that the network is made for, in the network's
--- channels (grey by luminance if there is one). Gives nil and a message if it cannot be read, or cannot have such
--- channels.
---@param path string
---@param options { height: integer?, width: integer?, margin: number?, size: integer? }? pixels, by default the size that
--- the network is made for; `margin`: the share of the shorter side that is cropped around the centre, 0..0.9: 0; `size`,
--- instead of these: the whole picture, of so many pixels on its shorter side
---@return ph.tensor? (1, channels, height, width)
---@return string? message
function network:photograph(path, options) end

--- The number of channels of the pictures that the network reads.
---@return integer
function network:channels() end

--- One operation of a plan. `kind` is its name; `forward` and `backward` are oneDNN's names of the implementations that
--- run it, nil where oneDNN does not. `layers` are the layers that it computes, `fused` the ReLUs that are part of it.
--- `shape` is the shape of its output for one image, of which the channels from `first` to `last - 1` are computed;
--- `layout` says whether they are stored in blocks. `weights` and `scratch` are bytes: reordered weights for both passes,
--- and memory besides activations and gradients. `multiplications` counts the forward pass by the definition, which is
--- more than Winograd's algorithm needs.
---@class ph.plan_row
---@field kind string
---@field forward string?
---@field backward string?
---@field layers string[]
---@field fused string[]
---@field shape integer[]
---@field first integer
---@field last integer
---@field layout "blocked"|"plain"
---@field weights integer
---@field scratch integer
---@field multiplications integer

--- How the backend runs the network; `print` shows it as a table. Layers that no row computes are listed by reason:
--- `in_place`, their inputs are written directly into their output, or the output is the input; `known`, they do not
--- depend on the picture; `unread`, no channel of theirs is read; `unneeded`, no tap depends on them. In the totals,
--- weights and multiplications are the sums over the rows; the others are bytes of memory: `together` for a single
--- image, or else `kept` for each image of a batch and `work` for each thread.
---@class ph.plan
---@field rows ph.plan_row[]
---@field in_place string[]
---@field known string[]
---@field unread string[]
---@field unneeded string[]
---@field totals { weights: integer, multiplications: integer, kept: integer, work: integer, together: integer }

--- How the backend runs the network on a picture of this size: which operations compute which layers, what they need,
--- and what is left out. `net:plan(224, "mixed4a:61")` is the plan for `ph.channel("mixed4a", 61)`.
---@param size integer|integer[] pixels, or { height, width }
---@param taps string|string[]|nil as in `forward`; "layer:channel" is a tap of which only that channel is read
---@param options { relu: string?, pool: string?, precision: string?, backward: boolean? }? as in `forward`
---@return ph.plan
function network:plan(size, taps, options) end

--- Writes the network as one `.safetensors` file that `ph.network` reads back: layers, weights, additional names,
--- classes, labels and preprocessing. A network loaded from it gives the same bits; F16 and BF16 take half the space
--- and round the weights.
---@param path string
---@param options { type: "F32"|"F16"|"BF16"|"F64"|nil, metadata: table<string, string>? }? metadata: stored in the
--- file, such as the source of the weights and their licence
---@return true?
---@return string? message
function network:save(path, options) end

--- Writes the network as a graph in Graphviz' language: `dot -Tsvg net.dot > net.svg` draws it. Each layer has its type
--- and its shape for pictures of this size; a frame encloses layers whose names share a prefix.
---@param path string
---@param height integer? pixels; 224 by default
---@param width integer? pixels; the height by default
---@return true?
---@return string? message
function network:graph(path, height, width) end

--- States the size of pictures that the network is made for. Other sizes remain allowed if the layers accept them.
---@param height integer pixels
---@param width integer pixels
---@return ph.network
function network:set_input_size(height, width) end

--- The size of pictures that the network is made for, nil if its file does not state one.
---@return integer? height
---@return integer? width
function network:input_size() end

--- Names of the layers with the class scores before and after the softmax; nil if there is none.
---@return string? logits
---@return string? probabilities
function network:classes() end

--- Class labels in order: class 0 is `labels()[1]`. Empty if none are known.
---@return string[]
function network:labels() end

--- The number of the class whose label is this text, has it as one of its comma-separated synonyms, or contains it as
--- whole words, ignoring case. Raises if there is none, or if several match equally well.
---@param text string
---@return integer class from 0
function network:find_label(text) end

--- Runs pictures forward to the taps: the layers whose activations are read or whose gradients are injected. Only what
--- the taps need is computed. Clears injected gradients of an earlier run.
---
--- `relu` is how gradients pass a ReLU in the backward pass: "plain", the derivative; "redirected" (Lucid), which lets
--- gradients reach inactive units; "guided" (Springenberg et al., 2014), positive gradients of active units only;
--- "deconvnet" (Zeiler and Fergus, 2014), all positive gradients, even of inactive units; "open", all gradients, as if
--- ReLUs were the identity (Lucid's linearisation, Xplique's warm-up); "leaky", a tenth where x < 0 (lucent's
--- InceptionV1). `pool` is the same for max pools: "plain", to the maximum; "smooth", as if they were average pools;
--- "smooth_l2", as if they were the window's mean square over its mean absolute value plus 0.01 (both Lucid's).
--- `precision` "bf16" stores weights and activations as bfloat16, in half the memory, and is faster on processors that
--- compute with bfloat16 (others raise); values then agree to two or three digits. `backward = false` saves work if no
--- backward pass follows.
---@param images ph.tensor (n, 3, h, w), RGB in [0, 1]
---@param taps string|string[]|nil all layers if nil
---@param options { relu: string?, pool: string?, precision: string?, backward: boolean? }? "plain", "plain", "f32", true
---@return ph.network
function network:forward(images, taps, options) end

--- A copy of the activations of a tap of the last run as units of a map, (n, units, rows, columns), or (n, units) where
--- there is no map: as all objectives read them (`net:maps` has the sizes). Of a transformer's list of tokens these are
--- the patches, where each was in the picture; `token = "class"` gives the class token (n, units), and `token =
--- "others"` those that are neither, (n, units, 1, tokens). Raises for a layer that was not a tap, and for tokens that it
--- has not.
---@param name string
---@param options { token: "patches"|"class"|"others"? }?
---@return ph.tensor
function network:activation(name, options) end

--- A copy of the activations of a tap of the last run as the layer has them, (n, …): a transformer's (n, tokens,
--- features), for example.
---@param name string
---@return ph.tensor
function network:value(name) end

--- Adds a gradient at a tap, for `backward` to start from. It has the shape of the activation that the same options
--- give.
---@param name string
---@param gradient ph.tensor
---@param options { token: "patches"|"class"|"others"? }?
---@return ph.network self
function network:inject(name, gradient, options) end

--- The same with a gradient that is shaped as `net:value` is.
---@param name string
---@param gradient ph.tensor
---@return ph.network self
function network:inject_value(name, gradient) end

--- Propagates the injected gradients back to the pictures.
---@param gradient ph.tensor? overwritten and returned instead of a new tensor; resized as needed
---@return ph.tensor gradient with respect to the images, (n, 3, h, w)
function network:backward(gradient) end

--- Sets how many threads runs use; 0 means one for each core that the process may use. Pictures are bit-identical for
--- equal thread counts.
---@param count integer
---@return ph.network
function network:set_threads(count) end

--- Frees the memory at once, before Lua's collector would. The network can no longer be used.
function network:close() end

--- 16 hexadecimal digits that tell a network from others: by its layers' names, types and inputs, and by every number of
--- its weights. Metadata of pictures and checkpoints have it as `weights`.
---@return string
function network:fingerprint() end
