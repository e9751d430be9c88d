-- Loading networks: from a name or path to the module that opens files of that format, and what is common to all
-- formats afterwards. Must not know what is in the files, nor what a network is run for.

local misuse = require "phosphene.misuse"
local pre_relu = require "phosphene.pre_relu"
local preprocessing = require "phosphene.preprocessing"
local suggest = require "phosphene.suggest"
local weights = require "phosphene.weights"

local network = {}

-- Names of the networks that were loaded, for progress lines and metadata.
local names = setmetatable({}, { __mode = "k" })

--- The name that a network was loaded under: its file's name without folder and suffix.
function network.name(net) return names[net] or "unnamed" end

--- A network in one line; net:describe() tells more.
function network.text(net) return ("network %s of %d layers"):format(network.name(net), #net:layers()) end

-- The path of the file that is asked for, by path or by name; or nil and a message.
local function find(name)
  if weights.format(name) then return name end
  local known = weights.names()
  for _, candidate in ipairs(known) do
    if candidate == name then return weights.find(name) end
  end
  if name:find("/", 1, true) then
    misuse.raise("'%s' is no network's file; there are %s", name, weights.known_files())
  end
  misuse.raise("no network '%s'; %s", name, suggest(name, known,
    ("there are %s, and paths of %s"):format(table.concat(known, ", "), weights.known_files())))
end

local option_names = { "backend", "threads", table.unpack(preprocessing.options) }

--- A network by name or by path; see meta/phosphene.lua.
function network.load(name, options)
  options = options or {}
  if type(name) ~= "string" then
    misuse.raise("network: a name or the path of a file expected, got a %s", type(name))
  end
  misuse.check_keys(options, option_names, "network")
  if options.threads then misuse.check_count(options.threads, 0, "network: threads") end
  preprocessing.check(options)

  local path, problem = find(name)
  if not path then return nil, problem end
  local net
  net, problem = require("phosphene.formats." .. weights.format(path)).open(path, options)
  if not net then return nil, problem end
  if options.threads then net:set_threads(options.threads) end
  pre_relu.offer(net)
  names[net] = weights.stem(path)
  preprocessing.tell(net, path)
  return net
end

return network
