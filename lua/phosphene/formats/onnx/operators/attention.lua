-- SPDX-License-Identifier: MIT
-- ONNX's Attention (from version 23) and com.microsoft's two, written out in products of matrices and a softmax. What
-- language models need beside that, such as keys and values of earlier calls, is refused.

local triangle = require "phosphene.formats.onnx.triangle"
local values = require "phosphene.formats.onnx.values"

local attention = {}

-- What is added to a score that must not count.
local hidden = -1e30

-- ---- heads ----

-- (images, tokens, features) as (images, heads, tokens, features of each), and back.
local function apart(node, layer, heads)
  local shape = node.graph:shape(layer)
  if #shape ~= 3 then node:refuse("has tokens of %d axes", #shape) end
  if heads < 1 or shape[3] % heads ~= 0 then node:refuse("has %d features for %d heads", shape[3], heads) end
  return node:step("transpose", node:step("reshape", layer, { shape = { 0, 0, heads, -1 } }), { axes = { 0, 2, 1, 3 } })
end

local function together(node, layer)
  node:add("reshape", node:step("transpose", layer, { axes = { 0, 2, 1, 3 } }), { shape = { 0, 0, -1 } })
end

-- Keys or values of fewer heads than there are queries: each serves several in a row.
local function repeated(node, layer, heads)
  local own, list = node.graph:shape(layer)[2], {}
  if own == heads then return layer end
  if heads % own ~= 0 then node:refuse("has %d heads of keys for %d of queries", own, heads) end
  for i = 0, heads - 1 do list[i + 1] = i // (heads // own) end
  return node:step("gather", layer, { indices = values.to_tensor(values.list(list, { heads }, false)), axis = 1 })
end

-- ---- attention ----

-- Of queries, keys and values by heads; `added`: a layer that is added to the scores; `add`: how the result is added.
local function attend(node, q, k, v, settings)
  for _, layer in ipairs { q, k, v } do
    if #node.graph:shape(layer) ~= 4 then node:refuse "has heads of other than four axes" end
  end
  local heads, features = node.graph:shape(q)[2], node.graph:shape(q)[4]
  local scale = settings.scale and settings.scale ~= 0 and settings.scale or 1 / math.sqrt(features)
  local scaled = node:step("binary", { q, node:number_layer(scale) }, { operation = "multiply" })
  local scores = node:step("matmul", { scaled, repeated(node, k, heads) }, { transpose_b = true })
  local function add(layer) scores = node:step("binary", { scores, layer }, { operation = "add" }) end
  if settings.added then add(settings.added) end
  if settings.is_causal then
    local ahead = triangle.above(node, node.graph:length(q, 3), node.graph:length(k, 3), 0)
    add(node:step("binary", { ahead, node:number_layer(hidden) }, { operation = "multiply" }))
  end
  local weights = node:step("softmax", scores, { axis = 3 })
  return (settings.add or node.step)(node, "matmul", { weights, repeated(node, v, heads) })
end

local function refuse_inputs(node, first, last, what)
  for i = first, last do
    if node:has(i) then node:refuse("has %s", what) end
  end
end

-- A mask of truth values says what counts; one of numbers is added.
local function mask_layer(node, i)
  if not node:has(i) then return nil end
  if node:input(i).type ~= "bool" then return node:layer(i) end
  local list = {}
  for n, x in ipairs(node:numbers(i)) do list[n] = x ~= 0 and 0.0 or hidden end
  return node:constant_layer(values.list(list, node:shape(i), true))
end

function attention.Attention(node)
  refuse_inputs(node, 5, 7, "keys or values of earlier calls")
  if node:real("softcap", 0.0) ~= 0 then node:refuse "bounds its scores" end
  if node:is_read(4) then node:refuse "outputs its scores, which are not supported" end
  local is_apart = node:rank(1) == 4
  local q, k, v = node:layer(1), node:layer(2), node:layer(3)
  if not is_apart then
    local heads = node:integer "kv_num_heads"
    q, k, v = apart(node, q, node:integer "q_num_heads"), apart(node, k, heads), apart(node, v, heads)
  end
  local result = attend(node, q, k, v, {
    scale = node:real("scale", 0.0), added = mask_layer(node, 4), is_causal = node:integer("is_causal", 0) ~= 0,
    add = is_apart and node.add or nil,
  })
  if not is_apart then together(node, result) end
  node:give(node.graph:activation(k), 2)
  node:give(node.graph:activation(v), 3)
end

-- ---- com.microsoft's ----

-- The i-th third of a layer's last axis.
local function third(node, layer, i)
  local shape = node.graph:shape(layer)
  local length = shape[#shape] // 3
  return node:step("slice", layer, { axes = { #shape - 1 }, starts = { i * length }, ends = { (i + 1) * length } })
end

-- Queries, keys and values are three thirds of a product with weights.
attention["com.microsoft.Attention"] = function(node)
  refuse_inputs(node, 4, 5, "a list of masked tokens, or keys and values of earlier calls")
  if node:has_attribute "qkv_hidden_sizes" then node:refuse "has features of several sizes" end
  if node:integer("do_rotary", 0) ~= 0 then node:refuse "turns its features" end
  local heads, all, parts = node:integer "num_heads", node:step("matmul", { node:layer(1), node:layer(2) }), {}
  if node:has(3) then all = node:step("binary", { all, node:layer(3) }, { operation = "add" }) end
  for i = 1, 3 do parts[i] = apart(node, third(node, all, i - 1), heads) end
  together(node, attend(node, parts[1], parts[2], parts[3], {
    scale = node:real("scale", 0.0), added = node:has(6) and node:layer(6) or nil,
    is_causal = node:integer("unidirectional", 0) ~= 0,
  }))
end

-- The three of (images, tokens, features) each, with a bias of three thirds; or all in one of (images, tokens, heads,
-- 3, features of each).
attention["com.microsoft.MultiHeadAttention"] = function(node)
  refuse_inputs(node, 5, 5, "a list of masked tokens")
  refuse_inputs(node, 7, 8, "keys or values of earlier calls")
  local heads, parts = node:integer "num_heads", {}
  for i = 1, 3 do
    if node:has(2) then
      local part = node:layer(i)
      if node:rank(i) ~= 3 then node:refuse("has an input %d of %d axes", i, node:rank(i)) end
      if node:has(4) then
        part = node:step("binary", { part, third(node, node:layer(4), i - 1) }, { operation = "add" })
      end
      parts[i] = apart(node, part, heads)
    else
      local part = node:step("slice", node:layer(1), { axes = { 3 }, starts = { i - 1 }, ends = { i } })
      parts[i] = node:step("transpose", node:step("squeeze", part, { axes = { 3 } }), { axes = { 0, 2, 1, 3 } })
    end
  end
  together(node, attend(node, parts[1], parts[2], parts[3], {
    scale = node:real("scale", 0.0), added = node:has(6) and node:layer(6) or nil,
    is_causal = node:integer("unidirectional", 0) ~= 0,
  }))
end

return attention
