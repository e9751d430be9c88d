/* SPDX-License-Identifier: MIT */
/* Standardising: scaling to mean 0 and standard deviation 1, and its gradient. Spectra are complex numbers,
   whose standard deviation is the root of their mean squared distance from their mean (as in NumPy,
   TensorFlow and PyTorch). For the kinds that constrain the values of a picture. */
#ifndef PH_STANDARDISE_H
#define PH_STANDARDISE_H

#include <stdint.h>

/* Real numbers, or complex ones whose two parts lie side by side. */
typedef enum ph_parts { PH_PARTS_REAL = 1, PH_PARTS_COMPLEX = 2 } ph_parts;

/* (x - mean) / (deviation + epsilon) of `count` floats, which may be in place. Returns the deviation. */
double ph_standardise(const float *src, int64_t count, ph_parts parts, double epsilon, float *dst);

/* The gradient before standardising, in place of that after it, given what came of it and the deviation. */
void ph_standardise_back(double deviation, const float *result, int64_t count, ph_parts parts, double epsilon,
                         float *gradient);

#endif
