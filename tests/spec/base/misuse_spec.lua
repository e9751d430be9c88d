-- SPDX-License-Identifier: MIT
-- Misuse: what beginners get wrong. Each mistake ends in one line at the recipe's line, which names the thing, says
-- what was expected and what was got, and comes before any work is done.

local ph = require "phosphene"

local environment = setmetatable({ ph = ph, net = assert(ph.network "googlenet-tiny"),
  grey = ph.tensor({ 1, 3, 8, 8 }, 0.5) }, { __index = _G })

-- What a recipe of this one line raises.
local function problem_of(line)
  local ok, problem = pcall(assert(load("local made = " .. line, "@mine.lua", "t", environment)))
  return not ok and problem or "nothing"
end

local function are_refused(cases)
  for _, case in ipairs(cases) do assert.equal("mine.lua:1: " .. case[2], problem_of(case[1])) end
end

-- The same for options of a run of one step.
local function options_are_refused(cases)
  for _, case in ipairs(cases) do
    local given = ("ph.render { net, 'mixed4a:1', steps = 1, progress = false, %s }"):format(case[1])
    assert.equal("mine.lua:1: " .. case[2], problem_of(given))
  end
end

describe("misuse", function()
  it("of a run as a whole is answered with what a run takes", function()
    are_refused {
      { "ph.render()", "render: a table of options expected, got nil" },
      { "ph.render(net, 'mixed4a:1')", "render: a table of options expected, got a network" },
      { "ph.steps 'mixed4a:1'", "steps: a table of options expected, got 'mixed4a:1'" },
      { "ph.compare(5, {})", "compare: a table of options expected, got 5" },
      { "ph.render { nil, 'mixed4a:1' }",
        "net: a network or its name expected, got nil; assert(ph.network(…)) says why one was not loaded" },
      { "ph.render { net = 5, objective = 'mixed4a:1' }", "net: a network or its name expected, got 5" },
    }
    assert.matches("^mine.lua:1: render: entry 3, 'mixed4b:2', has no name; options are net, objective",
      problem_of "ph.render { net, 'mixed4a:1', 'mixed4b:2' }")
  end)

  it("of a run's options names the option", function()
    options_are_refused {
      { "size = '32'", "size: a whole number of at least 1 expected, got '32'" },
      { "size = 0/0", "size: a whole number of at least 1 expected, got nan" },
      { "width = { 32 }", "width: a whole number of at least 1 expected, got a table" },
      { "batch = -1", "batch: a whole number of at least 1 expected, got -1" },
      { "seed = 'x'", "seed: a whole number expected, got 'x'" },
      { "seed = 1.5", "seed: a whole number expected, got 1.5" },
      { "image = 'x.png'", "image: pictures (n, c, h, w) expected, got 'x.png'" },
      { "image = ph.tensor { 3, 8, 8 }", "image: pictures (n, c, h, w) expected, got a tensor of shape 3x8x8" },
      { "image = ph.tensor { 1, 3, 8, 9 }, size = 8", "size is 8, but the image is 9x8; ph.resize_image changes that" },
      { "decorrelate = 'yes'", "decorrelate: true or false expected, got 'yes'" },
      { "optimiser = net", "optimiser: a name, a table { name, settings… } or an optimiser expected, got a network" },
      { "rate = '1'", "rate: a number, a schedule or a function expected, got '1'" },
      { "relu = 'plane'", "relu: no 'plane'; did you mean 'plain'?" },
      { "relu = function() end", "step 1: relu: the function gave nil, not the name of a mode" },
      { "relu = function() return 'plane' end", "forward: no relu 'plane'; did you mean 'plain'?" },
      { "pool = 'smoth'", "pool: 'plain', 'smooth' or 'smooth_l2' expected, got 'smoth'; did you mean 'smooth'?" },
      { "snapshots = 5", "snapshots: a list of steps, whole numbers of at least 0, expected, got 5" },
      { "snapshots = { 'one' }", "snapshots: a list of steps, whole numbers of at least 0, expected, got a table" },
      { "snapshots = { 1, 9 }", "snapshots: step 9 is after the last, 1" },
      { "on_step = 5", "on_step: a function expected, got 5" },
      { "title = {}", "title: a text expected, got a table" },
      { "checkpoint = 5", "checkpoint: a text expected, got 5" },
      { "resume = true", "resume: a text expected, got true" },
    }
  end)

  it("of a file's name is found out before the run", function()
    local steps = 0
    environment.count = function() steps = steps + 1 end
    options_are_refused {
      { "on_step = count, output = true", "output: a text expected, got true" },
      { "on_step = count, output = 'x.gif'", "render: cannot write 'x.gif': pictures end in .png, .jpg or .jpeg" },
      { "on_step = count, output = '/proc/x.png'", "render: cannot write '/proc/x.png': No such file or directory" },
      { "on_step = count, checkpoint = '/proc'", "render: cannot write '/proc': it is a folder" },
    }
    assert.equal(0, steps)
  end)

  it("of transforms tells which is none", function()
    options_are_refused {
      { "transforms = { ph.jitter(1), 'pad' }",
        "transforms: number 2: a transform, ph.jitter(8) for example, expected, got 'pad'" },
      { "transforms = { ph.jitter(1), nil, ph.pad(1) }",
        "transforms: number 2: a transform, ph.jitter(8) for example, expected, got nil" },
      { "transforms = { first = ph.jitter(1) }", "transforms: a list has no entry 'first'" },
      { "transforms = ph.jitter", "transforms: ph.jitter is a function; call it, as in ph.jitter(8)" },
    }
  end)

  it("of lists of objectives tells which is none", function()
    local expected = "an objective (ph.channel and the like, \"layer:unit\" or a number) expected, got "
    are_refused {
      { "ph.sum {}", "sum: a list of objectives expected" },
      { "ph.sum { 'mixed4a:1', nil, 'mixed4a:2' }", "sum: number 2: " .. expected .. "nil" },
      { "ph.each { 'mixed4a:1', net }", "each: number 2: " .. expected .. "a network" },
      { "ph.interpolate(1, 2)", "interpolate: frames: a whole number of at least 2 expected, got nil" },
    }
  end)

  it("of a comparison is found out before its first run", function()
    local runs = 0
    environment.count = function() runs = runs + 1 end
    local common = "{ net, 'mixed4a:1', steps = 1, on_step = count, progress = false, %s }"
    local function compare(options, variants, sheet)
      return ("ph.compare(%s, %s, %s)"):format(common:format(options), variants, sheet or "nil")
    end
    are_refused {
      { compare("", "{ { 'a' }, { 'b', stps = 5 } }"), "render: unknown option 'stps'; did you mean 'steps'?" },
      { compare("", "{ { 'a' }, { 'b', size = 'x' } }"), "size: a whole number of at least 1 expected, got 'x'" },
      { compare("", "{ { 'a' } }", "{ titel = 'x' }"), "montage: unknown option 'titel'; did you mean 'title'?" },
      { compare("snapshots = print", "{ { 'a' } }"),
        "compare: snapshots: a list of steps, { 1, 32, 256 } for example, expected, got a function" },
    }
    assert.equal(0, runs)
  end)

  it("of heads and transforms says what has no name or comes first", function()
    are_refused {
      { "ph.l1 { 5 }", "l1: 5 has no name; options are written { name = value }" },
      { "ph.channel('mixed4a', 1, 5)", "channel: a table of options expected after its arguments, got 5" },
      { "ph.jitter { 8 }", "jitter: distance comes first, without braces: jitter(8, { … })" },
      { "ph.pad(1, { 'reflect' })", "pad: 'reflect' has no name; options are written { name = value }" },
      { "ph.objective()",
        "an objective is expected (ph.channel and the like, \"layer:unit\" or a number), got nil" },
      { "ph.channel('mixed4a', 1) + net",
        "an objective is expected (ph.channel and the like, \"layer:unit\" or a number), got a network" },
      { "ph.direction('mixed4a', net)", "direction: a tensor is expected, got a network" },
    }
  end)

  it("of tensors and pictures has the recipe's line as well", function()
    are_refused {
      { "grey + ph.tensor { 3 }", "add: tensors of shapes 1x3x8x8 and 3 cannot be broadcast" },
      { "ph.tensor { 2.5 }", "tensor: argument 1: dimension 1: a whole number expected, got 2.5" },
      { "ph.crop_image()", "crop_image: images (n, c, h, w) expected, got nil" },
      { "ph.crop_image(grey, 4)", "crop_image: width: a whole number from 1 to 16384 expected, got nil" },
      { "ph.save(grey, 'out/x.png', 5)", "save: a table of options expected after its arguments, got 5" },
      { "ph.list_images()", "list_images: the folder of pictures: a text expected, got nil" },
      { "ph.load_statistics()", "load_statistics: a text expected, got nil" },
      { "ph.spectrum()", "spectrum: images (n, c, h, w) expected, got nil" },
      { "ph.spectrum(grey):share('low', 1)", "share: low: a number expected, got 'low'" },
      { "ph.network('googlenet-tiny', { backend = 'dnl' })",
        "network: backend: 'dnnl' or 'reference' expected, got 'dnl'; did you mean 'dnnl'?" },
      { "net:check()", "check: the path of a picture or a folder: a text expected, got nil" },
      { "net:describe('x')", "describe: height: a whole number from 1 to 65536 expected, got 'x'" },
      { "ph.parameterisation()", "parameterisation: the name of a kind: a text expected, got nil" },
      { "ph.parameterisation('pixels', 5)",
        "parameterisation: a table of options expected after its arguments, got 5" },
      { "ph.schedules.cosin(1)", "ph.schedules has no 'cosin'; did you mean 'cosine'?" },
      { "ph.transforms.lucit", "ph.transforms has no 'lucit'; did you mean 'lucid'?" },
    }
    assert.same({ 1, 32 }, ph.tensor({ 1, 64 / 2 }):shape())
  end)

  it("of what runs give has the recipe's line too, and calls it by its name", function()
    environment.result = ph.render { "googlenet-tiny", "mixed4a:1", steps = 1, size = 16, seed = 1, progress = false,
      parameterisation = { "fourier", channels = 4 }, transforms = { ph.collapse() } }
    are_refused {
      { "result:save 'x.jpg'", "cannot write 'x.jpg': JPEG has no opacity, the fourth channel of 1x4x16x16; PNG has" },
      { "result:save()", "save: the path of a picture: a text expected, got nil" },
      { "ph.montage(result)", "montage: number 1: pictures (n, c, h, w) expected, got a result" },
      { "ph.save(ph.schedules.linear(1), 'x.png')", "save: a tensor expected, got a schedule" },
    }
  end)

  it("of classes suggests labels that have the text in them, or a synonym spelled much like it", function()
    local function class(text) return ("ph.render { net, ph.logit '%s', steps = 0, progress = false }"):format(text) end
    are_refused {
      { class "gold", "no class 'gold'; did you mean 'goldfish, Carassius auratus'?" },
      { class "goldfsh", "no class 'goldfsh'; did you mean 'goldfish'?" },
      { class "langust", "no class 'langust'; did you mean 'langouste'?" },
      { class "xqzzyj", "no class 'xqzzyj'" },
    }
  end)

  it("of montages names the picture, the text or the option", function()
    local expected = "pictures (n, c, h, w) expected, got "
    are_refused {
      { "ph.montage()", "montage: no pictures" },
      { "ph.montage(5)", "montage: number 1: " .. expected .. "5" },
      { "ph.montage { grey, nil, grey }",
        "montage: number 2: " .. expected .. "nil" },
      { "ph.montage(grey, 5)", "montage: a table of options expected, got 5" },
      { "ph.montage(grey, { labels = 'x' })", "montage: labels: a list of texts expected, got 'x'" },
      { "ph.montage(grey, { labels = { {} } })", "montage: labels: 1: a text expected, got a table" },
      { "ph.montage(grey, { title = {} })", "montage: title: a text expected, got a table" },
      { "ph.montage(grey, { padding = 1e9 })",
        "montage: padding: a whole number from 0 to 4096 expected, got 1e+09" },
      { "ph.montage(grey, { background = 'white' })",
        "montage: background: three numbers from 0 to 1, {red, green, blue}, expected, got 'white'" },
      { "ph.montage(grey, { colour = { 1, 1 } })",
        "montage: colour: three numbers from 0 to 1, {red, green, blue}, expected, got a table" },
      { "ph.montage(grey, { text_size = 'x' })",
        "montage: text_size: a number from 4 to 256 expected, got 'x'" },
    }
  end)
end)
