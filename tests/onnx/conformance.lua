-- SPDX-License-Identifier: MIT
-- ONNX's own test cases, as many as are about what is imported: outputs compared with those that the suite gives,
-- gradients with finite differences. Prints TAP, then what was skipped and why. Run by `make conformance`.

local cases = require "onnx.cases"
local harness = require "onnx.harness"

local all = cases.all()
if #all == 0 then
  print "1..0 # SKIP Debian's libonnx-testdata is not installed"
  os.exit(true)
end

local counts = { passed = 0, failed = 0, skipped = 0, gradients = 0, bent = 0 }
local skipped, missing = {}, {} -- how many, by operator and reason, and by operator that is not imported
local tests = 0

local function report(ok, name, problem)
  tests = tests + 1
  print(("%sok %d - %s"):format(ok and "" or "not ", tests, name))
  if problem then print("# " .. problem) end
  local kind = ok and "passed" or "failed"
  counts[kind] = counts[kind] + 1
end

local function skip(case, operator, reason)
  tests = tests + 1
  print(("ok %d - %s # SKIP %s: %s"):format(tests, case.name, operator, reason))
  counts.skipped = counts.skipped + 1
  local kind = reason == cases.not_imported and missing or skipped
  local key = kind == missing and operator or operator .. ": " .. reason
  kind[key] = (kind[key] or 0) + 1
end

-- Everything about a case with one of its inputs fed by the picture. Where that input has to be a constant, there is
-- nothing to test; `is_first` demands that it is not so.
local function run(case, source, is_first)
  local net, outputs = harness.build(case, source)
  if not net then
    if not is_first and outputs:find "needs a constant" then return nil end
    return outputs
  end
  local problem = harness.check_outputs(case, source, net, outputs)
  if problem or not source then return problem end
  local wrong, compared = harness.check_gradients(case, source, net, outputs)
  if wrong then return wrong end
  counts[compared and "gradients" or "bent"] = counts[compared and "gradients" or "bent"] + 1
end

for _, case in ipairs(all) do
  cases.read(case)
  if case.skip then
    skip(case, table.unpack(case.skip))
  else
    local problem
    local sources = harness.sources(case)
    local ok, raised = pcall(function()
      if #sources == 0 then problem = run(case, nil, true) end
      for i, source in ipairs(sources) do problem = problem or run(case, source, i == 1) end
    end)
    if not ok then problem = tostring(raised) end
    report(not problem, case.name, problem)
  end
  case.document, case.inputs, case.outputs = nil, nil, nil
end

print("1.." .. tests)
local function sorted(counted, format)
  local list = {}
  for key, count in pairs(counted) do list[#list + 1] = format:format(key, count) end
  table.sort(list)
  return list
end
print("# skipped, of operators that are not imported: " .. table.concat(sorted(missing, "%s (%d)"), ", "))
for _, line in ipairs(sorted(skipped, "# skipped, %s (%d)")) do print(line) end
print(("# %d passed, %d failed, %d skipped; gradients of %d inputs compared, %d of them bend too much"):format(
  counts.passed, counts.failed, counts.skipped, counts.gradients + counts.bent, counts.bent))
os.exit(counts.failed == 0, true)
