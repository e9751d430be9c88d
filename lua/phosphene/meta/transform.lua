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
---@field none ph.transform[] empty: the picture as it is
local transforms = {}

--- A border on every side, so that what follows can move the picture without losing its edges.
---@param width integer pixels, 0..65536
---@param options { mode: "constant"|"reflect"|"random"|nil, value: number? }? the border is `value` (0.5), the picture
--- reflected about its outermost pixels, or one random grey in [0, 1) a step; "constant"
---@return ph.transform
function transforms.pad(width, options) end

--- Moves the picture a little. "crop" cuts a part out at a random place, as Lucid's jitter does: the result is smaller
--- by `distance`, offsets are 0 to `distance`. "roll" moves by -distance to distance, and what leaves on one side
--- enters on the other, as in DeepDream.
---@param distance integer pixels, 0..65536
---@param options { mode: "crop"|"roll"|nil }? "crop"
---@return ph.transform
function transforms.jitter(distance, options) end

--- Another size: factor * size, rounded down. `random_scale { 0.9, 1, 1.1 }`; one of the factors is drawn, all alike
--- likely. Bilinear, without smoothing. Output pixel i is read at i * input / output ("legacy", TensorFlow 1's
--- resize_bilinear, which Lucid uses), or with pixels as squares, at (i + 0.5) * input / output - 0.5 ("half_pixel").
---@param factors { [integer]: number, method: "legacy"|"half_pixel"|nil } 1 to 32 factors, 0.001..1000; "legacy"
---@return ph.transform
function transforms.random_scale(factors) end

--- Turns the picture about its centre; outside is black, the size is kept. `random_rotate { -5, 0, 5 }`; one of the
--- angles is drawn, all alike likely. "lucid" reads the nearest pixel and takes pi as 3.14, as Lucid does; "nearest"
--- has the true pi; "bilinear" interpolates.
---@param degrees { [integer]: number, method: "lucid"|"nearest"|"bilinear"|nil } 1 to 32 angles, counter-clockwise,
--- -3600..3600; "lucid"
---@return ph.transform
function transforms.random_rotate(degrees) end

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

--- A standard list by its name; raises for other names, with a suggestion.
---@param name "lucid"|"distill"|"none"
---@return ph.transform[]
function transforms.named(name) end

--- What runs transforms, for loops of your own.
---@param choice ph.transform[]|ph.transform|"lucid"|"distill"|"none"
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
