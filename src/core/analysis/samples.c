/* SPDX-License-Identifier: MIT */
/* Samples. */
#include "samples.h"

#include <inttypes.h>

#include "base/vector.h"

ph_status ph_samples_check(const char *what, const ph_tensor *x, int64_t least, ph_error *e) {
  char text[PH_SHAPE_TEXT];
  const ph_shape shape = ph_tensor_shape(x);
  if (shape.rank != 2 || shape.dim[0] < least)
    return ph_fail(e, PH_MISUSE, "%s: samples (n, features), n at least %" PRId64 ", expected, got %s", what,
                   least, ph_shape_print(shape, text));
  const int64_t strange = ph_tensor_statistics(x).not_finite;
  if (strange > 0)
    return ph_fail(e, PH_MISUSE, "%s: %" PRId64 " numbers of the samples are not finite", what, strange);
  return PH_OK;
}

void ph_samples_turn(const float *x, int64_t n, int64_t d, float *to) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < d; j++) to[j * n + i] = x[i * d + j];
}

enum { LANES = 8 };

/* The sum of what an expression of a[i] and b[i] gives. */
#define SUM(name, term)                                                                                      \
  PH_VECTOR double name(const float *a, const float *b, int64_t d) {                                         \
    double part[LANES] = {0}, sum = 0;                                                                       \
    int64_t i = 0;                                                                                           \
    for (; i + LANES <= d; i += LANES)                                                                       \
      for (int l = 0; l < LANES; l++) {                                                                      \
        const double x = (double)a[i + l], y = (double)b[i + l];                                             \
        part[l] += term;                                                                                     \
      }                                                                                                      \
    for (int l = 0; l < LANES; l++) sum += part[l];                                                          \
    for (; i < d; i++) {                                                                                     \
      const double x = (double)a[i], y = (double)b[i];                                                       \
      sum += term;                                                                                           \
    }                                                                                                        \
    return sum;                                                                                              \
  }

SUM(ph_squared_distance, (x - y) * (x - y))
SUM(ph_sample_product, x *y)
