-- SPDX-License-Identifier: MIT
---@meta

-- What each type of transform is stands in transforms.lua, which `make docs` writes.

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

--- Draws again, once for the whole batch, and gives the transformed pictures. The result is overwritten by the next
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
