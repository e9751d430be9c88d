-- SPDX-License-Identifier: MIT
-- Montage: many pictures on one sheet, in a grid, with a title, labels for rows, columns and single pictures, and a
-- caption. Text is wrapped, and shrunk where a word is too long, but never cut off. Must not know what the pictures
-- show.

local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local kind_of = require "phosphene.base.kind_of"
local misuse = require "phosphene.base.misuse"
local picture = require "phosphene.picture.files"

local least_text = 9 -- pixels; smaller is hard to read
local least_labelled_width = 64 -- pixels; narrower cells are widened so that a label finds room

-- ---- text in a given width ----

local function width_of(text, size) return (core.text_size(text, size)) end

-- A word cut into pieces that fit.
local function break_word(word, width, size)
  local pieces, piece = {}, ""
  for _, code in utf8.codes(word) do
    local longer = piece .. utf8.char(code)
    if piece ~= "" and width_of(longer, size) > width then
      pieces[#pieces + 1] = piece
      longer = utf8.char(code)
    end
    piece = longer
  end
  pieces[#pieces + 1] = piece
  return pieces
end

-- Lines of at most this width, or nil where a word does not fit and may not be broken.
local function wrap(text, width, size, may_break)
  local lines = {}
  for paragraph in (text .. "\n"):gmatch "(.-)\n" do
    local line
    for word in paragraph:gmatch "%S+" do
      local pieces = { word }
      if width_of(word, size) > width then
        if not may_break then return nil end
        pieces = break_word(word, width, size)
      end
      for _, piece in ipairs(pieces) do
        local longer = line and line .. " " .. piece or piece
        if line and width_of(longer, size) > width then
          lines[#lines + 1] = line
          longer = piece
        end
        line = longer
      end
    end
    lines[#lines + 1] = line or ""
  end
  return lines
end

-- A text laid out: lines, the size they are drawn in, and the room they take.
local function lay_out(text, width, size)
  if not text or text == "" then return { lines = {}, size = size, width = 0, height = 0, line_height = 0 } end
  text = tostring(text)
  if not utf8.len(text) then misuse.raise("montage: a text is not valid UTF-8") end
  local lines = wrap(text, width, size)
  while not lines and size > least_text do
    size = size - 1
    lines = wrap(text, width, size)
  end
  lines = lines or wrap(text, width, size, true)
  local block = { lines = lines, size = size, width = 0 }
  for _, line in ipairs(lines) do block.width = math.max(block.width, width_of(line, size)) end
  block.line_height = math.ceil(size * 1.2)
  block.height = #lines * block.line_height
  return block
end

-- Draws a block into the given width: centred there, or flush left.
local function draw(sheet, block, x, y, width, colour, flush_left)
  for i, line in ipairs(block.lines) do
    local indent = flush_left and 0 or (width - width_of(line, block.size)) // 2
    core.draw_text(sheet, x + indent, y + (i - 1) * block.line_height, line, { size = block.size, colour = colour })
  end
end

-- ---- the sheet ----

-- All images as a list of (1, 3, h, w), from a batch or a list of batches; what has opacity, where that is asked for,
-- over the background, or over a checkerboard.
local function flatten(images, background, options)
  local list, checkerboard = {}, options.checkerboard
  for _, given in ipairs(images) do
    local batch = picture.visible(given, options.opacity or checkerboard)
    local shape = batch:shape()
    for _, image in ipairs(shape[1] == 1 and { batch } or picture.split(batch)) do
      local below = shape[2] == 4 and (checkerboard and picture.checkerboard(shape[3], shape[4]) or background)
      list[#list + 1] = below and picture.over(image, below) or image
    end
  end
  return list
end

-- One colour all over: a single pixel, enlarged.
local function plain(height, width, colour)
  return core.resize_image(core.tensor({ 1, 3, 1, 1 }, colour), height, width)
end

local function tallest(blocks, first, last)
  local height = 0
  for i = first, last do height = math.max(height, blocks[i] and blocks[i].height or 0) end
  return height
end

local function lay_out_all(texts, count, width, size)
  local blocks = {}
  for i = 1, count do blocks[i] = lay_out(texts and texts[i], width, size) end
  return blocks
end

-- Where everything goes: widths, heights and laid-out texts.
local function plan(images, options)
  local p = { images = images, padding = options.padding or 6 }
  local cell_width, cell_height = options.labels and least_labelled_width or 1, 1
  for _, image in ipairs(images) do
    local shape = image:shape()
    cell_height, cell_width = math.max(cell_height, shape[3]), math.max(cell_width, shape[4])
  end
  p.cell_width, p.cell_height = cell_width, cell_height
  p.columns = math.min(options.columns or math.ceil(math.sqrt(#images)), #images)
  p.rows = (#images + p.columns - 1) // p.columns

  local size = options.text_size or math.max(12, math.min(20, cell_width // 9))
  p.labels = lay_out_all(options.labels, #images, cell_width, size)
  p.column_labels = lay_out_all(options.column_labels, p.columns, cell_width, size)
  p.row_labels = lay_out_all(options.row_labels, p.rows, math.max(cell_width, 96), size)
  p.row_label_width = 0
  for _, block in ipairs(p.row_labels) do p.row_label_width = math.max(p.row_label_width, block.width) end

  p.left = p.padding + (p.row_label_width > 0 and p.row_label_width + p.padding or 0)
  p.width = p.left + p.columns * (cell_width + p.padding)
  p.title = lay_out(options.title, p.width - 2 * p.padding, math.floor(size * 1.4))
  p.caption = lay_out(options.caption, p.width - 2 * p.padding, size)
  return p
end

local function room(block_height, padding) return block_height > 0 and block_height + padding or 0 end

local function height_of(p)
  local height = p.padding + room(p.title.height, p.padding) + room(p.caption.height, p.padding)
    + room(tallest(p.column_labels, 1, p.columns), p.padding)
  for row = 1, p.rows do
    height = height + p.cell_height + p.padding
      + room(tallest(p.labels, (row - 1) * p.columns + 1, row * p.columns), p.padding)
  end
  return height
end

-- One row of pictures with its labels, from y on; returns where the next one begins.
local function draw_row(sheet, p, row, y, colour)
  local first, last = (row - 1) * p.columns + 1, math.min(row * p.columns, #p.images)
  local name = p.row_labels[row]
  draw(sheet, name, p.padding, y + (p.cell_height - name.height) // 2, p.row_label_width, colour, true)
  for i = first, last do
    local x = p.left + (i - first) * (p.cell_width + p.padding)
    local shape = p.images[i]:shape()
    sheet:paste(p.images[i], y + (p.cell_height - shape[3]) // 2, x + (p.cell_width - shape[4]) // 2)
    draw(sheet, p.labels[i], x, y + p.cell_height + p.padding // 2, p.cell_width, colour)
  end
  return y + p.cell_height + p.padding + room(tallest(p.labels, first, last), p.padding)
end

local option_names = { "columns", "labels", "title", "caption", "row_labels", "column_labels", "padding", "background",
  "checkerboard", "colour", "opacity", "text_size" }

local a_colour = expect.list(expect.within(0, 1), "three numbers from 0 to 1, {red, green, blue},", 3)
local a_text = expect.kinds("a text", "string", "number")
local texts = expect.kinds("a list of texts", "table")
local expected = {
  columns = expect.whole(1), padding = expect.whole(0, 4096), title = a_text, caption = a_text, labels = texts,
  row_labels = texts, column_labels = texts, background = a_colour,
  colour = a_colour, checkerboard = expect.truth, opacity = expect.truth, text_size = expect.within(4, 256),
}

local function check(options)
  misuse.check_keys(options, option_names, "montage")
  expect.fields(options, expected, "montage: ")
  for _, name in ipairs { "labels", "row_labels", "column_labels" } do
    for place, text in pairs(options[name] or {}) do -- not everything needs one
      expect.value(text, a_text, ("montage: %s: %s"):format(name, tostring(place)))
    end
  end
end

-- A label for what is not there would not be seen. A sheet of fewer pictures, because Ctrl-C came, is better than none.
local function check_labels(p, options)
  if core.interrupted() then return end
  local places = { labels = #p.images, row_labels = p.rows, column_labels = p.columns }
  for name, most in pairs(places) do
    for place in pairs(options[name] or {}) do
      if math.type(place) ~= "integer" or place < 1 or place > most then
        misuse.raise("montage: %s: entry %s, but there %s", name, tostring(place), most == 1 and "is 1 place" or
          ("are %d places"):format(most))
      end
    end
  end
end

-- Batches as a list of them.
local function list_of(images)
  if kind_of(images) ~= "table" then images = { images } end
  if next(images) == nil then misuse.raise "montage: no pictures" end
  return expect.elements(images, expect.pictures, "montage")
end

--- One picture of many; see meta/phosphene.lua.
local function montage(images, options)
  options = options or {}
  images = list_of(images)
  check(options)
  local background = options.background or { 1, 1, 1 }
  local is_dark = background[1] + background[2] + background[3] < 1.5
  local colour = options.colour or (is_dark and { 0.92, 0.92, 0.92 } or { 0.1, 0.1, 0.1 })

  local p = plan(flatten(images, background, options), options)
  check_labels(p, options)
  local sheet = plain(height_of(p), p.width, background)
  local y = p.padding
  draw(sheet, p.title, p.padding, y, p.width - 2 * p.padding, colour)
  y = y + room(p.title.height, p.padding)
  for column = 1, p.columns do
    draw(sheet, p.column_labels[column], p.left + (column - 1) * (p.cell_width + p.padding), y, p.cell_width, colour)
  end
  y = y + room(tallest(p.column_labels, 1, p.columns), p.padding)
  for row = 1, p.rows do y = draw_row(sheet, p, row, y, colour) end
  draw(sheet, p.caption, p.padding, y, p.width - 2 * p.padding, colour)
  return sheet
end

return montage
