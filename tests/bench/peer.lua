-- SPDX-License-Identifier: MIT
-- Lua's end of the line to peer.py, or to another script like it, which says what may be requested. Must not know what
-- is compared.
local measure = require "measure"

local peer = {}
peer.__index = peer

-- A new process with the network of this weights file, or of another script, with its argument. Debian's Python, since
-- PyTorch is Debian's. Requests go through a pipe and replies come through a named one.
function peer.start(argument, script)
  local replies = measure.folder .. "replies"
  os.remove(replies)
  assert(os.execute("mkfifo " .. replies))
  local self = setmetatable({}, peer)
  local command = ("/usr/bin/python3 tests/bench/%s '%s' >%s"):format(script or "peer.py", argument or "", replies)
  self.requests = assert(io.popen(command, "w"))
  self.replies = assert(io.open(replies, "r"))
  os.remove(replies)
  self.version = assert(self.replies:read "l", "the peer did not start")
  return self
end

-- The reply to a request, as text.
function peer:ask(request, ...)
  self.requests:write(request:format(...), "\n")
  self.requests:flush()
  return (assert(self.replies:read "l", "the peer gave no reply"))
end

-- A function that makes the request and gives the number that is the reply.
function peer:measured(request, ...)
  request = request:format(...)
  return function() return tonumber(self:ask("%s", request)) end
end

function peer:close()
  self.requests:close()
  self.replies:close()
end
peer.__close = peer.close

-- Where tensors for the peer are written.
peer.file = measure.folder .. "peer.safetensors"

return peer
