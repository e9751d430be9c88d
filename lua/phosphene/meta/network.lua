-- SPDX-License-Identifier: MIT
---@meta

--- A network: a graph of named layers with frozen weights, and the last run through it. Layers are named as in the
--- papers (`mixed4a`, `mixed4a_pre_relu`, …), or as in their file; wherever a layer is named, the end of its name will do
--- that follows a `/`, `.`, `:` or `_`, if no other layer's ends so. What a ReLU `x` reads is also called `x_pre_relu`.
--- `image` is the picture, RGB in [0, 1], and `input` what the first
--- convolution sees after preprocessing. Units, classes and images of a batch count from 0. Image and batch sizes are
--- free. Get one from `ph.network`.
---@class ph.network
local network = {}

--- A layer for `network:add`. Besides these fields: the type's parameters, as tensors (`weight`, `bias`), and its
--- settings (`stride`, `padding`, …).
---@class ph.layer_description
---@field type string for example "convolution", "relu", "max_pool", "concat"
---@field name string not yet taken
---@field from string|string[] names of earlier layers

--- Appends a layer, and returns the network. Raises for a name that is taken, for unknown types, inputs, settings or
--- parameters, and for shapes that can never fit; gives nil and a message where a parameter holds NaN or infinity.
---@param description ph.layer_description
---@return ph.network?
---@return string? message
function network:add(description) end

--- Folds every batch normalisation that directly follows a convolution into that convolution.
---@return ph.network
function network:fold() end

--- Gives a layer one more name, under which it is found as well; raises where another layer has it.
---@param name string
---@param layer string
---@return ph.network
function network:alias(name, layer) end

--- Says which layers hold the class scores and their softmax, and what the classes are called. Both may be missing.
---@param classes { logits: string?, probabilities: string?, labels: string[]? }
---@return ph.network
function network:set_classes(classes) end

--- Names of all layers, in the order of computation.
---@return string[]
function network:layers() end

--- What is known of one layer; raises for unknown names, with a suggestion. `parameters` maps names to shapes.
---@param name string
---@return { name: string, type: string, from: string[], parameters: table<string, integer[]> }
function network:layer(name) end

--- Second names, and the layers that they stand for.
---@return table<string, string>
function network:aliases() end

--- The tensor of a layer's parameter, nil where it has none of this name. It is the network's own: look at it, but do
--- not change it.
---@param layer string
---@param name string `weight`, `bias`, …
---@return ph.tensor?
function network:parameter(layer, name) end

--- Shapes {channels, height, width} of the layers for pictures of this size, by name. Layers for which such a picture
--- is too small are missing.
---@param height integer pixels
---@param width integer pixels
---@return table<string, integer[]>
function network:shapes(height, width) end

--- The shape that one layer gives for inputs of these shapes, the image's axis included, without running anything and
--- whatever the layers before it would give; raises where they do not fit the layer.
---@param name string
---@param shapes integer[][] one for each input
---@return integer[]
function network:infer(name, shapes) end

--- The network as a table in text: layers, types, inputs, shapes, parameters and multiplications.
---@param height integer? pixels; 224 by default
---@param width integer? pixels; as high by default
---@return string
function network:describe(height, width) end

--- What the network's input is made of: a picture's 0..1 becomes `range`, `mean` is subtracted, then `std` divided by,
--- for each channel in `order`. `source` says in words where this is from; it is nil where nobody stated it. Nil for a
--- network that takes pictures as they are.
---@return { range: number[], mean: number[]?, std: number[]?, order: "RGB"|"BGR", source: string? }?
function network:preprocessing() end

--- Shows which preprocessing the network was trained with: classifies a picture, or those of a folder, under every
--- usual one, and gives a table that prints well, the likeliest first. A row counts pictures whose file is named after
--- the class found, where any is (`named`), and has the mean probability of the first class (`confidence`), the share
--- of positive units and the deviation of the last ReLU before the classes (`active`, `deviation`), the likeliest
--- `classes`, and `preprocessing`: the range, mean, std and order to give to `ph.network`. `loaded` marks the row as
--- which the network was loaded; it stays as it is.
---@param path string of a picture, or a folder
---@param options { size: integer?, limit: integer?, progress: boolean? }? size in pixels: 224 or else what the network
--- takes; at most `limit` pictures, spread evenly: 100
---@return { rows: table[], count: integer }?
---@return string? message
function network:check(path, options) end

--- At most a dozen layers that one would begin with, from shallow to deep: the ends of its blocks.
---@return string[]
function network:blocks() end

--- Fills in what a recipe's options leave to the network, those whose value is "auto": `layer`, `layers`, `class`,
--- `start` ("layer:unit"), `size`, and, under any other name, units of the layer. Networks that are known choose what is
--- worth looking at; any other chooses the units that answer most to noise, and raises for a layer, naming those that
--- one would begin with.
---@param options table what `ph.options` gave
---@return ph.network
function network:choose(options) end

--- The name of the point before a layer's ReLU, which is "NAME_pre_relu", or the layer's own where it has none.
---@param layer string
---@return string
function network:pre_relu(layer) end

--- How many units a layer has.
---@param layer string
---@return integer
function network:units(layer) end

--- Units of a layer that are worth looking at: of networks that are known those that were chosen by looking, of others
--- those that answer most to noise.
---@param layer string
---@param count integer? how many; 1
---@return integer[]
function network:show(layer, count) end

--- A photograph as the network takes it: its middle, as large as the network is made for, in the network's channels (grey
--- by luminance where there is one). Nil and a message where it cannot be read, or cannot have such channels.
---@param path string
---@param options { height: integer?, width: integer?, margin: number? }? pixels, by default the size that the network is made
--- for; `margin`: the share of the shorter side that is left out around the middle, 0..0.9: 0
---@return ph.tensor? (1, channels, height, width)
---@return string? message
function network:photograph(path, options) end

--- How many channels the pictures have that the network takes.
---@return integer
function network:channels() end

--- Writes the network as one `.safetensors` file that `ph.network` reads back as it is: layers, weights, second names,
--- classes, labels and preprocessing. A network loaded from it gives the same bits; with a type other than F32 it takes
--- half the room, and the weights are rounded.
---@param path string
---@param options { type: "F32"|"F16"|"BF16"|"F64"|nil, metadata: table<string, string>? }? metadata: kept in the file, such as
--- where the weights are from and under which licence
---@return true?
---@return string? message
function network:save(path, options) end

--- Writes the network as a drawing in Graphviz' language: `dot -Tsvg net.dot > net.svg` draws it. Each layer has its
--- type and its shape for pictures of this size; a frame is around layers whose names begin alike.
---@param path string
---@param height integer? pixels; 224 by default
---@param width integer? pixels; as high by default
---@return true?
---@return string? message
function network:graph(path, height, width) end

--- Says for which size of pictures the network is made, as a file does that states it. It stays free to take others where
--- its layers do.
---@param height integer pixels
---@param width integer pixels
---@return ph.network
function network:set_input_size(height, width) end

--- The size of pictures that the network is made for, where its file states one.
---@return integer? height
---@return integer? width
function network:input_size() end

--- Names of the layers with the class scores before and after the softmax; nil where there is none.
---@return string? logits
---@return string? probabilities
function network:classes() end

--- Class labels in order: class 0 is `labels()[1]`. Empty where none are known.
---@return string[]
function network:labels() end

--- The number of the class with this label, or with this among its comma-separated synonyms, or containing it as whole
--- words, ignoring case. Raises where there is none, or several equally good ones.
---@param text string
---@return integer class from 0
function network:find_label(text) end

--- Runs pictures forward to the taps, the layers that are to be read or that gradients will be given to; nothing else
--- than what they need is computed. Injected gradients of an earlier run are cleared.
---
--- `relu` says how gradients pass a ReLU on the way back: "plain", the derivative; "redirected" (Lucid), which wakes
--- units that nothing reaches; "guided" (Springenberg et al., 2014), positive gradients only; "deconvnet" (Zeiler and
--- Fergus, 2014), all positive gradients, even where the unit was silent; "open", all gradients, as if ReLUs were not there
--- (Lucid's linearisation, Xplique's warm-up); "leaky", a tenth where x < 0 (lucent's InceptionV1). `pool` says the same of
--- max pools: "plain", to the greatest value; "smooth", as if they were average pools; "smooth_l2", as if they were the
--- window's mean square over its mean absolute value plus 0.01 (both Lucid's). `precision`
--- "bf16" keeps weights and activations in half the memory, as bfloat16, and is faster where the processor computes with
--- it (others raise); numbers then agree to two digits or three. `backward = false` saves work where no backward pass
--- follows.
---@param images ph.tensor (n, 3, h, w), RGB in [0, 1]
---@param taps string|string[]|nil all layers where nil
---@param options { relu: string?, pool: string?, precision: string?, backward: boolean? }? "plain", "plain", "f32", true
---@return ph.network
function network:forward(images, taps, options) end

--- The activations (n, c, h, w) of a tap of the last run, copied. Raises for a layer that was no tap.
---@param name string
---@return ph.tensor
function network:activation(name) end

--- Adds to the gradient that `backward` starts from at a tap. Shaped like the activation.
---@param name string
---@param gradient ph.tensor
---@return ph.network
function network:inject(name, gradient) end

--- Takes the injected gradients back to the pictures.
---@param gradient ph.tensor? written and returned instead of a new tensor; it is resized as needed
---@return ph.tensor gradient with respect to the images, (n, 3, h, w)
function network:backward(gradient) end

--- How many threads runs use; 0 for one for each core that the process may use. Pictures are bit-identical for equal thread counts.
---@param count integer
---@return ph.network
function network:set_threads(count) end

--- Lets the memory go now rather than when Lua's collector gets to it. The network can no longer be used.
function network:close() end
