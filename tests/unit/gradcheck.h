/* SPDX-License-Identifier: MIT */
/* Checking gradients by central differences: of layers, objectives, transforms, anything that turns floats
   into one number. Knows nothing of what it checks. */
#ifndef GRADCHECK_H
#define GRADCHECK_H

#include <math.h>
#include <stdint.h>

#include "tensor/random.h"

/* The largest |numeric - gradient| over the largest |gradient|, where numeric is the central difference of
   `value` along each x[i] in turn. `value` reads x, and sums in double. x is left as it was. */
static inline double gradcheck(double (*value)(void *context), void *context, float *x, int64_t count,
                               const float *gradient, double step) {
  double difference = 0, scale = 1e-30;
  for (int64_t i = 0; i < count; i++) {
    float kept = x[i], above = (float)((double)kept + step), below = (float)((double)kept - step);
    x[i] = above;
    double more = value(context);
    x[i] = below;
    double less = value(context);
    x[i] = kept;
    double numeric = (more - less) / ((double)above - (double)below);
    if (!isfinite(numeric) || !isfinite(gradient[i])) return HUGE_VAL;
    difference = fmax(difference, fabs(numeric - (double)gradient[i]));
    scale = fmax(scale, fabs((double)gradient[i]));
  }
  return difference / scale;
}

/* Values for functions with kinks: shuffled, evenly spread over -1 … 1, none twice and none at 0. A step of
   spread_step changes neither a sign nor an order. */
static inline void fill_spread(ph_random *random, float *x, int64_t count) {
  for (int64_t i = 0; i < count; i++) x[i] = (float)((2.0 * (double)i + 1.0) / (double)count - 1.0);
  for (int64_t i = count - 1; i > 0; i--) {
    int64_t j = ph_random_below(random, i + 1);
    float kept = x[i];
    x[i] = x[j];
    x[j] = kept;
  }
  for (int64_t i = 0; i < count; i++)
    if (x[i] == 0) x[i] = (float)(0.5 / (double)count); /* the middle one of an odd count */
}
static inline double spread_step(int64_t count) { return 0.2 / (double)count; }

#endif
