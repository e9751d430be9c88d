/* SPDX-License-Identifier: MIT */
/* Rearranging elements: transpose, slice, place, concatenate, gather and scatter. */
#include <inttypes.h>
#include <string.h>

#include "loops.h"
#include "tensor_math.h"

/* dst = src, walked as the loops says: dst is its array 0, src its array 1. */
static void copy(ph_loops *loops, float *dst, const float *src) {
  ph_loops_join(loops);
  int64_t length = ph_loops_length(loops), to = ph_loops_step(loops, 0), from = ph_loops_step(loops, 1);
  for (int64_t i = 0; i < ph_loops_rows(loops); i++) {
    int64_t at[PH_LOOPS_ARRAYS];
    ph_loops_begin(loops, i, at);
    for (int64_t j = 0; j < length; j++) dst[at[0] + j * to] = src[at[1] + j * from];
  }
}

ph_status ph_tensor_transpose(const ph_tensor *x, const int *axis, ph_tensor **result, ph_error *e) {
  ph_shape from = ph_tensor_shape(x), shape = {.rank = from.rank};
  int64_t dense[PH_MAX_RANK], stride[PH_MAX_RANK];
  bool seen[PH_MAX_RANK] = {0};
  ph_dense_strides(from, dense);
  for (int d = 0; d < from.rank; d++) {
    if (axis[d] < 0 || axis[d] >= from.rank || seen[axis[d]])
      return ph_fail(e, PH_MISUSE, "transpose: each of the axes 0..%d expected once", from.rank - 1);
    seen[axis[d]] = true;
    shape.dim[d] = from.dim[axis[d]];
    stride[d] = dense[axis[d]];
  }
  ph_status status = ph_tensor_new(shape, result, e);
  if (status != PH_OK) return status;
  ph_loops loops = ph_loops_of(shape);
  ph_loops_broadcast(&loops, shape);
  ph_loops_add(&loops, stride);
  copy(&loops, ph_tensor_data(*result), ph_tensor_read(x));
  return PH_OK;
}

/* Where a block that begins at `start` of this shape begins in memory; PH_MISUSE where it is not inside. */
static ph_status find_block(const char *what, ph_shape shape, const int64_t *start, const int64_t *size,
                            int64_t *offset, int64_t stride[PH_MAX_RANK], ph_error *e) {
  ph_dense_strides(shape, stride);
  *offset = 0;
  for (int d = 0; d < shape.rank; d++) {
    if (start[d] < 0 || size[d] < 1 || size[d] > shape.dim[d] || start[d] > shape.dim[d] - size[d])
      return ph_fail(e, PH_MISUSE,
                     "%s: %" PRId64 " from %" PRId64 " on are not all among the %" PRId64 " of axis %d", what,
                     size[d], start[d], shape.dim[d], d);
    *offset += start[d] * stride[d];
  }
  return PH_OK;
}

ph_status ph_tensor_slice(const ph_tensor *x, const int64_t *start, const int64_t *size, ph_tensor **result,
                          ph_error *e) {
  int64_t offset, stride[PH_MAX_RANK];
  ph_shape from = ph_tensor_shape(x), shape = ph_shape_of(from.rank, size);
  ph_status status = find_block("slice", from, start, size, &offset, stride, e);
  if (status == PH_OK) status = ph_tensor_new(shape, result, e);
  if (status != PH_OK) return status;
  ph_loops loops = ph_loops_of(shape);
  ph_loops_broadcast(&loops, shape);
  ph_loops_add(&loops, stride);
  copy(&loops, ph_tensor_data(*result), ph_tensor_read(x) + offset);
  return PH_OK;
}

/* Copies src into the block of dst that begins at `start`. */
static ph_status lay(const char *what, ph_tensor *dst, const int64_t *start, const ph_tensor *src,
                     ph_error *e) {
  int64_t offset, stride[PH_MAX_RANK];
  ph_shape shape = ph_tensor_shape(dst), from = ph_tensor_shape(src);
  if (shape.rank != from.rank)
    return ph_fail(e, PH_MISUSE, "%s: %d dimensions expected, got %d", what, shape.rank, from.rank);
  ph_status status = find_block(what, shape, start, from.dim, &offset, stride, e);
  if (status != PH_OK) return status;
  ph_loops loops = ph_loops_of(from);
  ph_loops_add(&loops, stride);
  ph_loops_broadcast(&loops, from);
  copy(&loops, ph_tensor_data(dst) + offset, ph_tensor_read(src));
  return PH_OK;
}

ph_status ph_tensor_assign(ph_tensor *dst, const int64_t *start, const ph_tensor *src, ph_error *e) {
  return lay("copy", dst, start, src, e);
}

ph_status ph_tensor_assign_rows(ph_tensor *dst, int64_t first, const ph_tensor *src, ph_error *e) {
  char to[PH_SHAPE_TEXT], text[PH_SHAPE_TEXT];
  const ph_shape shape = ph_tensor_shape(dst), from = ph_tensor_shape(src);
  const bool is_one = from.rank == shape.rank - 1;
  const int64_t rows = is_one || from.rank == 0 ? 1 : from.dim[0];
  ph_shape like = shape;
  if (shape.rank > 0) like.dim[0] = rows;
  if (is_one) like = ph_shape_of(from.rank, shape.dim + 1);
  if (shape.rank == 0 || !ph_shape_equal(from, like))
    return ph_fail(e, PH_MISUSE, "copy: %s are no rows of %s", ph_shape_print(from, text),
                   ph_shape_print(shape, to));
  if (first < 0 || rows > shape.dim[0] || first > shape.dim[0] - rows)
    return ph_fail(e, PH_MISUSE,
                   "copy: %" PRId64 " from %" PRId64 " on are not all among the %" PRId64 " of axis 0", rows,
                   first, shape.dim[0]);
  memmove(ph_tensor_data(dst) + first * (ph_tensor_count(dst) / shape.dim[0]), ph_tensor_read(src),
          (size_t)ph_tensor_count(src) * sizeof(float));
  return PH_OK;
}

ph_status ph_tensor_place(const ph_tensor *x, ph_shape shape, const int64_t *start, ph_tensor **result,
                          ph_error *e) {
  ph_tensor *placed = NULL;
  ph_status status = ph_shape_check(shape, "place", e);
  if (status == PH_OK) status = ph_tensor_new(shape, &placed, e);
  if (status == PH_OK) status = lay("place", placed, start, x, e);
  if (status == PH_OK)
    *result = placed;
  else
    ph_tensor_release(placed);
  return status;
}

/* The shape of all of them along the axis. */
static ph_status join_shapes(const ph_tensor *const *list, int64_t count, int axis, ph_shape *joined,
                             ph_error *e) {
  char first[PH_SHAPE_TEXT], other[PH_SHAPE_TEXT];
  *joined = ph_tensor_shape(list[0]);
  if (axis < 0 || axis >= joined->rank)
    return ph_fail(e, PH_MISUSE, "concatenate: axis %d out of range 0..%d", axis, joined->rank - 1);
  for (int64_t i = 1; i < count; i++) {
    ph_shape shape = ph_tensor_shape(list[i]), like = *joined;
    const int64_t length = shape.dim[axis];
    if (axis < shape.rank) shape.dim[axis] = like.dim[axis];
    if (!ph_shape_equal(shape, like))
      return ph_fail(e, PH_MISUSE,
                     "concatenate: tensors of shapes %s and, number %" PRId64 ", %s do not fit along axis %d",
                     ph_shape_print(ph_tensor_shape(list[0]), first), i + 1,
                     ph_shape_print(ph_tensor_shape(list[i]), other), axis);
    joined->dim[axis] += length;
  }
  return PH_OK;
}

ph_status ph_tensor_concatenate(const ph_tensor *const *list, int64_t count, int axis, ph_tensor **result,
                                ph_error *e) {
  ph_shape shape;
  int64_t start[PH_MAX_RANK] = {0};
  ph_status status = join_shapes(list, count, axis, &shape, e);
  if (status == PH_OK) status = ph_tensor_new(shape, result, e);
  for (int64_t i = 0; status == PH_OK && i < count; i++) {
    status = lay("concatenate", *result, start, list[i], e);
    start[axis] += ph_tensor_shape(list[i]).dim[axis];
  }
  return status;
}

/* ---- picking ---- */

/* A shape as (outer, along the axis, inner). */
typedef struct split {
  int64_t outer, along, inner;
} split;

static split split_at(ph_shape shape, int axis) {
  split s = {1, shape.dim[axis], 1};
  for (int d = 0; d < axis; d++) s.outer *= shape.dim[d];
  for (int d = axis + 1; d < shape.rank; d++) s.inner *= shape.dim[d];
  return s;
}

static ph_status check_picks(const char *what, ph_shape shape, int axis, const int64_t *index, int64_t count,
                             int64_t length, ph_error *e) {
  if (axis < 0 || axis >= shape.rank)
    return ph_fail(e, PH_MISUSE, "%s: axis %d out of range 0..%d", what, axis, shape.rank - 1);
  for (int64_t i = 0; i < count; i++)
    if (index[i] < 0 || index[i] >= length)
      return ph_fail(e, PH_MISUSE, "%s: index %" PRId64 " out of range 0..%" PRId64 " of axis %d", what,
                     index[i], length - 1, axis);
  return PH_OK;
}

ph_status ph_tensor_gather(const ph_tensor *x, int axis, const int64_t *index, int64_t count,
                           ph_tensor **result, ph_error *e) {
  ph_shape shape = ph_tensor_shape(x);
  bool is_axis = axis >= 0 && axis < shape.rank;
  ph_status status = check_picks("gather", shape, axis, index, count, is_axis ? shape.dim[axis] : 0, e);
  if (status != PH_OK) return status;
  split from = split_at(shape, axis);
  shape.dim[axis] = count;
  status = ph_tensor_new(shape, result, e);
  if (status != PH_OK) return status;
  for (int64_t outer = 0; outer < from.outer; outer++)
    for (int64_t i = 0; i < count; i++)
      memcpy(ph_tensor_data(*result) + (outer * count + i) * from.inner,
             ph_tensor_read(x) + (outer * from.along + index[i]) * from.inner,
             (size_t)from.inner * sizeof(float));
  return PH_OK;
}

ph_status ph_tensor_scatter(const ph_tensor *x, int axis, const int64_t *index, int64_t length,
                            ph_tensor **result, ph_error *e) {
  ph_shape shape = ph_tensor_shape(x);
  bool is_axis = axis >= 0 && axis < shape.rank;
  ph_status status = check_picks("scatter", shape, axis, index, is_axis ? shape.dim[axis] : 0, length, e);
  if (status != PH_OK) return status;
  split from = split_at(shape, axis);
  shape.dim[axis] = length;
  status = ph_tensor_new(shape, result, e);
  if (status != PH_OK) return status;
  for (int64_t outer = 0; outer < from.outer; outer++)
    for (int64_t i = 0; i < from.along; i++)
      for (int64_t inner = 0; inner < from.inner; inner++)
        ph_tensor_data(*result)[(outer * length + index[i]) * from.inner + inner] +=
            ph_tensor_read(x)[(outer * from.along + i) * from.inner + inner];
  return PH_OK;
}
