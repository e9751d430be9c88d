-- SPDX-License-Identifier: MIT
-- Parity with PyTorch 1.13: activations, values and input gradients of BVLC's GoogLeNet, from golden vectors that are
-- not part of the project. Skipped, saying so, where they are missing.
local core = require "phosphene.core"
local network = require "phosphene.formats.loading"
local objectives = require "phosphene.objective.constructors"

local shared = "../shared/"

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local weights = shared .. "weights/bvlc_googlenet.safetensors"
if not (exists(shared .. "golden/bvlc_googlenet.safetensors") and exists(weights)) then
  describe("parity with PyTorch", function()
    pending "needs ../shared/golden and ../shared/weights, which are not part of the project"
  end)
  return
end

local golden = assert(core.load_safetensors(shared .. "golden/bvlc_googlenet.safetensors"))

-- (h, w, 3) in 0 … 255 to (1, 3, h, w) in [0, 1]
local function picture(pixels)
  local shape, values = pixels:shape(), pixels:values()
  local h, w = shape[1], shape[2]
  local planes = {}
  for c = 0, 2 do
    for i = 0, h * w - 1 do planes[#planes + 1] = values[i * 3 + c + 1] / 255 end
  end
  return core.tensor({ 1, 3, h, w }, planes)
end

local function largest(tensor)
  local s = tensor:statistics()
  return math.max(s.most, -s.least)
end

-- The largest difference over the largest expected value.
local function relative_to_maximum(got, expected)
  return largest(got:reshape(expected:shape()):add(expected, -1)) / largest(expected)
end

-- |got - expected| / |expected|
local function relative_l2(got, expected)
  local difference = got:clone():add(expected, -1)
  return math.sqrt(difference:dot(difference) / expected:dot(expected))
end

-- The golden gradients are with respect to the preprocessed input, BGR in 0 … 255; ours to the picture.
local function as_input_gradient(gradient)
  local shape, values = gradient:shape(), gradient:values()
  local plane = shape[3] * shape[4]
  local swapped = {}
  for c = 2, 0, -1 do
    for i = 1, plane do swapped[#swapped + 1] = values[c * plane + i] / 255 end
  end
  return core.tensor(shape, swapped)
end

local cases = {
  { "channel:mixed4a:11", objectives.channel("mixed4a", 11) },
  { "negative_channel:mixed4a_pre_relu:240", -objectives.channel("mixed4a_pre_relu", 240) },
  { "neuron:mixed4b_pre_relu:100:center", objectives.neuron("mixed4b_pre_relu", 100) },
  { "deepdream:mixed4c", objectives.layer "mixed4c" },
  { "logit:207", objectives.logit(207) },
  { "probability:207", objectives.probability(207) },
  { "direction:mixed4b", objectives.direction("mixed4b", golden.direction_vector) },
}

for _, backend in ipairs { "dnnl", "reference" } do
  describe("parity with PyTorch, " .. backend, function()
    local net = assert(network.load(weights, { backend = backend }))
    local image = picture(golden.image_rgb_0_255)

    it("has the same activations", function()
      local layers = {}
      for key in pairs(golden) do layers[#layers + 1] = key:match "^act%.(.*)" end
      net:forward(image, layers, { backward = false })
      for _, layer in ipairs(layers) do
        local difference = relative_to_maximum(net:activation(layer), golden["act." .. layer])
        assert.is_true(difference < 1e-4, layer .. " differs by " .. difference)
      end
    end)

    it("sees the golden retriever first", function()
      net:forward(image, "softmax2", { backward = false })
      local best, class = -1, nil
      for i, p in ipairs(net:activation("softmax2"):values()) do
        if p > best then best, class = p, i - 1 end
      end
      assert.equal(207, class)
    end)

    for _, case in ipairs(cases) do
      local name, objective = case[1], case[2]
      it("has the same value and gradient of " .. name, function()
        local evaluation = core.evaluation(objective, net)
        net:forward(image, evaluation:taps())
        local value, expected = evaluation:evaluate(), golden["value." .. name]:at(0)
        assert.is_true(math.abs(value - expected) < 1e-4 * math.abs(expected), value .. " is not " .. expected)
        local difference = relative_l2(as_input_gradient(net:backward()), golden["grad." .. name])
        assert.is_true(difference < 1e-3, "the gradient differs by " .. difference)
      end)
    end
  end)
end
