-- SPDX-License-Identifier: MIT
---@meta

--- TensorFlow graphs (GraphDef) as `phosphene.core` reads them: the file's messages as tables, with the names of
--- src/core/files/schema/tensorflow.proto. `ph.network` makes networks from them.
---@class phosphene.core
local core = {}

--- A file as a table: `node` is the list of nodes, each with `name`, `op`, `input`, and `attr`, a list of `key` and
--- `value`. Fields that the file lacks are absent; lists are always there. A tensor is a table of its `type`
--- ("float32", "int64", …), `dims`, and one of `tensor` (a ph.tensor; float16, bfloat16 and float64 are converted, and
--- more than 65536 integers of at most 16 bits), `integers` (integers and booleans, at most 65536), `fill` (the value of
--- all its elements), or `problem`, a text that says why its values were not read. Gives nil and a one-line message if
--- the file is damaged, or if reading it takes more memory than four times its size plus 64 MiB.
---@param path string
---@return table?
---@return string? message
function core.load_tensorflow(path) end
