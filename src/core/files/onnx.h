/* SPDX-License-Identifier: MIT */
/* ONNX models: what the schema (schema/onnx.proto) does not define, which is how a tensor's values are
   stored. Knows nothing of operators, which Lua handles. */
#ifndef PH_ONNX_H
#define PH_ONNX_H

#include "tensor/tensor.h"
#include "onnx.pb-c.h"
#include "protobuf.h"

/* A tensor that was read. Floating-point numbers of any width are in `floats`; whole numbers and truth
   values, which are shapes and indices, in `integers`; `problem` says why there is neither, though nothing is
   wrong with the file. A tensor without elements has neither and no problem. */
typedef struct ph_onnx_tensor {
  const char *type; /* "float32", "int64", …, or "unknown" */
  bool is_float;
  int64_t count;
  ph_tensor *floats; /* one reference */
  int64_t *integers; /* a block for ph_free */
  const char *problem;
} ph_onnx_tensor;

/* Reads a tensor's numbers, and drops them from the message. PH_FAILURE, naming file and tensor, when they do
   not fit its shape, and for numbers in another file that is not there or lies outside the model's folder. On
   failure the result holds nothing. */
ph_status ph_onnx_tensor_read(ph_protobuf *file, Onnx__Tensor *message, ph_onnx_tensor *tensor, ph_error *e);
void ph_onnx_tensor_clear(ph_onnx_tensor *tensor);

#endif
