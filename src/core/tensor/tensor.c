/* SPDX-License-Identifier: MIT */
/* Tensors. Reductions accumulate in double, in index order, so that they do not depend on thread counts. */
#include "tensor.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

struct ph_tensor {
  int references;
  ph_shape shape;
  int64_t capacity; /* elements that `data` has room for */
  float *data;
  void (*release)(void *owner); /* NULL: data is our own */
  void *owner;
};

ph_status ph_tensor_new(ph_shape shape, ph_tensor **tensor, ph_error *e) {
  ph_status status = ph_shape_check(shape, "tensor", e);
  if (status != PH_OK) return status;
  ph_tensor *t = ph_alloc(sizeof *t);
  if (t == NULL) return ph_no_memory(e);
  int64_t count = ph_shape_count(shape);
  t->data = ph_alloc_array((size_t)count, sizeof(float));
  if (t->data == NULL) {
    char text[PH_SHAPE_TEXT];
    ph_free(t);
    return ph_fail(e, PH_NO_MEMORY, "not enough memory for a tensor of shape %s",
                   ph_shape_print(shape, text));
  }
  t->references = 1;
  t->shape = shape;
  t->capacity = count;
  *tensor = t;
  return PH_OK;
}

ph_status ph_tensor_borrow(ph_shape shape, float *data, void (*release)(void *owner), void *owner,
                           ph_tensor **tensor, ph_error *e) {
  ph_status status = ph_shape_check(shape, "tensor", e);
  ph_tensor *t = status == PH_OK ? ph_alloc(sizeof *t) : NULL;
  if (t == NULL) {
    release(owner);
    return status == PH_OK ? ph_no_memory(e) : status;
  }
  *t = (ph_tensor){
      .references = 1, .shape = shape, .capacity = 0, .data = data, .release = release, .owner = owner};
  *tensor = t;
  return PH_OK;
}

ph_tensor *ph_tensor_retain(ph_tensor *tensor) {
  tensor->references++;
  return tensor;
}

void ph_tensor_release(ph_tensor *tensor) {
  if (tensor == NULL || --tensor->references > 0) return;
  if (tensor->release != NULL)
    tensor->release(tensor->owner);
  else
    ph_free(tensor->data);
  ph_free(tensor);
}

ph_shape ph_tensor_shape(const ph_tensor *tensor) { return tensor->shape; }
int64_t ph_tensor_count(const ph_tensor *tensor) { return ph_shape_count(tensor->shape); }
float *ph_tensor_data(ph_tensor *tensor) { return tensor->data; }
const float *ph_tensor_read(const ph_tensor *tensor) { return tensor->data; }
ph_array ph_tensor_array(ph_tensor *tensor) { return (ph_array){tensor->shape, ph_tensor_data(tensor)}; }

bool ph_tensor_is_shared(const ph_tensor *tensor) { return tensor->references > 1; }

ph_status ph_tensor_resize(ph_tensor *tensor, ph_shape shape, ph_error *e) {
  ph_status status = ph_shape_check(shape, "tensor", e);
  if (status != PH_OK) return status;
  if (tensor->release != NULL) return ph_fail(e, PH_MISUSE, "a borrowed tensor cannot be resized");
  int64_t count = ph_shape_count(shape);
  if (count > tensor->capacity) {
    float *data = ph_alloc_array((size_t)count, sizeof(float));
    if (data == NULL) return ph_no_memory(e);
    ph_free(tensor->data);
    tensor->data = data;
    tensor->capacity = count;
  }
  tensor->shape = shape;
  return PH_OK;
}

ph_status ph_tensor_ensure(ph_tensor **slot, ph_shape shape, ph_error *e) {
  return *slot == NULL ? ph_tensor_new(shape, slot, e) : ph_tensor_resize(*slot, shape, e);
}

ph_status ph_tensor_expect(const ph_tensor *tensor, ph_shape shape, const char *what, ph_error *e) {
  char expected[PH_SHAPE_TEXT], got[PH_SHAPE_TEXT];
  if (ph_shape_equal(tensor->shape, shape)) return PH_OK;
  return ph_fail(e, PH_MISUSE, "%s: expected a tensor of shape %s, got %s", what,
                 ph_shape_print(shape, expected), ph_shape_print(tensor->shape, got));
}

void ph_tensor_fill(ph_tensor *tensor, float value) {
  int64_t count = ph_tensor_count(tensor);
  float *data = ph_tensor_data(tensor);
  for (int64_t i = 0; i < count; i++) data[i] = value;
}

void ph_tensor_copy(ph_tensor *dst, const ph_tensor *src) {
  memcpy(ph_tensor_data(dst), src->data, (size_t)ph_tensor_count(src) * sizeof(float));
}

void ph_tensor_scale(ph_tensor *tensor, float factor) {
  int64_t count = ph_tensor_count(tensor);
  float *data = ph_tensor_data(tensor);
  for (int64_t i = 0; i < count; i++) data[i] *= factor;
}

void ph_tensor_add_scaled(ph_tensor *dst, float factor, const ph_tensor *src) {
  int64_t count = ph_tensor_count(dst);
  float *data = ph_tensor_data(dst);
  for (int64_t i = 0; i < count; i++) data[i] += factor * src->data[i];
}

void ph_tensor_multiply(ph_tensor *dst, const ph_tensor *src) {
  int64_t count = ph_tensor_count(dst);
  float *data = ph_tensor_data(dst);
  for (int64_t i = 0; i < count; i++) data[i] *= src->data[i];
}

ph_status ph_tensor_paste(ph_tensor *dst, const ph_tensor *src, int64_t y, int64_t x, ph_error *e) {
  ph_shape to = dst->shape, from = src->shape;
  if (to.rank != 4 || from.rank != 4 || to.dim[0] != from.dim[0] || to.dim[1] != from.dim[1]) {
    char a[PH_SHAPE_TEXT], b[PH_SHAPE_TEXT];
    return ph_fail(e, PH_MISUSE, "paste: %s does not fit onto %s", ph_shape_print(from, a),
                   ph_shape_print(to, b));
  }
  /* The rows and columns of src that land inside dst. */
  int64_t top = y < 0 ? -y : 0, left = x < 0 ? -x : 0;
  int64_t bottom = from.dim[2] < to.dim[2] - y ? from.dim[2] : to.dim[2] - y;
  int64_t right = from.dim[3] < to.dim[3] - x ? from.dim[3] : to.dim[3] - x;
  if (right <= left) return PH_OK;
  for (int64_t plane = 0; plane < to.dim[0] * to.dim[1]; plane++)
    for (int64_t row = top; row < bottom; row++)
      memcpy(ph_tensor_data(dst) + (plane * to.dim[2] + row + y) * to.dim[3] + left + x,
             src->data + (plane * from.dim[2] + row) * from.dim[3] + left,
             (size_t)(right - left) * sizeof(float));
  return PH_OK;
}

double ph_tensor_dot(const ph_tensor *a, const ph_tensor *b) {
  int64_t count = ph_tensor_count(a);
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)a->data[i] * (double)b->data[i];
  return sum;
}

double ph_tensor_sum(const ph_tensor *tensor) {
  int64_t count = ph_tensor_count(tensor);
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)tensor->data[i];
  return sum;
}

ph_statistics ph_tensor_statistics(const ph_tensor *tensor) {
  ph_statistics s = {.least = HUGE_VAL, .most = -HUGE_VAL};
  int64_t count = ph_tensor_count(tensor), finite = 0;
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < count; i++) {
    double value = (double)tensor->data[i];
    if (!isfinite(value)) {
      s.not_finite++;
      continue;
    }
    finite++;
    sum += value;
    if (value < s.least) s.least = value;
    if (value > s.most) s.most = value;
  }
  if (finite == 0) return (ph_statistics){.not_finite = s.not_finite};
  s.mean = sum / (double)finite;
  for (int64_t i = 0; i < count; i++) {
    double value = (double)tensor->data[i];
    if (isfinite(value)) squares += (value - s.mean) * (value - s.mean);
  }
  s.deviation = sqrt(squares / (double)finite);
  return s;
}
