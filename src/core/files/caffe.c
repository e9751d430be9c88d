/* SPDX-License-Identifier: MIT */
/* The numbers of Caffe's blobs: of four fixed dimensions in old files, of any shape in newer ones. */
#include "caffe.h"

#include <inttypes.h>

#include "base/numbers.h"

/* The shape, which may hold anything: nothing is believed of it yet. */
static ph_status shape_of(ph_protobuf *file, const Caffe__Blob *blob, ph_shape *shape, ph_error *e) {
  const int64_t old[4] = {blob->num, blob->channels, blob->height, blob->width};
  ph_error inner;
  if (blob->shape == NULL) {
    *shape = ph_shape_of(4, old);
  } else if (blob->shape->n_dim > PH_MAX_RANK) {
    return ph_fail(e, PH_FAILURE, "'%s': a blob has %zu dimensions; at most %d can be read",
                   ph_protobuf_path(file), blob->shape->n_dim, PH_MAX_RANK);
  } else {
    *shape = ph_shape_of((int)blob->shape->n_dim, blob->shape->dim);
  }
  if (ph_shape_check(*shape, "a blob", &inner) == PH_OK) return PH_OK;
  return ph_fail(e, PH_FAILURE, "'%s': %s", ph_protobuf_path(file), inner.message);
}

ph_status ph_caffe_blob_read(ph_protobuf *file, Caffe__Blob *blob, ph_tensor **tensor, ph_error *e) {
  char text[PH_SHAPE_TEXT];
  ph_shape shape;
  ph_status status = shape_of(file, blob, &shape, e);
  if (status != PH_OK) return status;
  int64_t count = ph_shape_count(shape);
  size_t given = blob->n_double_data > 0 ? blob->n_double_data : blob->n_data;
  if ((uint64_t)count != given)
    return ph_fail(e, PH_FAILURE, "'%s': a blob of shape %s has %zu numbers", ph_protobuf_path(file),
                   ph_shape_print(shape, text), given);
  status = ph_tensor_new(shape, tensor, e);
  if (status != PH_OK) return status;
  if (blob->n_double_data > 0)
    ph_numbers_to_floats(ph_tensor_data(*tensor), blob->double_data, PH_FLOAT64, count);
  else
    ph_numbers_to_floats(ph_tensor_data(*tensor), blob->data, PH_FLOAT32, count);
  ph_protobuf_drop(file, blob->data);
  ph_protobuf_drop(file, blob->double_data);
  blob->data = NULL;
  blob->double_data = NULL;
  blob->n_data = blob->n_double_data = 0;
  return PH_OK;
}
