-- SPDX-License-Identifier: MIT
---@meta

--- Caffe's weights (.caffemodel) as `phosphene.core` reads them. `ph.network` makes networks of them and the description
--- in a .prototxt beside them.
---@class phosphene.core
local core = {}

--- A file as a table: `name`, and the lists `layer` and `layers` (the older form), of whose elements each has a `name` and
--- `blobs`, a list of tensors. A damaged file, or one that takes more than four times its size and 64 MiB to read, gives
--- nil and one line.
---@param path string
---@return table?
---@return string? message
function core.load_caffe(path) end
