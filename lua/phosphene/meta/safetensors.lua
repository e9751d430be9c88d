-- SPDX-License-Identifier: MIT
---@meta

--- Weights files in the safetensors format (https://huggingface.co/docs/safetensors), as `phosphene.core` reads and
--- writes them; `ph.network` reads its weights from them.
---@class phosphene.core
local core = {}

--- All tensors of a file, by name, and its metadata (texts). What happens to the file afterwards does not
--- matter, and writing to a tensor does not change the file. F16, BF16 and F64 are converted to float32; tensors of whole numbers are skipped, and named in a list. More than six dimensions, empty
--- dimensions, and files that break the format in any way give nil and one line that names file, tensor and fault.
---@param path string
---@return table<string, ph.tensor>?
---@return table<string, string>|string metadata, or the message
---@return string[] skipped
function core.load_safetensors(path) end

--- Writes tensors, sorted by name, and metadata. The file is written completely or not at all; equal contents give
--- equal bytes. Values are stored as F32, widened to F64, or rounded to the nearest (ties to even) F16 or BF16; raises
--- if one is too large for the type, and for names that are not UTF-8.
---@param path string
---@param tensors table<string, ph.tensor>
---@param metadata table<string, string|number>?
---@param options { type: "F32"|"F16"|"BF16"|"F64"|nil }? F32 by default
---@return true?
---@return string? message
function core.save_safetensors(path, tensors, metadata, options) end
