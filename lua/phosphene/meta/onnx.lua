-- SPDX-License-Identifier: MIT
---@meta

--- ONNX models (https://onnx.ai) as `phosphene.core` reads them: the file's messages as tables, with the names of
--- src/core/files/schema/onnx.proto. `ph.network` makes networks from them.
---@class phosphene.core
local core = {}

--- A model file as a table: `graph` with its lists `node`, `initializer`, `input`, `output`; `opset_import`;
--- `metadata_props`. Fields that the file lacks are absent; lists are always there. A tensor is a table of its `name`,
--- `type` ("float32", "int64", …), `dims`, and one of `tensor` (a ph.tensor; float16, bfloat16 and float64 are
--- converted), `integers` (integers and booleans, at most 65536), `numbers` (of an empty tensor of floats), or
--- `problem`, a text that says why its values were not read. Values stored in other files are read from the model's
--- folder. Gives nil and a one-line message if the file is damaged, or if reading it takes more memory than four times
--- its size plus 64 MiB.
---@param path string
---@return table?
---@return string? message
function core.load_onnx(path) end

--- A file that holds one tensor, as in ONNX's test data, as a table like those in `core.load_onnx`.
---@param path string
---@return table?
---@return string? message
function core.load_onnx_tensor(path) end
