-- SPDX-License-Identifier: MIT
-- The names of GoogLeNet's layers in Caffe's model zoo (models/bvlc_googlenet/deploy.prototxt in BVLC/caffe). Google's
-- own names are Lucid's, which are ours. Must not know what layers compute.

local names = {}

local caffe = {
  conv2d0 = "conv1/7x7_s2", conv2d1 = "conv2/3x3_reduce", conv2d2 = "conv2/3x3",
  maxpool0 = "pool1/3x3_s2", localresponsenorm0 = "pool1/norm1", localresponsenorm1 = "conv2/norm2",
  maxpool1 = "pool2/3x3_s2", maxpool4 = "pool3/3x3_s2", maxpool10 = "pool4/3x3_s2", avgpool0 = "pool5/7x7_s1",
  softmax2_pre_activation = "loss3/classifier", softmax2 = "prob",
}

local parts = {
  ["1x1"] = "1x1", ["3x3_bottleneck"] = "3x3_reduce", ["3x3"] = "3x3", ["5x5_bottleneck"] = "5x5_reduce",
  ["5x5"] = "5x5", ["pool"] = "pool", ["pool_reduce"] = "pool_proj",
}

--- Caffe's name for a layer, by ours: "inception_4a/3x3_reduce" for "mixed4a_3x3_bottleneck", and "…_pre_relu" for
--- the point before a ReLU.
function names.caffe(name)
  local before = name:match "^(.*)_pre_relu$"
  if before then return names.caffe(before) .. "_pre_relu" end
  local module, part = name:match "^mixed(%d%a)_?(.*)$"
  if not module then return caffe[name] or name end
  return ("inception_%s/%s"):format(module, parts[part] or "output")
end

return names
