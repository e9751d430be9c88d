-- SPDX-License-Identifier: MIT
-- What README.md and the tutorial show runs: every block of Lua, every line of a shell that calls phosphene, every
-- command under a picture, and what is typed at the prompt. They run in a folder of their own, in order, with the
-- embedded network and few steps (tests/short.lua). A block whose first line is a comment `-- name.lua: …` becomes that
-- file, which later lines may run.

local ph = require "phosphene"

local function shell(command)
  local pipe = assert(io.popen("{ " .. command .. "; } 2>&1"))
  local output = pipe:read "a"
  local _, _, status = pipe:close()
  return output, status
end

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

local root = shell("pwd"):gsub("\n$", "")
local build = os.getenv "PHOSPHENE_TEST_BUILD" or "build"
local program = (build:match "^/" and build or root .. "/" .. build) .. "/phosphene"
local embedded = root .. "/weights/googlenet-tiny.safetensors"

-- What blocks may take for granted, as the tutorial says.
local understood = 'local ph = require "phosphene"; local net = assert(ph.network "googlenet"); '

-- What needs the internet, and what takes long at any number of steps, is only asked for its help.
local function runnable(command)
  local aside = command:match "^phosphene weights" or command:match "^phosphene demo"
  return aside and aside .. " --help" or command
end

-- ---- reading a page ----

-- Pieces of a page, in order: { line =, kind = "lua" | "command" | "prompt", text = }.
local function read_page(path)
  local pieces, block, number = {}, nil, 0
  local function add(kind, line, text) pieces[#pieces + 1] = { kind = kind, line = line, text = text } end
  for line in io.lines(path) do
    number = number + 1
    local fence = line:match "^%s*```(.*)$"
    if fence and not block then
      block = { kind = fence, line = number, lines = {} }
    elseif fence then
      local text = table.concat(block.lines, "\n")
      if block.kind == "lua" then add("lua", block.line, text) end
      if block.kind == "console" then add("prompt", block.line, text) end
      block = nil
    elseif block then
      block.lines[#block.lines + 1] = line
      local command = block.kind == "sh" and line:gsub("^build/", ""):match "^phosphene.-%f[#\0]"
      if command then add("command", number, command) end
    else
      for command in line:gmatch "`(phosphene [^`]+)`" do add("command", number, command) end
    end
  end
  return pieces
end

-- ---- running it ----

-- In the folder, as `phosphene` on the path would be run there.
local function run_in(folder, arguments, input)
  return shell(("cd %s && %s LUA_PATH_5_4=%s PHOSPHENE_WEIGHTS=%s %s -l short %s"):format(quote(folder),
    input and "printf %s " .. quote(input) .. " |" or "", quote(root .. "/tests/?.lua;;"), quote(embedded), program,
    arguments))
end

local run = {}

function run.lua(folder, piece)
  if piece.text:match "%.onnx\"" then return "", load(piece.text) and 0 or 1 end -- a network that is the reader's own
  local name = piece.text:match "^%-%- ([%w_]+%.lua):"
  local text = piece.text:match 'require "phosphene"' and piece.text or understood .. piece.text
  if name then write(folder .. "/" .. name, text) end
  if name and name:match "_spec%.lua$" then
    return shell(("cd %s && LUA_PATH_5_4=%s LUA_CPATH_5_4=%s busted --lua=lua5.4 -o TAP %s"):format(quote(folder),
      quote(("%s/lua/?.lua;%s/lua/?/init.lua;;"):format(root, root)), quote((program:gsub("phosphene$", "lua/?.so;;"))),
      name))
  end
  write(folder .. "/block.lua", text)
  return run_in(folder, name or "block.lua")
end

function run.command(folder, piece)
  local arguments = runnable(piece.text):gsub("^phosphene", "")
  -- The reader's PyTorch would fetch weights.
  if arguments:match "^ export " then arguments = " export --help" end
  return run_in(folder, arguments)
end

-- Numbers differ in their last digits from machine to machine.
local function without_numbers(text) return (text:gsub("%-?%d[%d%.]*[%de-]*", "#")) end

-- What is typed after "> "; every line that the page prints has to come, in this order.
function run.prompt(folder, piece)
  local typed, expected = {}, {}
  for line in (piece.text .. "\n"):gmatch "(.-)\n" do
    local text = line:match "^> (.*)$"
    if text then typed[#typed + 1] = text .. "\n" else expected[#expected + 1] = line .. "\n" end
  end
  local output, status = run_in(folder, "-i", table.concat(typed))
  assert.equal(without_numbers(table.concat(expected)), without_numbers(output))
  return output, status
end

for _, page in ipairs { "README.md", "docs/tutorial.md" } do
  describe(page, function()
    local folder = os.tmpname()
    os.remove(folder)

    setup(function()
      local photograph = ph.crop_image(assert(ph.load_image "docs/images/dream.jpg"), 160, 160) -- of a cat
      for _, name in ipairs { "cat.jpg", "photographs/tabby.jpg" } do
        assert(photograph:save(folder .. "/" .. name))
      end
    end)
    teardown(function() shell("rm -r " .. quote(folder)) end)

    it("shows pictures that are there", function()
      local place, file <close> = page:match "^(.*/)" or "", assert(io.open(page))
      for path in file:read("a"):gmatch "%]%(([^)]*images/[^)]*)%)" do assert(io.open(place .. path)):close() end
    end)

    for _, piece in ipairs(read_page(page)) do
      it(("line %d: %s"):format(piece.line, piece.text:match "[^\n]*"), function()
        local output, status = run[piece.kind](folder, piece)
        assert(status == 0, output)
      end)
    end
  end)
end
