-- SPDX-License-Identifier: MIT
---@meta

--- Phosphene's module: `local ph = require "phosphene"`. Units, classes, images of a batch and pixels count from 0;
--- pictures are float32 tensors (n, 3, h, w), RGB in [0, 1]. Paths may begin with "~/", the home folder.
---@class phosphene
---@field version string
local ph = {}

---@class ph.network_options
---@field backend "dnnl"|"reference"|nil "dnnl" by default
---@field threads integer? how many threads runs use, by default the value of PHOSPHENE_THREADS; 0, its default, means
--- one for each core that affinity and control groups allow the process
---@field labels string|string[]|nil names of the classes: a list, or the path of a text file with one name per line; by
--- default those in the network's file, or in a text file beside it
---@field input string? the input, node or blob that the picture takes the place of; by default the input that looks like a
--- picture (not for safetensors, Keras and TensorFlow.js files)
---@field inputs table<string, number|boolean|ph.tensor>? ONNX, TensorFlow and Caffe: values of other inputs by name,
--- { keep_prob = 1 }; tensors have the file's layout, in TensorFlow channels last. Inputs that nothing needs take none
---@field output string? ONNX, TensorFlow and Caffe: the value, node, layer or blob at which the network ends
---@field prototxt string? for a .caffemodel: the path of its .prototxt, unless that is beside it under the same name or
--- is the only one there
---@field caffemodel string? for a .prototxt: the path of its weights, likewise
---@field range number[]? what a picture's 0 and 1 are mapped to: {0, 1}, {-1, 1}, {0, 255}; by default {0, 255} if a
--- mean or standard deviation is above 1, else {0, 1}
---@field mean number|number[]|nil subtracted afterwards, for each channel in the order of the input; 0 by default
---@field std number|number[]|nil divided by at the end, for each channel; 1 by default. Giving any of range, mean and
--- std replaces all three
---@field order "RGB"|"BGR"|nil the order of the input's channels; by default the file's, or else "RGB"

--- A network by name or by the path of its file: `.safetensors` (also a state dict of PyTorch's, if its family is
--- known), `.onnx`, Keras's `.keras` or `.h5`, TensorFlow.js's `model.json`, TensorFlow's `.pb`, Caffe's `.prototxt` or
--- `.caffemodel`. A name stands for the file of that name on the weights path: PHOSPHENE_WEIGHTS, then
--- `~/.local/share/phosphene/weights`, then the bundled weights; "googlenet" is BVLC's GoogLeNet, Inception 5h or the
--- embedded googlenet-tiny, whichever is found first. Gives nil and a message if weights are missing or corrupt; raises
--- for an unknown name, with a suggestion.
---
--- The preprocessing is taken from the options, or else from the network's file, or from a table of well-known
--- networks; if none of these states it, RGB in 0..1 is assumed and a warning is printed on stderr. `net:check`
--- compares the common choices.
---@param name string
---@param options ph.network_options?
---@return ph.network?
---@return string? message
function ph.network(name, options) end

--- A picture from a PNG, JPEG or WebP file, as (1, 3, h, w).
---@param path string
---@param options { size: integer?, width: integer?, height: integer? }? pixels; `size` is that of the shorter side
---@return ph.tensor?
---@return string? message
function ph.load_image(path, options) end

--- Writes one picture as PNG or JPEG by the path's suffix: (1, 3, h, w), or (1, 1, h, w) as grey; of more channels the
--- first three, unless `opacity` says that the fourth of (1, 4, h, w) is that, which only PNG has. Values are clipped to
--- [0, 1], missing folders are made. `tensor:save(path, metadata, options)` is the same. What a recipe saves as PNG has
--- two more texts in its metadata, by which `phosphene again` makes it again: `command`, and, as JSON, `conditions`, all
--- that decides its bytes besides: versions, instructions, threads, the fingerprints of networks and files that were
--- read, the seeds of runs that were given none.
---@param tensor ph.tensor
---@param path string
---@param metadata table<string, string|number|boolean>? stored in the file, if it is a PNG
---@param options { opacity: boolean? }?
---@return boolean?
---@return string? message
function ph.save(tensor, path, metadata, options) end

--- The metadata that a PNG was saved with.
---@param path string
---@return table<string, string>?
---@return string? message
function ph.read_metadata(path) end

--- Pictures (n, c, h, w) resized.
---@param tensor ph.tensor
---@param height integer
---@param width integer
---@return ph.tensor
function ph.resize_image(tensor, height, width) end

--- Crops each picture around its centre; a smaller picture is padded with black.
---@param tensor ph.tensor (n, c, h, w)
---@param height integer
---@param width integer
---@return ph.tensor (n, c, height, width)
function ph.crop_image(tensor, height, width) end

--- Paths of the pictures (PNG, JPEG, WebP) in a folder, sorted by name.
---@param folder string
---@return string[]?
---@return string? message
function ph.list_images(folder) end

---@class ph.montage_options
---@field columns integer? by default about as many as there are rows
---@field labels string[]? text beneath each picture
---@field title string?
---@field caption string? text beneath the sheet
---@field row_labels string[]? text to the left of each row
---@field column_labels string[]? text above each column
---@field padding integer? pixels between pictures; 6
---@field background number[]? {red, green, blue} in [0, 1]; white
---@field opacity boolean? the fourth channel of pictures that have four is opacity; false
---@field checkerboard boolean? the same, and they are shown over grey squares instead of the background; false
---@field colour number[]? of the text; by default dark on a light background, light on a dark one
---@field text_size integer? pixels; by default it depends on the pictures' size

--- Many pictures on one sheet. Smaller pictures are centred in their cells, those with opacity, where
--- that is asked for, are composited over the background or a checkerboard; text is wrapped, and shrunk if a word is too long for its cell.
---@param images ph.tensor|ph.tensor[] a batch, or a list of pictures and batches
---@param options ph.montage_options?
---@return ph.tensor (1, 3, h, w)
function ph.montage(images, options) end
