-- SPDX-License-Identifier: MIT
-- What config.json, beside a state dict, says that names of tensors cannot: timm's and Hugging Face's spellings of the
-- input, the labels and a few settings. Files are untrusted: what is not as expected is as if it were not there. Must
-- not know any family.

local json = require "phosphene.base.json"
local labels = require "phosphene.network.labels"
local reading = require "phosphene.base.reading"

local config = {}

-- Longer files are no configs.
local most_bytes = 1 << 22

local function read(path)
  local file = reading.open(path)
  local text = file and file:read(most_bytes + 1)
  if file then file:close() end
  local all = text and #text <= most_bytes and json.decode(text, 8)
  return type(all) == "table" and all or {}
end

-- The first of several values that is of this type.
local function first(wanted, ...)
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if type(value) == wanted then return value end
  end
end

local function numbers(list)
  if type(list) ~= "table" or #list == 0 then return nil end
  for _, number in ipairs(list) do
    if type(number) ~= "number" then return nil end
  end
  return list
end

-- A whole number in a range, or nil.
local function count(value, most)
  local number = math.tointeger(tonumber(value))
  return number and number >= 1 and number <= most and number or nil
end

local most_side, most_heads = 1 << 14, 1 << 10

-- { height, width } of (channels, height, width).
local function size_of(list)
  local height, width = count((numbers(list) or {})[2], most_side), count((numbers(list) or {})[3], most_side)
  return height and width and { height, width }
end

--- What is known beside the file at `path`: `architecture`, `size`, `mean` and `std`, `labels`, `heads`, `epsilon` (of
--- layer norms), `pool`; each nil where it is not said.
function config.beside(path)
  local folder, stem = path:match "^(.*/)" or "", path:match "([^/]*)%.%w+$" or path
  local own = read(folder .. stem .. ".json")
  local all = next(own) and own or read(folder .. "config.json")
  local cfg, arguments = first("table", all.pretrained_cfg) or {}, first("table", all.model_args) or {}
  local mean, std = numbers(cfg.mean or all.mean), numbers(cfg.std or all.std)
  local epsilon = first("number", all.layer_norm_eps)
  return {
    architecture = first("string", all.architecture, cfg.architecture),
    size = size_of(cfg.input_size or all.input_size),
    mean = mean and std and mean, std = mean and std,
    labels = labels.of_json(all.label_names or cfg.label_names or all.id2label or false),
    heads = count(arguments.num_heads or all.num_heads or all.num_attention_heads, most_heads),
    epsilon = epsilon and epsilon > 0 and epsilon < 1 and epsilon or nil,
    pool = first("string", all.global_pool, arguments.global_pool),
  }
end

return config
