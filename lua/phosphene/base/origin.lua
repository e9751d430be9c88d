-- SPDX-License-Identifier: MIT
-- Origins: what the pictures of a recipe say of how they were made, so that `phosphene again` makes them again. Two
-- texts of their metadata do: the command, and the conditions, which are everything besides it that decides bytes.
-- While a picture is made again, what is used is compared with what was used then, and that picture alone is written.
-- Must not know recipes' options, nor files.

local core = require "phosphene.core"
local json = require "phosphene.base.json"
local reading = require "phosphene.base.reading"
local request = require "phosphene.base.running_recipe"
local shell = require "phosphene.base.shell"

local origin = {}

-- Captions are drawn in it; it is read once. Where memory is short, it is there all the same.
local font_fingerprint
local function font()
  local path = core.font_path()
  font_fingerprint = font_fingerprint or core.file_fingerprint(path)
  return font_fingerprint or (reading.exists(path) and "not to be read" or "none")
end

--- Conditions that no recipe has a part in, by name.
function origin.of_machine()
  local conditions = { Phosphene = core.version, instructions = core.instructions(), font = font() }
  for _, library in ipairs(core.libraries()) do conditions[library.name] = library.loaded or library.built end
  return conditions
end

-- ---- what a recipe uses ----

-- What the running recipe notes of itself: { used =, pictures =, seeds =, written = }; nil where none is running.
local function notes()
  local asked = request.current()
  if not asked then return nil end
  asked.notes = asked.notes or { used = {}, pictures = 0, seeds = {}, written = {} }
  return asked.notes, asked
end

--- In words: what a condition was, and what it is.
function origin.difference(name, before, now)
  return ("%s: %s then, %s now"):format(name, before or "none", now or "none")
end

--- Notes that the recipe uses something that a fingerprint tells from others of its name, of which there may be some.
--- `fingerprint_of` gives it, and is not asked where no recipe is running, since that may be much to read. Raises where
--- a picture is being made again that was made of another, unless that is wanted anyway.
function origin.used(name, fingerprint_of)
  local noted, asked = notes()
  if not noted then return end
  local fingerprint, place, first = fingerprint_of(), 1, name
  while noted.used[name] and noted.used[name] ~= fingerprint do
    place = place + 1
    name = ("%s (%d)"):format(first, place)
  end
  noted.used[name] = fingerprint
  local again = asked.again
  local before = again and again.conditions[name]
  if before and before ~= fingerprint and not again.anyway then
    error(("%s; with --anyway it is made all the same"):format(origin.difference(name, before, fingerprint)), 0)
  end
end

local file_name = "file '%s'"

--- The same of a file, which was read just now.
function origin.used_file(path)
  origin.used(file_name:format(path), function() return core.file_fingerprint(path) or "not to be read" end)
end

--- The path of the file that a condition is about, or nil.
function origin.file_of(name) return name:match "^file '(.*)'$" end

--- A seed for a run that was given none: that of the run that is being made again, or what `any` gives.
function origin.seed(any)
  local noted, asked = notes()
  if not noted then return any() end
  local place = #noted.seeds + 1
  local before = asked.again and asked.again.seeds[place]
  noted.seeds[place] = before or any()
  return noted.seeds[place]
end

--- Of a recipe that another runs which is run again: none of its pictures is wanted.
origin.nothing_again = { conditions = {}, seeds = {}, anyway = true }

-- ---- what its pictures say ----

-- Conditions of the picture that is being saved.
local function conditions_of(asked, noted)
  local conditions = origin.of_machine()
  for name, fingerprint in pairs(noted.used) do conditions[name] = fingerprint end
  conditions.recipe = core.fingerprint(asked.text)
  conditions.picture = tostring(noted.pictures)
  if #noted.seeds > 0 then conditions.seeds = table.concat(noted.seeds, ",") end
  if core.interrupted() then conditions.ended = "interrupted" end
  return conditions
end

--- Called before a picture is written: adds the origin to its metadata, and gives the path that it is to have. Nil
--- where another picture of the recipe is being made again, and this one is not to be written.
function origin.stamp(path, metadata)
  local noted, asked = notes()
  if not noted then return path end
  noted.pictures = noted.pictures + 1
  local given = asked.given or asked.given == nil and asked.words or {}
  if asked.name and asked.given ~= false then
    metadata.command = shell.line { "phosphene", asked.name, table.unpack(given) }
    metadata.conditions = json.encode(conditions_of(asked, noted))
  end
  if not asked.again then return path end
  return noted.pictures == asked.again.picture and asked.again.path or nil
end

--- Notes that a picture was written.
function origin.wrote(path)
  local noted, asked = notes()
  if noted then noted.written[#noted.written + 1] = path end
  if noted and asked.again then asked.again.is_made = true end
end

--- What the running recipe has written so far, in words; nil where that is nothing.
function origin.written()
  local noted = notes()
  local list = noted and noted.written or {}
  if #list == 0 then return nil end
  local few = { table.unpack(list, 1, math.min(#list, 3)) }
  for i, path in ipairs(few) do few[i] = ("'%s'"):format(path) end
  if #list <= 3 then return "wrote " .. table.concat(few, ", ") end
  return ("wrote %d pictures, %s to '%s'"):format(#list, few[1], list[#list])
end

--- What a picture's metadata say of its origin: { words =, conditions =, picture =, seeds = }; nil where they do not,
--- or not so that it can be understood.
function origin.read(metadata)
  local words = metadata.command and shell.words(metadata.command)
  local conditions = metadata.conditions and json.decode(metadata.conditions)
  if not words or words[1] ~= "phosphene" or #words < 2 or type(conditions) ~= "table" then return nil end
  local seeds = {}
  local function whole(text) return math.tointeger(tonumber(tostring(text))) end
  for seed in tostring(conditions.seeds):gmatch "%-?%d+" do seeds[#seeds + 1] = whole(seed) end
  local picture = whole(conditions.picture)
  return picture and { words = words, conditions = conditions, picture = picture, seeds = seeds }
end

return origin
