-- SPDX-License-Identifier: MIT
-- Loading networks: finds the file for a name or path and the module that opens its format, and then does what all
-- formats have in common. Must not know what is in the files, nor how networks are used.

local classes = require "phosphene.network.classes"
local core = require "phosphene.core"
local expect = require "phosphene.base.expect"
local kind_of = require "phosphene.base.kind_of"
local misuse = require "phosphene.base.misuse"
local origin = require "phosphene.base.origin"
local pre_relu = require "phosphene.network.pre_relu"
local preprocessing = require "phosphene.network.preprocessing"
local reading = require "phosphene.base.reading"
local recognise = require "phosphene.formats.recognise"
local suggest = require "phosphene.base.suggest"
local weights = require "phosphene.network.weights"

local network = {}

-- Names of the networks that were loaded, for progress lines and metadata.
local names = setmetatable({}, { __mode = "k" })

local fingerprints = setmetatable({}, { __mode = "k" })

--- The name that a network was loaded under: its file's name without folder and suffix.
function network.name(net) return names[net] or "unnamed" end

--- A network in one line; net:describe() tells more.
function network.text(net)
  local is_open, layers = pcall(net.layers, net)
  return is_open and ("network %s of %d layers"):format(network.name(net), #layers) or "network (closed)"
end

-- The path of the file that is asked for, by path or by name; or nil and a message.
local function find(name)
  if weights.format(name) then return name end
  local known = weights.names()
  for _, candidate in ipairs(known) do
    if candidate == name then return weights.find(name) end
  end
  if reading.exists(name) then return name end
  if name:find("/", 1, true) then
    misuse.raise("'%s' is not a network's file; there are %s", name, weights.known_files())
  end
  misuse.raise("no network '%s'; %s", name, suggest(name, known,
    ("there are %s, and paths of %s"):format(table.concat(known, ", "), weights.known_files())))
end

-- The most threads that the core takes.
local most_threads = 1024

--- A number that tells a network's weights from others: of megabytes, and so read once.
function network.fingerprint(net)
  fingerprints[net] = fingerprints[net] or net:fingerprint()
  return fingerprints[net]
end

-- How many threads are asked for, by the option or else by the environment, 0 where neither says; or nil and a message.
local function threads_of(options)
  if options.threads then return misuse.check_count(options.threads, 0, "network: threads") end
  local text = os.getenv "PHOSPHENE_THREADS"
  if not text or text == "" then return 0 end
  local count = text:match "^%s*%d+%s*$" and math.tointeger(tonumber(text))
  if count and count <= most_threads then return count end
  return nil, ("PHOSPHENE_THREADS: a whole number from 0 to %d expected, got '%s'"):format(most_threads, text)
end

--- How many threads networks use that are not told otherwise; or nil and a message.
function network.threads()
  local threads, problem = threads_of {}
  if threads == 0 then return core.cores() end
  return threads, problem
end

local option_names = { "backend", "threads", "labels", "input", "inputs", "output", "prototxt", "caffemodel",
  table.unpack(preprocessing.options) }

local a_backend = expect.choice("dnnl", "reference")

-- Other inputs are given numbers, truth values or tensors, by name.
local function check_inputs(inputs)
  if inputs == nil then return end
  if type(inputs) ~= "table" then misuse.raise "network: inputs: a table of values by the inputs' names expected" end
  for name, value in pairs(inputs) do
    local kind = kind_of(value)
    if type(name) ~= "string" or (kind ~= "number" and kind ~= "boolean" and kind ~= "tensor") then
      misuse.raise("network: inputs: %s: a number, true, false or a tensor expected, got %s", tostring(name),
        misuse.shown(value))
    end
  end
end

local function check(name, options)
  if type(name) ~= "string" then
    misuse.raise("network: a name or the path of a file expected, got %s", misuse.shown(name))
  end
  misuse.check_keys(options, option_names, "network")
  if options.backend ~= nil then expect.value(options.backend, a_backend, "network: backend") end
  for _, option in ipairs { "input", "output", "prototxt", "caffemodel" } do
    local value = options[option]
    if value and type(value) ~= "string" then misuse.raise("network: %s: a text expected, got %s", option, value) end
  end
  check_inputs(options.inputs)
  if options.labels and type(options.labels) ~= "table" and type(options.labels) ~= "string" then
    misuse.raise "network: labels: a list of texts, or the path of a text file, expected"
  end
  preprocessing.check(options)
end

--- A network by name or by path; see meta/phosphene.lua.
function network.load(name, options)
  options = options or {}
  check(name, options)
  local threads, problem = threads_of(options)
  if not threads then return nil, problem end
  local path
  path, problem = find(name)
  if not path then return nil, problem end
  local module, net
  module, problem = recognise.module(path)
  if not module then return nil, problem end
  net, problem = require("phosphene.formats." .. module).open(path, options)
  if not net then return nil, problem end
  net:set_threads(threads)
  local ok
  ok, problem = classes.complete(net, path, options.labels)
  if not ok then return nil, problem end
  pre_relu.offer(net)
  names[net] = weights.stem(path)
  if not options.threads then origin.used("threads", function() return tostring(network.threads()) end) end
  origin.used(("network '%s'"):format(name), function() return network.fingerprint(net) end)
  preprocessing.tell(net, path)
  return net
end

return network
