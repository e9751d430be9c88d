-- SPDX-License-Identifier: MIT
-- How many threads compute a picture does not show in its bits, where the backend's kernels do not depend on it: with
-- AVX-512 and oneDNN 2, its Winograd convolutions do.

local core = require "phosphene.core"
local ph = require "phosphene"

local function picture(threads, batch)
  local net = assert(ph.network("googlenet-tiny", { threads = threads }))
  local layer = "mixed4a:11"
  return ph.render({ net, layer, size = 96, steps = 6, seed = 1, batch = batch, progress = false }).image:fingerprint()
end

describe("a picture", function()
  it("has the same bits whatever the number of threads", function()
    if core.instructions():find "avx512" then
      return pending "kernels for AVX-512 depend on the number of threads"
    end
    for _, batch in ipairs { 1, 3 } do
      local one = picture(1, batch)
      for _, threads in ipairs { 2, 3 } do assert.equal(one, picture(threads, batch)) end
    end
  end)
end)
