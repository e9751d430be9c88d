-- SPDX-License-Identifier: MIT
---@meta

--- TensorFlow graphs (GraphDef) as `phosphene.core` reads them: the file's messages as tables, with the names of
--- src/core/files/schema/tensorflow.proto. `ph.network` makes networks from them.
---@class phosphene.core
local core = {}

--- A file as a table: `node` lists the nodes, of which each has `name`, `op`, `input`, and `attr`, a list of `key` and
--- `value`. What the file does not say is absent; lists are always there. A tensor is a table of its `type` ("float32",
--- "int64", …), `dims`, and either `tensor` (a ph.tensor; float16, bfloat16 and float64 are converted, and so are whole
--- numbers of at most 16 bits where they are many), `integers` (whole numbers and truth values, at most 65536), `fill`
--- (the one number that all its elements are), or `problem`, a text that says why its numbers are not read. A damaged
--- file, or one that takes more than four times its size and 64 MiB to read, gives nil and one line.
---@param path string
---@return table?
---@return string? message
function core.load_tensorflow(path) end
