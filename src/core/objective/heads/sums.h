/* SPDX-License-Identifier: MIT */
/* Sums over float data in double precision: every head's value is accumulated through these. */
#ifndef PH_SUMS_H
#define PH_SUMS_H

#include <stdint.h>

static inline double ph_sum(const float *x, int64_t count) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; i++) sum += (double)x[i];
  return sum;
}

static inline double ph_dot(const float *x, const float *y, int64_t count) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; i++) sum += (double)x[i] * (double)y[i];
  return sum;
}

/* dst += factor * x */
static inline void ph_add_scaled(float *dst, double factor, const float *x, int64_t count) {
  float f = (float)factor;
#pragma omp simd
  for (int64_t i = 0; i < count; i++) dst[i] += f * x[i];
}

#endif
