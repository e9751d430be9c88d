/* Floating-point numbers as files hold them, little-endian and at any address, made into float32. Knows no
 * format. */
#ifndef PH_NUMBERS_H
#define PH_NUMBERS_H

#include <stdint.h>

typedef enum ph_float_type { PH_FLOAT64, PH_FLOAT32, PH_FLOAT16, PH_BFLOAT16 } ph_float_type;

/* Bytes of one number. */
int ph_float_size(ph_float_type type);

/* Converts `count` numbers. Values too large for float32 become infinite. */
void ph_numbers_to_floats(float *dst, const void *src, ph_float_type type, int64_t count);

#endif
