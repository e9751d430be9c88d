-- SPDX-License-Identifier: MIT
-- What the program says to its user, for tests that ask about it or would rather not hear it. Must not know who speaks.

--- Calls f without what it writes to stderr; gives that, and what f gives. What f raises is raised.
return function(f, ...)
  local said, stderr = {}, io.stderr
  local deaf = { write = function(_, ...) said[#said + 1] = table.concat { ... } end, flush = function() end }
  rawset(io, "stderr", deaf)
  local results = table.pack(pcall(f, ...))
  rawset(io, "stderr", stderr)
  if not results[1] then error(results[2], 0) end
  return table.concat(said), table.unpack(results, 2, results.n)
end
