-- SPDX-License-Identifier: MIT
-- The program as a shell sees it: its options, what it prints where, how it ends.

local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- Runs a shell command; gives what it printed, on both streams, and its exit status.
local function shell(command)
  local pipe = assert(io.popen("{ " .. command .. "; } 2>&1"))
  local output = pipe:read "a"
  local _, _, status = pipe:close()
  return output, status
end

local function run(arguments) return shell(program .. " " .. arguments) end

local function code(text) return run("-e " .. quote(text)) end

-- A script in a folder of its own, with a module beside it.
local folder

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
  return folder .. "/" .. name
end

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  os.execute("mkdir " .. folder)
  write("neighbour.lua", "return 'beside'")
end)

teardown(function() os.execute("rm -r " .. folder) end)

describe("phosphene's options", function()
  it("-v and --version print the version", function()
    local output, status = run "-v"
    assert.matches("^Phosphene %d+%.%d+%.%d+, Lua 5%.4\n$", output)
    assert.equal(0, status)
    assert.equal(output, (run "--version"))
  end)

  it("--help lists options and bundled recipes", function()
    local output, status = run "--help"
    assert.equal(0, status)
    assert.matches("\n  %-e code ", output)
    assert.matches("\n  interpolate  +%w", output)
    assert.equal(output, (run "-h"))
  end)

  it("-e runs code, in its order, and -l modules", function()
    assert.equal("1 2\n", (run "-e 'a = 1' -e 'print(a .. \" \" .. 2)'"))
    assert.matches("^0%.", (code "print(ph.version)"))
    assert.matches("^0%.", (run "-l p=phosphene -e 'print(p.version)'"))
    assert.matches("^0%.", (run "-lphosphene -e 'print(phosphene.version)'"))
  end)

  it("that are unknown or lack their value are said to be", function()
    local output, status = run "--hlep"
    assert.equal("phosphene: unknown option '--hlep'; did you mean '--help'?\n", output)
    assert.equal(2, status)
    assert.equal("phosphene: -e needs code\n", (run "-e"))
  end)

  it("-E ignores LUA_PATH and LUA_CPATH", function()
    local path = ("LUA_PATH_5_4= LUA_PATH='%s/?.lua;;' LUA_CPATH=/nowhere/?.so "):format(folder)
    local show = " -e 'print(package.path, package.cpath)'"
    local output = shell("env -u LUA_PATH_5_4 " .. path .. program .. show)
    assert.equal("", output:match(folder) or "")
    path = path:gsub("LUA_PATH_5_4= ", "")
    output = shell("env -u LUA_PATH_5_4 -u LUA_CPATH_5_4 " .. path .. program .. show)
    assert.matches(folder, output, 1, true)
    assert.matches("/usr/share/lua/5.4/?.lua", output, 1, true)
    assert.matches("\t/nowhere/?.so", output, 1, true)
    output = shell("env -u LUA_PATH_5_4 -u LUA_CPATH_5_4 " .. path .. program .. " -E" .. show)
    assert.is_nil(output:find(folder, 1, true))
    assert.is_nil(output:find("/nowhere", 1, true))
  end)
end)

describe("a script", function()
  it("gets its arguments as ... and as arg, with itself as arg[0]", function()
    local path = write("arguments.lua", "print(arg[0], arg[1], arg[2], arg[-1], ...)")
    local output, status = run(path .. " one 'two words'")
    assert.equal(("%s\tone\ttwo words\t%s\tone\ttwo words\n"):format(path, program), output)
    assert.equal(0, status)
  end)

  it("finds the modules beside it, wherever it is run", function()
    local path = write("neighbourly.lua", "print((require 'neighbour'))")
    assert.equal("beside\n", (run(path)))
  end)

  it("loads nothing from the folder that the program is run in", function()
    local here = shell("pwd"):match "[^\n]*"
    local absolute = program:sub(1, 1) == "/" and program or here .. "/" .. program
    local output, status = shell(("cd %s && %s -l neighbour"):format(folder, absolute))
    assert.matches("^phosphene: module 'neighbour' not found", output)
    assert.equal(1, status)
    assert.equal(0, select(2, shell(("cd %s && %s -l phosphene"):format(folder, absolute))))
  end)

  it("may come from standard input", function()
    assert.equal("7\ta\n", (shell("echo 'print(3 + 4, ...)' | " .. program .. " - a")))
    assert.equal("7\n", (shell("echo 'print(3 + 4)' | " .. program)))
    assert.equal("phosphene: stdin:1: no\n", (shell("echo 'error \"no\"' | " .. program)))
  end)

  it("ends the program with the status that it chooses", function()
    assert.equal(3, select(2, code "os.exit(3, true)"))
  end)
end)

describe("a recipe", function()
  it("runs by name, with its options", function()
    local picture = folder .. "/channel.png"
    local output, status = run("channel --net googlenet-tiny --size 32 --steps 1 --output " .. picture)
    assert.equal(0, status, output)
    assert.is_truthy(io.open(picture))
  end)

  it("says what its options are", function()
    local output, status = run "channel --help"
    assert.matches("%-%-unit", output)
    assert.equal(0, status)
  end)

  it("that does not exist is nearly one that does", function()
    local output, status = run "chanel"
    assert.equal("phosphene: no recipe 'chanel'; did you mean 'channel'?\n", output)
    assert.equal(2, status)
    assert.equal("phosphene: no recipe 'wieghts'; did you mean 'weights'?\n", (run "wieghts"))
    output, status = run(folder .. "/nothing.lua")
    assert.matches("^phosphene: .*nothing%.lua: No such file or directory\n$", output)
    assert.equal(2, status)
  end)

  it("that misuses the library is told its own line, and nothing else", function()
    local path = write("misuse.lua", "local ph = require 'phosphene'\n\nprint(ph.pad('wide'))")
    local output, status = run(path)
    assert.matches("^phosphene: [^\n]*misuse%.lua:3: [^\n]+\n$", output)
    assert.equal(1, status)
  end)

  it("shows the calls that led to an error on demand", function()
    local path = write("deep.lua", "local function f() error 'deep' end\nf()")
    local output = shell("PHOSPHENE_TRACEBACK=1 " .. program .. " " .. path)
    assert.matches("deep%.lua:1: deep\nstack traceback:\n.*deep%.lua:2:", output)
  end)
end)

describe("an error", function()
  it("in the syntax has its line", function()
    local output, status = run(write("broken.lua", "\nlocal x = = 1"))
    assert.matches("^phosphene: [^\n]*broken%.lua:2: unexpected symbol near '='\n$", output)
    assert.equal(1, status)
    assert.equal("phosphene: (command line):1: unexpected symbol near <eof>\n", (code "x ="))
  end)

  it("of what a recipe's last line returns names the recipe, as Lua forgets the line", function()
    local path = write("last.lua", "return require('phosphene').render { 'googlenet-tiny', 'mixed4z:1' }")
    assert.equal(("phosphene: %s: no layer 'mixed4z'; did you mean 'mixed4a'?\n"):format(path), (run(path)))
  end)

  it("that is no string still ends in one line", function()
    assert.equal("phosphene: an error that is a table value\n", (code "error {}"))
    assert.equal("phosphene: an error that is a nil value\n", (code "error()"))
    assert.equal("phosphene: mine\n", (code "error(setmetatable({}, { __tostring = function() return 'mine' end }))"))
  end)

  it("goes to stderr, after what was printed", function()
    assert.equal("first\n", (shell(program .. " -e 'io.write \"first\\n\" error \"x\"' 2>/dev/null")))
    assert.equal("first\nphosphene: x\n", (code "io.write 'first\\n' error('x', 0)"))
  end)
end)

describe("what could be lost in silence", function()
  it("is not: a script may be a pipe", function()
    assert.equal("6\n", (shell(("bash -c '%s <(echo \"print(2 * 3)\")'"):format(program))))
    assert.equal("6\n", (shell(("echo 'print(2 * 3)' | %s /dev/stdin"):format(program))))
  end)

  it("is not: what is printed may not arrive", function()
    local output, status = shell(("{ %s -e 'print(1)' >/dev/full; } 2>&1"):format(program))
    assert.equal("phosphene: standard output cannot be written to\n", output)
    assert.equal(1, status)
  end)

  it("is not: modules in the folder that one is in are none of a bundled recipe's", function()
    local output = run "-e 'print((package.path:find(\"./?.lua\", 1, true)))' channel --help"
    assert.matches("^nil\n", output)
  end)

  it("is not: an empty output", function()
    local output, status = shell(program .. " channel --net googlenet-tiny --output '' 2>&1")
    assert.matches("option '%-%-output': cannot write ''", output)
    assert.equal(2, status)
  end)
end)

-- Ctrl-C at this point of a script. (os.execute would keep the signal from its caller.)
local interrupt = "io.popen 'kill -INT $PPID':close() "

describe("Ctrl-C", function()
  it("too many open files are not a network that is not there", function()
    local script = [[local files = {}
      for i = 1, 80 do files[i] = io.open "/dev/null" end
      print(ph.network "googlenet-tiny")]]
    assert.equal("nil\tcannot read 'googlenet-tiny': Too many open files\n",
      (shell(("ulimit -n 64; %s -e %s"):format(program, quote(script)))))
  end)

  it("Ctrl-C while a network is being read is no fault of its file", function()
    local reader = [[require("phosphene.formats.refuse").guard(function() %s while true do end end)]]
    assert.matches("^phosphene: interrupted\n$", (code(reader:format(interrupt))))
  end)

  it("ends a script that would not end, with status 130", function()
    local output, status = shell(("timeout 60 %s -e %s"):format(program, quote(interrupt .. "while true do end")))
    assert.matches("^phosphene: .*interrupted\n$", output)
    assert.equal(130, status)
  end)

  local render = [[
    local result = ph.render { ph.network "googlenet-tiny", "mixed4a:1", size = 32, steps = 1000, seed = 1,
      on_step = function(step) if step == 2 then %s end end }
    print(result.steps, result.interrupted)
    %s]]

  it("ends a run after its step, and the recipe keeps the picture", function()
    local output, status = code(render:format(interrupt, "return result"))
    assert.matches("\n2\ttrue\n$", output)
    assert.equal(130, status)
  end)

  it("is not the only way: what ends jobs and closes terminals keeps the picture too", function()
    for _, signal in ipairs { "TERM", "HUP" } do -- SIGHUP, too, where the tests themselves run under nohup
      local script = render:format(interrupt:gsub("INT", signal), "return result")
      local output, status = shell(("env --default-signal=HUP %s -e %s"):format(program, quote(script)))
      assert.matches("\n2\ttrue\n$", output)
      assert.equal(signal == "TERM" and 143 or 129, status)
    end
    assert.equal(143, select(2, code(interrupt:gsub("INT", "TERM") .. "while true do end"))) -- where there is no run
  end)

  it("ends a loop of runs, and what is not finished does not look as if it were", function()
    local pictures = os.tmpname()
    os.remove(pictures)
    local output, status = code(([[
      for unit = 1, 3 do
        ph.render { ph.network "googlenet-tiny", ph.channel("mixed4a", unit), size = 32, steps = 4, seed = 1,
          on_step = function(step) if unit == 2 and step == 2 then %s end end }:save("%s/" .. unit .. ".png")
      end]]):format(interrupt, pictures))
    assert.matches("interrupted; the picture is in '" .. pictures .. "/2%.interrupted%.png'", output)
    assert.matches("phosphene: .*interrupted\n$", output)
    assert.equal(130, status)
    assert.equal("1.png\n2.interrupted.png\n", (shell("ls " .. pictures .. "; rm -r " .. pictures)))
  end)

  it("counts once where two signals come together, as timeout sends them", function()
    local output, status = code(render:format(interrupt:rep(2), "return result"))
    assert.matches("\n2\ttrue\n$", output)
    assert.equal(130, status)
  end)

  it("ends at once where it is pressed twice", function()
    local wait = "local now = os.clock() while os.clock() < now + 0.4 do end "
    local output, status = code(render:format(interrupt .. wait .. interrupt, "return result"))
    assert.matches("phosphene: .*interrupted", output)
    assert.is_nil(output:find "\n2\t")
    assert.equal(130, status)
  end)

  it("between two starts ends them, with the best so far", function()
    local output, status = code([[
      local made = ph.render { ph.network "googlenet-tiny", "mixed4a:1", size = 32, steps = 2, restarts = 3,
        seed = 1, on_step = function(step, _, run) if run.seed == 1 and step == 2 then ]] ..
      interrupt:gsub("INT", "TERM") .. [[ end end }
      print(#made.restarts, made.interrupted)]])
    assert.matches("\n1\ttrue\n$", output)
    assert.equal(143, status)
  end)

  it("stays ignored where it is", function()
    local script = render:format(interrupt .. "elseif step == 4 then return false", "return result")
    assert.matches("\n4\tfalse\n$", (shell(("trap '' INT; %s -e %s"):format(program, quote(script)))))
  end)

  it("leaves SIGHUP ignored where it is", function()
    local output = shell(("trap '' HUP; %s -e %s"):format(program, quote(render:format(
      interrupt:gsub("INT", "HUP") .. " elseif step == 4 then return false", "return result"))))
    assert.matches("\n4\tfalse\n$", output)
  end)

  it("still ends a script after a run", function()
    local output, status = code(render:format("return false", interrupt .. "while true do end"))
    assert.matches("\n?2\tfalse\nphosphene: .*interrupted\n$", output)
    assert.equal(130, status)
  end)
end)

describe("the OpenMP runtime", function()
  local show = "-e 'print(os.getenv \"GOMP_SPINCOUNT\")'"
  local clean = "env -u GOMP_SPINCOUNT -u OMP_WAIT_POLICY -u OMP_PROC_BIND -u OMP_PLACES -u GOMP_CPU_AFFINITY "

  it("spins briefly", function()
    assert.equal("1000\n", (shell(clean .. program .. " " .. show)))
    local output = shell(clean .. "OMP_DISPLAY_ENV=VERBOSE " .. program .. " -v")
    assert.matches("GOMP_SPINCOUNT = '1000'", output)
  end)

  it("does as the user says", function()
    assert.equal("7\n", (shell(clean .. "GOMP_SPINCOUNT=7 " .. program .. " " .. show)))
    assert.equal("nil\n", (shell(clean .. "OMP_PROC_BIND=true " .. program .. " " .. show)))
    assert.equal("nil\n", (shell(clean .. "OMP_WAIT_POLICY=passive " .. program .. " " .. show)))
  end)
end)
