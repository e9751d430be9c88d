-- SPDX-License-Identifier: MIT
-- Galleries: many recipes, all rendered into one folder. Existing pictures are not made again; a picture stays in a
-- folder of its own until it is complete; a recipe that fails does not stop the others. Must not know what the recipes
-- show.

local core = require "phosphene.core"
local misuse = require "phosphene.base.misuse"
local reading = require "phosphene.base.reading"
local recipe = require "phosphene.program.recipe"
local suggest = require "phosphene.base.suggest"

local gallery = {}

-- ---- files ----

-- Removes a folder of files, if there is one.
local function remove_folder(folder)
  for _, name in ipairs(core.list_folder(folder) or {}) do assert(os.remove(("%s/%s"):format(folder, name))) end
  os.remove(folder)
end

-- Moves everything that a recipe wrote to the gallery, the picture last, since its presence means that the rest is
-- there.
local function publish(unfinished, folder, picture)
  if not reading.exists(("%s/%s"):format(unfinished, picture)) then error(("no %s was written"):format(picture), 0) end
  local names = assert(core.list_folder(unfinished))
  table.sort(names, function(a, b) return b == picture and a ~= picture end)
  for _, name in ipairs(names) do
    assert(os.rename(("%s/%s"):format(unfinished, name), ("%s/%s"):format(folder, name)))
  end
end

-- ---- making ----

local function say(...)
  io.stderr:write(string.format(...), "\n")
  io.stderr:flush()
end

-- Makes one figure. Gives nil and a message on failure, and whether Ctrl-C ended it.
local function make_figure(figure, folder)
  local unfinished, picture = folder .. "/unfinished", figure.name .. ".png"
  local options = { output = ("%s/%s"):format(unfinished, picture) }
  for key, value in pairs(figure.options) do options[key] = value end
  remove_folder(unfinished)
  local ok, result = pcall(function()
    local made = recipe.run(figure.recipe, options)
    local interrupted = type(made) == "table" and rawget(made, "interrupted") == true
    if not interrupted then publish(unfinished, folder, picture) end
    return interrupted
  end)
  remove_folder(unfinished)
  if ok then return not result, "interrupted", result end
  -- The program's Ctrl-C raises where no run waits for it.
  return nil, result, tostring(result):match "interrupted$" ~= nil
end

local function chosen(figures, only)
  if only == "" then return figures end
  local names = {}
  for i, figure in ipairs(figures) do
    if figure.name == only then return { figure } end
    names[i] = figure.name
  end
  misuse.raise("no figure '%s'; %s", only, suggest(only, names, "there are " .. table.concat(names, ", ")))
end

--- Makes the figures, a list of { name =, recipe =, options = }, as PNG files of their names in a folder; of one only,
--- where a name is given. Says on stderr how far it is. Gives { made =, kept =, interrupted = }, how many were made and
--- how many were there; raises at the end where some could not be made.
function gallery.make(figures, folder, only)
  figures = chosen(figures, only or "")
  local failed, done = {}, { made = 0, kept = 0, interrupted = false }
  for i, figure in ipairs(figures) do
    local place = ("figure %d of %d, %s"):format(i, #figures, figure.name)
    if reading.exists(("%s/%s.png"):format(folder, figure.name)) then
      done.kept = done.kept + 1
      say("%s: is there", place)
    else
      say("%s", place)
      local began = core.clock()
      local ok, problem, interrupted = make_figure(figure, folder)
      if interrupted then
        done.interrupted = true
        return done
      end
      if ok then
        done.made = done.made + 1
        say("%s: %.1f s", place, core.clock() - began)
      else
        failed[#failed + 1] = figure.name
        say("%s: %s", place, tostring(problem))
      end
    end
  end
  if #failed > 0 then
    error(("%d of %d figures could not be made: %s"):format(#failed, #figures, table.concat(failed, ", ")), 0)
  end
  return done
end

return gallery
