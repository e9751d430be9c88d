-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- What `ph.compare` gives.
---@class ph.comparison
---@field image ph.tensor the sheet, (1, 3, h, w)
---@field images ph.tensor[] the pictures on it, or batches of them, row by row
---@field results ph.result[] one for each variant that was run
---@field interrupted boolean whether Ctrl-C ended it
---@field metadata table<string, string|number|boolean> what is true of all runs, which is stored in the saved sheet
local comparison = {}

--- Writes the sheet, with the metadata that all runs share.
---@param path string
---@return boolean?
---@return string? message
function comparison:save(path) end

--- Runs an objective under different settings, one after the other, and lays the pictures out on one sheet: a row for each
--- variant, with a column for each of `snapshots`; without snapshots all in one row. Ctrl-C ends it with the present run,
--- and gives a sheet of what there is.
---   ph.compare({ net, "mixed4a:11", seed = 1, snapshots = { 1, 32, 256 } }, {
---     { "pixels", parameterisation = "pixels" }, { "Fourier" },
---   }, { title = "mixed4a:11" }):save "out/comparison.png"
---@param common ph.render_options what all runs have in common; `steps` is the last of `snapshots` where not given
---@param variants table[] of each run { label, options… }; its options win over the common ones
---@param sheet ph.montage_options? of the sheet besides
---@return ph.comparison
function ph.compare(common, variants, sheet) end
