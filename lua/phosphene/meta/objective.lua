-- SPDX-License-Identifier: MIT
---@meta

-- What each type of head is stands in heads.lua, which `make docs` writes.

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

--- The same expression, read from one image: every part of it that names no image yet reads image `image`. Where
--- transforms make `copies`, all copies of that image.
---@param image integer from 0
---@return ph.objective
function objective:on(image) end

--- Whether a part of the expression names an image of the batch, to read it or to compare others with it.
---@return boolean
function objective:names_images() end

--- The expression for a batch of `copies` copies of `pictures` pictures, first every picture's first copy, then every
--- second one: the mean over the copies of the expression that reads theirs. Parts that name no image, and parts that
--- read the picture before its transforms, stay. Raises where an image is named that the batch has not, and where all
--- images are compared with one of them. Runs do this for transforms that make copies.
---@param pictures integer
---@param copies integer
---@return ph.objective
function objective:in_copies(pictures, copies) end

--- Gives its memory back before the collector would.
function objective:close() end

---@class phosphene
local ph = {}

--- An objective from an objective, a number, or a string "layer:unit" or "layer". Where the network has a
--- layer called "layer:unit", as TensorFlow's values are ("relu:0"), the string means that. Raises for anything else.
---@param value ph.objective|number|string
---@return ph.objective
function ph.objective(value) end

--- `ph.layer` by its other name.
---@param layer string
---@param options ph.layer_options?
---@return ph.objective
function ph.deepdream(layer, options) end

---@class ph.head_functions
---@field value fun(...: ph.tensor): number|ph.tensor what the head is worth: one number, from a tensor for each layer
---@field gradient fun(...: ph.tensor): ph.tensor, ph.tensor? the gradient of that by each of the tensors, of their shapes

---@class ph.own_head_options
---@field name string? how it prints; by default where the function was written, "mine.lua:12"
---@field batch integer? the one image of the batch that is read, from 0; by default all of them
---@field token "patches"|"class"|"others"|nil of a transformer's layer, which tokens are read; patches by default

--- A head of one's own. A function of variables (`ph.variable`), one a layer, is called in each step with what the network
--- computed there, of one image after `:on(i)`, as `net:activation` gives it: (n, units, rows, columns) or (n, units). What
--- it returns, one number, is what the head is worth, and its gradient is derived from what it did:
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

--- Whether the network has not run since this evaluation's `forward`. Where it has, what the evaluation reads is gone.
---@return boolean
function evaluation:is_current() end

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
