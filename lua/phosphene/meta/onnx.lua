-- SPDX-License-Identifier: MIT
---@meta

--- ONNX models (https://onnx.ai) as `phosphene.core` reads them: the file's messages as tables, with the names of
--- src/core/files/schema/onnx.proto. `ph.network` makes networks of them.
---@class phosphene.core
local core = {}

--- A model file as a table: `graph` with its lists `node`, `initializer`, `input`, `output`; `opset_import`;
--- `metadata_props`. What the file does not say is absent; lists are always there. A tensor is a table of its `name`,
--- `type` ("float32", "int64", …), `dims`, and either `tensor` (a ph.tensor; float16, bfloat16 and float64 are converted),
--- `integers` (whole numbers and truth values, at most 65536), `numbers` (of floats, when it is empty), or `problem`, a text
--- that says why its numbers are not read. Numbers in other files are found in the model's folder. A damaged file, or one
--- that takes more than four times its size and 64 MiB to read, gives nil and one line.
---@param path string
---@return table?
---@return string? message
function core.load_onnx(path) end

--- A file of one tensor, as ONNX's test data has them, as a table like those in `core.load_onnx`.
---@param path string
---@return table?
---@return string? message
function core.load_onnx_tensor(path) end
