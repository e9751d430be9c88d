-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- Whether a picture excites its unit as photographs do: how strongly, and along which way. At each earlier end of a block
--- (`net:blocks`), the mean activations of its channels are compared with their mean over the unit's strongest
--- examples, by cosine and by Spearman's correlation of ranks. Beside the picture's stand two to measure it by:
--- "natural", of each of these examples with the mean of the others, and "random", of the strongest examples of as many
--- other units, drawn by lot. A picture that is like random ones excites its unit along another way than photographs do, and
--- says little about what it does with these (Geirhos et al., "Don't trust your eyes", 2023). It is read as
--- photographs are: as large, and of what is wider or higher the middle.
---
---   local examples = assert(ph.examples { net, data, units = { "mixed4a:11" } })
---   print(ph.faithful(ph.render { net, "mixed4a:11", size = 224 }, examples))
---
--- Raises for a result of anything but one picture for one channel, for a layer that was not scanned, and for pictures of
--- other channels than the network reads. Gives nil and a message where there are fewer than two examples, and where a
--- photograph cannot be read any more.
---@param result ph.result|{ [1]: ph.tensor, [2]: string, [3]: integer } or a picture (1, channels, h, w), a layer and a unit
---@param examples ph.examples
---@param options { seed: integer?, progress: boolean? }? seed: of the draw of other units, 1; progress: false: show none
---@return ph.faithfulness?
---@return string? message
function ph.faithful(result, examples, options) end

--- How faithful a picture is; prints as a table.
---@class ph.faithfulness
---@field layer string
---@field unit integer
---@field value number the unit's largest value in the picture
---@field best number that of the strongest example
---@field ratio number? value / best; nil where no photograph excites the unit
---@field beats integer how many of the strongest examples have a smaller value
---@field of integer how many of these there are
---@field path ph.path_step[] the ends of blocks before the layer, from the first to the last

--- How alike the activations of a layer are.
---@class ph.path_step
---@field layer string
---@field cosine { picture: number, natural: number, random: number } -1..1
---@field spearman { picture: number, natural: number, random: number } -1..1
