-- SPDX-License-Identifier: MIT
-- A small vision transformer with random weights, as a network in Lua: pictures of 32 x 32, 8 x 8 pixels a patch, two
-- blocks of attention by two heads, 5 classes.

local core = require "phosphene.core"

local dim, heads, rows = 12, 2, 4
local tokens = rows * rows + 1

-- `others` are tokens between the class token and the patches.
return function(others)
  local random, count = core.random(7, "transformer"), tokens + (others or 0)
  local net = core.network {}
  local function weight(...) return random:fill_normal(core.tensor { ... }, 0, 0.3) end
  local function add(type, name, from, settings)
    local layer = { type = type, name = name, from = from }
    for key, value in pairs(settings or {}) do layer[key] = value end
    assert(net:add(layer))
    return name
  end
  -- Features into others: x W + b for each token.
  local function linear(name, from, inputs, outputs)
    add("constant", name .. "/w", {}, { value = weight(inputs, outputs) })
    add("constant", name .. "/b", {}, { value = weight(outputs) })
    add("matmul", name .. "/product", { from, name .. "/w" })
    return add("binary", name, { name .. "/product", name .. "/b" }, { operation = "add" })
  end

  local function attention(name, from)
    linear(name .. "/qkv", from, dim, 3 * dim)
    add("reshape", name .. "/split", name .. "/qkv", { shape = { 1, count, 3, heads, dim // heads } })
    add("transpose", name .. "/turned", name .. "/split", { axes = { 2, 0, 3, 1, 4 } })
    for i, part in ipairs { "q", "k", "v" } do
      add("gather", ("%s/%s"):format(name, part), name .. "/turned", { axis = 0, indices = core.tensor({ 1 }, i - 1) })
      add("squeeze", ("%s/%s "):format(name, part), ("%s/%s"):format(name, part), { axes = { 0 } })
    end
    add("matmul", name .. "/scores", { name .. "/q ", name .. "/k " }, { transpose_b = true })
    add("softmax", name .. "/weights", name .. "/scores", { axis = -1 })
    add("matmul", name .. "/mixed", { name .. "/weights", name .. "/v " })
    add("transpose", name .. "/back", name .. "/mixed", { axes = { 0, 2, 1, 3 } })
    add("reshape", name .. "/joined", name .. "/back", { shape = { 1, count, dim } })
    return linear(name .. "/out", name .. "/joined", dim, dim)
  end

  add("convolution", "patches", "image", { stride = 8, weight = weight(dim, 3, 8, 8) })
  add("reshape", "list", "patches", { shape = { 1, dim, rows * rows } })
  add("transpose", "turned", "list", { axes = { 0, 2, 1 } })
  add("constant", "class", {}, { value = weight(1, 1, dim) })
  local parts = { "class" }
  if others then parts[2] = add("constant", "more", {}, { value = weight(1, others, dim) }) end
  parts[#parts + 1] = "turned"
  add("concat", "tokens", parts, { axis = 1 })
  add("constant", "positions", {}, { value = weight(1, count, dim) })
  local x = add("binary", "placed", { "tokens", "positions" }, { operation = "add" })
  for i = 1, 2 do
    local block = "block" .. i
    add("layer_norm", block .. "/norm1", x, { axis = 2 })
    x = add("sum", block .. "/middle", { x, attention(block .. "/attention", block .. "/norm1") })
    add("layer_norm", block .. "/norm2", x, { axis = 2 })
    linear(block .. "/mlp1", block .. "/norm2", dim, 2 * dim)
    add("unary", block .. "/gelu", block .. "/mlp1", { operation = "gelu" })
    x = add("sum", block, { x, linear(block .. "/mlp2", block .. "/gelu", 2 * dim, dim) })
  end
  add("layer_norm", "norm", x, { axis = 2 })
  add("slice", "first", "norm", { axes = { 1 }, starts = { 0 }, ends = { 1 } })
  add("squeeze", "features", "first", { axes = { 1 } })
  add("dense", "scores", "features", { weight = weight(5, dim) })
  net:set_classes { logits = "scores" }
  net:set_input_size(32, 32)
  return net
end
