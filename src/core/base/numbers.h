/* SPDX-License-Identifier: MIT */
/* The types of floating-point numbers in files, and their conversion to and from float32: little-endian, at
   any address. Knows no file format. */
#ifndef PH_NUMBERS_H
#define PH_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* float32 is what everything is computed from and kept as unless something else was asked for. bfloat16 is
   float32 with 8 bits for the fraction instead of 24. */
typedef enum ph_number_type { PH_FLOAT32, PH_BFLOAT16, PH_FLOAT16, PH_FLOAT64 } ph_number_type;

/* "F32", "BF16", "F16", "F64": as safetensors files name them, in the order of the enumeration;
 * NULL-terminated. */
extern const char *const ph_number_type_names[];

/* Bytes of one number. */
int ph_number_size(ph_number_type type);

/* The whole number of 1, 2, 4 or 8 bytes; of unsigned ones of 8 bytes the bits. */
int64_t ph_whole_number(const void *at, int size, bool is_signed);

/* Converts `count` numbers. Values too large for float32 become infinite. */
void ph_numbers_to_floats(float *dst, const void *src, ph_number_type type, int64_t count);

/* Converts `count` floats. Returns the index of the first finite one that is too large for the type, where it
   stops, or -1. */
int64_t ph_numbers_from_floats(void *dst, const float *src, ph_number_type type, int64_t count);

#endif
