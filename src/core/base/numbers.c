/* SPDX-License-Identifier: MIT */
/* Numbers as files hold them. */
#include "numbers.h"

#include <math.h>
#include <string.h>

#include "half.h"

const char *const ph_number_type_names[] = {
    [PH_FLOAT32] = "F32", [PH_BFLOAT16] = "BF16", [PH_FLOAT16] = "F16", [PH_FLOAT64] = "F64", NULL};

int ph_number_size(ph_number_type type) {
  static const int sizes[] = {[PH_FLOAT32] = 4, [PH_BFLOAT16] = 2, [PH_FLOAT16] = 2, [PH_FLOAT64] = 8};
  return sizes[type];
}

int64_t ph_whole_number(const void *at, int size, bool is_signed) {
  const int unused = 64 - 8 * size;
  uint64_t bits = 0;
  memcpy(&bits, at, (size_t)size);
  /* Shifted up as bits and down as a signed number, the sign spreads. */
  return is_signed ? (int64_t)(bits << unused) >> unused : (int64_t)bits;
}

void ph_numbers_to_floats(float *dst, const void *src, ph_number_type type, int64_t count) {
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

int64_t ph_numbers_from_floats(void *dst, const float *src, ph_number_type type, int64_t count) {
  unsigned char *at = dst;
  for (int64_t i = 0; i < count; i++) {
    double wide = (double)src[i];
    uint16_t half = type == PH_FLOAT16 ? ph_float_to_float16(src[i]) : ph_float_to_bfloat16(src[i]);
    switch (type) {
      case PH_FLOAT32:
        memcpy(at + (size_t)i * sizeof *src, &src[i], sizeof *src);
        break;
      case PH_FLOAT64:
        memcpy(at + (size_t)i * sizeof wide, &wide, sizeof wide);
        break;
      case PH_FLOAT16:
      case PH_BFLOAT16:
        if ((half & 0x7FFF) == (type == PH_FLOAT16 ? 0x7C00 : 0x7F80) && !isinf(src[i])) return i;
        memcpy(at + (size_t)i * sizeof half, &half, sizeof half);
        break;
    }
  }
  return -1;
}
