-- SPDX-License-Identifier: MIT
-- What a user reads who has given a function something that it does not take: the name of the function or of what was
-- given, and no word of how the function is made.

local documentation = require "phosphene.program.documentation"
local overheard = require "overheard"
local ph = require "phosphene"

local all = documentation.read()
local net = assert(ph.network "googlenet-tiny")
local picture = ph.random(1, "messages"):fill_normal(ph.tensor { 1, 3, 32, 32 }, 0.5, 0.2)
local folder = os.tmpname() .. "_folder"
assert(picture:save(folder .. "/1.png"))
teardown(function() os.execute("rm -r " .. folder) end)
local function render() return ph.render { net, "mixed4a:1", size = 32, steps = 1, seed = 1, progress = false } end

-- One of each class whose methods users call.
local subjects = {
  phosphene = ph, ["ph.transforms"] = ph.transforms, ["ph.schedules"] = ph.schedules, ["ph.auto"] = ph.auto,
  ["phosphene.recipe"] = require "phosphene.recipe",
  ["ph.network"] = net, ["ph.tensor"] = picture, ["ph.objective"] = ph.channel("mixed4a", 1),
  ["ph.random"] = ph.random(1, "a"), ["ph.optimiser"] = ph.optimiser "adam",
  ["ph.parameterisation"] = ph.parameterisation("pixels", { height = 8, random = ph.random(1, "init") }),
  ["ph.result"] = render(), ["ph.spectrum"] = ph.spectrum(picture), ["ph.dataset"] = assert(ph.dataset(folder)),
}
local is_module = { phosphene = true, ["ph.transforms"] = true, ["ph.schedules"] = true, ["ph.auto"] = true,
  ["phosphene.recipe"] = true }

-- What no function takes, or hardly any.
local wrong = {
  ["nothing"] = table.pack(),
  ["a coroutine"] = table.pack(coroutine.create(print)),
  ["coroutines"] = table.pack(coroutine.create(print), coroutine.create(print), coroutine.create(print)),
  ["a table of nonsense"] = table.pack { nonsense = 1 },
  ["a number"] = table.pack(-1.5),
  ["too much"] = table.pack(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
}

-- Words of Lua's own and of ours that a user has not written.
local internal = { "attempt to", "bad argument", "bad self", "local '", "upvalue '", "field '", "self",
  "%.lua", "phosphene/", "stack traceback", "save_image" }

-- What their messages call them, which are those of an option that takes the same, or of one of several layers.
local called_also = { ["ph.transforms.pipeline"] = "transforms", ["ph.caricature"] = "layer", ["ph.cosine"] = "layer",
  ["ph.style"] = "layer", ["ph.activation_difference"] = "layer" }

-- Whether a text has a word.
local function has(text, word) return text:find("%f[%w_]" .. word .. "%f[^%w_]") ~= nil end

-- Whether a message names the function, or one of its arguments or options.
local function names_it(text, entry)
  local names = { entry.name, called_also[entry.full_name] }
  for _, parameter in ipairs(entry.parameters) do
    names[#names + 1] = parameter.name
    for class in parameter.type:gmatch "[%w_%.]+" do
      for _, field in ipairs(all.classes[class] and documentation.fields(all, class) or {}) do
        names[#names + 1] = field.name
      end
    end
  end
  for _, name in ipairs(names) do
    if has(text, name:gsub("%p", "%%%0")) then return true end
  end
  return false
end

-- What is wrong with a message about a function that was given this first, or nil.
local function fault_of(message, entry, first)
  if type(message) ~= "string" then return "it is no text" end
  local text = message:match "^mine:1: (.*)$"
  if not text then return "it has not the caller's line" end
  for _, pattern in ipairs(internal) do
    if text:find(pattern) then return ("it has '%s'"):format(pattern) end
  end
  local names_value = math.type(first) and text:find(("'%s'"):format(first), 1, true)
  if not names_value and not names_it(text, entry) then return "it does not name what was called" end
end

-- What is wrong with what a function says of each of these, where it does not take them.
local function faults_of(subject, entry, is_method)
  local faults = {}
  local text = "local subject, given = ...; local results = table.pack(subject%s%s(table.unpack(given, 1, given.n))); "
    .. "return results"
  local call = assert(load(text:format(is_method and ":" or ".", entry.name), "=mine"))
  for what, given in pairs(wrong) do
    local _, ok, message = overheard(pcall, call, subject, given)
    local fault = not ok and fault_of(message, entry, given[1])
    if fault then faults[#faults + 1] = ("given %s: %s: %s"):format(what, fault, tostring(message)) end
  end
  return table.concat(faults, "\n")
end

describe("messages about wrong arguments name what the user wrote:", function()
  for owner, subject in pairs(subjects) do
    it(owner, function()
      local faults = {}
      for _, entry in ipairs(all.classes[owner].functions) do
        local fault = entry.name ~= "close" and faults_of(subject, entry, not is_module[owner]) or ""
        if fault ~= "" then faults[#faults + 1] = ("%s %s"):format(entry.full_name, fault) end
      end
      assert.equal("", table.concat(faults, "\n"))
    end)
  end
end)
