-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- Looks through a dataset, once, for what excites the units of some layers: all units of all these layers at the same
--- time. What is kept of each is small: its strongest and its weakest pictures, some that were drawn by lot, and how its
--- values are distributed (some 3.5 KB a unit by default; a store's file has about 5). With `store`, a file (SQLite; docs/store.md has its
--- tables), a second question does not scan again: pictures that were added are scanned alone, those that were removed
--- disappear, and an interrupted scan goes on where it was. Several programs may scan parts (`data:shard`) of one
--- dataset into one store; it holds the same bits as one scan. A store is known by the weights' fingerprint, the layer, the
--- preprocessing, the size of pictures, and each picture's path, bytes and time of writing.
---
--- Layers are read as they are named: of a ReLU, `net:pre_relu(layer)` has negative values, too, which is where opposites
--- are looked for.
---
---   local data = assert(ph.dataset "photographs/")
---   local examples = assert(ph.examples { net, data, layers = { "mixed4a" }, store = "photographs.examples" })
---   print(examples:top("mixed4a", 11))
---   ph.montage(examples:pictures(examples:top("mixed4a", 11), { size = 96 }), { columns = 3 }):save "dogs.png"
---
--- Gives nil and a message for a store that cannot be read or written, and where too many pictures cannot be read.
---@param options ph.examples_options
---@return ph.examples?
---@return string? message
function ph.examples(options) end

---@class ph.examples_options
---@field net ph.network also first, without a name
---@field data ph.dataset also second, without a name
---@field layers string[]? by name
---@field units string[]? like "mixed4a:11": their layers
---@field top integer? how many of the strongest pictures of each unit to keep, 1..2000; 9
---@field bottom integer? how many of the weakest, 0..2000; 9
---@field any integer? how many that are drawn by lot, 0..2000; 48
---@field store string? the path of a store; without one, or where it is empty, nothing is kept
---@field size integer? pixels of both sides of the pictures that the network reads; what it is made for
---@field height integer? pixels
---@field width integer? pixels
---@field crop "centre"|"stretch"|nil the middle of each picture, or all of it; "centre"
---@field margin number? the share of the shorter side that is cropped around the middle, 0..0.9; 0
---@field batch integer? pictures in a forward pass, 1..256; 8
---@field progress boolean? false: show none

--- What a scan found.
---@class ph.examples
local examples = {}

--- A place in a picture that excites a unit so much.
---@class ph.example
---@field layer string
---@field unit integer
---@field value number of the unit
---@field y integer the place in the layer's map
---@field x integer
---@field index integer of the picture in the dataset
---@field path string
---@field label string?

--- The pictures that excite a unit most, the strongest first: in each, the place where it does most. Equal values are in
--- an order that does not change.
---@param layer string
---@param unit integer
---@param count integer? as many as were asked for by default
---@return ph.example[]
function examples:top(layer, unit, count) end

--- The pictures that excite it least, or most negatively, the weakest first.
---@param layer string
---@param unit integer
---@param count integer?
---@return ph.example[]
function examples:bottom(layer, unit, count) end

--- Places that were drawn by lot, one of each picture at most.
---@param layer string
---@param unit integer
---@param count integer?
---@return ph.example[]
function examples:any(layer, unit, count) end

--- Of the strongest examples, as many as the scan was asked for (`top`), some that differ, to start batches at
--- (`ph.render`, option `image`): first the strongest, and then again and again the one that is farthest from the nearest
--- of those taken, by the cosine of the angle between the layer's activations at their places, over all its units. Nguyen,
--- Yosinski and Clune ("Multifaceted Feature Visualization", 2016) start from clusters of examples for the same reason: a
--- unit that answers to different things shows more of them. In the order in which they were taken, which is the same each
--- time; fewer where there are fewer examples. Gives nil and a message where a picture cannot be read any more.
---
---   local starts = assert(examples:starts("mixed4a", 11, 4))
---   local images = ph.concatenate(assert(examples:pictures(starts, { size = 128 })), 0)
---   ph.render { net, "mixed4a:11", image = images }
---@param layer string
---@param unit integer
---@param count integer? 1 to `top`; 4, or `top` where that is less
---@return ph.example[]?
---@return string? message
function examples:starts(layer, unit, count) end

--- Of the places that were drawn by lot, those whose value lies in a band, the strongest first: between two shares of all
--- values, or "slightly positive", the lower half of the positive ones, "slightly negative", the upper half of the
--- negative ones, or "any". There may be none.
---@param layer string
---@param unit integer
---@param band "slightly positive"|"slightly negative"|"any"|{ from: number, to: number } 0..1
---@param count integer? 9
---@return ph.example[]
function examples:band(layer, unit, band, count) end

--- The value below which a share of the unit's values lies, over all places of all pictures. It is off by 1/64 of itself
--- at most, and exact at 0 and 1; what is smaller by 2^16 than the largest value counts as 0. Pictures that were removed are
--- counted until they are more than one in a hundred, when the scan is made anew.
---@param layer string
---@param unit integer
---@param share number 0..1
---@return number
function examples:value(layer, unit, share) end

--- The share of the unit's values that are below this one.
---@param layer string
---@param unit integer
---@param value number
---@return number 0..1
function examples:quantile(layer, unit, value) end

--- How the unit's values are distributed: counts between edges at equal distances.
---@param layer string
---@param unit integer
---@param bins integer? 1..1000; 40
---@return { edges: number[], counts: number[] }
function examples:histogram(layer, unit, bins) end

--- Examples as pictures (1, 3, h, w): "crop", a square around the place, `factor` cells of the layer's map wide; "field", the
--- unit's receptive field, which in deep layers is all of the picture; "whole"; or "mask", all of it, dimmed where the
--- unit is not above 99 of 100 of its own values. Where a layer has no places, all are whole. Gives nil and a message where
--- a picture cannot be read any more.
---@param list ph.example[]
---@param options { as: "crop"|"field"|"whole"|"mask"|nil, size: integer?, factor: number? }? "crop"; size: of the longer side,
--- pixels, as they are by default; factor: 4
---@return ph.tensor[]?
---@return string? message
function examples:pictures(list, options) end

--- The crops of examples in one square picture, three by three where there are nine; grey where there are none. Gives nil
--- and a message where a picture cannot be read any more.
---@param list ph.example[]
---@param size integer pixels, 1..4096
---@return ph.tensor? (1, 3, size, size)
---@return string? message
function examples:sheet(list, size) end

--- A group of a unit's examples that are alike to all units of the layer.
---@class ph.example_cluster
---@field layer string
---@field unit integer
---@field size integer how many examples
---@field examples ph.example[] the nearest to the centre first
---@field centre ph.tensor (units), the mean of their activations, each of length 1
local cluster = {}

--- The direction to the cluster's centre, as something to maximise: `ph.direction`.
---@return ph.objective
function cluster:objective() end

--- Groups the strongest examples of a unit by what all units of the layer answer at the place of the example, as vectors
--- of length 1: `ph.kmeans`. A unit with several meanings has several groups. The largest comes first; the list has the
--- `inertia` and, where nobody said how many groups, the `silhouette` by which they were chosen, of 2 to 6. Gives nil and
--- a message where a picture cannot be read any more.
---
---   for _, group in ipairs(examples:clusters("mixed4a", 11)) do ph.render { net, group:objective() } end
---@param layer string
---@param unit integer
---@param options { count: integer?, among: integer?, seed: integer? }? count: how many groups, 1..64; among: how many of the
--- strongest examples, no more than are kept; seed: 1
---@return ph.example_cluster[]?
---@return string? message
function examples:clusters(layer, unit, options) end
