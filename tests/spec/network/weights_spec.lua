-- SPDX-License-Identifier: MIT
-- The command `weights`: fetching from addresses that are files here, hashes, archives, conversion, and what it says.

local ph = require "phosphene"
local core = require "phosphene.core"
local caffe_googlenet = require "caffe.googlenet"
local caffe_writer = require "caffe.writer"
local command = require "phosphene.program.commands.weights"
local inception5h = require "tensorflow.inception5h"
local overheard = require "overheard"
local save = require("tensorflow.writer").save
local tensorflow_writer = require "tensorflow.writer"

local folder = os.tmpname()
os.remove(folder)

local function shell(format, ...) return os.execute(format:format(...)) == true end

local function hash(kind, path)
  local pipe = assert(io.popen(("%ssum '%s'"):format(kind, path)))
  local sum = pipe:read("a"):match "^%x+"
  pipe:close()
  return sum
end

local function has(program) return shell("command -v %s >/dev/null 2>&1", program) end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- Files as the publishers have them, in small, and a catalogue's entries for them.
local nodes, weights = inception5h(16, 63)
local labels_name = "imagenet_comp_graph_label_strings.txt"

lazy_setup(function()
  assert(shell("mkdir -p '%s/there' '%s/home'", folder, folder))
  save(folder .. "/there/graph.pb", tensorflow_writer.graph(nodes))
  save(folder .. "/there/" .. labels_name, "dummy\n" .. ("kit fox\n"):rep(59))
end)
lazy_teardown(function() os.execute("rm -r '" .. folder .. "'") end)

local function member(name)
  return { name = name, sha256 = hash("sha256", folder .. "/there/" .. name) }
end

-- The archive as an entry. Made by Python, since not everybody has zip.
local function archive_entry()
  assert(shell("cd '%s/there' && /usr/bin/python3 -c \"import zipfile; z = zipfile.ZipFile('a.zip', 'w', 8); "
    .. "z.write('graph.pb'); z.write('%s')\"", folder, labels_name))
  return {
    licence = "free", architecture = "inception5h", network = "graph.pb",
    members = { member "graph.pb", member(labels_name) },
    file = { name = "a.zip", sha256 = hash("sha256", folder .. "/there/a.zip"),
      addresses = { "file:///nowhere/a.zip", "file://" .. folder .. "/there/a.zip" } },
  }
end

local function install(entry, from, list)
  return select(2, overheard(command.install, "made", entry, from or "", folder .. "/home", list))
end

local function assert_is_inception(path)
  local _, metadata = core.load_safetensors(path)
  assert.equal("inception5h", metadata.architecture)
  assert.equal("free", metadata.licence)
  local net = assert(ph.network(path))
  assert.equal(60, #net:labels())
  assert.same({ -117, 138 }, net:preprocessing().range)
  for name, tensor in pairs(weights) do
    local layer, parameter = name:match "^(.*)%.(%w+)$"
    layer = pcall(net.layer, net, layer .. "_pre_relu") and layer .. "_pre_relu" or layer
    assert.same(tensor:shape(), net:parameter(layer, parameter):shape())
    local s = core.combine("subtract", tensor, net:parameter(layer, parameter)):statistics()
    assert.is_true(s.most == 0 and s.least == 0, name)
  end
end

describe("weights fetch", function()
  before_each(function() shell("rm -rf '%s/home'; mkdir '%s/home'", folder, folder) end)

  if not (has "curl" and has "unzip" and has "/usr/bin/python3") then
    return pending "needs curl, unzip, and Python to make an archive"
  end
  -- Programs that are started inherit it: curl comes to a halt under it, and what Python leaks is an error.
  if os.getenv "LD_PRELOAD" and os.getenv "LD_PRELOAD" ~= "" then
    return pending "needs programs without a sanitizer's runtime loaded before them"
  end

  it("downloads from the first address that has the file, checks, unpacks and converts it", function()
    local path = assert(install(archive_entry()))
    assert.equal(folder .. "/home/made.safetensors", path)
    assert_is_inception(path)
  end)

  it("takes a local archive, or what is in it", function()
    local entry = archive_entry()
    entry.file.addresses = {}
    entry.file.addresses[1] = "file:///nowhere"
    assert_is_inception(assert(install(entry, folder .. "/there/a.zip")))
    os.remove(folder .. "/home/made.safetensors")
    assert_is_inception(assert(install(entry, folder .. "/there/graph.pb")))
  end)

  it("goes on where a download broke off", function()
    local entry = archive_entry()
    local whole = assert(io.open(folder .. "/there/a.zip", "rb")):read "a"
    assert(shell("mkdir -p '%s/home/downloads'", folder))
    save(folder .. "/home/downloads/a.zip.part", whole:sub(1, #whole // 2))
    assert_is_inception(assert(install(entry)))
    -- What is there already is not fetched again.
    save(folder .. "/home/downloads/a.zip.part", whole)
    entry.file.addresses = { "file:///nowhere" }
    assert(install(entry))
    assert.same({}, core.list_folder(folder .. "/home/downloads"))
  end)

  it("starts again where what is there is no beginning of the file", function()
    local entry = archive_entry()
    local whole = assert(io.open(folder .. "/there/a.zip", "rb")):read "a"
    assert(shell("mkdir -p '%s/home/downloads'", folder))
    for _, length in ipairs { 1, #whole // 2, #whole, #whole + 9 } do
      save(folder .. "/home/downloads/a.zip.part", ("x"):rep(length))
      assert_is_inception(assert(install(entry)))
    end
  end)

  it("refuses what is not the published file, and keeps none of it", function()
    local entry = archive_entry()
    entry.file.sha256 = ("0"):rep(64)
    local path, problem = install(entry)
    assert.is_nil(path)
    assert.matches("is not the published a.zip: its SHA256 is %x+, not 0000", problem)
    assert.matches("fetch file:///nowhere/a.zip by other means, then phosphene weights fetch made --from FILE", problem,
      1, true)
    assert.same({}, core.list_folder(folder .. "/home/downloads"))
    path, problem = install(entry, folder .. "/there/a.zip")
    assert.is_nil(path)
    assert.matches("there/a.zip' is not the published a.zip", problem)
    path, problem = install(entry, "/nowhere/x.zip")
    assert.is_nil(path)
    assert.matches("cannot read '/nowhere/x.zip'", problem)
    entry = archive_entry()
    entry.members[1].sha256 = ("1"):rep(64)
    path, problem = install(entry)
    assert.is_nil(path)
    assert.matches("is not the published graph.pb", problem)
    assert.is_false(exists(folder .. "/home/made.safetensors"))
  end)

  it("says what to do where no address can be reached", function()
    local entry = archive_entry()
    entry.file.addresses = { "file:///nowhere/a.zip", "http://127.0.0.1:9/a.zip" }
    local path, problem = install(entry)
    assert.is_nil(path)
    assert.matches("^file:///nowhere/a.zip: the file could not be read; http://127.0.0.1:9/a.zip: no connection%. Wh",
      problem)
    assert.is_nil(problem:find "\n")
  end)

  it("makes GoogLeNet of a Caffe model alone", function()
    local _, weighted = caffe_googlenet(weights)
    local path = save(folder .. "/there/b.caffemodel", caffe_writer.model(weighted, true))
    local entry = { licence = "free", architecture = "bvlc_googlenet",
      file = { name = "b.caffemodel", sha1 = hash("sha1", path), addresses = { "file://" .. path } } }
    local list = {}
    for i = 1, 63 do list[i] = "class " .. i end
    local net = assert(ph.network(assert(install(entry, "", list))))
    assert.same({ 0, 255 }, net:preprocessing().range)
    assert.equal("BGR", net:preprocessing().order)
    assert.equal(63, #net:labels())
    local s = core.combine("subtract", net:parameter("mixed5b_3x3_pre_relu", "weight"),
      weights["mixed5b_3x3.weight"]):statistics()
    assert.is_true(s.most == 0 and s.least == 0)
    local broken = save(folder .. "/there/b.caffemodel", caffe_writer.model({}, true))
    entry.file.sha1 = hash("sha1", broken)
    local none, problem = install(entry, broken)
    assert.is_nil(none)
    assert.matches("is no bvlc_googlenet: no 'conv2d0.weight'", problem)
  end)
end)

-- What the program says, and its exit status; networks are put into `home`.
local function program(arguments, before)
  local build = os.getenv "PHOSPHENE_TEST_BUILD" or "build"
  local pipe = assert(io.popen(("%sXDG_DATA_HOME='%s/data' PHOSPHENE_WEIGHTS= %s/phosphene %s 2>&1"):format(
    before or "", folder, build, arguments)))
  local text = pipe:read "a"
  local ok, _, code = pipe:close()
  return text, ok and 0 or code
end

-- A program in place of another one that is started: the beginning of a command.
local function in_place_of(name, text)
  assert(shell("mkdir -p '%s/bin'", folder))
  save(folder .. "/bin/" .. name, "#!/bin/sh\n" .. text .. "\n")
  assert(shell("chmod +x '%s/bin/%s'", folder, name))
  return ("PATH='%s/bin':\"$PATH\" "):format(folder)
end

describe("phosphene weights", function()
  it("ends with Ctrl-C that ended a download", function()
    local _, code = program("weights fetch inception5h", in_place_of("curl", "kill -INT $$"))
    assert.equal(130, code)
    os.remove(folder .. "/bin/curl")
  end)

  it("says where temporary files cannot be, and removes those of processes that are no more", function()
    local fetch = require "phosphene.network.fetch"
    local _, code = program("weights list")
    assert.equal(0, code)
    local before = in_place_of("sha256sum", "echo d13569f6a98159de37e92e9c8ec4dae8f674fbf475f69fe6199b514f756d4364")
    local text
    text, code = program(("weights fetch inception5h --from '%s/there/graph.pb'"):format(folder),
      before .. "TMPDIR=/nowhere/at/all ")
    os.remove(folder .. "/bin/sha256sum")
    assert.equal(1, code)
    assert.matches("no folder for temporary files %(TMPDIR%): .*/nowhere/at/all", text)
    assert.is_nil(text:find "\n.")
    local pipe = io.popen "echo $$"
    local dead = pipe:read "n"
    pipe:close()
    local tmp = os.getenv "TMPDIR" or "/tmp"
    local left = ("%s/phosphene-weights-%d-left"):format(tmp, dead)
    local kept = ("%s/phosphene-weights-1-kept"):format(tmp)
    assert(shell("mkdir '%s' '%s'", left, kept))
    do
      local scratch <close> = assert(fetch.scratch())
      assert.is_true(exists(scratch.path))
      text = scratch.path
    end
    assert.is_false(exists(text))
    assert.is_false(exists(left))
    assert.is_true(exists(kept))
    assert(shell("rmdir '%s'", kept))
  end)

  it("lists what is here and what can be fetched", function()
    local text, code = program "weights list"
    assert.equal(0, code)
    assert.matches("\ngooglenet%-tiny +here +%S", text)
    assert.matches("\ninception5h +can be fetched +Inception v1 as Google", text)
    assert.matches("weights +networks' weights", (program "--help"))
  end)

  it("helps, and suggests", function()
    assert.matches("^usage: phosphene weights list", (program "weights"))
    assert.matches("usage: phosphene weights fetch NAME %[options%]\n\n  %-%-from", (program "weights fetch --help"))
    local text, code = program "weights fetch inceptoin5h"
    assert.equal(2, code)
    assert.equal("phosphene: weights: no published weights 'inceptoin5h'; did you mean 'inception5h'?\n", text)
    assert.equal("phosphene: weights: no 'fetsh'; did you mean 'fetch'?\n", (program "weights fetsh"))
    assert.equal("phosphene: weights: unexpected argument 'b'\n", (program "weights fetch a b"))
    assert.matches("unknown option '%-%-form'; did you mean '%-%-from'", (program "weights fetch inception5h --form x"))
  end)

  it("is what a network that is not here advises", function()
    local text = program "-e 'assert(ph.network \"inception5h\")'"
    assert.matches("no weights for 'inception5h' .*; `phosphene weights fetch inception5h` gets them\n$", text)
  end)

  it("refuses a local file that is not the published one", function()
    save(folder .. "/x.zip", "not it")
    local text, code = program("weights fetch inception5h --from '" .. folder .. "/x.zip'")
    assert.equal(1, code)
    assert.matches("^phosphene: weights: '.*x.zip' is not the published inception5h.zip: its SHA256 is %x+, not d1356",
      text)
  end)

  it("converts networks, into the folder where they are found", function()
    local text = program("weights convert '" .. folder .. "/there/graph.pb'")
    assert.equal(folder .. "/data/phosphene/weights/graph.safetensors (architecture inception5h)\n", text)
    text = program("weights convert '" .. folder .. "/there/graph.pb' --range 0,1")
    assert.equal(("phosphene: weights: '%s/data/phosphene/weights/graph.safetensors' is there already; "
      .. "--overwrite writes over it, OUT is another place\n"):format(folder), text)
    assert.matches("graph.safetensors",
      (program("weights convert '" .. folder .. "/there/graph.pb' --overwrite")))
    assert.matches("graph +here +.*/data/phosphene/weights/graph.safetensors", (program "weights list"))
    text = program(("weights convert '%s/there/graph.pb' '%s/own.safetensors' --range -1,1 --order BGR"):format(folder,
      folder))
    assert.equal(folder .. "/own.safetensors (with its own description)\n", text)
    assert.same({ range = { -1, 1 }, order = "BGR", source = "its file" },
      assert(ph.network(folder .. "/own.safetensors")):preprocessing())
    assert.matches("the result is a .safetensors file",
      (program("weights convert '" .. folder .. "/there/graph.pb' x.bin")))
    assert.matches("numbers separated by commas expected, got 'a'",
      (program("weights convert '" .. folder .. "/there/graph.pb' --range a")))
    assert.matches("cannot read '/nowhere.pb'", (program "weights convert /nowhere.pb"))
  end)
end)
