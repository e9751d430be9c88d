-- SPDX-License-Identifier: MIT
-- bfloat16: near float32, faster, the same bits every time; and what is said where it cannot be had.

local core = require "phosphene.core"
local ph = require "phosphene"

local net = assert(ph.network "googlenet-tiny")
local picture = ph.random(1, "precision"):fill_normal(ph.tensor { 1, 3, 96, 80 }, 0.5, 0.2)
local has_bfloat16, refusal = pcall(net.forward, net, picture, "conv2d0", { precision = "bf16" })

describe("a processor without bfloat16", function()
  it("is told of in one line", function()
    local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"
    local run = [[ -e 'ph.render { "googlenet-tiny", "mixed4a:1", steps = 1, seed = 1, precision = "bf16" }']]
    local pipe = assert(io.popen("ONEDNN_MAX_CPU_ISA=AVX2 " .. program .. run .. " 2>&1"))
    local output = pipe:read "a"
    pipe:close()
    assert.equal("phosphene: (command line):1: precision 'bf16': this processor does not compute in bfloat16 "
      .. "(AVX512_BF16)\n", output)
  end)

  it("is the only reason for a refusal", function()
    if not has_bfloat16 then assert.matches("does not compute in bfloat16", refusal) end
  end)
end)

describe("precision", function()
  it("is one of two", function()
    assert.error_matches(function() net:forward(picture, "conv2d0", { precision = "f16" }) end,
      "forward: no precision 'f16'; did you mean 'bf16'%?")
  end)

  it("is float32 in the reference backend", function()
    local plain = core.network { backend = "reference" }
    assert.error_matches(function() plain:forward(picture, {}, { precision = "bf16" }) end,
      "precision 'bf16': the backend 'reference' computes in float32 only")
  end)

  if not has_bfloat16 then return pending "needs a processor with bfloat16" end

  local function run(layer, options)
    net:forward(picture, layer, options)
    local activation = net:activation(layer)
    net:inject(layer, activation)
    return activation, net:backward()
  end

  local function cosine(a, b) return a:dot(b) / math.sqrt(a:dot(a) * b:dot(b)) end

  it("bf16 gives nearly what f32 does, all the way up and back", function()
    for layer, least in pairs { conv2d0 = 0.999, mixed3a = 0.98, mixed4c = 0.95, softmax2 = 0.9 } do
      for _, relu in ipairs { "plain", "redirected", "guided" } do
        local exact, gradient = run(layer, { relu = relu })
        local coarse, coarse_gradient = run(layer, { relu = relu, precision = "bf16" })
        local difference = coarse:clone():add(exact, -1)
        assert.is_true(math.sqrt(difference:dot(difference) / exact:dot(exact)) < 0.02, layer)
        assert.is_true(cosine(coarse_gradient, gradient) > least,
          ("%s, %s: %g"):format(layer, relu, cosine(coarse_gradient, gradient)))
        assert.not_same(gradient:values(), coarse_gradient:values())
      end
    end
  end)

  it("bf16 gives the same bits each time, and f32 is as it was before", function()
    local _, f32 = run("mixed4a", {})
    local _, first = run("mixed4a", { precision = "bf16" })
    local _, f32_again = run("mixed4a", { precision = "f32" })
    local _, second = run("mixed4a", { precision = "bf16" })
    assert.same(first:values(), second:values())
    assert.same(f32:values(), f32_again:values())
  end)

  it("bf16 renders: the objective rises as far, and the picture says how it was made", function()
    local values = {}
    for _, precision in ipairs { "f32", "bf16" } do
      local result = ph.render { net, "mixed4a:11", size = 64, steps = 64, seed = 1, batch = 2, precision = precision,
        progress = false }
      assert.equal(precision, result.metadata.precision)
      values[precision] = result.value
    end
    assert.near(1, values.bf16 / values.f32, 0.1)
  end)
end)
