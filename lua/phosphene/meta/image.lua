-- SPDX-License-Identifier: MIT
---@meta

--- Pictures in files, in `phosphene.core`. Recipes use `ph.load_image`, `ph.save` and `ph.montage`, which call these
--- functions. A picture is a tensor (1, 3, h, w), RGB in [0, 1]. Files that are missing, damaged or not writable give
--- nil and a one-line message that names them; any other error is raised.
---@class phosphene.core
local core = {}

---@class ph.image_size
---@field size integer? pixels of the shorter side, 1..16384; keeps the aspect ratio. Excludes the other two
---@field width integer? pixels, 1..16384; alone, it keeps the aspect ratio
---@field height integer? pixels, 1..16384; alone, it keeps the aspect ratio

--- Reads a PNG, JPEG or WebP as (1, 3, h, w); the file's bytes tell which, not its name. Grey is repeated in the three
--- channels, transparent pictures are composited over white, 16-bit samples are truncated to 8 bits, the inks of CMYK
--- are seen on white paper, without a profile; the orientation that cameras write (Exif) is applied; of an animation the
--- first frame is read. Sides may have up to 16384 pixels, a picture 2^26; checksums of PNGs are verified.
--- `core.resize_image` does the resizing.
---@param path string
---@param options ph.image_size?
---@return ph.tensor?
---@return string? message
function core.load_image(path, options) end

--- Writes (1, 3, h, w), or (1, 1, h, w) as grey, in the format that the path's suffix names: `.png`, `.jpg` or `.jpeg`
--- (quality 92). Values are clipped to [0, 1] and rounded to 8 bits. The file is written completely or not at all: it
--- is first written beside the target, which an error leaves unchanged. Missing folders are created. Metadata go into a
--- PNG as tEXt (plain ASCII) or iTXt chunks, sorted by key; keys are 1 to 79 printable ASCII characters. A JPEG stores
--- no metadata. Raises for a batch, for NaN, and for other suffixes.
---@param tensor ph.tensor
---@param path string
---@param metadata table<string, string|number>?
---@return true?
---@return string? message
function core.save_image(tensor, path, metadata) end

--- The texts stored in a PNG, written by this program or another (compressed ones are left out).
---@param path string
---@return table<string, string>?
---@return string? message
function core.read_metadata(path) end

--- Images (n, c, h', w') resized to (n, c, height, width), each at most 16384 pixels a side, with the filter of Mitchell
--- and Netravali ("Reconstruction filters in computer graphics", 1988), widened when shrinking to avoid aliasing. Every
--- channel stays within its original range of values.
---@param tensor ph.tensor
---@param height integer
---@param width integer
---@return ph.tensor
function core.resize_image(tensor, height, width) end

--- Pictures (n, 3, h, w) in grey, (n, 1, h, w): .299 red + .587 green + .114 blue (ITU-R BT.601).
---@param images ph.tensor
---@return ph.tensor
function core.luminance(images) end

---@class ph.text_style
---@field size number? height of a line in pixels, 4..512; 16
---@field colour number[]? {red, green, blue}, or one number for a grey, in [0, 1]; black

--- Draws UTF-8 text into every image of (n, 3, h, w) and returns them. (x, y) is the upper left corner of the first line,
--- in pixels from 0, fractions allowed; text outside the image is cut off; "\n" begins a new line. The font is DejaVu
--- Sans from Debian's fonts-dejavu-core, or the file that PHOSPHENE_FONT names; raises if there is none.
---@param tensor ph.tensor
---@param x number
---@param y number
---@param text string
---@param style ph.text_style?
---@return ph.tensor
function core.draw_text(tensor, x, y, text, style) end

--- The size of a text in pixels: the width of its longest line, and `size` (rounded up) for each line.
---@param text string
---@param size number as in ph.text_style
---@return integer width
---@return integer height
function core.text_size(text, size) end
