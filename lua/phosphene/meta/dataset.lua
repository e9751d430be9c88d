-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- Pictures (PNG, JPEG, WebP) with their labels: those of a folder and of the folders in it, of tar archives as they
--- are, or of a list of such paths and of files. Pictures in folders and archives are told by the ends of their names;
--- what is hidden, begins with a dot, is left out. They come in the bytewise order of their paths and count from 0;
--- nothing is decoded yet. What cannot be listed, archives in folders or archives, links that lead in a circle and
--- second files of a path are said and left out. Gives nil and a message for a path that is not there, for an archive
--- that is cut off or damaged, where there are no pictures, and for labels that do not match.
---
---   local data = assert(ph.dataset "photographs/")
---   for batch in data:batches { net = net, count = 32 } do
---     net:forward(batch.images)
---   end
---@param path string|string[]
---@param options { labels: string|false|nil, unreadable: number? }? labels: "folders", the folders that pictures lie in:
--- the first ones in which their paths differ; or the path of a file whose lines have a picture's path (within the folder
--- or archive, or its last part) and its label, separated by a tab, a comma or blanks; or false. By default folders, where
--- every picture lies in one and there are at least two. unreadable: the share of pictures that may be unreadable before
--- a scan stops, 0..1: 0.1
---@return ph.dataset?
---@return string? message
function ph.dataset(path, options) end

--- Pictures in files. `#data` is their number, and i counts from 0.
---@class ph.dataset
local dataset = {}

--- The label of a picture: its number, from 0 in the bytewise order of labels, or the number that a file of labels gives;
--- and its name, where it has one. Nil without labels.
---@param i integer
---@return integer?
---@return string? name
function dataset:label(i) end

--- The names of all labels, in order: that of label k is number k + 1. Empty without labels, or where these are numbers.
---@return string[]
function dataset:labels() end

--- The path of a picture; of an archive's member, the archive's path and the member's.
---@param i integer
---@return string
function dataset:path(i) end

--- What a store can know a picture by: its path, within the folder or archive if the dataset is of one, its size in bytes, and when it was last written to, in nanoseconds since
--- 1970 (of an archive's member in whole seconds), as they were when the dataset was made.
---@param i integer
---@return { path: string, bytes: integer, modified: integer }
function dataset:identity(i) end

--- What is done to pictures. Of the picture that was resized so that its shorter side is max(height, width) / (1 - margin),
--- the middle is cut out. A JPEG of far more pixels is decoded at a reduced scale, a multiple of 1/8 at which no side is
--- shorter than that: faster, and not quite what `net:photograph` gives, which `reduced = false` does.
---@class ph.treatment
---@field size integer? pixels of both sides, 1..16384; excludes height and width
---@field height integer? pixels, 1..16384; by default the width
---@field width integer? pixels, 1..16384; by default the height
---@field net ph.network? whose size and channels are the default
---@field margin number? the share of the shorter side that is cropped around the middle, 0..0.9; 0
---@field crop "centre"|"stretch"|nil the middle; or all of the picture, whatever its proportions; "centre"
---@field channels integer? 3, or 1 for grey by luminance; the network's, or 3
---@field reduced boolean? JPEGs may be decoded at a reduced scale; true

--- A picture. Without a size it is as the file has it. Gives nil and a message if it cannot be read.
---@param i integer
---@param options ph.treatment?
---@return ph.tensor? (1, channels, height, width)
---@return string? message
function dataset:image(i, options) end

---@class ph.batch_options: ph.treatment
---@field count integer? pictures of a batch, 1..4096; the last may have fewer; 32
---@field shuffle integer? the seed of a random order; by default they come in order
---@field threads integer? that read and decode, 1..256; one for each core
---@field progress boolean? false: show none

---@class ph.batch
---@field images ph.tensor (n, channels, height, width)
---@field indices integer[] which pictures these are
---@field labels integer[]? their labels, where there are some

--- All pictures in batches, for a `for` loop; one of `size`, `height`, `width` and `net` must be given. Threads read and
--- decode ahead, as many pictures as a batch has and one for each thread, no more. The same batches come whatever the
--- number of threads, and the same pictures as `data:image` gives. A picture that cannot be read is said, once, and left
--- out; another one takes its place in the batch. Raises where these are more than the share that `unreadable` allows, of
--- at least 20 that were tried, or all. Leaving the loop ends the threads.
---@param options ph.batch_options
---@return fun(): ph.batch?
function dataset:batches(options) end

--- What the dataset was made from, as a text.
---@return string
function dataset:root() end

--- Whether the dataset is a part of another.
---@return boolean
function dataset:is_part() end

--- Some of the pictures, in this order, as a dataset that counts from 0 anew.
---@param indices integer[]
---@return ph.dataset
function dataset:part(indices) end

--- Every nth picture, from picture i on: a part of the dataset for one of n programs, which counts from 0 anew.
---@param i integer 0..n - 1
---@param n integer
---@return ph.dataset
function dataset:shard(i, n) end

--- What `ph.dataset` and photographs are made of, in `phosphene.core`.
---@class phosphene.core
local core = {}

--- A picture from a file as a network takes it, (1, channels, h, w): resized so that its shorter side has `size` pixels,
--- of which the middle, `height` by `width`, is cut out, black around what is smaller; or, `stretched`, all of it made so
--- high and wide. Fails as `core.load_image` does.
---@param path string
---@param settings { size: integer?, height: integer?, width: integer?, stretched: boolean?, channels: integer?,
--- reduced: boolean? }? channels: 3, or 1 for grey; reduced: a JPEG may be decoded at a reduced scale
---@return ph.tensor?
---@return string? message
function core.load_photograph(path, settings) end

--- The pictures that paths of folders, tar archives and files stand for.
---@param paths string[]
---@return ph.catalogue?
---@return string? message
function core.catalogue(paths) end

--- Pictures in the bytewise order of their paths.
---@class ph.catalogue
local catalogue = {}

--- How many there are.
---@return integer
function catalogue:count() end

--- Of a picture, counted from 0: its path, the end of that within the folder or archive, its bytes, and when it was last
--- written to, in nanoseconds since 1970.
---@param i integer
---@return string
---@return string
---@return integer
---@return integer
function catalogue:item(i) end

--- What was left out, a line each, twenty at most; and how many there are in all.
---@return string[]
---@return integer
function catalogue:notes() end

--- One picture, as `core.load_photograph` gives it.
---@param i integer
---@param settings table? as there
---@return ph.tensor?
---@return string? message
function catalogue:load(i, settings) end

--- Threads that read and decode pictures, holding no more at a time than `slots` and one for each thread.
---@param items integer[]? which, from 0; all
---@param seed integer? of a random order
---@param threads integer? one for each core
---@param slots integer
---@param settings table as `core.load_photograph` takes them
---@return ph.loader
function catalogue:scan(items, seed, threads, slots, settings) end

--- Lets go of it now rather than with the garbage.
function catalogue:close() end

--- Pictures on their way.
---@class ph.loader
local loader = {}

--- Waits for the next picture, which becomes image n of a batch. Gives its place, from 0 on in the list of items, and a
--- message where it could not be read; nil at the end.
---@param images ph.tensor (count, channels, height, width)
---@param n integer
---@return integer?
---@return string? message
function loader:next(images, n) end

--- Ends its threads, now rather than with the garbage.
function loader:close() end
