-- SPDX-License-Identifier: MIT
-- Names of PyTorch's modules: "layer4", "features.14". Its exporters leave them in the names of nodes or beside them; a
-- module's name means the last layer within it. Must not know operators.

local modules = {}

-- Of "/features/features.3/block/block.0/Conv", which is how nodes have been called since PyTorch 1.13: a child of a
-- sequence has its name in front.
local function from_name(name)
  local paths, base, path, last = {}, "", "", nil
  if name:sub(1, 1) ~= "/" then return paths end
  for part in (name:match "^(.*)/[^/]*$"):gmatch "[^/]+" do
    if not last or part:sub(1, #last + 1) ~= last .. "." then base = path == "" and "" or path .. "." end
    path, last = base .. part, part
    paths[#paths + 1] = path
  end
  return paths
end

-- Of "['', 'features', 'features.0', 'conv2d']", as PyTorch has written since 2.5: the last one is the node's own.
local function from_scopes(text)
  local paths = {}
  for path in text:gmatch "'([^']*)'" do paths[#paths + 1] = path end
  paths[#paths] = nil
  return paths
end

--- Gives the last layer of each module its name, where nothing has that.
function modules.name(graph, nodes)
  local last, order = {}, {}
  for _, node in ipairs(nodes) do
    local value = graph.values[node.outputs[1] or ""]
    for _, path in ipairs(value and value.layer and (node.scopes and from_scopes(node.scopes) or from_name(node.name))
      or {}) do
      if path ~= "" and not last[path] then order[#order + 1] = path end
      if path ~= "" then last[path] = value.layer end
    end
  end
  for _, path in ipairs(order) do graph:also_called(path, last[path]) end
end

return modules
