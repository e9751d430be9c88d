-- SPDX-License-Identifier: MIT
-- The program's command `again`: runs the recipe that made a picture, as the picture's metadata say, and compares what
-- comes of it, byte for byte. What differs here from where it was made is told before. Must not know what recipes do,
-- nor how pictures come by these metadata: that is base/origin.lua's.

local core = require "phosphene.core"
local network = require "phosphene.formats.loading"
local options = require "phosphene.program.options"
local origin = require "phosphene.base.origin"
local picture = require "phosphene.picture.files"
local reading = require "phosphene.base.reading"
local recipe = require "phosphene.program.recipe"
local request = require "phosphene.base.running_recipe"
local shell = require "phosphene.base.shell"
local sorted_keys = require "phosphene.base.sorted_keys"

local command = {}

local text = [[
-- Makes a picture again that a recipe made, from what its metadata say, and compares the two, byte for byte. Where
-- something is different here (the version, the weights, the number of threads, …) that is told, and nothing is made.
]]

local function refuse(format, ...) error(request.refusal(("again: " .. format):format(...)), 0) end

-- What could not be done, though it was asked for rightly.
local function fail(format, ...) error(("again: " .. format):format(...), 0) end

-- ---- what the picture says ----

-- What a picture without a command says of itself, for who wants to write its recipe.
local function known_of(metadata)
  local known = {}
  for _, name in ipairs(sorted_keys(metadata)) do known[#known + 1] = ("  %s: %s"):format(name, metadata[name]) end
  return #known > 0 and "; it says\n" .. table.concat(known, "\n") or ", nor anything else"
end

local function origin_of(path)
  local metadata, problem = core.read_metadata(path)
  if not metadata then fail("%s", problem) end
  local made = origin.read(metadata)
  if not made then
    fail("'%s' does not say by which command it was made, as pictures of recipes do in PNG files%s", path,
      known_of(metadata))
  end
  return made
end

-- ---- what is different here ----

-- Conditions as they are here, as far as that can be told before the recipe runs; of the same names.
local function conditions_here(made)
  local here = origin.of_machine()
  here.threads = made.conditions.threads and tostring(network.threads())
  local path = recipe.find(made.words[2])
  here.recipe = path and core.file_fingerprint(path)
  for name in pairs(made.conditions) do
    local file = origin.file_of(name)
    if file then here[name] = core.file_fingerprint(file) or "not to be read" end
  end
  return here
end

-- Whether a condition is one that only the recipe's running shows.
local function shows_later(name)
  return name == "picture" or name == "seeds" or name:match "^network '" or name:match "^dataset '"
end

local function differences(made)
  local here, found = conditions_here(made), {}
  for _, name in ipairs(sorted_keys(made.conditions)) do
    local before = made.conditions[name]
    if name == "ended" then
      found[#found + 1] = "the run was interrupted, and goes to its end now"
    elseif not shows_later(name) and here[name] ~= before then
      found[#found + 1] = origin.difference(name, before, here[name])
    end
  end
  return found
end

-- ---- comparing ----

local function contents(path)
  local file = reading.open(path)
  local bytes = file and file:read "a"
  if file then file:close() end
  return bytes
end

-- In words, how a picture and the one that was made again differ; nil where they are the same.
local function comparison(before, after, made_before, path)
  if before == after then return nil end
  local now = core.read_metadata(path) or {}
  local changed = {}
  for name, value in pairs(made_before.metadata) do
    if now[name] ~= value then changed[#changed + 1] = name end
  end
  table.sort(changed)
  local image = core.load_image(path)
  local is_alike = image and image:fingerprint() == made_before.pixels
  local pixels = is_alike and "its pixels are the same" or "its pixels differ"
  return #changed > 0 and ("%s; its metadata differ in %s"):format(pixels, table.concat(changed, ", ")) or pixels
end

-- ---- the command ----

local function again(path)
  local opt = options {
    output = { "", "where to write it; by default beside the picture, as NAME.again.png" },
    anyway = { false, "make it also where something is different here" },
  }
  if not path then refuse "which picture? Give the path of a PNG file" end
  local made = origin_of(path)
  local found = differences(made)
  local line = shell.line(made.words)
  if #found > 0 and not opt.anyway then
    fail("'%s' was made by `%s`, but here\n  %s\n--anyway makes it all the same", path, line,
      table.concat(found, "\n  "))
  end
  for _, difference in ipairs(found) do io.stderr:write("phosphene: ", difference, "\n") end
  made.path = opt.output ~= "" and opt.output or picture.marked(path, "again")
  if made.path == path then refuse "--output: that is the picture itself, with which it is to be compared" end
  made.anyway = opt.anyway
  local can, problem = picture.can_save(made.path)
  if not can then fail("%s", problem) end

  local before, metadata = contents(path), core.read_metadata(path)
  local pixels = assert(core.load_image(path)):fingerprint()
  io.stderr:write("phosphene: ", line, "\n")
  recipe.run_words(made.words[2], table.move(made.words, 3, #made.words, 1, {}), made)
  if not made.is_made then fail("the recipe did not make its picture number %s", made.picture) end
  local different = comparison(before, contents(made.path), { metadata = metadata, pixels = pixels }, made.path)
  if different then fail("'%s' is not the same: %s", made.path, different) end
  print(("%s: the same, byte for byte"):format(made.path))
end

--- Runs the command with the words after `phosphene again`.
function command.run(words)
  local path = words[1] and words[1]:sub(1, 1) ~= "-" and words[1] or nil
  return recipe.run_function("phosphene again PICTURE", text, table.move(words, path and 2 or 1, #words, 1, {}),
    function() return again(path) end)
end

return command
