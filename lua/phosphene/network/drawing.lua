-- SPDX-License-Identifier: MIT
-- A network as a drawing: Graphviz' language, with layer types and shapes, and a frame around layers whose names share
-- a prefix. `dot -Tsvg net.dot > net.svg` draws it. Must not know any architecture.

local core = require "phosphene.core"
local misuse = require "phosphene.base.misuse"

-- A text in quotes, as the language wants it.
local function quote(text) return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"' end

-- What surrounds a layer: "layer1/layer1.0" for "/layer1/layer1.0/conv1/Conv", "mixed4a" for "mixed4a_3x3"; "" for
-- none.
local function module_of(name)
  local path = name:match "^/?(.+)[/.:][^/.:]*$"
  return path or name:match "^(%a+%d+%a*)_.+$" or ""
end

-- Modules in the order of their first layer, and the layers of each; what is called like a module belongs to it.
local function modules_of(names)
  local modules, members, is_module = {}, {}, {}
  for _, name in ipairs(names) do is_module[module_of(name)] = true end
  for _, name in ipairs(names) do
    local module = is_module[name] and name or module_of(name)
    if not members[module] then
      members[module] = {}
      modules[#modules + 1] = module
    end
    table.insert(members[module], name)
  end
  return modules, members
end

-- Colours by what layers do: those with weights, those that are not linear, those that pool.
local colours = {
  convolution = "#cfe2f3", transposed_convolution = "#cfe2f3", dense = "#cfe2f3", matmul = "#cfe2f3",
  relu = "#fce5cd", leaky_relu = "#fce5cd", prelu = "#fce5cd", elu = "#fce5cd", unary = "#fce5cd", softmax = "#fce5cd",
  max_pool = "#d9ead3", average_pool = "#d9ead3", global_average_pool = "#d9ead3", reduce = "#d9ead3",
}

local function node(layer, shape)
  local settings = ""
  local kernel = layer.parameters.weight and layer.type == "convolution" and
    table.concat(layer.parameters.weight, "x", 3) or table.concat(layer.settings.kernel or {}, "x")
  if kernel ~= "" then settings = (" %s"):format(kernel) end
  local stride = layer.settings.stride
  if stride and (stride[1] ~= 1 or stride[2] ~= 1) then settings = ("%s /%d"):format(settings, stride[1]) end
  local label = ("%s\n%s%s\n%s"):format(layer.name, layer.type, settings,
    shape and table.concat(shape, "x") or "too small")
  return ("  %s [label=%s, fillcolor=%s];"):format(quote(layer.name), quote(label),
    quote(colours[layer.type] or "#eeeeee"))
end

local function text_of(net, height, width)
  local shapes = net:shapes(height, width)
  local lines = { "digraph network {", "  node [shape=box, style=filled, fontname=\"sans\", fontsize=10];" }
  local edges = {}
  local modules, members = modules_of(net:layers())
  for i, module in ipairs(modules) do
    local framed = module ~= "" and #members[module] > 1
    if framed then lines[#lines + 1] = ("  subgraph cluster_%d { label=%s; color=gray;"):format(i, quote(module)) end
    for _, name in ipairs(members[module]) do
      local layer = net:layer(name)
      lines[#lines + 1] = node(layer, shapes[name])
      for _, from in ipairs(layer.from) do
        edges[#edges + 1] = ("  %s -> %s;"):format(quote(from), quote(name))
      end
    end
    if framed then lines[#lines + 1] = "  }" end
  end
  table.move(edges, 1, #edges, #lines + 1, lines)
  lines[#lines + 1] = "}\n"
  return table.concat(lines, "\n")
end

--- See meta/network.lua.
local function graph(net, path, height, width)
  if type(path) ~= "string" then misuse.raise("graph: a path expected, got %s", misuse.shown(path)) end
  height = misuse.check_count(height or 224, 1, "graph: height")
  return core.save_text(path, text_of(net, height, misuse.check_count(width or height, 1, "graph: width")))
end

return graph
