-- SPDX-License-Identifier: MIT
-- Networks from state dicts: tensors by the names of PyTorch's modules, without a graph. Those of known families are
-- rebuilt by the scripts in network/models. Must not know any family, nor how files are read.

local config = require "phosphene.formats.state_dict.config"
local core = require "phosphene.core"
local families = require "phosphene.network.models.families"
local graph = require "phosphene.formats.state_dict.graph"
local preprocessing = require "phosphene.network.preprocessing"
local recognise = require "phosphene.formats.recognise"
local refuse = require "phosphene.formats.refuse"

local state_dict = {}

-- What training wraps around names, and what older versions of torchvision called modules.
local prefixes = { "module.", "_orig_mod.", "model." }
local renamed = { { "(denselayer%d+%.%a+)%.([12])%.", "%1%2." }, { "%.mlp%.linear_1%.", ".mlp.0." },
  { "%.mlp%.linear_2%.", ".mlp.3." } }

local function plain(tensors)
  for _, prefix in ipairs(prefixes) do
    local rest, has_all = {}, next(tensors) ~= nil
    for name, tensor in pairs(tensors) do
      has_all = has_all and name:sub(1, #prefix) == prefix
      rest[name:sub(#prefix + 1)] = tensor
    end
    tensors = has_all and rest or tensors
  end
  local result = {}
  for name, tensor in pairs(tensors) do
    for _, change in ipairs(renamed) do name = name:gsub(change[1], change[2]) end
    result[name] = tensor
  end
  return result
end

-- ---- which family ----

local function fits_one(name, patterns)
  for _, pattern in ipairs(patterns or {}) do
    if name:find(pattern) then return true end
  end
  return false
end

local function family_of(g, path)
  for _, family in ipairs(families) do
    if family.is(g) then
      local name = g.config.architecture
      if name and (not fits_one(name, family.called) or fits_one(name, family.not_called)) then
        refuse.raise("config.json says that it is '%s', which is not known; %s", name,
          recognise.export_advice(path))
      end
      return family
    end
  end
  refuse.raise("it holds weights without a graph (a state dict), of no family that is known: %s",
    recognise.export_advice(path))
end

-- ---- building ----

local function add_input(g, family, channels, options)
  local mean, std = g.config.mean, g.config.std
  refuse.guard(preprocessing.add, g.net, { options = options, channels = channels,
    model = not mean and family.input(g) or nil,
    metadata = mean and { range = "0 1", mean = table.concat(mean, " "), std = table.concat(std, " ") } })
  g:measure "input"
end

-- Channels of the picture: those that the first convolution reads.
local first_convolutions = { "conv1.0", "conv1.conv", "conv1", "features.conv0", "features.0.0", "features.0",
  "conv_stem", "conv_proj", "patch_embed.proj" }

local function channels_of(g)
  for _, name in ipairs(first_convolutions) do
    if g:has(name) then return g:shape(name)[2] or 3 end
  end
end

local default_side = 224

local function build(g, family, path, options)
  local side = family.side and family.side(g)
  local size = side and { side, side } or g.config.size or { default_side, default_side }
  local channels = channels_of(g)
  g:begin(core.network { backend = options.backend, channels = channels }, channels, size)
  add_input(g, family, channels, options)
  local logits = family.build(g) or nil
  local rest = g:left_over(family.unread)
  if rest then
    refuse.raise("its tensor '%s' is of no %s that is known; %s", rest, family.title, recognise.export_advice(path))
  end
  g:name_modules()
  if side or g.config.size then g.net:set_input_size(size[1], size[2]) end
  return logits
end

--- The network that the tensors of the file at `path` are of. Raises a refusal where it is not known.
function state_dict.build(path, tensors, class_labels, options)
  local g = graph.new(plain(tensors), config.beside(path))
  local logits = build(g, family_of(g, path), path, options)
  local list = #class_labels > 0 and class_labels or g.config.labels or {}
  refuse.guard(g.net.set_classes, g.net, { logits = logits, labels = logits and list or {} })
  refuse.guard(g.net.fold, g.net)
  for _, text in ipairs(g.told) do io.stderr:write(("phosphene: '%s': assumed that %s\n"):format(path, text)) end
  return g.net
end

return state_dict
