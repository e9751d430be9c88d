/* SPDX-License-Identifier: MIT */
/* Numbers of many types to float32. */
#include "elements.h"

#include <string.h>

bool ph_element_of(ph_element_kind kind, uint64_t size, ph_element *element) {
  *element = (ph_element){.kind = kind, .size = (int)size, .number = PH_FLOAT32};
  if (size == 2) element->number = PH_FLOAT16;
  if (size == 8) element->number = PH_FLOAT64;
  return size == 2 || size == 4 || size == 8 || (size == 1 && kind != PH_FLOATING);
}

/* The whole number of `size` bytes at `at`. */
static float whole(const unsigned char *at, int size, bool is_signed) {
  uint64_t number = 0;
  for (int i = size - 1; i >= 0; i--) number = number << 8 | at[i];
  if (!is_signed) return (float)number;
  int unused = 64 - 8 * size;
  return (float)((int64_t)(number << unused) >> unused);
}

void ph_elements_to_floats(float *dst, const unsigned char *src, ph_element element, int64_t count) {
  if (element.kind == PH_FLOATING) {
    ph_numbers_to_floats(dst, src, element.number, count);
    return;
  }
  for (int64_t i = 0; i < count; i++)
    dst[i] = whole(src + i * element.size, element.size, element.kind == PH_SIGNED);
}
