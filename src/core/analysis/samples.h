/* SPDX-License-Identifier: MIT */
/* What all analyses take: samples (n, d), one a row, each of d features. */
#ifndef PH_SAMPLES_H
#define PH_SAMPLES_H

#include "tensor/tensor.h"

/* PH_MISUSE unless x is (n, d) with at least `least` samples, all of it finite. `what` begins the message. */
ph_status ph_samples_check(const char *what, const ph_tensor *x, int64_t least, ph_error *e);

/* to (d, n) = x (n, d) turned */
void ph_samples_turn(const float *x, int64_t n, int64_t d, float *to);

/* The square of the distance of two samples, and their product, summed in double precision and in one order
   on every machine. */
double ph_squared_distance(const float *a, const float *b, int64_t d);
double ph_sample_product(const float *a, const float *b, int64_t d);

#endif
