-- SPDX-License-Identifier: MIT
-- ph.render and ph.steps: the loop makes progress, is repeatable to the bit, keeps what it was asked to keep, stops
-- when told to, and says what was wrong. All three levels of the interface compute the same numbers.

local ph = require "phosphene"
local core = require "phosphene.core"
local overheard = require "overheard"
local progress = require "phosphene.base.progress"

local net = assert(ph.network "googlenet-tiny")

local function render(options)
  local all = { net, "mixed4a:3", steps = 4, size = 32, seed = 1, progress = false }
  for key, value in pairs(options or {}) do all[key] = value end
  return ph.render(all)
end

describe("ph.render", function()
  it("raises the objective", function()
    local result = render { steps = 40, size = 64, transforms = "none" }
    assert.equal(40, #result.values)
    assert.is_true(result.values[40] > 2 * math.abs(result.values[1]))
    assert.equal(result.value, result.values[40])
    local s = result.image:statistics()
    assert.is_true(s.least >= 0 and s.most <= 1 and s.deviation > 0.02)
  end)

  it("gives identical pictures for identical seeds, and others for others", function()
    local a, b, c = render(), render(), render { seed = 2 }
    assert.same(a.image:values(), b.image:values())
    assert.not_same(a.image:values(), c.image:values())
    assert.equal(a.value, b.value)
  end)

  it("chooses a seed where none is given, and says which", function()
    local result = ph.render { net, "mixed4a:3", steps = 1, size = 32, progress = false }
    assert.equal("integer", math.type(result.seed))
    assert.equal(result.seed, result.metadata.seed)
    assert.same(render({ seed = result.seed, steps = 1 }).image:values(), result.image:values())
  end)

  it("keeps snapshots after as many steps as asked for", function()
    local result = render { snapshots = { 0, 2, 4 } }
    assert.same(render({ steps = 0 }).image:values(), result.snapshots[0]:values())
    assert.same(render({ steps = 2 }).image:values(), result.snapshots[2]:values())
    assert.same(result.image:values(), result.snapshots[4]:values())
    assert.is_nil(result.snapshots[1])
  end)

  it("calls on_step after each step, and stops when that gives false", function()
    local seen = {}
    local result = render { steps = 9, on_step = function(step, value, run)
      seen[#seen + 1] = value
      assert.equal(step, run.step)
      return step < 3
    end }
    assert.equal(3, result.steps)
    assert.same(result.values, seen)
    assert.is_false(result.interrupted)
  end)

  it("ends after the step in which Ctrl-C is pressed, and returns the picture so far", function()
    local function press() io.popen("kill -s INT $PPID"):close() end
    local result = render { steps = 9, on_step = function(step)
      if step == 2 then press() end
    end }
    assert.is_true(result.interrupted)
    assert.equal(2, result.steps)
    assert.equal("interrupted", result.metadata.ended)
    assert.error_matches(function() render { steps = 2 } end, "interrupted$") -- so that loops end
    assert.same(render({ steps = 2 }).image:values(), result.image:values())
  end)

  it("lets an error of on_step through as it is", function()
    assert.error_matches(function() render { on_step = function() error("mine", 0) end } end, "^mine$")
  end)

  it("takes networks and objectives by name, and sizes by side", function()
    local result = render { [1] = "googlenet-tiny", width = 48, height = 40, batch = 2 }
    assert.same({ 2, 3, 40, 48 }, result.image:shape())
    assert.equal(2, #result.images)
  end)

  it("starts from a picture", function()
    local start = core.tensor({ 1, 3, 40, 48 }, 0.25)
    local result = ph.render { net, "mixed4a:3", steps = 0, image = start, seed = 1, progress = false }
    assert.same({ 1, 3, 40, 48 }, result.image:shape())
    assert.near(0.25, result.image:statistics().mean, 1e-3)
    assert.near(0, result.image:statistics().deviation, 1e-3)
  end)

  it("runs with every parameterisation, optimiser, transforms and ReLU mode", function()
    for _, options in ipairs {
      { parameterisation = "pixels", decorrelate = false, squash = "clip" }, { decay = 1.5, deviation = 0.1 },
      { parameterisation = { "laplacian", levels = 3 } }, { parameterisation = "maco" }, { parameterisation = "cppn" },
      { parameterisation = { "low_resolution", size = 8 } }, { parameterisation = "aligned", batch = 2 },
      { parameterisation = { "sum", parts = { "pixels", "cppn" } } },
      { optimiser = "ascent", rate = 1 }, { optimiser = { "momentum", momentum = 0.5 } }, { optimiser = "nadam" },
      { optimiser = "rmsprop" }, { optimiser = "lbfgs", transforms = "none", relu = "plain" },
      { transforms = "none" }, { transforms = "distill" }, { transforms = "captum" },
      { transforms = ph.transforms.xplique(32) }, { transforms = { ph.jitter(4) } },
      { relu = "plain" }, { relu = "guided" }, { relu = "deconvnet" }, { relu = "open" },
      { relu = "leaky" }, { pool = "smooth" }, { pool = "smooth_l2" },
      { relu = function(step) return step < 2 and "guided" or "plain" end },
    } do
      assert.equal(4, render(options).steps)
    end
  end)

  it("knows the ways back by name, also those that a function gives", function()
    assert.error_matches(function() render { relu = "guidd" } end, "relu: no 'guidd'; did you mean 'guided'%?$")
    assert.error_matches(function() render { relu = 3 } end, "relu: no '3'; there are plain, redirected, guided")
    assert.error_matches(function() render { relu = function() return "opem" end } end,
      "forward: no relu 'opem'; did you mean 'open'%?$")
    assert.error_matches(function() render { pool = "smoth" } end,
      "pool: .* expected, got 'smoth'; did you mean 'smooth'%?$")
  end)

  it("redirects ReLU gradients for the first 17 steps, which wakes units that nothing reaches", function()
    local start = render({ steps = 0 }).image
    local activation = net:forward(start, "mixed4a", { backward = false }):activation "mixed4a"
    local silent
    for unit = 0, activation:shape()[2] - 1 do
      local loudest = 0
      for i = 0, 3 do loudest = math.max(loudest, activation:at(0, unit, i // 2, i % 2)) end
      if loudest == 0 then silent = silent or unit end
    end
    local function after(steps, relu)
      local objective = ph.channel("mixed4a", silent)
      return render({ objective = objective, steps = steps, relu = relu, transforms = "none" }).image
    end
    assert.same(start:values(), after(3, "plain"):values())
    assert.not_same(start:values(), after(3):values())
    -- At a rate that changes nothing, the unit stays silent.
    for step, run in ph.steps { net, ph.channel("mixed4a", silent), steps = 20, size = 32, seed = 1, rate = 1e-12,
      transforms = "none" } do
      assert.equal(step <= 17, run.image_gradient:dot(run.image_gradient) > 0)
    end
  end)

  it("saves with everything that is needed to repeat it", function()
    local path = os.tmpname() .. ".png"
    local result = render { batch = 2, output = path }
    local metadata = assert(ph.read_metadata(path))
    assert.equal(tostring(result.objective), metadata.objective)
    assert.equal("googlenet-tiny", metadata.network)
    assert.equal("1", metadata.seed)
    assert.equal("4", metadata.steps)
    assert.equal("32x32", metadata.size)
    for _, key in ipairs { "software", "transforms", "optimiser", "parameterisation", "relu" } do
      assert.is_truthy(metadata[key], key)
    end
    os.remove(path)
  end)

  it("refuses quasi-Newton steps on objectives that change, and says what to give", function()
    local function wrong(remedy, options)
      options.optimiser = "lbfgs"
      assert.error_matches(function() render(options) end, "the same at every step; give " .. remedy .. "$")
    end
    wrong('transforms = "none" and relu = "plain"', {})
    wrong('transforms = "none"', { relu = "plain" })
    wrong('relu = "plain"', { transforms = "none" })
    wrong('transforms = "none"', { relu = "plain", transforms = function() return ph.jitter(4) end })
    local steady = render { optimiser = "lbfgs", relu = "plain", transforms = { ph.pad(2), ph.resize(40) } }
    assert.equal(4, steady.steps)
  end)

  it("says which images nothing moved", function()
    local function said(options)
      options.progress, options.transforms = true, "none"
      return (overheard(render, options):gsub("[^\n]* done after[^\n]*\n", ""))
    end
    local three = ph.interpolate(ph.channel("mixed4a", 3), ph.channel("mixed4a", 5), { frames = 3 })
    local flat = ph.head("image", function(image) return ((image - 2):relu() + 1):sum() end)
    local never = "never had a gradient: no term of the objective depends on "
    assert.equal("", said { objective = three, batch = 3 })
    assert.equal("phosphene: image 3 of 0..3 " .. never .. "it\n", said { objective = three, batch = 4 })
    assert.equal("phosphene: images 3, 4 of 0..4 " .. never .. "them\n", said { objective = three, batch = 5 })
    assert.equal("phosphene: the image " .. never .. "it\n", said { objective = flat })
    assert.equal("", said { objective = flat, steps = 0 })
  end)

  it("says which unit stayed silent", function()
    local function said(f)
      local options = { objective = ph.head("image", f, { name = "mine" }) + ph.channel("mixed4a", 3), steps = 32,
        progress = true, transforms = "none" }
      return (overheard(render, options):gsub("[^\n]* done after[^\n]*\n", ""))
    end
    assert.equal('phosphene: head("image", {name = "mine"}) stayed silent: its value was 0 at each of 32 steps\n',
      said(function(image) return (image - 2):relu():sum() end))
    assert.equal("", said(function(image) return image:sum() end))
    local silent = ph.head("image", function(image) return (image - 2):relu():sum() end)
    local function told(objective, batch)
      return (overheard(render, { objective = objective, steps = 32, batch = batch, progress = true,
        transforms = "none" }):gsub("[^\n]* done after[^\n]*\n", ""))
    end
    assert.matches("^phosphene: [^\n]* stayed silent[^\n]*\n$", told(silent))
    assert.matches("^phosphene: [^\n]*:on%(1%) stayed silent[^\n]*\nphosphene: image 2 of 0%.%.2 never had a gradient",
      told(silent:on(1) + ph.channel("mixed4a", 3):on(0), 3))
  end)

  it("names the head whose value is not a number", function()
    assert.error_matches(function() render { objective = ph.l1() ^ 400 } end, "l1")
  end)
end)

describe("a run that is saved and resumed", function()
  local path = os.tmpname() .. ".safetensors"
  after_each(function() os.remove(path) end)

  it("goes on to the same bits, with every optimiser", function()
    for _, optimiser in ipairs { "adam", "nadam", "rmsprop", "momentum", "ascent", "lbfgs" } do
      local function go(steps, option, value)
        local steady = optimiser == "lbfgs" and { "none", "plain" } or {}
        return render { steps = steps, optimiser = optimiser, transforms = steady[1], relu = steady[2],
          [option or 1] = value }
      end
      local whole, first, rest = go(6), go(3, "checkpoint", path), go(6, "resume", path)
      assert.equal(6, rest.steps)
      assert.same({ table.unpack(whole.values, 4) }, rest.values)
      assert.same(whole.image:values(), rest.image:values(), optimiser)
      assert.not_same(first.image:values(), rest.image:values())
    end
  end)

  it("goes on with transforms that change", function()
    local function transforms(step) return ph.crop(32 - step) end
    render { steps = 2, transforms = transforms, checkpoint = path }
    local rest = render { steps = 4, transforms = transforms, resume = path }
    assert.same(render({ steps = 4, transforms = transforms }).image:values(), rest.image:values())
  end)

  it("goes on where its rate follows a schedule", function()
    local rate = ph.schedules.linear(0.05, 0.01)
    render { steps = 4, rate = rate, checkpoint = path, on_step = function(step) return step < 2 end }
    local rest = render { steps = 4, rate = rate, resume = path }
    assert.same(render({ steps = 4, rate = rate }).image:values(), rest.image:values())
  end)

  it("takes its seed from the file", function()
    render { seed = 5, steps = 1, checkpoint = path }
    local rest = ph.render { net, "mixed4a:3", size = 32, steps = 2, progress = false, resume = path }
    assert.equal(5, rest.seed)
  end)

  it("can be saved from within", function()
    for step, run in ph.steps { net, "mixed4a:3", steps = 3, size = 32, seed = 1 } do
      if step == 2 then assert(run:save(path)) end
    end
    assert.same(render({ steps = 3 }).image:values(), render({ steps = 3, resume = path }).image:values())
  end)

  it("must be the same run", function()
    render { steps = 1, checkpoint = path }
    -- Other weights under the same name.
    local folder = path .. ".twin"
    assert(os.execute(("mkdir %s && cp weights/googlenet-tiny-plain.safetensors %s/googlenet-tiny.safetensors"):format(
      folder, folder)))
    local twin = assert(ph.network(folder .. "/googlenet-tiny.safetensors"))
    os.execute("rm -r " .. folder)
    local others = {
      { "seed", 2 }, { 2, "mixed4a:4", "objective" }, { "size", 40 }, { "batch", 2 }, { "transforms", "none" },
      { "parameterisation", "pixels" }, { "optimiser", "nadam" }, { "optimiser", { "adam", beta1 = 0.8 } },
      { "rate", 0.01, "optimiser" }, { "rate", ph.schedules.linear(0.05, 0), "optimiser" }, { "relu", "plain" },
      { "pool", "smooth" }, { "net", ph.network "googlenet-tiny-plain", "network" }, { "net", twin, "weights" },
      { "image", ph.tensor({ 1, 3, 32, 32 }, 0.25) },
    }
    for _, other in ipairs(others) do
      local key = other[3] or other[1]
      assert.error_matches(function() render { [other[1]] = other[2], resume = path } end,
        "of another run: its " .. key .. " is .*, not ", key)
    end
    assert.error_matches(function() render { resume = "/nowhere/x.safetensors" } end, "resume: .*/nowhere")
    assert.error_matches(function() render { resume = "weights/googlenet-tiny.safetensors" } end, "is not a checkpoint")
  end)
end)

describe("misuse of ph.render", function()
  local cases = {
    { "an unknown option", { stepz = 3 }, "render: unknown option 'stepz'; did you mean 'steps'%?" },
    { "a unit out of range", { objective = "mixed4a:256" }, "unit 256 out of range 0%.%.255" },
    { "a layer that is not there", { objective = "mixed4z:1" }, "no layer 'mixed4z'; did you mean 'mixed4" },
    { "a class that is not there", { objective = ph.logit "goldfisch" }, "goldfi" },
    { "an unknown parameterisation", { parameterisation = "fourrier" }, "did you mean 'fourier'" },
    { "an unknown optimiser", { optimiser = "adma" }, "did you mean 'adam'" },
    { "unknown transforms", { transforms = "lucit" }, "lucid" },
    { "an unknown ReLU mode", { relu = "guide" }, "relu: no 'guide'; did you mean 'guided'%?" },
    { "a fraction of steps", { steps = 1.5 }, "steps: a whole number" },
    { "a size of nothing", { size = 0 }, "size: a whole number of at least 1" },
    { "no objective", { [2] = false }, "objective" },
    { "no network", { [1] = 12 }, "network" },
  }
  for _, case in ipairs(cases) do
    it("points to the recipe's line for " .. case[1], function()
      local ok, problem = pcall(function() return (render(case[2])) end)
      assert.is_false(ok)
      assert.matches("^tests/spec/run/render_spec%.lua:%d+: .*" .. case[3], problem)
    end)
  end
end)

describe("ph.steps", function()
  it("performs one step an iteration", function()
    local count = 0
    for step, run in ph.steps { net, "mixed4a:3", steps = 4, size = 32, seed = 1 } do
      count = count + 1
      assert.equal(count, step)
      assert.same({ 1, 3, 32, 32 }, run.image:shape())
      assert.equal("number", type(run.value))
      if step == 4 then assert.same(render().image:values(), run.image:values()) end
    end
    assert.equal(4, count)
  end)

  it("allocates no memory once it is warm", function()
    local bytes = {}
    for step in ph.steps { net, "mixed4a:3", steps = 6, size = 32, seed = 1, transforms = "none", relu = "plain" } do
      collectgarbage()
      bytes[step] = core.memory()
    end
    assert.equal(bytes[3], bytes[6])
  end)

  it("refuses options of render", function()
    assert.error_matches(function() ph.steps { net, "mixed4a:3", snapshots = { 1 } } end, "unknown option 'snapshots'")
  end)
end)

describe("a step by hand", function()
  it("computes what a step of ph.steps does", function()
    local run
    for _, state in ph.steps { net, "mixed4a:3", steps = 1, size = 32, seed = 1, transforms = "none", relu = "plain",
      optimiser = "ascent", rate = 1 } do
      run = state
    end

    local start = render({ steps = 0 }).image
    net:forward(start, "mixed4a")
    local activation = net:activation "mixed4a"
    local shape = activation:shape()
    local places = shape[3] * shape[4]
    local gradient, sum = core.tensor(shape), 0
    for y = 0, shape[3] - 1 do
      for x = 0, shape[4] - 1 do
        gradient:set(0, 3, y, x, 1 / places)
        sum = sum + activation:at(0, 3, y, x)
      end
    end
    assert.near(run.value, sum / places, 1e-5)

    net:inject("mixed4a", gradient)
    local by_hand = net:backward()
    local parameters = ph.parameterisation("fourier", { height = 32, width = 32, random = ph.random(1, "init") })
    parameters:forward()
    parameters:backward(by_hand)
    parameters:values():add(parameters:gradient())
    local difference = parameters:forward():clone():add(run.image, -1):statistics()
    assert.near(0, math.max(difference.most, -difference.least), 1e-5)
  end)
end)

describe("progress", function()
  local function recorder(settings)
    local text, now = {}, 0
    local stream = { write = function(_, ...) text[#text + 1] = table.concat { ... } end, flush = function() end }
    local bar = progress.new {
      title = "mixed4a:3", steps = 100, stream = stream, terminal = settings.terminal, on = settings.on,
      columns = function() return settings.columns or 80 end, clock = function() return now end,
    }
    for step = 1, 100 do
      now = step / 4
      bar:update(step, step / 2)
    end
    bar:finish(100, 50, "done")
    return table.concat(text)
  end

  it("redraws a bar on a terminal", function()
    local text = recorder { terminal = true }
    assert.matches("\rmixed4a:3  %[#+%.+%] 50/100  value 25  4 steps/s  0:13 left", text)
    assert.matches("done after 100 steps in 0:25, value 50", text)
  end)

  it("is never wider than the terminal: the bar goes first, then the rate, then the title is cut", function()
    local function half(columns)
      return recorder({ terminal = true, columns = columns }):match "\r([^\r]*50/100[^\r]-) *\r"
    end
    assert.matches("^mixed4a:3  %[#+%.+%] 50/100  value 25  4 steps/s  0:13 left$", half(80))
    assert.equal("mixed4a:3  50/100  value 25  4 steps/s  0:13 left", half(60))
    assert.equal("mixed4a:3  50/100  value 25  0:13 left", half(48))
    assert.equal("mixed4…  50/100  value 25  0:13 left", half(37))
    assert.equal("50/100  v…", half(11))
    for columns = 2, 90 do
      for line in recorder({ terminal = true, columns = columns }):gmatch "\r([^\r]*)" do
        assert.is_true(utf8.len((line:gsub("\n$", ""))) < columns)
      end
    end
  end)

  it("says what another Ctrl-C does, on a terminal", function()
    local text = {}
    local bar = progress.new { title = "a", steps = 9, terminal = true, columns = function() return 80 end,
      stream = { write = function(_, ...) text[#text + 1] = table.concat { ... } end, flush = function() end } }
    bar:finish(7, 3.5, "interrupted")
    assert.matches("interrupted after 7 steps in 0:00, value 3.5; Ctrl%-C again ends all", table.concat(text))
  end)

  it("is a line now and then elsewhere", function()
    local text = recorder { terminal = false }
    local _, lines = text:gsub("\n", "")
    assert.equal(3, lines)
    assert.is_nil(text:find "\r")
  end)

  it("is said of a short run, too, where it was interrupted", function()
    local text = overheard(function()
      local bar = progress.new { title = "mixed4a:3", steps = 100, terminal = false, clock = function() return 0 end }
      bar:finish(100, 50, "done")
      bar:finish(7, 3.5, "interrupted")
    end)
    assert.equal("mixed4a:3  interrupted after 7 steps in 0:00, value 3.5\n", text)
  end)

  it("can be silent", function()
    assert.equal("", recorder { terminal = true, on = false })
  end)
end)
