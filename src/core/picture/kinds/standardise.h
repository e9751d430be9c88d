/* SPDX-License-Identifier: MIT */
/* Standardising: numbers brought to mean 0 and deviation 1, and gradients back through that. Spectra are
   taken as complex numbers, whose deviation is the root of their mean squared distance from their mean (as
   NumPy's, TensorFlow's and PyTorch's are). For the kinds that constrain what a picture's numbers may be. */
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
