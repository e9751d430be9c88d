-- SPDX-License-Identifier: MIT
-- Shows that the tests hold what they guard: in a copy of the tree, each change of table.lua is made by itself, and
-- the test that it names must fail. `make mutants`, or with ONLY="part of a name" some of them. Must not touch the tree
-- itself.

local mutants = dofile "tests/mutants/table.lua"

local room = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/mutants"
local tree, log = room .. "/tree", room .. "/log"
-- A mutant may make what never ends: that is noticed, too.
local longest = 300

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- Whether a command ends well; what it prints goes to the log.
local function succeeds(format, ...)
  return os.execute(("(%s) >%s 2>&1"):format(format:format(...), quote(log))) == true
end

local function contents(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

-- The tree with what was built in it, so that little is compiled again; and the data beside it that some tests read.
local function copy()
  assert(os.execute(("rm -rf %s && mkdir -p %s"):format(quote(room), quote(tree))))
  assert(succeeds("tar -cf - --exclude=./.git --exclude=./out --exclude=./build . build/flags build/gen build/lua "
    .. "build/obj build/phosphene build/tests | tar -xf - -C %s", quote(tree)), "cannot copy the tree")
  os.execute(("test ! -d ../shared || ln -s \"$(cd ../shared && pwd)\" %s/shared"):format(quote(room)))
end

-- What of the test is built and what runs it: a C test is a program, a spec is run as it is.
local function program_of(test)
  local name = test:match "^tests/unit/(.*)%.c$"
  return name and "build/tests/" .. name or test
end

local function builds(test)
  local program = program_of(test)
  return succeeds("cd %s && %s -s all %s", quote(tree), os.getenv "MAKE" or "make",
    program ~= test and quote(program) or "")
end

local function passes(test, case)
  return succeeds("cd %s && timeout %d tests/run %s %s", quote(tree), longest, quote(program_of(test)),
    case and "--filter=" .. quote(case) or "")
end

-- The text with the one place that is meant changed; nil where there is no such place, or several.
local function changed(text, mutant)
  local first, last = text:find(mutant.find, 1, true)
  if not first or text:find(mutant.find, first + 1, true) then return nil end
  return text:sub(1, first - 1) .. mutant.replace .. text:sub(last + 1)
end

-- What became of a mutant: "caught", or what is wrong.
local function try(mutant, sound)
  local path = tree .. "/" .. mutant.file
  local original = contents(path)
  local text = changed(original, mutant)
  if not text then return "does not apply" end
  local test, case = mutant.test, mutant.case
  local key = test .. (case or "")
  if sound[key] == nil then sound[key] = builds(test) and passes(test, case) end
  if not sound[key] then return "its test fails without it" end
  write(path, text)
  local outcome = not builds(test) and "does not build" or passes(test, case) and "NOT CAUGHT" or "caught"
  write(path, original)
  return outcome
end

local only = os.getenv "ONLY" or ""
local sound, passed, failed = {}, 0, 0
copy()
for _, mutant in ipairs(mutants) do
  if mutant.name:find(only, 1, true) then
    local outcome = try(mutant, sound)
    if outcome == "caught" then passed = passed + 1 else failed = failed + 1 end
    print(("%-26s %s (%s)"):format(outcome, mutant.name, mutant.test))
  end
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and passed > 0)
