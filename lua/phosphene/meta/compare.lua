-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- What `ph.compare` gives.
---@class ph.comparison
---@field image ph.tensor the sheet, (1, 3, h, w)
---@field images ph.tensor[] the pictures on it, or batches of them, row by row
---@field results ph.result[] one for each variant that was run
---@field interrupted boolean whether Ctrl-C ended the comparison
---@field metadata table<string, string|number|boolean> the settings that all runs share; they are stored in the saved
--- sheet
local comparison = {}

--- Writes the sheet, with the metadata that all runs share.
---@param path string
---@return boolean?
---@return string? message
function comparison:save(path) end

--- Runs an objective under different settings, one after the other, and lays the pictures out on one sheet: one row for
--- each variant and one column for each snapshot; without snapshots, all pictures in one row. Ctrl-C stops after the
--- current run's step and gives a sheet of the pictures so far.
---   ph.compare({ net, "mixed4a:11", seed = 1, snapshots = { 1, 32, 256 } }, {
---     { "pixels", parameterisation = "pixels" }, { "Fourier" },
---   }, { title = "mixed4a:11" }):save "out/comparison.png"
---@param common ph.render_options the options that all runs share; `steps` defaults to the last of `snapshots`
---@param variants table[] one { label, options… } for each run; these options override the common ones
---@param sheet ph.montage_options? further options of the sheet
---@return ph.comparison
function ph.compare(common, variants, sheet) end
