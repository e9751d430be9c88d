/* SPDX-License-Identifier: MIT */
/* TensorFlow graphs: what the schema (schema/tensorflow.proto) does not define, which is how a tensor's
   values are stored. Knows nothing of operations, which Lua handles. */
#ifndef PH_TENSORFLOW_H
#define PH_TENSORFLOW_H

#include "tensor/tensor.h"
#include "protobuf.h"
#include "tensorflow.pb-c.h"

/* What a tensor holds. Its numbers are `floats`, or whole numbers that ph_tensorflow_integer gives, or, where
   the file has but one for all elements, that one `fill`: a small file must not make a large tensor. */
typedef enum ph_tensorflow_kind {
  PH_TENSORFLOW_FLOATS,
  PH_TENSORFLOW_INTEGERS,
  PH_TENSORFLOW_FILL,
  PH_TENSORFLOW_PROBLEM /* nothing is wrong with the file, but `problem` says why there are no numbers */
} ph_tensorflow_kind;

typedef struct ph_tensorflow_tensor {
  const char *type; /* "float32", "int64", …, or "unknown" */
  ph_tensorflow_kind kind;
  int64_t count;
  ph_tensor *floats; /* one reference */
  double fill;
  const char *problem;
} ph_tensorflow_tensor;

/* Reads a tensor of a node of this name. PH_FAILURE, naming file and node, when its numbers do not fit its
   shape. Floating-point numbers are dropped from the message once they are read. */
ph_status ph_tensorflow_tensor_read(ph_protobuf *file, Tensorflow__Tensor *message,
                                    ph_tensorflow_tensor *tensor, ph_error *e);

/* Whole number i of a tensor of that kind. */
int64_t ph_tensorflow_integer(const Tensorflow__Tensor *message, int64_t i);

#endif
