-- SPDX-License-Identifier: MIT
-- Published weights that can be fetched: their addresses, hashes and licences. Hashes are those of the publishers'
-- files. Must not know how files are fetched or read.

--- By name. A file has `name`, `addresses` (tried in order), `sha256` or `sha1`, and `bytes` where they are known. What
--- is taken out of an archive is in `members`; `network` is the one that ph.network opens. `architecture` is what the
--- result is.
local catalogue = {
  inception5h = {
    title = "Inception v1 as Google trained it: the network of Distill's \"Feature Visualization\", 1008 outputs",
    licence = "Apache-2.0",
    architecture = "inception5h",
    file = {
      name = "inception5h.zip",
      addresses = {
        "https://storage.googleapis.com/download.tensorflow.org/models/inception5h.zip",
        "https://download.tensorflow.org/models/inception5h.zip",
      },
      sha256 = "d13569f6a98159de37e92e9c8ec4dae8f674fbf475f69fe6199b514f756d4364",
    },
    members = {
      { name = "tensorflow_inception_graph.pb", bytes = 53884595,
        sha256 = "a39b08b826c9d5a5532ff424c03a3a11a202967544e389aca4b06c2bd8aef63f" },
      { name = "imagenet_comp_graph_label_strings.txt",
        sha256 = "da2a31ecfe9f212ae8dd07379b11a74cb2d7a110eba12c5fc8c862a65b8e6606" },
    },
    network = "tensorflow_inception_graph.pb",
  },
  bvlc_googlenet = {
    title = "GoogLeNet as BVLC trained it with Caffe, 1000 classes of ILSVRC 2012",
    licence = "BVLC GoogLeNet: released for unrestricted use",
    architecture = "bvlc_googlenet",
    file = {
      name = "bvlc_googlenet.caffemodel",
      addresses = { "http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel" },
      bytes = 53533754,
      sha1 = "405fc5acd08a3bb12de8ee5e23a96bec22f08204",
    },
  },
}

return catalogue
