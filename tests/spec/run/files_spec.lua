-- SPDX-License-Identifier: MIT
-- What runs leave in files: checkpoints as they go, and all that can be kept where an end goes wrong.

local ph = require "phosphene"
local overheard = require "overheard"

local net = assert(ph.network "googlenet-tiny")

local function render(options)
  local all = { net, "mixed4a:3", steps = 4, size = 32, seed = 1, transforms = "none", progress = false }
  for key, value in pairs(options or {}) do all[key] = value end
  return ph.render(all)
end

local function exists(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

-- A run that fails in its third step.
local function failing(options)
  options.on_step = function(step)
    if step == 2 then error("enough", 0) end
  end
  return render(options)
end

describe("a run's files", function()
  local folder

  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
  end)

  after_each(function() os.execute("rm -rf " .. folder) end)

  -- From now on nothing can be written there.
  local function close_folder() os.execute(("rm -rf %s; : >%s"):format(folder, folder)) end

  it("are a checkpoint from time to time, from which a run that was killed goes on", function()
    local path, seen = folder .. "/run.safetensors", {}
    local whole = render {
      steps = 7, checkpoint = path, checkpoint_every = 3,
      on_step = function(step)
        seen[step] = exists(path) and assert(os.execute(("cp %s %s/%d"):format(path, folder, step)))
      end,
    }
    assert.same({ false, false, true, true, true, true, true }, seen)
    for step, rest in pairs { [3] = 4, [5] = 4, [6] = 1 } do
      local resumed = render { steps = 7, resume = ("%s/%d"):format(folder, step) }
      assert.equal(rest, #resumed.values)
      assert.same(whole.image:values(), resumed.image:values())
    end
  end)

  it("are checkpoints by the clock, too", function()
    local path, made = folder .. "/run.safetensors", 0
    render { steps = 3, checkpoint = path, checkpoint_every = "0.000001 s", on_step = function(step)
      if step < 3 and exists(path) then made = made + 1 end
    end }
    assert.equal(2, made)
    render { checkpoint = path } -- every minute, where nothing is said
  end)

  it("do not end the run where a checkpoint cannot be written on the way", function()
    local steps, problem = 0, nil
    local said = overheard(function()
      problem = select(2, pcall(render, { steps = 5, checkpoint = folder .. "/a/run.safetensors", checkpoint_every = 1,
        on_step = function(step)
          if step == 2 then close_folder() end
          steps = step
        end }))
    end)
    assert.equal(5, steps)
    assert.matches("^phosphene: no checkpoint after step 3: cannot write '[^\n]*\n$", said)
    assert.matches("render: cannot write '" .. folder, problem)
  end)

  it("are all tried: the checkpoint first, the picture elsewhere", function()
    local checkpoint = folder .. ".safetensors"
    local ok, problem = pcall(render, { output = folder .. "/a.png", checkpoint = checkpoint, on_step = function(step)
      if step == 4 then close_folder() end
    end })
    assert.is_false(ok)
    local other = problem:match "cannot write '.*/a%.png'.*; the picture is in '(.*)'"
    assert.is_true(exists(other))
    assert.equal("4", ph.read_metadata(other).steps)
    assert.equal(0, #render({ resume = checkpoint }).values)
    os.remove(other)
    os.remove(checkpoint)
  end)

  it("are what it had reached, where it fails", function()
    local output, checkpoint = folder .. "/a.png", folder .. "/run.safetensors"
    assert.error_matches(function() failing { output = output, checkpoint = checkpoint } end,
      ("^enough; the picture after 2 steps is in '%s/a%%.failed%%.png', the checkpoint is in '%s"):format(folder,
        checkpoint))
    assert.is_false(exists(output) or false)
    assert.same(render({ steps = 2 }).image:shape(), ph.load_image(folder .. "/a.failed.png"):shape())
    assert.equal(2, #render({ resume = checkpoint }).values)
  end)

  it("are none where there was nothing yet, or nothing was asked for", function()
    assert.error_matches(function() failing {} end, "^enough$")
    assert.error_matches(function()
      render { steps = 2, rate = function() return 0 / 0 end, output = folder .. "/a.png" }
    end, "rate %-?nan")
    assert.equal("", io.popen("ls " .. folder):read "a")
  end)

  it("are not one file", function()
    assert.error_matches(function() render { output = "a.png", checkpoint = "a.png" } end, "the same file, 'a.png'")
  end)

  it("are written at intervals that can be", function()
    for _, every in ipairs { 0, 1.5, "often", "0 s", "-1 s" } do
      assert.error_matches(function() render { checkpoint = folder .. "/x", checkpoint_every = every } end,
        "checkpoint_every: a number of steps, or of seconds")
    end
    assert.error_matches(function() render { checkpoint_every = 3 } end, "checkpoint_every: there is no checkpoint")
    assert.error_matches(function() render { checkpoint = folder .. "/x", checkpoint_every = 3, restarts = 2 } end,
      "checkpoint_every: of restarts")
  end)
end)
