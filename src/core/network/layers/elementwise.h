/* SPDX-License-Identifier: MIT */
/* Functions of single numbers as layers: the loops, once. For the files of layers/ only. */
#ifndef PH_LAYERS_ELEMENTWISE_H
#define PH_LAYERS_ELEMENTWISE_H

#include <math.h>

#include "base/functions.h"
#include "base/vector.h"
#include "network/layer.h"

/* Two settings are enough for every function there is. */
typedef struct ph_rows {
  void (*values)(float *restrict y, const float *restrict x, int64_t count, float a, float b);
  /* dx += g * dy/dx */
  void (*slopes)(float *restrict dx, const float *restrict g, const float *x, const float *y, int64_t count,
                 float a, float b);
} ph_rows;

/* Defines NAME_values and NAME_slopes from two expressions: VALUE, of x, and SLOPE, of x and y. Both may use
   the settings a and b. */
#define PH_ELEMENTWISE(NAME, VALUE, SLOPE)                                                                   \
  PH_VECTOR static void NAME##_values(float *restrict dst, const float *restrict src, int64_t count,         \
                                      float a, float b) {                                                    \
    (void)a, (void)b;                                                                                        \
    for (int64_t i = 0; i < count; i++) {                                                                    \
      const float x = src[i];                                                                                \
      dst[i] = (VALUE);                                                                                      \
    }                                                                                                        \
  }                                                                                                          \
  PH_VECTOR static void NAME##_slopes(float *restrict dst, const float *restrict g, const float *src,        \
                                      const float *out, int64_t count, float a, float b) {                   \
    (void)a, (void)b;                                                                                        \
    for (int64_t i = 0; i < count; i++) {                                                                    \
      const float x = src[i], y = out[i];                                                                    \
      (void)x, (void)y;                                                                                      \
      dst[i] += g[i] * (SLOPE);                                                                              \
    }                                                                                                        \
  }

static inline void ph_rows_forward(ph_rows rows, const ph_pass *pass, double a, double b) {
  rows.values(pass->output.data, pass->input[0].data, ph_shape_count(pass->output.shape), (float)a, (float)b);
}

static inline void ph_rows_backward(ph_rows rows, const ph_pass *pass, double a, double b) {
  if (pass->input_gradient[0] != NULL)
    rows.slopes(pass->input_gradient[0], pass->output_gradient, pass->input[0].data, pass->output.data,
                ph_shape_count(pass->output.shape), (float)a, (float)b);
}

#endif
