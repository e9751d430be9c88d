-- SPDX-License-Identifier: MIT
-- Getting published files: downloading with curl, which shows progress and resumes; checking hashes with coreutils;
-- extracting from archives with unzip. Must not know what is in them.

local core = require "phosphene.core"
local reading = require "phosphene.base.reading"
local shell = require "phosphene.base.shell"

local fetch = {}

-- ---- other programs ----

local interrupted = { exit = 130, signal = 2 } -- Ctrl-C ended it, as the shell says and as the system does

local function command(format, ...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = shell.word(word) end
  return format:format(table.unpack(words))
end

-- Whether it went well, and its exit status. What Ctrl-C ended, ends us.
local function ended(ok, how, code)
  if code == interrupted[how] then core.interrupt() end
  return ok == true, code
end

local function run(...) return ended(os.execute(command(...))) end

-- The first line of what a program prints, and whether it went well.
local function line_of(...)
  local pipe <close> = io.popen(command(...))
  local line = pipe:read "l"
  pipe:read "a" -- or it might not end well
  return line, ended(pipe:close())
end

-- Nil, or a message where a program is missing.
local function missing(program, package)
  if run("command -v %s >/dev/null 2>&1", program) then return nil end
  return ("%s is needed for this; install the package %s"):format(program, package)
end

-- ---- files ----

local function size_of(path)
  local file = reading.open(path)
  local size = file and file:seek "end"
  if file then file:close() end
  return size
end

-- Folders of processes that are no more, and a new one, which has our number in its name.
local make_scratch = [[
cd "${TMPDIR:-/tmp}" && for old in phosphene-weights-*; do
  number=${old#phosphene-weights-}; number=${number%%-*}
  [ -d "$old" ] && [ -O "$old" ] && ! kill -0 "$number" 2>/dev/null && rm -r -- "$old"
done; mktemp -d "${TMPDIR:-/tmp}/phosphene-weights-$PPID-XXXXXX"]]

--- A new folder for files that nobody else needs, which goes with the variable that it is in: { path = … }. Nil and a
--- message where there can be none.
function fetch.scratch()
  local path, ok = line_of("{ " .. make_scratch .. "; } 2>&1")
  if not ok then return nil, ("no folder for temporary files (TMPDIR): %s"):format(path or "mktemp failed") end
  return setmetatable({ path = path }, { __close = function() run("rm -r -- %s", path) end })
end

--- True, or nil and what is wrong, for a file and the hash that it is to have: `sha256` or `sha1` of `file`.
function fetch.check(path, file)
  local kind = file.sha256 and "sha256" or "sha1"
  if not size_of(path) then return nil, ("cannot read '%s'"):format(path) end
  -- A name with odd characters makes the sum begin with a backslash; standard input has no name.
  local sum = (line_of(kind .. "sum < %s", path) or ""):match "^%x+"
  if not sum then return nil, ("%ssum gave nothing for '%s'"):format(kind, path) end
  if sum == file[kind] then return true end
  return nil, ("'%s' is not the published %s: its %s is %s, not %s"):format(path, file.name, kind:upper(), sum,
    file[kind])
end

-- ---- downloading ----

-- curl's own words for what went wrong, by its exit status.
local reasons = {
  [6] = "the host's name could not be resolved", [7] = "no connection", [22] = "the server refused",
  [28] = "it took too long", [35] = "no secure connection", [37] = "the file could not be read",
  [56] = "the connection broke", [60] = "the server's certificate is not known",
}

-- curl's exit statuses if a server, or a file, does not allow resuming; 22 is also what a server says of a file that
-- has all its bytes already, of which then some are wrong.
local no_resuming = { [22] = true, [33] = true, [36] = true }

-- One address into a file, going on where that ends; or, where what is there is no beginning of it, from its own.
local function download_from(address, path)
  local resumed = (size_of(path) or 0) > 0
  local how = core.is_terminal(2) and "--progress-bar" or "--silent"
  local ok, code = run("curl --fail --location --retry 2 --connect-timeout 20 --continue-at - " .. how
    .. " --output %s %s", path, address)
  if ok then return true end
  if resumed and no_resuming[code] and os.remove(path) then return download_from(address, path) end
  return nil, ("%s: %s"):format(address, reasons[code] or ("curl ended with %d"):format(code))
end

--- Downloads a file of the catalogue into a folder, and checks it: its path, or nil and a message. A partial download
--- stays there, and the next call resumes it; a file with the wrong hash is removed.
function fetch.download(file, folder)
  local problem = missing("curl", "curl")
  if problem then return nil, problem end
  local trouble, made = line_of("mkdir -p -- %s 2>&1", folder)
  if not made then return nil, trouble end
  local path = ("%s/%s.part"):format(folder, file.name)
  if fetch.check(path, file) then return path end
  if file.bytes and (size_of(path) or 0) >= file.bytes then os.remove(path) end
  local problems = {}
  for i, address in ipairs(file.addresses) do
    io.stderr:write(("phosphene: fetching %s\n"):format(address))
    local resumed = (size_of(path) or 0) > 0
    local ok
    ok, trouble = download_from(address, path)
    if ok and resumed and not fetch.check(path, file) and os.remove(path) then -- what was there was damaged
      ok, trouble = download_from(address, path)
    end
    if ok then
      ok, trouble = fetch.check(path, file)
      if ok then return path end
      os.remove(path)
    end
    problems[i] = trouble
  end
  return nil, table.concat(problems, "; ")
end

-- ---- archives ----

--- Takes members out of a zip archive into a folder, and checks each: true, or nil and a message.
function fetch.unpack(archive, members, folder)
  local problem = missing("unzip", "unzip")
  if problem then return nil, problem end
  for _, member in ipairs(members) do
    local path = ("%s/%s"):format(folder, member.name)
    local said, taken = line_of("unzip -p -- %s %s 2>&1 > %s", archive, member.name, path)
    if not taken then
      return nil, ("'%s' could not be taken out of '%s' into '%s': %s"):format(member.name, archive, folder,
        (said or "unzip failed"):gsub("^%s+", ""))
    end
    local ok, trouble = fetch.check(path, member)
    if not ok then return nil, trouble end
  end
  return true
end

return fetch
