-- SPDX-License-Identifier: MIT
---@meta

--- Pictures in files, as `phosphene.core` has them; recipes use `ph.load_image`, `ph.save` and `ph.montage`, which are
--- made of these. A picture is a tensor (1, 3, h, w), RGB in [0, 1]. Files that are missing, damaged or not writable
--- give nil and one line that names them; everything else that is wrong raises.
---@class phosphene.core
local core = {}

---@class ph.image_size
---@field size integer? pixels of the shorter side, 1..16384; the proportions stay. Not together with the others
---@field width integer? pixels across, 1..16384; alone it keeps the proportions
---@field height integer? pixels down, 1..16384; alone it keeps the proportions

--- Reads a PNG or JPEG as (1, 3, h, w). Grey is repeated in the three channels, transparency is laid over white, 16-bit
--- samples lose their lower half, orientation tags are ignored. Sides up to 16384 and 2^26 pixels are read, checksums
--- of PNGs are verified. Resizing is `core.resize_image`'s.
---@param path string
---@param options ph.image_size?
---@return ph.tensor?
---@return string? message
function core.load_image(path, options) end

--- Writes (1, 3, h, w), or (1, 1, h, w) as grey, as the path's ending says: `.png`, `.jpg` or `.jpeg` (quality 92).
--- Values are clipped to [0, 1] and rounded to 8 bits. The file appears whole or not at all: it is written beside the
--- target, which an error leaves as it was; missing folders are made. Metadata go into a PNG as tEXt (plain ASCII) or
--- iTXt chunks, sorted by key; keys are 1 to 79 printable ASCII characters. A JPEG keeps none. Raises for a batch, for
--- NaN, and for other endings.
---@param tensor ph.tensor
---@param path string
---@param metadata table<string, string|number>?
---@return true?
---@return string? message
function core.save_image(tensor, path, metadata) end

--- The texts of a PNG, this program's or another's (compressed ones are left out).
---@param path string
---@return table<string, string>?
---@return string? message
function core.read_metadata(path) end

--- Images (n, c, h', w') resized to (n, c, height, width), each at most 16384 pixels a side, with the filter of Mitchell
--- and Netravali ("Reconstruction filters in computer graphics", 1988), widened when shrinking so that nothing aliases.
--- Every channel stays within the range of values that it had.
---@param tensor ph.tensor
---@param height integer
---@param width integer
---@return ph.tensor
function core.resize_image(tensor, height, width) end

---@class ph.text_style
---@field size number? height of a line in pixels, 4..512; 16
---@field colour number[]? {red, green, blue}, or one number for a grey, in [0, 1]; black

--- Draws UTF-8 text into every image of (n, 3, h, w) and returns them. (x, y) is the upper left corner of the first line,
--- in pixels from 0, fractions allowed; what lies outside is cut off; "\n" begins a new line. The font is DejaVu Sans
--- of Debian's fonts-dejavu-core, or the file that PHOSPHENE_FONT names; raises without it.
---@param tensor ph.tensor
---@param x number
---@param y number
---@param text string
---@param style ph.text_style?
---@return ph.tensor
function core.draw_text(tensor, x, y, text, style) end

--- The pixels that a text takes: its longest line across, `size` (rounded up) per line down.
---@param text string
---@param size number as in ph.text_style
---@return integer width
---@return integer height
function core.text_size(text, size) end
