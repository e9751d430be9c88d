-- SPDX-License-Identifier: MIT
-- A network's preprocessing: the range to which a picture's 0..1 is mapped, a mean and a standard deviation for each
-- channel, and the order of the channels. A wrong one is the most common fault of an imported network, and its only
-- symptom is worse pictures; so it is stated by the user, by the file or by a table of well-known networks, or else a
-- warning says that it is unknown. Must not know of file formats beyond their names.

local misuse = require "phosphene.base.misuse"

local preprocessing = {}

-- ---- well-known networks ----

local bytes_bgr = { range = { 0, 255 }, mean = { 104, 117, 123 }, order = "BGR" } -- Caffe's model zoo
local torchvision = { range = { 0, 1 }, mean = { 0.485, 0.456, 0.406 }, std = { 0.229, 0.224, 0.225 } }
preprocessing.torchvision = torchvision
local symmetric = { range = { -1, 1 } } -- TensorFlow-Slim's inception_preprocessing
local slim_vgg = { range = { 0, 255 }, mean = { 123.68, 116.78, 103.94 } } -- TensorFlow-Slim's vgg_preprocessing
-- Shicai's MobileNet-Caffe: those means in Caffe's order, times 0.017.
local mobilenet_caffe = { range = { 0, 255 }, mean = { 103.94, 116.78, 123.68 }, std = 1 / 0.017, order = "BGR" }

-- Keras Applications' preprocess_input in mode "caffe".
local keras_caffe = { range = { 0, 255 }, mean = { 103.939, 116.779, 123.68 }, order = "BGR" }

-- By format: a part of the file's or graph's name, and what its network wants. The first that matches counts. A name
-- that stands for networks of several origins (ONNX files called googlenet) is left out on purpose.
local known = {
  caffe = {
    { "mobilenet", mobilenet_caffe }, { "googlenet", bytes_bgr }, { "caffenet", bytes_bgr }, { "alexnet", bytes_bgr },
    { "vgg", bytes_bgr }, { "squeezenet", bytes_bgr }, { "resnet", bytes_bgr }, { "rcnn", bytes_bgr },
  },
  tensorflow = {
    { "inception5h", { range = { -117, 138 } } }, { "tensorflow_inception_graph", { range = { -117, 138 } } },
    { "inception", symmetric }, { "mobilenet", symmetric }, { "nasnet", symmetric }, { "resnet_v2", symmetric },
    { "resnet_v1", slim_vgg }, { "vgg", slim_vgg },
  },
  keras = {
    { "resnet%d+v2", symmetric }, { "resnet%d*", keras_caffe }, { "vgg", keras_caffe }, { "densenet", torchvision },
    { "inception", symmetric }, { "xception", symmetric }, { "mobilenet", symmetric }, { "nasnet", symmetric },
  },
  onnx = {
    { "bvlc", bytes_bgr }, { "caffenet", bytes_bgr }, { "rcnn", bytes_bgr }, { "resne[tx]t?", torchvision },
    { "vgg", torchvision }, { "alexnet", torchvision }, { "squeezenet", torchvision }, { "densenet", torchvision },
    { "inception_v3", torchvision }, { "mobilenet", torchvision }, { "shufflenet", torchvision },
    { "efficientnet_", torchvision }, { "convnext", torchvision }, { "regnet", torchvision },
    { "mnasnet", torchvision },
  },
}

local function well_known(format, names)
  for _, entry in ipairs(known[format] or {}) do
    for _, name in ipairs(names) do
      if name:lower():find(entry[1]) then return entry[2], "networks called " .. name end
    end
  end
end

-- ---- what a file states ----

local nominal_ranges = { NominalRange_0_255 = "0 255", Normalized_0_1 = "0 1", Normalized_1_1 = "-1 1" }
local pixel_formats = { Bgr8 = "BGR", Rgb8 = "RGB" }

-- A list of numbers in a text such as "0.485, 0.456, 0.406"; nil where it is none.
local function numbers(text)
  local list = {}
  for word in tostring(text or ""):gmatch "[^%s,%[%]]+" do
    local number = tonumber(word)
    if not number or number ~= number or math.abs(number) > 1e6 then return nil end
    list[#list + 1] = number
  end
  return #list > 0 and list or nil
end

--- What a file's metadata say: texts `range`, `mean`, `std` and `order`, or ONNX's own `Image.NominalPixelRange` and
--- `Image.BitmapPixelFormat` (docs/MetadataProps.md in onnx/onnx). Nil where they say nothing that can be used.
function preprocessing.stated(metadata)
  local range = numbers(metadata.range or nominal_ranges[metadata["Image.NominalPixelRange"] or ""])
  local mean, std = numbers(metadata.mean), numbers(metadata.std) -- of one number for all channels, or for each
  local order = tostring(metadata.order or pixel_formats[metadata["Image.BitmapPixelFormat"] or ""] or ""):upper()
  if order ~= "RGB" and order ~= "BGR" then order = nil end
  if range and (#range ~= 2 or range[1] == range[2]) then range = nil end
  for _, deviation in ipairs(std or {}) do
    if deviation <= 0 then std = nil end
  end
  if not (range or mean or std) then return nil end
  return {
    range = range, order = order,
    mean = mean and #mean == 1 and mean[1] or mean, std = std and #std == 1 and std[1] or std,
  }
end

-- ---- what the user states ----

--- Names of the options that are about preprocessing.
preprocessing.options = { "range", "mean", "std", "order" }

local function check_list(options, key, least)
  local value = options[key]
  if value == nil then return end
  for _, number in ipairs(type(value) == "table" and value or { value }) do
    if math.type(number) == nil or number ~= number or number < least or number > 1e6 then
      misuse.raise("network: %s: a number, or a list of one for each channel, expected, got %s", key, tostring(number))
    end
  end
  if type(value) == "table" and #value == 0 then misuse.raise("network: %s: the list is empty", key) end
end

--- Raises for options that make no sense.
function preprocessing.check(options)
  check_list(options, "mean", -1e6)
  check_list(options, "std", 1e-6)
  check_list(options, "range", -1e6)
  local range, order = options.range, options.order
  if range ~= nil and (type(range) ~= "table" or #range ~= 2 or range[1] == range[2]) then
    misuse.raise "network: range: two different numbers expected, {0, 255} for example"
  end
  if order ~= nil and (type(order) ~= "string" or not order:upper():match "^[RB]G[BR]$" or #order ~= 3
      or order:sub(1, 1):upper() == order:sub(3):upper()) then
    misuse.raise("network: order: \"RGB\" or \"BGR\" expected, got %s", tostring(order))
  end
end

-- ---- settings ----

local function list_of(value, channels)
  if type(value) == "table" then return value end
  local list = {}
  for c = 1, channels do list[c] = value or 0 end
  return list
end

-- Means and deviations above 1 are about bytes.
local function default_range(wanted)
  local most = 0
  for _, key in ipairs { "mean", "std" } do
    for _, number in ipairs(list_of(wanted[key], 1)) do most = math.max(most, math.abs(number)) end
  end
  return most > 1 and { 0, 255 } or { 0, 1 }
end

--- The settings of a `preprocess` layer.
local function layer_settings(wanted, channels)
  local range = wanted.range or default_range(wanted)
  local settings = { scale = range[2] - range[1], order = (wanted.order or "RGB"):lower() }
  if wanted.mean or range[1] ~= 0 then
    settings.mean = {}
    for c, mean in ipairs(list_of(wanted.mean, channels)) do settings.mean[c] = mean - range[1] end
  end
  if wanted.std then settings.deviation = list_of(wanted.std, channels) end
  return settings
end

-- Range, mean and standard deviation belong together: stating one of them replaces all three. The order is independent.
local function merge(base, options)
  local own = (options.range or options.mean or options.std) and options or base or {}
  return { range = own.range, mean = own.mean, std = own.std, order = options.order or (base and base.order) }
end

-- The source of each network's preprocessing, in words; false if it is unknown.
local sources = setmetatable({}, { __mode = "k" })

--- Whether the options state anything about it.
function preprocessing.is_stated(options)
  return (options.range or options.mean or options.std or options.order) ~= nil
end

--- Records the source of a network's preprocessing, in words; nil if it is unknown.
function preprocessing.came_from(net, source) sources[net] = source or false end

--- Adds the layer that turns a picture into the network's input, and gives its name. `request` has what is known:
---   options   the user's, which come first
---   model     what the architecture's own description says
---   metadata  the file's
---   format, names   "onnx", "caffe", "tensorflow" or "keras", and what the file and its graph are called
---   name, from   of the layer, "input" and "image" by default;  channels   of the picture, 3 by default
function preprocessing.add(net, request)
  local options, base, source = request.options or {}, request.model, "its architecture"
  if not base then base, source = preprocessing.stated(request.metadata or {}), "its file" end
  if not base then base, source = well_known(request.format, request.names or {}) end
  if options.range or options.mean or options.std then source = "the options" end
  preprocessing.came_from(net, source)

  local channels = request.channels or 3
  local settings = layer_settings(merge(channels == 3 and base or nil, options), channels)
  settings.type, settings.name, settings.from = "preprocess", request.name or "input", request.from or "image"
  assert(net:add(settings))
  return settings.name
end

--- Adds a layer that a file describes as `layer`, altered as the options state. `source` as in `came_from`.
function preprocessing.replace(net, layer, source, options)
  local model = { range = { 0, layer.scale or 1 }, mean = layer.mean, std = layer.deviation, order = layer.order }
  local name = preprocessing.add(net, { model = model, options = options, name = layer.name, from = layer.from,
    channels = net:channels() })
  local states_all = options.range or options.mean or options.std
  preprocessing.came_from(net, states_all and "the options" or source)
  return name
end

-- ---- looking at it ----

local function is_uniform(list, value)
  for _, number in ipairs(list) do
    if number ~= value then return false end
  end
  return true
end

--- A network's preprocessing: { range =, mean =, std =, order = }, as the options of the same names, and its `source`.
--- Nil for a network without preprocessing.
function preprocessing.of(net)
  for _, name in ipairs(net:layers()) do
    local layer = net:layer(name)
    if layer.type == "preprocess" then
      local s = layer.settings
      local mean, std = s.mean, s.deviation
      local first = mean[1] or 0
      local result = { range = { 0, s.scale }, order = s.order:upper(), source = sources[net] or nil }
      if #std > 0 and not is_uniform(std, 1) then result.std = std end
      if is_uniform(mean, first) and not result.std then
        result.range = { -first, s.scale - first }
      elseif not is_uniform(mean, 0) then
        result.mean = mean
      end
      return result
    end
  end
end

local function numbers_text(value)
  local parts = {}
  for i, number in ipairs(value) do parts[i] = ("%g"):format(number) end
  return table.concat(parts, ", ")
end

--- "RGB, 0..255, mean 104, 117, 123" of what `of` gives, for pictures of so many channels.
function preprocessing.text(p, channels)
  local colours = channels == 3 and (p.order or "RGB") or channels == 1 and "grey" or ("%d channels"):format(channels)
  local text = ("%s, %g..%g"):format(colours, p.range[1] + 0.0, p.range[2] + 0.0) -- no -0
  if p.mean then text = ("%s, mean %s"):format(text, numbers_text(p.mean)) end
  if p.std then text = ("%s, std %s"):format(text, numbers_text(p.std)) end
  return text
end

--- Warns on stderr if a network's preprocessing is unknown.
function preprocessing.tell(net, path)
  if sources[net] ~= false then return end
  io.stderr:write(("phosphene: '%s' does not state its preprocessing; assuming %s. The options range, mean, std "
    .. "and order of ph.network say otherwise; net:check \"photographs/\" shows what fits\n"):format(path,
    preprocessing.text(preprocessing.of(net), net:channels())))
end

return preprocessing
