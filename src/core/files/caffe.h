/* SPDX-License-Identifier: MIT */
/* Caffe's weights: what the schema (schema/caffe.proto) does not define, which is how a blob states its
   shape. Knows nothing of layers, which Lua handles. */
#ifndef PH_CAFFE_H
#define PH_CAFFE_H

#include "tensor/tensor.h"
#include "caffe.pb-c.h"
#include "protobuf.h"

/* A blob's numbers as a tensor of its shape, dropped from the message. PH_FAILURE, naming the file, when they
   do not fit the shape. */
ph_status ph_caffe_blob_read(ph_protobuf *file, Caffe__Blob *blob, ph_tensor **tensor, ph_error *e);

#endif
