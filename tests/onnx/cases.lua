-- SPDX-License-Identifier: MIT
-- The test cases of ONNX's own test suite, as Debian's libonnx-testdata has them: a model and tensors for its inputs
-- and outputs each. Which of them are about operators that are imported, and why the others are not run.

local core = require "phosphene.core"
local document = require "phosphene.formats.onnx.document"

local cases = {}

cases.folder = "/usr/share/libonnx-testdata/data"
cases.suites = { "node", "pytorch-converted", "pytorch-operator", "simple" }

-- The operators that are imported.
local operators = {}
for op in ([[
  Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Cast CastLike Ceil Celu
  Clip Compress Concat Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DepthToSpace
  DequantizeLinear Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor Gather
  GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GroupNormalization
  HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsNaN LRN LayerNormalization LeakyRelu Less LessOrEqual
  Log LogSoftmax MatMul MatMulInteger Max MaxPool Mean MeanVarianceNormalization Min Mish Mod Mul Neg Not Or PRelu Pad
  Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization Reciprocal ReduceL1 ReduceL2 ReduceLogSum
  ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize Round
  Scatter ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign
  SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Upsample
  Where Xor
]]):gmatch "%S+" do operators[op] = true end

-- Operators that are computed where they are about shapes.
local only_constant = {}
only_constant.Range = true

-- What the network that a case describes would have to be, and is not meant to be: patterns of names, and why.
local exceptions = {
  { "Pool3d", "three spatial axes" }, { "Conv3d", "three spatial axes" }, { "BatchNorm3d", "three spatial axes" },
  { "pool_3d", "three spatial axes" }, { "convtranspose_3d", "three spatial axes" },
  { "training_mode", "training" }, { "training_dropout", "training" },
  { "resize_tf_crop_and_resize", "coordinates that cut out a part" },
  { "cubic_A_n0p5", "a cubic coefficient other than -0.75" },
  { "BFLOAT16_to_FLOAT", "its input is stored as whole numbers" },
  { "FLOAT_to_BFLOAT16", "rounding to bfloat16 is not imitated" },
  -- The suite divides by a length that is no whole number; PyTorch and ONNX Runtime do not.
  { "resize_downsample_scales_%w+_align_corners", "aligned corners of 2.4 pixels" },
  { "cast_%w+_to_STRING", "texts" }, { "cast_STRING", "texts" },
  { "split_zero_size", "empty tensors" }, { "tri[lu]_zero", "empty tensors" }, { "_shape_zero", "empty tensors" },
  { "slice_start_out_of_bounds", "empty tensors" },
  { "_quantizelinear", "activations stay what they stand for" }, { "qlinear", "activations stay what they stand for" },
  { "dynamicquantizelinear", "activations stay what they stand for" }, { "NCd1d2d3d4d5", "tensors of seven axes" },
  { "_empty_set", "empty tensors" }, { "dequantizelinear_blocked", "scales of blocks" },
  { "resize_.*_antialias", "antialiasing" }, { "resize_.*_not_%a+er$", "lengths that keep the aspect ratio" },
  { "wrap_pad", "padding that wraps" },
  { "einsum_batch_diagonal", "diagonals, and axes without names" },
}

-- Cases of which only the first output is compared: the second (places of maxima, a mask) is not computed.
local half_compared = { "maxpool_with_argmax", "dropout_default_mask", "top_k" }

local function exception(name)
  for _, entry in ipairs(exceptions) do
    if name:find(entry[1]) then return entry[2] end
  end
end

local function drop_second_outputs(case)
  for _, pattern in ipairs(half_compared) do
    if case.name:find(pattern) then case.document.outputs[2], case.outputs[2] = nil, nil end
  end
end

local floats = { [1] = true, [10] = true, [11] = true, [16] = true }
local integers = {
  [2] = true, [3] = true, [4] = true, [5] = true, [6] = true, [7] = true, [9] = true, [12] = true, [13] = true,
}

-- Why operators are not imported, where networks over pictures do not have them.
local foreign = {}
for reason, names in pairs {
  ["sequences and optional values"] = [[SequenceConstruct SequenceEmpty SequenceInsert SequenceLength SequenceMap
    SplitToSequence OptionalGetElement OptionalHasElement If]],
  ["texts"] = "StringNormalizer TfIdfVectorizer",
  ["training"] = [[NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss ai.onnx.preview.training.Adagrad
    ai.onnx.preview.training.Adam ai.onnx.preview.training.Gradient ai.onnx.preview.training.Momentum]],
  ["recurrent networks"] = "GRU LSTM RNN ReverseSequence Loop Scan",
  ["sound"] = "BlackmanWindow DFT HammingWindow HannWindow MelWeightMatrix STFT",
  ["random numbers"] = "Bernoulli RandomUniformLike",
  ["results whose length depends on numbers"] = "NonMaxSuppression NonZero Unique",
  ["bits"] = "BitShift",
} do
  for name in names:gmatch "%S+" do foreign[name] = reason end
end

--- The reason for cases of other operators that are not imported.
cases.not_imported = "not imported"

-- Why a document is not run: an operator, or a type; nil where it is. Then also whether it can only be computed with
-- constants as its inputs.
local function out_of_scope(doc)
  local op, is_constant = nil, false
  for _, node in ipairs(doc.nodes) do
    op = node.domain == "" and node.op or node.domain .. "." .. node.op
    if not operators[op] and not only_constant[op] then return op, foreign[op] or cases.not_imported end
    is_constant = is_constant or only_constant[op] or op == "Shape" or op == "Size"
  end
  for _, ports in ipairs { doc.inputs, doc.outputs } do
    for _, port in ipairs(ports) do
      if not floats[port.type] and not integers[port.type] then return op, "types that networks do not use" end
      is_constant = is_constant or (ports == doc.outputs and integers[port.type])
    end
  end
  return nil, nil, is_constant
end

local function load_all(folder, kind)
  local list = {}
  while true do
    local tensor = core.load_onnx_tensor(("%s/test_data_set_0/%s_%d.pb"):format(folder, kind, #list))
    if not tensor then return list end
    list[#list + 1] = tensor
  end
end

--- Folders of all cases, with their names; empty where the test data are not installed.
function cases.all()
  local list = {}
  for _, suite in ipairs(cases.suites) do
    for _, name in ipairs(core.list_folder(cases.folder .. "/" .. suite) or {}) do
      local folder = name:find "/" and name or ("%s/%s/%s"):format(cases.folder, suite, name)
      list[#list + 1] = { folder = folder, name = suite .. "/" .. folder:match "([^/]*)$" }
    end
  end
  return list
end

--- Reads a case: its document, inputs and outputs (tables as core.load_onnx_tensor gives them) are put into it, and
--- whether it `is_constant`, of constants only; or `skip` { operator, reason }.
function cases.read(case)
  local reason = exception(case.name)
  local doc, problem = document.read(case.folder .. "/model.onnx")
  if not doc then
    case.skip = { "reading", (problem:gsub("^'.-': ", "")) }
    return case
  end
  local operator, why, is_constant = out_of_scope(doc)
  case.is_constant = is_constant
  if operator then
    case.skip = { operator, why }
  elseif reason then
    case.skip = { doc.nodes[1].op, reason }
  else
    case.document, case.inputs, case.outputs = doc, load_all(case.folder, "input"), load_all(case.folder, "output")
    drop_second_outputs(case)
    for _, input in ipairs(case.inputs) do
      local not_finite = input.tensor and input.tensor:statistics().not_finite or 0
      if not_finite > 0 then case.skip = { doc.nodes[1].op, "inputs that are not finite" } end
    end
  end
  return case
end

return cases
