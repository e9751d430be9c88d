-- SPDX-License-Identifier: MIT
-- Changes that break the program, each in one line of it, and the test that must notice. `find` is text that stands
-- in the file once, without anything that is magic. Must not know how they are tried.

-- What runs and their options promise.
local run = {
  { name = "17 redirected steps are 4", file = "lua/phosphene/run/steps.lua", test = "tests/spec/run/render_spec.lua",
    find = "local redirected_steps = 17", replace = "local redirected_steps = 4" },
  { name = "512 steps are 500", file = "lua/phosphene/run/steps.lua", test = "tests/spec/docs/defaults_spec.lua",
    find = "options.steps or 512", replace = "options.steps or 500" },
  { name = "a chosen seed is not told", file = "lua/phosphene/base/progress.lua",
    test = "tests/spec/run/run_control_spec.lua",
    find = 'progress.tell("seed " .. seed)', replace = "local _ = seed" },
  { name = "Ctrl-C does not end restarts", file = "lua/phosphene/run/render.lua",
    test = "tests/spec/run/run_control_spec.lua",
    find = "      best.interrupted = true\n      break", replace = "      best.interrupted = true" },
  { name = "a restart's score is its last value", file = "lua/phosphene/run/render.lua",
    test = "tests/spec/run/run_control_spec.lua",
    find = "math.max(1, #values // 10)", replace = "1" },
  { name = "a plateau of negative values", file = "lua/phosphene/run/stops.lua",
    test = "tests/spec/run/run_control_spec.lua",
    find = "gain * math.abs(before)", replace = "gain * before" },
  { name = "fitting never stops early", file = "lua/phosphene/picture/fitting.lua",
    test = "tests/spec/picture/fitting_spec.lua",
    find = "local before = errors[step - patience]", replace = "local before = nil" },
}

-- What is done with networks.
local network = {
  { name = "grouped convolutions are read in part", file = "src/core/network/onednn/live_channels.c",
    test = "tests/spec/network/partial_reads_spec.lua",
    find = "if (is_grouped(layer)) reads", replace = "if (false && is_grouped(layer)) reads" },
  { name = "plans of any pool mode", file = "src/core/network/pass.c", test = "tests/spec/network/plans_spec.lua",
    find = "a->pool_mode == b->pool_mode && ", replace = "" },
  { name = "the usual size is 227", file = "lua/phosphene/network/input_size.lua",
    test = "tests/spec/network/preprocessing_spec.lua",
    find = "{ 224, 227, ", replace = "{ 227, 224, " },
  { name = "check looks at the first pictures", file = "lua/phosphene/network/check.lua",
    test = "tests/spec/network/preprocessing_spec.lua",
    find = "all[(i - 1) * #all // count + 1]", replace = "all[i]" },
  { name = "labels for outputs that have none", file = "lua/phosphene/network/labels.lua",
    test = "tests/spec/network/network_spec.lua",
    find = "local most_unnamed = 8", replace = "local most_unnamed = 0" },
  { name = "a second name before a ReLU that is taken", file = "lua/phosphene/network/pre_relu.lua",
    test = "tests/spec/network/names_spec.lua",
    find = "if from and not taken[name] then", replace = "if from then" },
}

local all = {}
for _, list in ipairs { run, network } do table.move(list, 1, #list, #all + 1, all) end
return all
