-- SPDX-License-Identifier: MIT
-- Finding and loading networks: the weights path, broken files, labels.

local ph = require "phosphene"
local core = require "phosphene.core"
local labels = require "phosphene.network.labels"

describe("ph.network", function()
  local folder = os.tmpname() .. "_weights"
  local path = folder .. "/x.safetensors"

  after_each(function()
    for _, name in ipairs(core.list_folder(folder) or {}) do os.remove(folder .. "/" .. name) end
    os.remove(folder)
  end)

  local function weights_file(tensors, metadata)
    assert(core.save_safetensors(path, tensors, metadata))
    return path
  end

  it("suggests what a mistyped name meant, at the recipe's line", function()
    local ok, problem = pcall(function() return (ph.network "googlnet") end)
    assert.is_false(ok)
    assert.matches("^tests/spec/network/network_spec%.lua:%d+: no network 'googlnet'; did you mean 'googlenet'%?",
      problem)
    assert.error_matches(function() ph.network "resnet" end, "there are .*googlenet")
  end)

  it("says, once, that the embedded network stands for GoogLeNet", function()
    local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"
    local pipe = assert(io.popen(("PHOSPHENE_WEIGHTS= XDG_DATA_HOME=/nowhere %s -e '%s' 2>&1"):format(program,
      'for _ = 1, 2 do assert(ph.network "googlenet") end')))
    local said = pipe:read "a"
    pipe:close()
    assert.equal("phosphene: no weights of the full GoogLeNet found; using the embedded googlenet-tiny\n", said)
  end)

  it("opens files by their suffix", function()
    local net = assert(ph.network "weights/googlenet-tiny.safetensors")
    assert.matches("^network googlenet%-tiny of", tostring(net))
    assert.error_matches(function() ph.network "weights/googlenet-tiny.npz" end, "there are files of type .safetensors")
  end)

  it("refuses options that it does not have", function()
    assert.error_matches(function() ph.network("googlenet-tiny", { thread = 1 }) end, "did you mean 'threads'")
    assert.error_matches(function() ph.network("googlenet-tiny", { threads = -1 }) end, "threads: a whole number")
    assert.error_matches(function() ph.network(12) end, "a name or the path")
  end)

  it("gives nil and a message for files that are missing or no weights", function()
    local net, problem = ph.network "/nowhere/x.safetensors"
    assert.is_nil(net)
    assert.matches("/nowhere/x.safetensors", problem)

    weights_file({ a = core.tensor { 1 } }, {})
    local file = assert(io.open(path, "wb"))
    file:write "not weights at all"
    file:close()
    net, problem = ph.network(path)
    assert.is_nil(net)
    assert.matches("x%.safetensors", problem)
  end)

  it("names the architecture that it does not know", function()
    local net, problem = ph.network(weights_file({ a = core.tensor { 1 } }, { architecture = "alexnet" }))
    assert.is_nil(net)
    assert.matches("unknown architecture 'alexnet'; known are bvlc_googlenet, googlenet_tiny, inception5h", problem)
    net, problem = ph.network(weights_file({ a = core.tensor { 1 } }, {}))
    assert.is_nil(net)
    assert.matches("x%.safetensors': it holds weights without a graph", problem)
  end)

  it("names the tensor that is missing", function()
    local metadata = { architecture = "googlenet_tiny" }
    local net, problem = ph.network(weights_file({ a = core.tensor { 1 } }, metadata))
    assert.is_nil(net)
    assert.matches("x.safetensors': no tensor 'conv2d0.weight'$", problem)
  end)

  it("names the layer that a tensor does not fit", function()
    local tensors, metadata = core.load_safetensors "weights/googlenet-tiny.safetensors"
    tensors["mixed4a_3x3.weight"] = core.tensor { 96, 40, 3, 3 }
    local net, problem = ph.network(weights_file(tensors, metadata))
    assert.is_nil(net)
    assert.matches("^'.*x.safetensors': .*mixed4a_3x3_pre_relu", problem)
    tensors["mixed4a_3x3.weight"] = core.tensor({ 96, 48, 3, 3 }, 0 / 0)
    net, problem = ph.network(weights_file(tensors, metadata))
    assert.is_nil(net)
    assert.matches("^'.*x.safetensors': .*mixed4a_3x3_pre_relu", problem)
  end)

  it("finds what lies on the weights path, and falls back to the embedded network", function()
    -- The path is the environment's, so each case is a process of its own.
    local function load(weights, name)
      local script = ([[local ph = require "phosphene" local net, problem = ph.network "%s" ]]):format(name
        or "googlenet") .. [[print(net and #net:labels() or problem)]]
      local command = ("PHOSPHENE_WEIGHTS='%s' XDG_DATA_HOME='%s' LUA_PATH='%s' LUA_CPATH='%s' lua5.4 -e '%s' 2>&1")
        :format(weights, folder, package.path, package.cpath, script)
      local pipe = assert(io.popen(command))
      local text = pipe:read "a"
      pipe:close()
      return text
    end
    local fallback = load ""
    assert.matches("using the embedded googlenet%-tiny\n200\n", fallback)
    assert.equal("200\n", load "weights/googlenet-tiny.safetensors")
    assert.equal("PHOSPHENE_WEIGHTS names '/no/x.safetensors', which cannot be read\n", load "/no/x.safetensors")
    assert.equal("PHOSPHENE_WEIGHTS names '/no/folder', which cannot be read\n", load "/no/folder")
    os.execute(("mkdir -p '%s' && cp weights/googlenet-tiny.safetensors '%s/my net.safetensors'")
      :format(folder, folder))
    assert.equal("200\n", load(folder, "my net"))
    assert(core.save_safetensors(folder .. "/bvlc_googlenet.safetensors", { a = core.tensor { 1 } }, {}))
    assert.matches("bvlc_googlenet.safetensors", load(folder))
  end)
end)

describe("PHOSPHENE_THREADS", function()
  -- A process of its own, for its environment; gives what it printed.
  local function run(threads, code, before)
    local command = ("%s PHOSPHENE_THREADS='%s' LUA_PATH='%s' LUA_CPATH='%s' lua5.4 -e '%s' 2>&1"):format(before or "",
      threads, package.path, package.cpath, code)
    local pipe = assert(io.popen(command))
    local text = pipe:read "a"
    pipe:close()
    return text
  end

  -- How many threads there are after a run.
  local count = [[local ph = require "phosphene" local net = ph.network("googlenet-tiny", %s)
    net:forward(require("phosphene.core").tensor { 1, 3, 64, 64 }, "mixed3a")
    print(io.open "/proc/self/status":read "a":match "Threads:%%s*(%%d+)")]]

  it("says how many threads runs use", function()
    assert.equal("1\n", run("1", count:format "{}"))
    assert.equal("3\n", run(" 3 ", count:format "{}"))
    assert.equal(run("", count:format "{ threads = 0 }"), run("0", count:format "{}"))
  end)

  it("is one a core that the process may use, bound to it or not", function()
    assert.equal(run("", count:format "{}"), run("", count:format "{}", "OMP_PROC_BIND=true"))
    assert.equal("1\n", run("", count:format "{}", "taskset -c 0 env"))
  end)

  it("gives way to the option", function()
    assert.equal("2\n", run("4", count:format "{ threads = 2 }"))
  end)

  it("must be a number that makes sense", function()
    for _, bad in ipairs { "many", "-1", "1.5", "1025", "0x2" } do
      assert.equal(("nil\tPHOSPHENE_THREADS: a whole number from 0 to 1024 expected, got '%s'\n"):format(bad),
        run(bad, [[print(require("phosphene").network "googlenet-tiny")]]))
    end
  end)
end)

describe("labels", function()
  it("are read from a JSON list of strings", function()
    assert.same({}, labels.parse " [ ] ")
    assert.same({ "tench", "a, b" }, labels.parse '["tench","a, b"]')
    assert.same({ 'quote " slash / back \\ tab \t', "Grüße" },
      labels.parse [=[ [ "quote \" slash \/ back \\ tab \t" , "Gr\u00fc\u00DFe" ] ]=])
    assert.same({ "😀", "" }, labels.parse [=[["\ud83d\ude00", ""]]=])
  end)

  -- Runs f with the path of a network in an empty folder, and a function that writes a text file beside it.
  local function in_folder(f)
    local folder = os.tmpname() .. "_labels"
    assert(core.save_safetensors(folder .. "/net.safetensors", { a = core.tensor { 1 } }))
    local function write(name, text)
      local file = assert(io.open(folder .. "/" .. name, "wb"))
      file:write(text)
      file:close()
      return folder .. "/" .. name
    end
    f(folder .. "/net.safetensors", write)
    for _, name in ipairs(core.list_folder(folder)) do os.remove(folder .. "/" .. name) end
    os.remove(folder)
  end

  it("are read from a text file, one a line", function()
    in_folder(function(_, write)
      assert.same({ "tench", "", "a, b" }, labels.read(write("a.txt", "\xEF\xBB\xBFtench\r\n\r\na, b\r\n\n\n")))
      assert.same({ "tench, Tinca", "n0144 x" }, labels.read(write("b.txt", "n01440764 tench, Tinca\nn0144 x")))
      local list, problem = labels.read(write("c.txt", "a\0b"))
      assert.is_nil(list)
      assert.matches("c%.txt' holds no labels$", problem)
    end)
  end)

  it("are found beside a network, for all of its classes or all but the last 8", function()
    in_folder(function(path, write)
      assert.is_nil(labels.beside(path, 12))
      write("net.labels.txt", ("x\n"):rep(12))
      for count, found in pairs { [11] = false, [12] = true, [20] = true, [21] = false } do
        assert.equal(found, labels.beside(path, count) ~= nil, count)
      end
      write("synset_words.txt", ("y\n"):rep(30))
      assert.equal("x", labels.beside(path, 12)[1])
      assert.equal("y", labels.beside(path, 30)[1])
    end)
  end)

  it("that are broken give nil and where", function()
    for _, text in ipairs { "", "[", '["a"', '["a",]', '["a" "b"]', '["a', '[1]', '["\\x"]', '["\\u12"]', '["\\ud83d"]',
      '["a"] b', '{"a": 1}', '["a\nb"]', '["\\' } do
      local list, problem = labels.parse(text)
      assert.is_nil(list, text)
      assert.matches("not a JSON list of strings", problem)
    end
  end)
end)
