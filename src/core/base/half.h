/* SPDX-License-Identifier: MIT */
/* The two 16-bit float formats of weights files, to and from float32. float16 is IEEE 754 binary16; bfloat16
   is float32's upper half. Both round to nearest, ties to even. Knows nothing of files or tensors. */
#ifndef PH_HALF_H
#define PH_HALF_H

#include <stdint.h>

/* Exact; NaNs stay NaNs. */
float ph_float16_to_float(uint16_t half);
float ph_bfloat16_to_float(uint16_t half);

/* Values too large become infinite, NaNs quiet NaNs. */
uint16_t ph_float_to_float16(float value);
uint16_t ph_float_to_bfloat16(float value);

#endif
