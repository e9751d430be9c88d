-- SPDX-License-Identifier: MIT
---@meta

--- Files that hold other things, as `phosphene.core` reads them; `ph.network` makes networks of what Keras keeps in them.
--- Files are untrusted: what is damaged gives nil and one line, and no file takes more than sixteen times its size and
--- 64 MiB to read, apart from numbers that are used where they lie.
---@class phosphene.core
local core = {}

--- An HDF5 file, as far as h5py writes them by default.
---@param path string
---@return ph.hdf5?
---@return string? message
function core.open_hdf5(path) end

--- A zip archive, whose entries are stored or deflated.
---@param path string
---@return ph.zip?
---@return string? message
function core.open_zip(path) end

--- A tensor from little-endian numbers that lie in a text; nil where it has too few of them.
---@param bytes string
---@param offset integer where the first number begins, from 0
---@param type "float32"|"float16"|"uint8"|"uint16"|"int32"|"bool"
---@param shape integer[]
---@return ph.tensor?
function core.parse_numbers(bytes, offset, type, shape) end

--- Groups and data sets, by their paths from the root ("model_weights/conv/kernel:0"), which itself is "".
---@class ph.hdf5
local hdf5 = {}

--- The paths of all of them, the root's first.
---@return string[]
function hdf5:names() end

--- The texts of an attribute. Nil where there is none of that name, or it is not made of texts; then a message says
--- what is damaged, if something is.
---@param path string
---@param attribute string
---@return string[]?
---@return string? message
function hdf5:texts(path, attribute) end

--- A data set of numbers. float32 in one piece is used where it lies in the file; other types, compressed and chunked
--- numbers are converted.
---@param path string
---@return ph.tensor?
---@return string? message
function hdf5:tensor(path) end

--- Closes the file; tensors live on.
function hdf5:close() end

---@class ph.zip
local zip = {}

--- The names of its entries.
---@return string[]
function zip:names() end

--- The bytes of an entry.
---@param name string
---@return string?
---@return string? message
function zip:text(name) end

--- An entry that is an HDF5 file.
---@param name string
---@return ph.hdf5?
---@return string? message
function zip:hdf5(name) end

--- Closes the archive; HDF5 files from it live on.
function zip:close() end
