-- SPDX-License-Identifier: MIT
-- ONNX's Einsum: sums of products over axes that letters name, as "bhid,bhjd->bhij". It becomes what it is short for:
-- sums over axes that one input alone has, transpositions, and one product of matrices.

-- ---- letters ----

local function has(labels, label) return labels:find(label, 1, true) ~= nil end

local function occurrences(labels, label) return select(2, labels:gsub(label, "")) end

-- Those of `labels` for which keep(label) holds, in their order.
local function those(labels, keep)
  return (labels:gsub(".", function(label) return keep(label) and label or "" end))
end

-- The letters of each input and of the output, which are the lone ones in their order where it is left out.
local function parse(node)
  local text = node:text("equation", ""):gsub("%s", "")
  local left, out = text:match "^([%a,]*)%->(%a*)$"
  left = left or text:match "^[%a,]*$" or node:refuse("has an equation, '%s', that is not supported", text)
  local terms = {}
  for term in (left .. ","):gmatch "([^,]*)," do terms[#terms + 1] = term end
  if #terms ~= node:input_count() then node:refuse("names the axes of %d inputs", #terms) end
  if #terms > 2 then node:refuse("multiplies %d inputs; one or two are supported", #terms) end
  if not out then
    local all = {}
    for label in table.concat(terms):gmatch "." do all[#all + 1] = label end
    table.sort(all)
    local sorted = table.concat(all)
    out = those(sorted, function(label) return occurrences(sorted, label) == 1 end)
  end
  for _, labels in ipairs { out, table.unpack(terms) } do
    for label in labels:gmatch "." do
      if occurrences(labels, label) > 1 then node:refuse("has axis '%s' twice in '%s'", label, labels) end
    end
  end
  for i, labels in ipairs(terms) do
    if #labels ~= node:rank(i) then node:refuse("names %d of %d axes", #labels, node:rank(i)) end
  end
  for label in out:gmatch "." do
    if not has(table.concat(terms), label) then node:refuse("has an output axis '%s' that no input has", label) end
  end
  return terms, out
end

-- ---- layers ----

-- A layer whose axes are called `labels`, with those that `keep` refuses summed up. Gives the layer and its labels.
local function sum_rest(node, layer, labels, keep)
  local axes = {}
  for i = 1, #labels do
    if not keep(labels:sub(i, i)) then axes[#axes + 1] = i - 1 end
  end
  if #axes == 0 then return layer, labels end
  return node:step("reduce", layer, { operation = "sum", axes = axes, keep = false }), those(labels, keep)
end

-- A layer with its axes in the order wanted, and axes of length 1 for those that it lacks.
local function arrange(node, layer, labels, wanted)
  local axes, missing, moves = {}, {}, false
  for i = 1, #wanted do
    local at = labels:find(wanted:sub(i, i), 1, true)
    if at then axes[#axes + 1] = at - 1 else missing[#missing + 1] = i - 1 end
    moves = moves or (at and at ~= #axes)
  end
  if moves then layer = node:step("transpose", layer, { axes = axes }) end
  return #missing > 0 and node:step("unsqueeze", layer, { axes = missing }) or layer
end

-- The last `count` axes, of `rank`, as one; one of length 1 where there are none.
local function merge_last(node, layer, rank, count)
  if count == 1 then return layer end
  if count == 0 then return node:step("unsqueeze", layer, { axes = { rank } }) end
  local shape = {}
  for i = 1, rank - count do shape[i] = 0 end
  shape[#shape + 1] = -1
  return node:step("reshape", layer, { shape = shape })
end

-- The product of two layers, over the labels that are in both and not in `out`. Each becomes matrices (row, inner): of
-- what only one of them has, its last axis is the row, and the others lead, where the other one is repeated.
local function product(node, layers, terms, out)
  local function only(a, b) return those(a, function(label) return not has(b, label) end) end
  local a, b = table.unpack(terms)
  local inner = those(a, function(label) return has(b, label) and not has(out, label) end)
  local batch = those(out, function(label) return has(a, label) and has(b, label) end)
  local rows, columns = only(a, b), only(b, a)
  local lead = batch .. rows:sub(1, -2) .. columns:sub(1, -2)
  local function matrices(i, row)
    local wanted = lead .. (row == "" and "-" or row) .. inner -- no axis is called "-": it will have length 1
    return merge_last(node, arrange(node, layers[i], terms[i], wanted), #wanted, #inner)
  end
  local row, column = rows:sub(-1), columns:sub(-1)
  local swapped = {}
  for i = 1, #lead do swapped[i] = i - 1 end
  swapped[#lead + 1], swapped[#lead + 2] = #lead + 1, #lead
  local right = node:step("transpose", matrices(2, column), { axes = swapped })
  local result, labels, ones = node:step("matmul", { matrices(1, row), right }), lead .. row .. column, {}
  if row == "" then ones[1] = #lead end
  if column == "" then ones[#ones + 1] = #lead + 1 end
  if labels == "" then return node:step("reshape", result, { shape = { 1 } }), labels end
  return #ones > 0 and node:step("squeeze", result, { axes = ones }) or result, labels
end

local function einsum(node)
  local terms, out = parse(node)
  local layers = node:layers()
  for i = 1, #terms do
    local other = terms[3 - i] or ""
    layers[i], terms[i] = sum_rest(node, layers[i], terms[i],
      function(label) return has(out, label) or has(other, label) end)
  end
  local layer, labels = layers[1], terms[1]
  if terms[2] then layer, labels = product(node, layers, terms, out) end
  node:give(node.graph:activation(arrange(node, layer, labels, out)))
end

return { Einsum = einsum }
