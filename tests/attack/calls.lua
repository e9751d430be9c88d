-- SPDX-License-Identifier: MIT
-- Random calls of every function and method of the core, with arguments of all kinds, closed objects, tables whose
-- metamethods raise and finalisers that close what is in use. A call may raise; the process must live. Arguments: seed,
-- how many, folder. Calls are made in a coroutine now and then.

local core = require "phosphene.core"

local seed, count, folder = math.tointeger(tonumber(arg[1])), math.tointeger(tonumber(arg[2])), arg[3]
math.randomseed(seed)
collectgarbage("incremental", 100, 400)

-- Those that change how the process goes on.
local left_out = { fail_after = true, interrupt = true, watch_interrupt = true }

local function pick(list) return list[math.random(#list)] end

-- ---- arguments ----

local objects = {} -- some that were made

local makers = {
  function()
    local shape = {}
    for i = 1, math.random(0, 4) do shape[i] = pick { 1, 1, 2, 3, 4, 7 } end
    return core.tensor(shape, math.random())
  end,
  function() return core.tensor({ pick { 1, 1, 2 }, 3, pick { 4, 9 }, pick { 4, 5 } }, math.random()) end,
  function()
    local net = core.network { backend = pick { "dnnl", "reference" } }
    net:add { type = "convolution", name = "a", from = "image", padding = { 1, 1 },
      weight = core.tensor({ 4, 3, 3, 3 }, 0.1) }
    net:add { type = "relu", name = "b", from = "a" }
    return net
  end,
  function() return core.random(math.random(99), "x") end,
  function() return core.head("channel", { layer = pick { "a", "b" }, unit = 1 }) end,
  function() return core.parameterisation("pixels", { height = 4, width = 5, random = core.random(1, "y") }) end,
  function() return core.optimiser("adam", {}) end,
  function() return core.pipeline { core.transform("jitter", { distance = 1 }) } end,
  function()
    local net = core.network { backend = "reference" }
    net:add { type = "relu", name = "a", from = "image" }
    return core.evaluation(core.head("channel", { layer = "a", unit = 1 }), net)
  end,
}

local function object()
  if #objects < 8 or math.random(4) == 1 then
    local ok, made = pcall(pick(makers))
    if ok then objects[math.random(12)] = made end
  end
  local known = {}
  for _, made in pairs(objects) do known[#known + 1] = made end
  return #known > 0 and pick(known) or nil
end

local function closer()
  local victim = object()
  return function()
    if victim and math.random(2) == 1 then victim:close() end
    return "a"
  end
end

local function hostile()
  local close = closer()
  return setmetatable({ 1, 3, 4 }, { __tostring = close, __index = close, __len = close, __gc = close,
    __call = close, __name = "a" })
end

local texts = { "a", "b", "image", "sum", "mean", "add", "abs", "png", "pixels", "adam", "F32", "", "\0", "%s%n",
  "\xFF", folder .. "/x.png", folder .. "/nothing", folder .. "/x.safetensors", ("x"):rep(5000) }

local values
values = {
  function() return nil end, function() return math.random(2) == 1 end,
  function() return pick { 0, 1, 2, 3, -1, 7, 1 << 31, 1 << 40, math.mininteger, math.maxinteger } end,
  function() return pick { 0.5, -0.0, 1e300, 1 / 0, -1 / 0, 0 / 0 } end,
  function() return pick(texts) end, function() return pick(texts) end,
  object, object, object, hostile,
  function() return { pick { 1, 2, 3 }, pick { 1, 3 }, pick { 2, 4 } } end,
  function()
    local list = {}
    for i = 1, math.random(0, 5) do list[i] = pick(values)() end
    for _ = 1, math.random(0, 3) do list[pick { "type", "name", "from", "layer", "unit", "relu", "token", "backward",
      "random", "image", "parts", "kind", "labels", "logits", "formulas", "sized_by" }] = pick(values)() end
    return list
  end,
  function() return closer() end,
}

-- ---- calls ----

local functions = {}
for name, f in pairs(core) do
  if type(f) == "function" and not left_out[name] then functions[#functions + 1] = { name = name, f = f } end
end
for type_name, metatable in pairs(core.types) do
  for _, methods in ipairs { metatable, metatable.__index } do
    for name, f in pairs(methods) do
      if type(f) == "function" then
        functions[#functions + 1] = { name = type_name .. ":" .. name, f = f, type = type_name }
      end
    end
  end
end
table.sort(functions, function(a, b) return a.name < b.name end) -- the same seed, the same calls

-- An object of the type, or anything.
local function receiver(of)
  for _ = 1, 20 do
    local it = object()
    if it and getmetatable(it) == core.types[of] then return it end
  end
  return pick(values)()
end

local log = assert(io.open(folder .. "/last-call", "w"))
local raised = 0
for number = 1, count do
  local entry = pick(functions)
  local arguments = { n = math.random(0, 5) }
  for i = 1, arguments.n do arguments[i] = pick(values)() end
  if entry.type then arguments[1], arguments.n = receiver(entry.type), math.max(arguments.n, 1) end
  log:seek "set"
  log:write(("%d %-50s\n"):format(number, entry.name))
  log:flush()
  local call = math.random(8) == 1 and function(...) return coroutine.wrap(entry.f)(...) end or entry.f
  local results = table.pack(pcall(call, table.unpack(arguments, 1, arguments.n)))
  if not results[1] then raised = raised + 1 end
  if type(results[2]) == "userdata" then objects[math.random(12)] = results[2] end
end
io.stdout:write(("%d raised\n"):format(raised))
