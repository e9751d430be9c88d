/* SPDX-License-Identifier: MIT */
/* Gram matrices. They are most of the work of the heads that use them, so channels are multiplied four at a
   time. */
#include "gram.h"

#include "base/memory.h"
#include "base/vector.h"

enum { FOUR = 4, LANES = 8 };

/* Eight lanes, whatever the machine's width, so that sums have the same order everywhere. */
typedef float lanes_read
    __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

/* dot[k] = <x, y[k]> */
PH_VECTOR static void dot_four(const float *x, const float *const y[FOUR], int64_t count, double dot[FOUR]) {
  const float *y0 = y[0], *y1 = y[1], *y2 = y[2], *y3 = y[3];
  lanes sum[FOUR] = {{0}};
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes xi = __builtin_convertvector(*(const lanes_read *)(x + i), lanes);
    sum[0] += xi * __builtin_convertvector(*(const lanes_read *)(y0 + i), lanes);
    sum[1] += xi * __builtin_convertvector(*(const lanes_read *)(y1 + i), lanes);
    sum[2] += xi * __builtin_convertvector(*(const lanes_read *)(y2 + i), lanes);
    sum[3] += xi * __builtin_convertvector(*(const lanes_read *)(y3 + i), lanes);
  }
  for (int k = 0; k < FOUR; k++) {
    dot[k] = 0;
    for (int l = 0; l < LANES; l++) dot[k] += sum[k][l];
    for (int64_t rest = i; rest < count; rest++) dot[k] += (double)x[rest] * (double)y[k][rest];
  }
}

/* dst += sum of factor[k] * x[k] */
PH_VECTOR static void add_four(float *restrict dst, const float factor[FOUR], const float *const x[FOUR],
                               int64_t count) {
  const float f0 = factor[0], f1 = factor[1], f2 = factor[2], f3 = factor[3];
  const float *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
  for (int64_t i = 0; i < count; i++) dst[i] += (f0 * x0[i] + f1 * x1[i]) + (f2 * x2[i] + f3 * x3[i]);
}

/* Channels j … j + 3; past the last one, the last again. Returns how many there are. */
static int take_four(const float *x, int64_t count, int64_t j, int64_t end, const float *channel[FOUR]) {
  for (int k = 0; k < FOUR; k++) channel[k] = x + (j + k < end ? j + k : end - 1) * count;
  return end - j < FOUR ? (int)(end - j) : FOUR;
}

void ph_gram(const float *x, int64_t c, int64_t count, double *gram) {
  const float *channel[FOUR];
  double dot[FOUR];
  for (int64_t i = 0; i < c; i++) {
    for (int64_t j = 0; j <= i; j += FOUR) {
      int taken = take_four(x, count, j, i + 1, channel);
      dot_four(x + i * count, channel, count, dot);
      for (int k = 0; k < taken; k++) gram[i * c + j + k] = gram[(j + k) * c + i] = dot[k];
    }
  }
}

void ph_gram_backward(const float *x, int64_t c, int64_t count, const double *factor, float *gradient) {
  const float *channel[FOUR];
  for (int64_t i = 0; i < c; i++) {
    for (int64_t j = 0; j < c; j += FOUR) {
      float four[FOUR] = {0};
      int taken = take_four(x, count, j, c, channel);
      for (int k = 0; k < taken; k++) four[k] = (float)factor[i * c + j + k];
      add_four(gradient + i * count, four, channel, count);
    }
  }
}

ph_status ph_tensor_gram(const ph_tensor *activation, ph_tensor **result, ph_error *e) {
  char text[PH_SHAPE_TEXT];
  ph_shape shape = ph_tensor_shape(activation);
  int rank = shape.rank;
  if (rank != 3 && (rank != 4 || shape.dim[0] != 1))
    return ph_fail(e, PH_MISUSE, "gram: the activation of one image, (1, c, h, w), expected, got %s",
                   ph_shape_print(shape, text));
  int64_t c = shape.dim[rank - 3], area = shape.dim[rank - 2] * shape.dim[rank - 1];
  double *gram = ph_alloc_array((size_t)(c * c), sizeof *gram);
  if (gram == NULL) return ph_no_memory(e);
  ph_status status = ph_tensor_new(ph_shape_of(2, (int64_t[]){c, c}), result, e);
  if (status == PH_OK) {
    ph_gram(ph_tensor_read(activation), c, area, gram);
    for (int64_t i = 0; i < c * c; i++) ph_tensor_data(*result)[i] = (float)(gram[i] / (double)area);
  }
  ph_free(gram);
  return status;
}
