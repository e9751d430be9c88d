-- SPDX-License-Identifier: MIT
-- The vision transformer (Dosovitskiy et al., 2021) by the names of torchvision and of timm. A picture is cut into
-- patches; each becomes a token, and one more token, first of all, ends as the class. Activations are (n, tokens,
-- features). Depth, width and patch are those of the weights; how many heads there are does not show there. Must not
-- know where weights come from.

local preprocessing = require "phosphene.network.preprocessing"

local vit = { title = "vision transformer", called = { "^vit", "^deit", "^flexivit" } }

-- What the modules are called: the patches' convolution, the class's token, positions, a block and its parts, the last
-- norm, the classes. timm's layer scale has parts of its own.
local torchvision = { patches = "conv_proj", token = "class_token", positions = "encoder.pos_embedding",
  block = "encoder.layers.encoder_layer_%d", norm1 = ".ln_1", attention = ".self_attention", qkv = ".in_proj",
  separator = "_", out = ".out_proj", norm2 = ".ln_2", first = ".mlp.0", act = ".mlp.1", second = ".mlp.3",
  norm = "encoder.ln", head = "heads.head" }
local timm = { patches = "patch_embed.proj", token = "cls_token", positions = "pos_embed", block = "blocks.%d",
  norm1 = ".norm1", attention = ".attn", qkv = ".qkv", separator = ".", out = ".proj", norm2 = ".norm2",
  first = ".mlp.fc1", act = ".mlp.act", second = ".mlp.fc2", norm = "norm", head = "head" }

local function names_of(g) return g:has "conv_proj" and torchvision or timm end

function vit.is(g)
  return g:has_tensor "class_token" and g:has "conv_proj" or g:has_tensor "pos_embed" and g:has "blocks.0.attn.qkv"
end

-- Tokens that are not patches.
local function extra(g, names) return g:has_tensor(names.token) and 1 or 0 end

--- The side of the pictures that the positions are for: they form a square.
function vit.side(g)
  local names = names_of(g)
  local tokens = (g:shape(names.positions, true)[2] or 1) - extra(g, names)
  return math.floor(math.sqrt(math.max(tokens, 1)) + 0.5) * g:kernel(names.patches)
end

--- torchvision's were trained on its usual pictures; timm's on several kinds.
function vit.input(g) return g:has "conv_proj" and preprocessing.torchvision or nil end

-- Heads that are not 64 wide, by the width of the network: ViT-SO400M, H, g and G.
local odd_heads = { [1152] = 16, [1280] = 16, [1408] = 16, [1664] = 16 }

local function heads_of(g, width)
  if g.config.heads then return g.config.heads end
  local heads = odd_heads[width] or math.max(1, width // 64)
  g:assume("it has %d heads of attention", heads)
  return heads
end

-- A tensor as a layer, under its own name.
local function constant(g, name, value)
  return g:layer("constant", name, {}, { value = value or g:tensor(name) })
end

-- Tokens times a matrix, plus a bias.
local function linear(g, name, from, separator)
  separator = separator or "."
  local weight, bias = constant(g, name .. separator .. "weight"), name .. separator .. "bias"
  if not g:has_tensor(bias) then return g:layer("matmul", name, { from, weight }, { transpose_b = true }) end
  local x = g:layer("matmul", name .. ".product", { from, weight }, { transpose_b = true })
  return g:layer("binary", name, { x, constant(g, bias) }, { operation = "add" })
end

local function norm(g, name, from)
  return g:layer("layer_norm", name, from, { scale = g:tensor(name .. ".weight"), bias = g:tensor(name .. ".bias"),
    epsilon = g.config.epsilon or 1e-6 })
end

-- The patches as tokens behind the class's, plus their positions.
local function embed(g, names)
  local kernel = g:kernel(names.patches)
  local x = g:convolution(names.patches, "input", { stride = kernel, padding = 0 })
  local width = g:channels(x)
  x = g:layer("reshape", names.patches .. ".flatten", x, { shape = { 0, width, -1 } })
  x = g:layer("transpose", names.patches .. ".tokens", x, { axes = { 0, 2, 1 } })
  if extra(g, names) == 1 then
    x = g:layer("concat", names.token .. ".cat", { constant(g, names.token), x }, { axis = 1 })
  end
  local positions = constant(g, names.positions .. ".value", g:tensor(names.positions))
  return g:layer("binary", names.positions, { x, positions }, { operation = "add" }), width
end

-- One third of the last axis, as (n, heads, tokens, features of a head).
local function third(g, name, from, part, width, heads)
  local x = g:layer("slice", name, from, { axes = { 2 }, starts = { part * width }, ends = { (part + 1) * width } })
  x = g:layer("reshape", name .. ".heads", x, { shape = { 0, 0, heads, width // heads } })
  return g:layer("transpose", name .. ".turned", x, { axes = { 0, 2, 1, 3 } })
end

local function attention(g, name, from, names, width, heads)
  local all = linear(g, name .. names.qkv, from, names.separator)
  local q, k = third(g, name .. ".q", all, 0, width, heads), third(g, name .. ".k", all, 1, width, heads)
  local v = third(g, name .. ".v", all, 2, width, heads)
  local x = g:layer("matmul", name .. ".products", { q, k }, { transpose_b = true })
  x = g:layer("binary", name .. ".scores", { x, "attention_scale" }, { operation = "multiply" })
  x = g:layer("softmax", name .. ".softmax", x, { axis = -1 })
  x = g:layer("matmul", name .. ".read", { x, v })
  x = g:layer("transpose", name .. ".back", x, { axes = { 0, 2, 1, 3 } })
  return linear(g, name .. names.out, g:layer("reshape", name .. ".joined", x, { shape = { 0, 0, width } }))
end

-- What a branch gives, times timm's layer scale where there is one, plus what the branch read.
local function joined(g, name, scale, from, x)
  if g:has_tensor(scale .. ".gamma") then
    x = g:layer("binary", scale, { x, constant(g, scale .. ".gamma") }, { operation = "multiply" })
  end
  return g:layer("sum", name, { from, x })
end

local function block(g, name, from, names, width, heads)
  local x = attention(g, name .. names.attention, norm(g, name .. names.norm1, from), names, width, heads)
  from = joined(g, name .. ".add", name .. ".ls1", from, x)
  x = linear(g, name .. names.first, norm(g, name .. names.norm2, from))
  x = linear(g, name .. names.second, g:activation("gelu", name .. names.act, x))
  return joined(g, name .. ".add_1", name .. ".ls2", from, x)
end

-- The class's token, or, where the config says so or there is a norm for it, the mean of the patches.
local function pooled(g, x, names)
  local is_mean = g.config.pool == "avg" or g:has "fc_norm" or extra(g, names) == 0
  if g:has(names.norm) then x = norm(g, names.norm, x) end
  if is_mean then
    local first = extra(g, names)
    x = g:layer("slice", "patches", x, { axes = { 1 }, starts = { first }, ends = { math.maxinteger >> 32 } })
    x = g:layer("reduce", "pool", x, { operation = "mean", axes = { 1 }, keep = false })
    return g:has "fc_norm" and norm(g, "fc_norm", x) or x
  end
  x = g:layer("slice", "class", x, { axes = { 1 }, starts = { 0 }, ends = { 1 } })
  return g:layer("squeeze", "pool", x, { axes = { 1 } })
end

function vit.build(g)
  local names = names_of(g)
  local x, width = embed(g, names)
  local heads = heads_of(g, width)
  if heads < 1 or width % heads ~= 0 then g:refuse("%d features are not shared by %d heads", width, heads) end
  constant(g, "attention_scale", g.scalar((width // heads) ^ -0.5))
  for i = 0, g:count(names.block .. names.norm1) - 1 do x = block(g, names.block:format(i), x, names, width, heads) end
  x = pooled(g, x, names)
  return g:has(names.head) and g:dense(names.head, x)
end

return vit
