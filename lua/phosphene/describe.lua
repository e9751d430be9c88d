-- The table of a network, as papers print it: layers, shapes, parameters, multiplications. Must not know any
-- architecture.

local function product(list)
  local count = 1
  for _, value in ipairs(list) do count = count * value end
  return count
end

-- "1.7M" for humans.
local function short(count)
  for _, unit in ipairs { { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } } do
    if count >= unit[1] then return ("%.3g%s"):format(count / unit[1], unit[2]) end
  end
  return tostring(count)
end

-- One row: name, type, shape, parameters, multiplications, inputs. A weight is used once for each position of the
-- output.
local function row(layer, shape)
  local parameters, multiplications = 0, 0
  for name, extents in pairs(layer.parameters) do
    parameters = parameters + product(extents)
    if name == "weight" and shape then
      multiplications = product(extents) * (shape[2] or 1) * (shape[3] or 1)
    end
  end
  return {
    text = {
      layer.name, layer.type, shape and table.concat(shape, "x") or "(too small)",
      parameters > 0 and short(parameters) or "", multiplications > 0 and short(multiplications) or "",
      table.concat(layer.from, " "),
    },
    parameters = parameters,
    multiplications = multiplications,
  }
end

-- Columns as wide as their widest entry; the fourth and fifth are numbers and flush right.
local function print_table(rows)
  local widths = {}
  for _, texts in ipairs(rows) do
    for i, text in ipairs(texts) do widths[i] = math.max(widths[i] or 0, #text) end
  end
  local lines = {}
  for _, texts in ipairs(rows) do
    local line = {}
    for i, text in ipairs(texts) do
      local flush_right = i == 4 or i == 5
      line[i] = ("%" .. (flush_right and "" or "-") .. widths[i] .. "s"):format(text)
    end
    lines[#lines + 1] = (table.concat(line, "  "):gsub("%s+$", ""))
  end
  return table.concat(lines, "\n")
end

--- The table as text, for pictures of this size (224 by default).
local function describe(net, height, width)
  height = height or 224
  local shapes = net:shapes(height, width or height)
  local rows = { { "layer", "type", "shape", "parameters", "multiplications", "from" } }
  local parameters, multiplications = 0, 0
  for _, name in ipairs(net:layers()) do
    local line = row(net:layer(name), shapes[name])
    parameters, multiplications = parameters + line.parameters, multiplications + line.multiplications
    rows[#rows + 1] = line.text
  end
  rows[#rows + 1] = { "total", "", "", short(parameters), short(multiplications), "" }
  return print_table(rows)
end

return describe
