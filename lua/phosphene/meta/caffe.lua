-- SPDX-License-Identifier: MIT
---@meta

--- Caffe's weights (.caffemodel) as `phosphene.core` reads them. `ph.network` makes networks from them and from the
--- description in a .prototxt file beside them.
---@class phosphene.core
local core = {}

--- A file as a table: `name`, and the lists `layer` and `layers` (the older form). Each of their elements has a `name`
--- and `blobs`, a list of tensors. Gives nil and a one-line message if the file is damaged, or if reading it takes more
--- memory than four times its size plus 64 MiB.
---@param path string
---@return table?
---@return string? message
function core.load_caffe(path) end
