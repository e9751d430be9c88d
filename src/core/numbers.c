/* Numbers as files hold them. */
#include "numbers.h"

#include <string.h>

#include "half.h"

int ph_float_size(ph_float_type type) {
  static const int sizes[] = {[PH_FLOAT64] = 8, [PH_FLOAT32] = 4, [PH_FLOAT16] = 2, [PH_BFLOAT16] = 2};
  return sizes[type];
}

void ph_numbers_to_floats(float *dst, const void *src, ph_float_type type, int64_t count) {
  const unsigned char *at = src;
  double wide;
  uint16_t half;
  switch (type) {
    case PH_FLOAT32:
      if (count > 0) memcpy(dst, src, (size_t)count * sizeof *dst);
      return;
    case PH_FLOAT64:
      for (int64_t i = 0; i < count; i++) {
        memcpy(&wide, at + (size_t)i * sizeof wide, sizeof wide);
        dst[i] = (float)wide;
      }
      return;
    case PH_FLOAT16:
    case PH_BFLOAT16:
      for (int64_t i = 0; i < count; i++) {
        memcpy(&half, at + (size_t)i * sizeof half, sizeof half);
        dst[i] = type == PH_FLOAT16 ? ph_float16_to_float(half) : ph_bfloat16_to_float(half);
      }
      return;
  }
}
