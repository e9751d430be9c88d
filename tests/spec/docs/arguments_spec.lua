-- SPDX-License-Identifier: MIT
-- The defaults of arguments, and those that the reference states in prose: each case has the words that state it, and
-- what shows that they are true. Options whose default can be read by machine are defaults_spec.lua's.

local core = require "phosphene.core"
local defaults = require "defaults"
local documentation = require "phosphene.program.documentation"
local ph = require "phosphene"

local all = documentation.read()
local t = ph.transforms
local noise = ph.random(1, "arguments"):fill_normal(ph.tensor { 1, 3, 24, 20 }, 0.5, 0.2)
local tiny = assert(ph.network "googlenet-tiny")

-- What transforms make of noise.
local function seen(...) return ph.pipeline({ ... }):forward(noise, ph.random(2, "transforms")):values() end

-- A function of an option's value that prints what `make` makes of a table with it.
local function printed(make, name)
  return function(value) return tostring(make { [name] = value }) end
end

local function optimiser(kind) return function(options) return core.optimiser(kind, options) end end

local function parameterisation(kind, name)
  return function(value)
    local made = ph.parameterisation(kind, { height = 8, random = ph.random(1, "init"), [name] = value })
    return { tostring(made), made:forward():values() }
  end
end

-- What the way back gives for a pass with an option, or that there is none.
local function pass(name)
  return function(value)
    local ok, problem = pcall(tiny.forward, tiny, noise, "conv2d1", { [name] = value })
    if not ok then return problem end
    ok, problem = pcall(tiny.backward, tiny:inject("conv2d1", tiny:activation "conv2d1"))
    return ok and problem:values() or problem
  end
end

-- The value of a head that is a function.
local function custom(f)
  return ph.render({ tiny, ph.head("picture", f), image = noise, steps = 1, seed = 1, progress = false }).value
end

-- The bytes of a file that is saved.
local function written(save, suffix)
  local path = os.tmpname() .. suffix
  assert(save(path))
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  os.remove(path)
  return text
end

-- What `f` makes of a folder with one photograph in it.
local function measured(f)
  local folder = os.tmpname() .. "_folder"
  assert(noise:map("abs"):save(folder .. "/a.png"))
  local result = f(folder)
  os.remove(folder .. "/a.png")
  os.remove(folder)
  return result
end

-- { function and argument, words, what shows it, the default, another value }
local cases = {
  { "ph.transforms.flip probability", "0.5", function(p) return tostring(t.flip(p)) end, 0.5, 1 },
  { "ph.transforms.colour_jitter brightness", "0", function(b) return seen(t.colour_jitter(b)) end, 0, 1 },
  { "ph.transforms.collapse deviation", "0.5", function(d) return tostring(t.collapse(d)) end, 0.5, 1 },
  { "ph.random_blur_options size", "three deviations to both sides",
    function(size) return seen(t.random_blur(1, { size = size })) end, 7, 5 },
  { "ph.transforms.xplique seen", "224", function(size) return tostring(ph.pipeline(t.xplique(64, size))) end, 224,
    227 },

  { "ph.optimiser_settings rate", "adam 0.05", printed(optimiser "adam", "rate"), 0.05, 1 },
  { "ph.optimiser_settings epsilon", "rmsprop 1e-7", printed(optimiser "rmsprop", "epsilon"), 1e-7, 1e-8 },
  { "ph.optimiser_settings form", 'adam: "tensorflow"', printed(optimiser "adam", "form"), "tensorflow", "pytorch" },
  { "ph.optimiser_settings form", 'rmsprop: "outside"', printed(optimiser "rmsprop", "form"), "outside", "inside" },
  { "ph.parameterisation_settings deviation", "`maco` 1,", parameterisation("maco", "deviation"), 1, 0.5 },
  { "ph.parameterisation_settings deviation", "`cppn` 0.1", parameterisation("cppn", "deviation"), 0.1, 0.5 },
  { "ph.parameterisation_settings decorrelate", "`cppn` false", parameterisation("cppn", "decorrelate"), false, true },
  { "ph.parameterisation_settings standardise", "picture, true", parameterisation("maco", "standardise"), true, false },
  { "ph.parameterisation_settings standardise", "picture, false", parameterisation("fourier", "standardise"), false,
    true },
  { "ph.parameterisation_settings epsilon", "1e-5", parameterisation("maco", "epsilon"), 1e-5, 1e-4 },

  { "ph.network:describe height", "224", function(height) return tiny:describe(height) end, 224, 227 },
  { "ph.network:graph height", "224", function(height)
    return written(function(path) return tiny:graph(path, height) end, ".dot")
  end, 224, 256 },
  { "ph.network:forward options", '"plain", "plain", "f32", true', pass "relu", "plain", "deconvnet" },
  { "ph.network:forward options", '"plain", "plain", "f32", true', pass "pool", "plain", "smooth" },
  { "ph.network:forward options", '"plain", "plain", "f32", true', pass "precision", "f32", "bf16" },
  { "ph.network:forward options", '"plain", "plain", "f32", true', pass "backward", true, false },
  { "phosphene.core.save_safetensors options", "F32 by default", function(kind)
    return written(function(path) return core.save_safetensors(path, { a = noise }, {}, { type = kind }) end, "")
  end, "F32", "F16" },
  { "ph.statistics options", "pixels, 256", function(size)
    return measured(function(folder) return ph.statistics(folder, { size = size, progress = false }).size end)
  end, 256, 128 },

  { "ph.random:fill_normal mean", "0", function(mean)
    return ph.random(1, "x"):fill_normal(ph.tensor { 9 }, mean):values()
  end, 0, 1 },
  { "ph.random:fill_normal deviation", "1", function(deviation)
    return ph.random(1, "x"):fill_normal(ph.tensor { 9 }, 0, deviation):values()
  end, 1, 2 },
  { "ph.tensor:add factor", "1", function(factor) return noise:clone():add(noise, factor):values() end, 1, 2 },
  { "ph.tensor:largest count", "10", function(count) return #noise:largest(count) end, 10, 11 },
  { "ph.tensor:softmax axis", "1, the channels", function(axis) return noise:softmax(axis):values() end, 1, 2 },
  { "ph.tensor:slice size", "1", function(size) return noise:slice(1, 0, size):values() end, 1, 2 },
  { "ph.variable:softmax axis", "1, the channels", function(axis)
    return custom(function(x) return (x:softmax(axis) ^ 2):sum() end)
  end, 1, 2 },
  { "ph.variable:slice size", "1", function(size)
    return custom(function(x) return x:slice(1, 0, size):sum() end)
  end, 1, 2 },
  { "ph.schedules.linear last", "0", function(last) return tostring(ph.schedules.linear(1, last)) end, 0, 0.5 },
  { "ph.network:show count", "1", function(count) return tiny:show("mixed4a", count) end, 1, 2 },
  { "ph.schedules.cosine last", "0", function(last) return tostring(ph.schedules.cosine(1, last)) end, 0, 0.5 },
}

local examples = ph.examples { tiny, assert(ph.dataset "docs/images"), layers = { "mixed3a_pre_relu" }, size = 32,
  progress = false }
cases[#cases + 1] = { "ph.examples:band count", "9", function(count)
  return #examples:band("mixed3a_pre_relu", 0, "any", count)
end, 9, 5 }
cases[#cases + 1] = { "ph.examples:starts count", "4", function(count)
  return #examples:starts("mixed3a_pre_relu", 0, count)
end, 4, 3 }
cases[#cases + 1] = { "ph.examples:histogram bins", "40", function(bins)
  return #examples:histogram("mixed3a_pre_relu", 0, bins).counts
end, 40, 20 }

for _, kind in ipairs { "resize", "random_crop", "random_resized_crop", "crop", "crop_or_pad" } do
  cases[#cases + 1] = { "ph.transforms." .. kind .. " width", "as high by default",
    function(width) return tostring(t[kind](9, width)) end, 9, 7 }
end
for _, kind in ipairs { "nadam", "rmsprop", "momentum", "ascent", "lbfgs" } do
  cases[#cases + 1] = { "ph.optimiser_settings rate", "others 1", printed(optimiser(kind), "rate"), 1, 0.5 }
end

-- Texts of the reference by "function argument" and "class field".
local texts = {}
for _, entry in ipairs(all.functions) do
  for _, parameter in ipairs(entry.parameters) do texts[entry.full_name .. " " .. parameter.name] = parameter.text end
end
for _, class in ipairs(all.classes) do
  for _, field in ipairs(class.fields) do texts[class.name .. " " .. field.name] = field.text end
end

describe("what the reference says is the program's default:", function()
  local known = {}
  for _, case in ipairs(cases) do
    local name, words, probe, default, other = table.unpack(case)
    known[name] = true
    it(("%s, %s (%s)"):format(name, words, default), function()
      assert.is_truthy(texts[name] and texts[name]:find(words, 1, true), "the reference says something else")
      defaults.check(name, probe, default, { other })
    end)
  end

  it("all of it", function()
    for _, entry in ipairs(all.functions) do
      for _, parameter in ipairs(entry.parameters) do
        local name = entry.full_name .. " " .. parameter.name
        assert.is_true(known[name] or defaults.stated(parameter.text) == nil, name)
      end
    end
  end)
end)
