-- SPDX-License-Identifier: MIT
-- The prompt: chunks from a pipe and from a terminal, how values are shown, and what completes what.

local complete = require "phosphene.program.complete"
local ph = require "phosphene"
local show = require "phosphene.program.print_value"

local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function shell(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read "a"
  local _, _, status = pipe:close()
  return output, status
end

-- What the prompt prints, on both streams, for lines from a pipe.
local function type_in(...)
  local lines = table.concat({ ... }, "\n") .. "\n"
  return shell(("printf %%s %s | %s -i 2>&1"):format(quote(lines), program))
end

describe("the prompt", function()
  it("shows what expressions give, and nothing for statements", function()
    local output, status = type_in("1 + 1", "x = 3", "x, nil, 'text'", "local y = x", "print(x)", "", "-- nothing")
    assert.equal("2\n3\tnil\ttext\n3\n", output)
    assert.equal(0, status)
  end)

  it("says why what is assigned is nil", function()
    assert.equal("nil\tcannot read 'nope.onnx': No such file or directory\n4\n3\ttrue\nnil\n", (type_in(
      "net = ph.network 'nope.onnx'", "x = 2 * 2", "x", "x = {", "3", "}", "x = x[1]; y = true", "x, y", "net")))
  end)

  it("reads chunks over several lines", function()
    assert.equal("1\n2\n{ 3 }\n", (type_in("for i = 1, 2 do", "  print(i)", "end", "{", "3", "}")))
  end)

  it("has ph and help", function()
    local output = type_in("ph.channel('mixed4a', 1)", "help(ph.channel)")
    assert.matches('^channel%("mixed4a", 1%)\n', output)
    assert.matches("\nph%.channel%(layer, unit, options%)\n", output)
  end)

  it("says what was wrong, and goes on", function()
    local output, status = type_in("error 'hm'", "error {}", "x = * 2", "ph.pad 'wide'", "\n\nerror('x')", "5")
    local lines = {}
    for line in output:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal("hm", lines[1])
    assert.equal("an error that is a table value", lines[2])
    assert.matches("^unexpected symbol near '%*'", lines[3])
    assert.matches("^pad: ", lines[4])
    assert.equal("x", lines[5])
    assert.equal("5", lines[6])
    assert.equal(0, status)
  end)

  it("says which line of several was wrong", function()
    assert.equal("stdin:2: x\n", (type_in("do", "error 'x'", "end")))
  end)

  it("tells where the input ends within a chunk", function()
    assert.equal("'end' expected near <eof>\n", (type_in "do"))
  end)

  it("survives Ctrl-C", function()
    local forever = "io.popen('kill -INT $PPID'):close() while true do end"
    assert.equal("interrupted\ninterrupted\n5\n", (type_in(forever, forever, "5")))
  end)

  it("follows code and scripts with -i", function()
    assert.equal("4\n", (shell(("echo 'a + 1' | %s -e 'a = 3' -i"):format(program))))
  end)
end)

describe("the prompt on a terminal", function()
  if not os.execute "script -qec true /dev/null >/dev/null 2>&1" then
    pending("skipped: script(1) gets no pseudo-terminal here", function() end)
    return
  end
  local folder

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
  end)
  teardown(function() os.execute("rm -rf " .. folder) end)

  local function converse(lines)
    local terminal = "env -u LD_PRELOAD XDG_STATE_HOME=%s TERM=xterm timeout 60 script -qec %s /dev/null"
    local command = terminal:format(folder, program)
    return shell(("printf %%s %s | %s"):format(quote(lines), command))
  end

  it("gets no commands from what recipes print of files", function()
    local output = converse "print('a' .. string.char(27, 93, 48, 59, 104, 7) .. 'b', 1)\nos.exit(0, true)\n"
    assert.matches("\na\\x1B]0;h\\x07b\t1\r\n", output)
  end)

  it("greets, edits and keeps a history", function()
    local output, status = converse "first = 1\nfirst + 1\nos.exit(7, true)\n"
    assert.matches("Phosphene %d.*help%(%)", output)
    assert.matches("\n> first %+ 1\r\n2\r\n", output)
    assert.equal(7, status)
    local file = assert(io.open(folder .. "/phosphene/history"))
    local history = file:read "a"
    file:close()
    assert.matches("first.*1\n.*first.*1\n", history)
  end)
end)

describe("values", function()
  it("print themselves, in tables as Lua writes them", function()
    assert.equal("text", show "text")
    assert.equal("nil", show(nil))
    assert.equal('{ 1, "two", true }', show { 1, "two", true })
    assert.equal('{ 1, [10] = 3, a = 2, ["b c"] = "\\n" }', show { 1, a = 2, ["b c"] = "\n", [10] = 3 })
    assert.equal("{}", show {})
    assert.equal(tostring(ph.channel("mixed4a", 1)), show(ph.channel("mixed4a", 1)))
    assert.equal("{ " .. tostring(ph.l1()) .. " }", show { ph.l1() })
  end)

  it("that are numbers have no more digits than a tensor holds", function()
    assert.equal("0.3333333", show(1 / 3))
    assert.equal("{ 0.1, 0.3333333, 2.0, 7, nan }", (show { 0.1, 1 / 3, 2.0, 7, 0 / 0 }:gsub("-nan", "nan")))
    assert.equal(tostring(2.0 ^ 53), show(2.0 ^ 53))
    assert.equal("1e+100", show(1e100))
  end)

  it("that are tensors are shown with their numbers where these are few", function()
    assert.equal("tensor 2x2x3\n   1   2   3\n   4   5   6\n\n   7   8   9\n  10  11  12",
      show(ph.tensor({ 2, 2, 3 }, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })))
    local unit = ph.tensor({ 1, 40, 1, 1 }, 0.125) -- one row, over several lines
    assert.matches("^tensor 1x40x1x1, mean 0%.125, deviation 0, range 0%.125%.%.0%.125\n  0%.125  0%.125", show(unit))
    local _, count = show(unit):gsub("0%.125  ", "")
    assert.is_true(count > 30)
    for line in show(unit):gmatch "[^\n]+" do assert.is_true(#line <= 100) end
    local large = ph.tensor({ 1, 3, 20, 20 }, 0.5)
    assert.equal("tensor 1x3x20x20, mean 0.5, deviation 0, range 0.5..0.5", show(large))
    assert.equal("tensor 1 {0.5}", show(ph.tensor({ 1 }, 0.5)))
    large:close()
    assert.equal("tensor (closed)", show(large))
  end)

  it("of tables within tables are shown small", function()
    assert.equal("{ a = { 1, 2 }, b = {}, c = {…} }", show { a = { 1, 2 }, b = {}, c = { {} } })
    assert.equal("{ {…} }", show { { 1, 2, 3, 4, 5, 6, 7, 8, 9 } })
    local loop = {}
    loop.loop = loop
    assert.equal("{ loop = {…} }", show(loop))
  end)

  it("of long tables take several lines, and end somewhere", function()
    local list = {}
    for i = 1, 1000 do list[i] = i end
    local text = show(list)
    assert.matches("^{\n  1, 2, 3.*,\n.* 200,\n? +… 800 more\n}$", text)
    for line in text:gmatch "[^\n]+" do assert.is_true(#line <= 102) end
  end)
end)

describe("completion", function()
  local net = assert(ph.network "googlenet-tiny")
  local environment = { ph = ph, net = net, number = 1, near = {}, table = table }

  -- Completions of a line whose last word begins after the last of these characters.
  local function completed(line)
    local position = #line - #line:match "[^ %(\"'=]*$" + 1
    return complete(line, position, environment)
  end

  it("knows variables", function()
    assert.same({ "near", "net", "number" }, completed "x = n")
    assert.same({}, completed "nothing")
    assert.same({ "a..number" }, completed "a..num")
    assert.same({ "near", "net", "number", "ph", "table" }, completed "")
  end)

  it("knows fields and methods", function()
    assert.same({ "ph.channel", "ph.channel_weights" }, completed "ph.chan")
    assert.same({ "net:layer", "net:layers" }, completed "x(net:lay")
    assert.same({ "a..ph.version" }, completed "a..ph.vers")
    assert.same({ "ph.transforms.lucid" }, completed "ph.transforms.lu")
    assert.same({}, completed "ph:vers") -- no function
    assert.same({}, completed "nothing.at.all.")
    assert.same({}, completed "f().ch")
    assert.same({}, completed "number.x")
  end)

  it("knows the layers of networks in strings", function()
    assert.same({ "mixed4a_pool", "mixed4a_pool_reduce", "mixed4a_pool_reduce_pre_relu" },
      completed 'ph.channel("mixed4a_po')
    assert.same({ "softmax2", "softmax2_pre_activation" }, completed "ph.layer 'soft")
    assert.same({ "net" }, completed [[print("it's", 'a "', net]])
    assert.same({}, completed "-- it's mixed4a_po")
  end)

  it("leaves other strings to file names", function()
    assert.is_nil(completed 'ph.load_image "out/mi')
  end)

  it("is not troubled by closed networks", function()
    local closed = assert(ph.network "googlenet-tiny")
    closed:close()
    assert.is_nil(complete('"mixed4a_po', 2, { closed = closed }))
  end)
end)
