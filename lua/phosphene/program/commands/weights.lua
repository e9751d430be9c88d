-- SPDX-License-Identifier: MIT
-- The program's command `weights`: what networks there are, fetching published ones, converting files of other formats.
-- Must not know how files are fetched or read: that is fetch.lua's and conversion.lua's.

local catalogue = require "phosphene.network.catalogue"
local columns = require "phosphene.base.columns"
local conversion = require "phosphene.formats.conversion"
local fetch = require "phosphene.network.fetch"
local labels = require "phosphene.network.labels"
local network = require "phosphene.formats.loading"
local options = require "phosphene.program.options"
local preprocessing = require "phosphene.network.preprocessing"
local recipe = require "phosphene.program.recipe"
local reading = require "phosphene.base.reading"
local request = require "phosphene.base.running_recipe"
local sorted_keys = require "phosphene.base.sorted_keys"
local suggest = require "phosphene.base.suggest"
local weights = require "phosphene.network.weights"

local command = {}

local usage = [[
usage: phosphene weights list
       phosphene weights fetch NAME [--from FILE]
       phosphene weights convert FILE [OUT] [options]

  list       the networks whose weights are here, and those that can be fetched
  fetch      download published weights, check them, and put them where networks are found
  convert    make one .safetensors file of a network in another format

`phosphene weights fetch --help` and `phosphene weights convert --help` say more.]]

local function refuse(format, ...) error(request.refusal(("weights: " .. format):format(...)), 0) end

-- What could not be done, though it was asked for rightly.
local function fail(format, ...) error(("weights: " .. format):format(...), 0) end

-- ---- list ----

local function list()
  local rows, here = { { "name", "state", "" } }, {}
  for _, name in ipairs(weights.names()) do
    local path = name ~= "googlenet" and weights.find(name)
    if path then
      rows[#rows + 1] = { name, "here", path }
      here[name] = true
    end
  end
  for _, name in ipairs(sorted_keys(catalogue)) do
    local entry = catalogue[name]
    if not here[name] then
      rows[#rows + 1] = { name, "can be fetched", ("%s (%s)"):format(entry.title, entry.licence) }
    end
  end
  print(columns(rows))
end

-- ---- fetch ----

local fetch_text = [[
-- Downloads published weights, checks that they are what was published, and makes a .safetensors file of them in
-- the folder where networks are found: afterwards they are known by their name. A download that broke off goes on
-- where it was. NAME is one of those that `phosphene weights list` has.
]]

-- The file that the user has, or that was downloaded. What the user has may be the archive or the network in it.
local function obtain(entry, from, folder)
  if from == "" then return fetch.download(entry.file, folder .. "/downloads") end
  for _, member in ipairs(entry.members or {}) do
    if member.name == entry.network and fetch.check(from, member) then return from, nil, true end
  end
  local ok, problem = fetch.check(from, entry.file)
  if not ok then return nil, problem end
  return from
end

-- A file that ph.network opens, in the scratch folder where it came in an archive.
local function unpacked(entry, path, folder, is_member)
  if is_member or not entry.members then return path end
  local ok, problem = fetch.unpack(path, entry.members, folder)
  if not ok then return nil, problem end
  return ("%s/%s"):format(folder, entry.network)
end

-- Writes the result; true, or nil and a message.
local function convert_entry(entry, source, target, list_of_labels)
  local metadata = { licence = entry.licence, source = entry.file.addresses[1], title = entry.title }
  if source:match "%.caffemodel[^/]*$" then
    local tensors, problem = conversion.from_caffemodel(source, entry.architecture)
    if not tensors then return nil, problem end
    local found = list_of_labels or labels.beside(source, 1000) or {}
    return conversion.save_architecture(target, tensors, entry.architecture, found, { metadata = metadata })
  end
  local net, problem = network.load(source, { labels = list_of_labels })
  if not net then return nil, problem end
  local architecture
  net, architecture = conversion.save(net, target, { metadata = metadata })
  if not net then return nil, architecture end
  if architecture ~= entry.architecture then
    os.remove(target)
    return nil, ("'%s' is not the network that was expected"):format(source)
  end
  return true
end

--- Fetches an entry of the catalogue into a folder: the path of the result, or nil and a message. `from` is the user's
--- own file, or "".
function command.install(name, entry, from, folder, list_of_labels)
  local path, problem, is_member = obtain(entry, from, folder)
  if not path then
    if from ~= "" then return nil, problem end
    return nil, ("%s. Where there is no network: fetch %s by other means, then phosphene weights fetch %s --from FILE")
      :format(problem, entry.file.addresses[1], name)
  end
  local scratch <close>, no_scratch = fetch.scratch()
  if not scratch then return nil, no_scratch end
  local target = ("%s/%s.safetensors"):format(folder, name)
  local source, ok
  source, problem = unpacked(entry, path, scratch.path, is_member)
  if source then ok, problem = convert_entry(entry, source, target, list_of_labels) end
  if not ok then return nil, problem end
  if from == "" then os.remove(path) end
  return target
end

local function fetch_command(name)
  local opt = options {
    from = { "", "a file that was downloaded before, in place of the address" },
    labels = { "", "a text file with one class name a line, where the weights bring none" },
  }
  if not name then refuse("fetch what? There are %s", table.concat(sorted_keys(catalogue), ", ")) end
  local entry = catalogue[name]
  if not entry then
    local names = sorted_keys(catalogue)
    refuse("no published weights '%s'; %s", name, suggest(name, names, "there are " .. table.concat(names, ", ")))
  end
  local list_of_labels, problem
  if opt.labels ~= "" then
    list_of_labels, problem = labels.read(opt.labels)
    if not list_of_labels then fail("%s", problem) end
  end
  local path
  path, problem = command.install(name, entry, opt.from, weights.home(), list_of_labels)
  if not path then fail("%s", problem) end
  print(("%s: ph.network \"%s\" opens it"):format(path, name))
  local net = assert(network.load(path))
  if #net:labels() == 0 then
    print "it brings no class names; the option --labels takes them from a text file, such as synset_words.txt"
  end
end

-- ---- convert ----

local convert_text = [[
-- Makes one .safetensors file of a network in another format, with its labels and preprocessing: FILE is ONNX (.onnx),
-- TensorFlow (.pb) or Caffe (.caffemodel, .prototxt). OUT is a path, or left out: then the file goes where networks are
-- found, and is known by its name.
]]

-- "0, 255" as {0, 255}; nil for "".
local function numbers(text, name)
  if text == "" then return nil end
  local stated = preprocessing.stated { mean = text }
  if not stated then refuse("--%s: numbers separated by commas expected, got '%s'", name, text) end
  return stated.mean
end

local function given(text) return text ~= "" and text or nil end

local function convert_command(file, out)
  local opt = options {
    range = { "", "what a picture's 0 and 1 become, such as -1,1" },
    mean = { "", "then subtracted, one number or one for each channel" },
    std = { "", "then divided by, likewise" },
    order = { "", "of the input's channels, RGB or BGR" },
    labels = { "", "a text file with one class name a line" },
    input = { "", "TensorFlow: the node that the picture takes the place of" },
    prototxt = { "", "Caffe: the description, if it is not beside the weights" },
    caffemodel = { "", "Caffe: the weights, if they are not beside the description" },
    type = { "F32", "how numbers are stored", choices = { "F32", "F16", "BF16" } },
    overwrite = { false, "write over a file that is there" },
  }
  if not file then refuse "convert what? A file of a network is needed" end
  local net, problem = network.load(file, {
    range = numbers(opt.range, "range"), mean = numbers(opt.mean, "mean"), std = numbers(opt.std, "std"),
    order = given(opt.order), labels = given(opt.labels), input = given(opt.input), prototxt = given(opt.prototxt),
    caffemodel = given(opt.caffemodel),
  })
  if not net then fail("%s", problem) end
  out = out or ("%s/%s.safetensors"):format(weights.home(), network.name(net))
  if not out:match "%.safetensors$" then refuse("'%s': the result is a .safetensors file", out) end
  if reading.exists(out) and not opt.overwrite then
    fail("'%s' is there already; --overwrite writes over it, OUT is another place", out)
  end
  local ok, architecture = conversion.save(net, out, { type = opt.type })
  if not ok then fail("%s", architecture) end
  print(("%s (%s)"):format(out, architecture and "architecture " .. architecture or "with its own description"))
end

-- ---- the command ----

local function run_list() list(options {}) end

-- What runs a part of the command, its text for --help, what comes before its options, and how many of these there are.
local parts = {
  list = { run_list, "-- The networks whose weights are here, and those that can be fetched.\n", "", 0 },
  fetch = { fetch_command, fetch_text, " NAME", 1 },
  convert = { convert_command, convert_text, " FILE [OUT]", 2 },
}

--- Runs the command with the words after `phosphene weights`.
function command.run(words)
  local name = words[1]
  if name == nil or name == "--help" or name == "-h" then return print(usage) end
  local part = parts[name]
  if not part then
    refuse("no '%s'; %s", name, suggest(name, sorted_keys(parts), "there are list, fetch and convert"))
  end
  -- Names and paths come before the options.
  local first = 2
  while words[first] and words[first]:sub(1, 1) ~= "-" do first = first + 1 end
  local places = table.move(words, 2, first - 1, 1, {})
  local f, text, arguments, most = table.unpack(part)
  if #places > most then refuse("unexpected argument '%s'", places[most + 1]) end
  recipe.run_function(("phosphene weights %s%s"):format(name, arguments), text, table.move(words, first, #words, 1, {}),
    function() return f(table.unpack(places)) end)
end

return command
