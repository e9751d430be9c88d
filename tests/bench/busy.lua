-- SPDX-License-Identifier: MIT
-- What a step costs while another process wants one of the cores, against a quiet machine: in turn, in one process. A
-- loop pinned to core 0 is stopped and continued. With two cores, of which one is shared half and half, 1.33 would be
-- perfect and 2 is what equal shares of the work for both threads come to.
local network = require "phosphene.formats.loading"
local measure = require "measure"

local rounds, steps_of_round = measure.rounds(10), 10

local net = assert(network.load "googlenet")
local step = measure.step(net, "softmax2_pre_activation", 1, 224)

-- A process that keeps core 0 busy, while this one lives at most. It is stopped at first, and killed when it goes out
-- of scope.
local function busy_process()
  local own = assert(io.open "/proc/self/stat"):read "n"
  local loop = ("taskset -c 0 sh -c 'while kill -0 %d; do :; done' >/dev/null 2>&1 & echo $!"):format(own)
  local pipe = assert(io.popen(loop))
  local pid = assert(pipe:read "n")
  pipe:close()
  local function send(signal) assert(os.execute(("kill -%s %d"):format(signal, pid))) end
  send "STOP"
  return setmetatable({ send = send }, { __close = function() send "KILL" end })
end

-- Seconds of a step, the mean of some.
local function mean()
  local total = 0
  for _ = 1, steps_of_round do total = total + step() end
  return total / steps_of_round
end

local process <close> = busy_process()
local function with_company()
  process.send "CONT"
  local seconds = mean()
  process.send "STOP"
  return seconds
end

local busy, quiet, ratio = measure.pair(with_company, mean, rounds, 1)
measure.title(network.name(net) .. ", 224x224, batch 1, all layers")
measure.print("step beside a busy process", busy)
measure.print("step alone", quiet)
measure.print("beside / alone", ratio, "ratio")
measure.write("busy", { network = network.name(net), busy = busy, quiet = quiet, ratio = ratio })
